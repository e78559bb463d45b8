"""When a release needs nobody's approval."""

from pydantic import BaseModel, Field


class Release(BaseModel, extra="forbid", frozen=True):
    """A night's lists of at most ``automatic_under`` contacts, and at most ``automatic_growth`` times the
    median of the last seven nights, are approved by these limits themselves; 0 leaves every night to a
    person."""

    automatic_under: int = Field(1_000_000, ge=0)
    automatic_growth: float = Field(5.0, ge=1.0)
