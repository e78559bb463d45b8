"""Contact policy, as far as it may be set."""

from datetime import date

from pydantic import BaseModel, Field, model_validator


class Contact(BaseModel):
    """Contact policy. Defaults are those of rules.md and may be tightened, never loosened beyond law.

    ``holidays``: days on which nobody is contacted.
    """

    per_day: int = Field(1, ge=0, le=1)
    per_week: int = Field(3, ge=0, le=3)
    refusal_months: int = Field(6, ge=6)
    complaint_days: int = Field(30, ge=7)
    hour_from: int = Field(9, ge=8, le=20)
    hour_to: int = Field(20, ge=9, le=21)
    holidays: frozenset[date] = frozenset()
    elderly_age: int = Field(65, ge=50, le=65)
    adult_age: int = Field(18, ge=18)

    @model_validator(mode="after")
    def _window_is_open(self) -> "Contact":
        if self.hour_from >= self.hour_to:
            raise ValueError("contact.hour_from must be before contact.hour_to")
        return self
