"""All settings, from the environment (``LONGREACH_...``) and ``longreach.toml`` in the working folder.

Nested settings join with two underscores: ``LONGREACH_SYNTHETIC__CUSTOMERS=20000``.
"""

from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Literal

from pydantic import AliasChoices, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableSettings

from base.errors import SettingsError
from base.settings.bank import LongTail, Segments, Synthetic
from base.settings.callers import Callers
from base.settings.capacity import Arbitration, ChannelCapacity, LeastShares, Skill
from base.settings.console import Console
from base.settings.contact import Contact
from base.settings.experiments import Experiments, Holdout
from base.settings.recipients import Canaries, Recipient, RecipientName
from base.settings.release import Release
from base.settings.roles import Role
from base.settings.vault import Transit, VaultSettings
from base.settings.watch import Retention, Watch

__all__ = [
    "Arbitration",
    "Callers",
    "Canaries",
    "ChannelCapacity",
    "Console",
    "Contact",
    "Experiments",
    "Holdout",
    "LeastShares",
    "LongTail",
    "Recipient",
    "Release",
    "Retention",
    "Role",
    "Segments",
    "Settings",
    "Skill",
    "Synthetic",
    "Transit",
    "VaultSettings",
    "Watch",
    "load_settings",
]


class Settings(BaseSettings):
    """Everything a run may be told. Frozen: a run never changes its own settings."""

    model_config = SettingsConfigDict(
        env_prefix="LONGREACH_",
        env_nested_delimiter="__",
        toml_file="longreach.toml",
        frozen=True,
        extra="forbid",
    )

    home: Path = Path("var")
    source: str = "synthetic"
    data: Path = Path("../shared/data")
    landing: Path | None = None
    database_url: str | None = None
    spark_remote: str | None = Field(None, validation_alias=AliasChoices("spark_remote", "SPARK_REMOTE"))
    mlflow_tracking_uri: str | None = Field(
        None, validation_alias=AliasChoices("mlflow_tracking_uri", "MLFLOW_TRACKING_URI")
    )
    table_format: Literal["delta", "parquet"] = "delta"
    strategy_book: Path | None = None
    actor: str | None = None
    capacity: dict[str, ChannelCapacity] = Field(default_factory=dict)
    skills: dict[str, Skill] = Field(default_factory=dict)
    floors: LeastShares = LeastShares()
    arbitration: Arbitration = Arbitration()  # type: ignore[call-arg]
    long_tail: LongTail = LongTail()
    synthetic: Synthetic = Synthetic()  # type: ignore[call-arg]
    segments: Segments = Segments()  # type: ignore[call-arg]
    contact: Contact = Contact()  # type: ignore[call-arg]
    experiments: Experiments = Experiments()  # type: ignore[call-arg]
    release: Release = Release()  # type: ignore[call-arg]
    vault: VaultSettings = VaultSettings()
    watch: Watch = Watch()  # type: ignore[call-arg]
    retention: Retention = Retention()  # type: ignore[call-arg]
    roles: dict[str, tuple[Role, ...]] = Field(default_factory=dict)
    recipients: dict[RecipientName, Recipient] = Field(default_factory=dict)
    callers: Callers = Callers()  # type: ignore[call-arg]
    canaries: Canaries = Canaries()
    console: Console = Console()

    @model_validator(mode="after")
    def _each_kind_has_one_skill(self) -> "Settings":
        kinds = [kind for skill in self.skills.values() for kind in skill.kinds]
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            raise ValueError(f"skills: {twice[0]!r} is a kind of two of them; give it to one")
        return self

    @property
    def lake_folder(self) -> Path:
        return self.home / "lake"

    @property
    def vault_folder(self) -> Path:
        return self.home / "vault"

    @property
    def ledger_folder(self) -> Path:
        return self.home / "ledger"

    @property
    def landing_folder(self) -> Path:
        """Where extracts arrive, one folder a business date."""
        return self.landing or self.home / "landing"

    @property
    def outbox_folder(self) -> Path:
        """Where released lists are laid down, one folder a recipient."""
        return self.home / "outbox"

    @property
    def reports_folder(self) -> Path:
        return self.home / "reports"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**given: object) -> Settings:
    """Settings from arguments, then the environment, then ``longreach.toml``, then defaults.

    Raises SettingsError naming each bad setting.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"  {'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SettingsError(
            "these settings are wrong (environment LONGREACH_... or longreach.toml):\n" + "\n".join(lines)
        ) from error
    except UnreadableSettings as error:
        raise SettingsError(
            f"a setting of the environment does not read: {error}; nested ones are JSON"
        ) from None
    except TOMLDecodeError as error:
        raise SettingsError(f"longreach.toml is no TOML: {error}") from None
