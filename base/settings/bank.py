"""The bank: its long tail, its segments, and the made-up one that stands in for it."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field


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
