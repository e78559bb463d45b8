"""What is watched, where its alarms go, and how long records are kept."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field, StringConstraints, field_validator, model_validator

Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]


class Watch(BaseModel, extra="forbid"):
    """Checkpoints of the audit: their folder (``<home>/audit``), and after how many lines a program that
    ends adds one. ``webhook`` hears alerts and checkpoints. Alarms may be set tighter, never looser: rows of
    identities a day and person, single people looked at within ``looks_minutes``, and looks outside the
    working hours of ``time_zone``. ``nights``: how far back a night is compared with its own past."""

    checkpoints: Path | None = None
    checkpoint_lines: int = Field(1, ge=1, le=1_000)
    webhook: Address | None = None
    rows_noticed: int = Field(25, ge=1, le=25)
    rows_many: int = Field(250, ge=1, le=250)
    rows_far_too_many: int = Field(2_500, ge=1, le=2_500)
    looks: int = Field(20, ge=2, le=20)
    looks_minutes: int = Field(15, ge=15, le=24 * 60)
    hour_from: int = Field(7, ge=7, le=23)
    hour_to: int = Field(21, ge=1, le=21)
    time_zone: str = "Asia/Shanghai"
    opt_out_seconds: float = Field(60.0, gt=0, le=60.0)
    nights: int = Field(28, ge=14, le=90)

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{name!r} is no time zone; write one like Asia/Shanghai") from None
        return name

    @model_validator(mode="after")
    def _steps_rise(self) -> "Watch":
        if not self.rows_noticed < self.rows_many < self.rows_far_too_many:
            raise ValueError("watch.rows_noticed, rows_many and rows_far_too_many must rise in this order")
        if self.hour_from >= self.hour_to:
            raise ValueError("watch.hour_from must be before watch.hour_to")
        return self


class Retention(BaseModel, extra="forbid"):
    """How long records are kept at the least; the law's minimum is the default and cannot be shortened."""

    call_evidence_days: int = Field(30, ge=30)
    consent_proof_months: int = Field(5, ge=5)
    log_months: int = Field(6, ge=6)
    processor_record_years: int = Field(3, ge=3)
