"""The vault: where its keys come from, by which hash it makes tokens, and its own way into PostgreSQL."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, model_validator


class Transit(BaseModel, extra="forbid"):
    """HashiCorp Vault's transit engine. The access token lies in ``token_file``, else in the environment
    variable that ``token_variable`` names."""

    address: str = Field(pattern=r"^https?://\S+$")
    key: str = Field("longreach", pattern=r"^[\w.-]+$")
    mount: str = Field("transit", pattern=r"^[\w./-]+$")
    token_file: Path | None = None
    token_variable: str = "VAULT_TOKEN"  # noqa: S105 - a name, not the token
    seconds: float = Field(10.0, gt=0)


class VaultSettings(BaseModel, extra="forbid"):
    """``keys``: who keeps the master keys. ``keys_folder``: of the provider ``file``, best on a disk whose
    backups are not those of the database. ``database_url``: an address that logs in as the vault's own role;
    left out, one login acts as two roles. ``hash``: of token keys made from now on."""

    keys: Literal["file", "environment", "transit"] = "file"
    keys_folder: Path | None = None
    transit: Transit | None = None
    hash: Literal["sha256", "sm3"] = "sha256"
    database_url: str | None = None

    @model_validator(mode="after")
    def _transit_is_told(self) -> "VaultSettings":
        if self.keys == "transit" and self.transit is None:
            raise ValueError("vault.keys is transit: say where it is in vault.transit.address")
        return self
