"""Who receives lists: in which cipher, under which keys, by which way; how they sign what they send back."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

RecipientName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
AgeKey = Annotated[str, StringConstraints(pattern=r"^age1[02-9ac-hj-np-z]{58}$")]
Seconds = Annotated[float, Field(gt=0, le=600)]


class Folder(BaseModel, extra="forbid", frozen=True):
    """A folder both sides reach; where none is named, ``<home>/outbox/<recipient>``."""

    kind: Literal["folder"] = "folder"
    path: Path | None = None


class Sftp(BaseModel, extra="forbid", frozen=True):
    """A folder of an SFTP server. ``known_hosts`` pins its host key; no other is ever accepted."""

    kind: Literal["sftp"]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: str
    folder: str = "."
    key_file: Path
    known_hosts: Path
    timeout: Seconds = 30.0


class Https(BaseModel, extra="forbid", frozen=True):
    """A webhook. ``secret_file`` holds the secret both sides sign requests with; ``ca_file`` pins the
    authority of the server's certificate, else the system's are trusted."""

    kind: Literal["https"]
    url: str = Field(pattern=r"^https://[^\s?#@]+$")
    secret_file: Path
    ca_file: Path | None = None
    timeout: Seconds = 30.0


class Recipient(BaseModel, extra="forbid", frozen=True):
    """One recipient. What is left out is made below ``<home>/vault/recipients`` on first use, for trying out.

    ``public_keys`` (age): a file opens with any of them, so old and new stand side by side while keys rotate.
    ``shared_keys`` (SM4): files of 32 bytes in hexadecimal, named after the key; the first one seals.
    ``answer_keys``: the recipient's public keys (Ed25519, PEM) that sign receipts and outcome files.
    ``answer_days``: for how long after its night an outcome file is taken.
    """

    cipher: Literal["age", "sm4"] = "age"
    public_keys: tuple[AgeKey, ...] = ()
    shared_keys: tuple[Path, ...] = ()
    answer_keys: tuple[Path, ...] = ()
    answer_days: Annotated[int, Field(ge=1, le=366)] = 35
    transport: Annotated[Folder | Sftp | Https, Field(discriminator="kind")] = Folder()

    @model_validator(mode="after")
    def _keys_fit_the_cipher(self) -> "Recipient":
        if self.cipher == "age" and self.shared_keys:
            raise ValueError("shared_keys are for cipher 'sm4'; age takes public_keys")
        if self.cipher == "sm4" and self.public_keys:
            raise ValueError("public_keys are for cipher 'age'; sm4 takes shared_keys")
        return self

    @model_validator(mode="after")
    def _who_is_elsewhere_has_keys_of_its_own(self) -> "Recipient":
        keys = "public_keys" if self.cipher == "age" else "shared_keys"
        if self.transport.kind != "folder" and not (getattr(self, keys) and self.answer_keys):
            raise ValueError(
                f"transport {self.transport.kind} takes {keys} and answer_keys: what is sealed to a key made "
                "here, nobody elsewhere can open"
            )
        return self


class Canaries(BaseModel, extra="forbid", frozen=True):
    """Made-up rows that betray a list used where it should not be: how many a list that is not empty, and
    the bank's own test lines that stand behind those a person would call or a text message would reach."""

    per_list: Annotated[int, Field(ge=0, le=10)] = 2
    lines: tuple[Annotated[str, StringConstraints(pattern=r"^1[3-9]\d{9}$")], ...] = ()
