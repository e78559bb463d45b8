"""A strategy as its manager writes it: who, what, funnel of touches, goal, experiment, limits, validity."""

from datetime import date
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from lake.tables.words import CHANNELS, PRODUCTS, RESULTS
from strategies.opening import opened


def _one_of(words: tuple[str, ...]) -> AfterValidator:
    def check(word: str) -> str:
        if word not in words:
            raise ValueError(f"{word!r} is none of {', '.join(words)}")
        return word

    return AfterValidator(check)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,48}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Product = Annotated[str, _one_of(PRODUCTS)]
Channel = Annotated[str, _one_of(CHANNELS)]
Result = Annotated[str, _one_of(RESULTS)]

# After these a journey is over, whatever the author wrote: the customer has said yes, no, or worse.
FINAL_RESULTS = ("converted", "refused", "complained")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Touch(_Part):
    """One contact of the funnel. ``when``: results of the touch before that lead on to this one.

    ``expected_lift`` is the author's guess of the extra probability of the goal in a customer who is reached.
    """

    channel: Channel
    script: Text
    expected_lift: float = Field(gt=0, le=0.5)
    wait_days: int = Field(1, ge=1, le=30)
    when: tuple[Result, ...] = ()


class Goal(_Part):
    """What counts as success: an opening of ``product`` within ``window_days``, worth ``value`` yuan."""

    product: Product
    window_days: int = Field(ge=1, le=30)
    value: float = Field(gt=0)


class Experiment(_Part):
    """``holdout``: share of the strategy's customers who receive nothing, so that its lift can be read."""

    holdout: Annotated[float, Field(ge=0.05, le=0.5)] = 0.15


class Limits(_Part):
    """``per_night``: most contacts a night, over all touches."""

    per_night: int = Field(ge=1)


class Valid(_Part):
    """First and last day of contact; open-ended where left out."""

    start: date = date.min
    end: date = date.max

    @model_validator(mode="after")
    def _in_order(self) -> "Valid":
        if self.start > self.end:
            raise ValueError(f"the strategy ends ({self.end}) before it starts ({self.start})")
        return self


class Strategy(_Part):
    """A strategy document. ``priority`` multiplies the value its contacts compete with; 1 changes nothing."""

    name: Name
    title: Line
    kind: Product
    manager: Line
    who: Text
    offer: Text
    funnel: Annotated[tuple[Touch, ...], Field(min_length=1, max_length=3)]
    goal: Goal
    experiment: Experiment = Experiment()
    limits: Limits
    valid: Valid = Valid()
    priority: float = Field(1.0, ge=0.1, le=10.0)

    @field_validator("funnel")
    @classmethod
    def _leads_on(cls, funnel: tuple[Touch, ...]) -> tuple[Touch, ...]:
        for number, touch in enumerate(funnel, start=1):
            if number == 1 and touch.when:
                raise ValueError("touch 1 opens the funnel, so it has no 'when'; remove it")
            if number > 1 and not touch.when:
                raise ValueError(
                    f"touch {number} needs 'when': the results of touch {number - 1} that lead on"
                )
            over = sorted(set(touch.when) & set(FINAL_RESULTS))
            if over:
                raise ValueError(f"touch {number}: {', '.join(over)} ends the journey; remove it from 'when'")
        return funnel

    @model_validator(mode="after")
    def _parts_agree(self) -> "Strategy":
        if self.goal.product != self.kind:
            raise ValueError(
                f"kind is {self.kind!r} but goal.product is {self.goal.product!r}; make them one"
            )
        waits = sum(touch.wait_days for touch in self.funnel[1:])
        if waits >= self.goal.window_days:
            raise ValueError(
                f"the touches take {waits} days, but goal.window_days is {self.goal.window_days}; "
                "wait less or widen the window"
            )
        return self

    @model_validator(mode="after")
    def _scripts_open_lawfully(self) -> "Strategy":
        touches = tuple(
            touch.model_copy(update={"script": opened(touch.script, channel=touch.channel, kind=self.kind)})
            for touch in self.funnel
        )
        # The one place where a frozen document is completed, before anybody has seen it.
        object.__setattr__(self, "funnel", touches)
        return self

    def runs_on(self, day: date) -> bool:
        """Whether contacts may be made on ``day``."""
        return self.valid.start <= day <= self.valid.end
