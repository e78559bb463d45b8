"""Who is held out, and how sure a finding must be."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, model_validator

HoldoutName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,48}$")]


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
