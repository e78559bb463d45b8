"""The numbers the bank calls and writes from."""

from pydantic import BaseModel, Field


class Callers(BaseModel, extra="forbid"):
    """When a number rests: for ``rest_days``, after ``complaints`` about contacts made from it within
    ``complaint_days``."""

    rest_days: int = Field(7, ge=1, le=365)
    complaints: int = Field(3, ge=1)
    complaint_days: int = Field(7, ge=1, le=90)
