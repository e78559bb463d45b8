"""All settings, from the environment (``LONGREACH_...``) and ``longreach.toml`` in the working folder.

Nested settings join with two underscores: ``LONGREACH_SYNTHETIC__CUSTOMERS=20000``.
"""

from datetime import date
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, Field, StringConstraints, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableSettings

from base.errors import SettingsError

HoldoutName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,48}$")]


class LongTail(BaseModel):
    """The band of assets under management that makes a customer long-tail, in yuan: low <= AUM < high."""

    aum_low: float = 0.0
    aum_high: float = 50_000.0


class Synthetic(BaseModel):
    """The made-up bank: how large, how long its history, and from which seed it grows."""

    customers: int = Field(20_000, ge=1_000, le=10_000_000)
    seed: int = 20260701
    first_night: date = date(2026, 7, 1)
    history_days: int = Field(365, ge=30)
    transactions_per_customer: float = Field(40.0, gt=0)
    effects: Literal["planted", "none"] = "planted"


class Segments(BaseModel):
    """How many segments, when and on how large a sample they are fitted, who looks after them in turn."""

    count: int = Field(24, ge=2, le=99)
    refit_days: int = Field(30, ge=1)
    sample: int = Field(200_000, ge=500)
    seed: int = 7
    managers: tuple[str, ...] = Field(
        ("desk 1", "desk 2", "desk 3", "desk 4", "desk 5", "desk 6"), min_length=1
    )


class Contact(BaseModel):
    """Contact policy. Defaults are those of rules.md and may be tightened, never loosened beyond law."""

    per_day: int = Field(1, ge=0, le=1)
    per_week: int = Field(3, ge=0, le=3)
    refusal_months: int = Field(6, ge=6)
    complaint_days: int = Field(30, ge=7)
    hour_from: int = Field(9, ge=8, le=20)
    hour_to: int = Field(20, ge=9, le=21)
    elderly_age: int = Field(65, ge=50, le=65)
    adult_age: int = Field(18, ge=18)

    @model_validator(mode="after")
    def _window_is_open(self) -> "Contact":
        if self.hour_from >= self.hour_to:
            raise ValueError("contact.hour_from must be before contact.hour_to")
        return self


class Holdout(BaseModel, extra="forbid"):
    """A holdout above strategies: the share of customers left alone by those with one of ``tags``, of one of
    ``managers``, while in one of ``segments``; each asks nothing where it is left out."""

    share: float = Field(gt=0.0, le=0.5)
    tags: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()


class Experiments(BaseModel):
    """Arms: the share of customers no strategy ever contacts, holdouts for parts of the book, and the salt
    that draws them. ``false_discovery``: share of wrong ones allowed among what is called proven.
    ``exploration``: the share whose first choice is drawn evenly."""

    global_holdout: float = Field(0.02, ge=0.0, lt=0.5)
    holdouts: dict[HoldoutName, Holdout] = Field(default_factory=dict, max_length=60)
    salt: str = "longreach-1"
    confidence: float = Field(0.95, gt=0.5, lt=1.0)
    false_discovery: float = Field(0.05, gt=0.0, lt=0.5)
    exploration: float = Field(0.05, ge=0.0, lt=1.0)
    uplift_refit_days: int = Field(30, ge=1)

    @model_validator(mode="after")
    def _only_one_is_global(self) -> "Experiments":
        if "global" in self.holdouts:
            raise ValueError("'global' is what experiments.global_holdout draws; take another name")
        return self


Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Hour = Annotated[int, Field(ge=0, le=23)]
Yuan = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class ChannelCapacity(BaseModel, extra="forbid"):
    """What a channel carries: contacts a night, in each hour (one number, or some hours' own) and yuan a
    night. What is left out, the channel's own declaration says."""

    per_night: Count | None = None
    per_hour: Count | dict[Hour, Count] | None = None
    budget: Yuan | None = None


class Skill(BaseModel, extra="forbid"):
    """Human agents who may talk about ``kinds`` of product: calls they take a night and in each hour."""

    kinds: tuple[str, ...] = Field(min_length=1)
    per_night: Count
    per_hour: Count | dict[Hour, Count] | None = None


class LeastShares(BaseModel, extra="forbid"):
    """The least share, of those who could be contacted with profit, who are: by segment and by manager."""

    segments: dict[str, Share] = Field(default_factory=dict)
    managers: dict[str, Share] = Field(default_factory=dict)


class Arbitration(BaseModel, extra="forbid"):
    """How contacts are chosen. ``reserve_quantile``: the probability with which a coming day must have room
    for the calls that tonight's contacts lead to. ``hours_away``: how far a contact may be moved from the
    customer's best hour, at ``hour_costs``, a share of its worth, each. ``stay_put``: the share of its worth
    added to what last night chose or had no room for."""

    reserve_quantile: float = Field(0.9, ge=0.5, lt=1.0)
    hours_away: int = Field(1, ge=0, le=6)
    hour_costs: float = Field(0.05, ge=0.0, lt=1.0)
    stay_put: float = Field(0.01, ge=0.0, le=0.5)


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
