"""A strategy as its manager writes it: who, what, funnel of touches, goal, experiment, limits, validity."""

from datetime import date
from typing import Annotated, NamedTuple

from pydantic import Field, ValidationInfo, field_validator, model_validator

from strategies.experiment import Experiment, Variant
from strategies.links import layers_of, mistakes, shown, unlike_their_place
from strategies.opening import BY_PEOPLE, opened
from strategies.part import (
    Channel,
    Line,
    Name,
    Part,
    Product,
    Results,
    Tags,
    Text,
    TouchName,
    TouchNames,
    Variables,
)
from strategies.variables.slips import Arm, Path, SlipsError, slips

# After these a journey is over, whatever the author wrote: the customer has said yes, no, or worse.
FINAL_RESULTS = ("converted", "refused", "complained")

# More than a bank has customers: a number beyond it is a slip.
_EVERYBODY = 1_000_000_000


class Touch(Part):
    """One contact of the funnel. ``when``: results of the touches in ``after`` that lead on to this one.

    Left out, ``name`` is the place ('touch 2') and ``after`` the touch before. ``wait_days`` pass between the
    contact before and this one. ``expected_lift`` is the author's guess of the extra probability of the goal
    in a customer who is reached. ``elderly_script``: what people say to the elderly instead of ``script``.
    """

    name: TouchName = ""
    channel: Channel
    script: Text
    elderly_script: Text | None = None
    expected_lift: float = Field(gt=0, le=0.5)
    wait_days: Annotated[int, Field(ge=1, le=30)] = 1
    after: TouchNames = ()
    when: Results = ()

    @field_validator("elderly_script")
    @classmethod
    def _said_by_people(cls, script: str | None, info: ValidationInfo) -> str | None:
        channel = info.data.get("channel")
        if script is not None and channel is not None and channel not in BY_PEOPLE:
            raise ValueError(
                f"only people speak to the elderly, and {channel} is a machine; take it out, or move it to a "
                f"touch by {' or '.join(sorted(BY_PEOPLE))} 老年客户仅由人工联系"
            )
        return script


class Way(NamedTuple):
    """A way on: after touch ``answered`` came back with ``result``, touch ``step`` (places, first is 1)."""

    answered: int
    result: str
    step: int


class Goal(Part):
    """What counts as success: an opening of ``product`` within ``window_days``, worth ``value`` yuan."""

    product: Product
    window_days: int = Field(ge=1, le=30)
    value: float = Field(gt=0)


class Limits(Part):
    """Contacts a night, over all touches: ``per_night`` at most, ``at_least`` where they can be had, for at
    most ``budget`` yuan."""

    per_night: int = Field(ge=1, le=_EVERYBODY)
    at_least: Annotated[int, Field(ge=0, le=_EVERYBODY)] = 0
    budget: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None

    @model_validator(mode="after")
    def _least_below_most(self) -> "Limits":
        if self.at_least > self.per_night:
            raise ValueError(
                f"at_least is {self.at_least:,}, but per_night only {self.per_night:,}; lower one or raise "
                "the other"
            )
        return self


class Caps(Part):
    """What all nights together may come to, counted by what was decided and not held back at release.

    ``per_customer``: most contacts of one customer, over all his journeys, made or held back. ``total``: most
    journeys that begin with a contact, over all customers; held-out customers do not count.
    """

    per_customer: Annotated[int | None, Field(ge=1, le=_EVERYBODY)] = None
    total: Annotated[int | None, Field(ge=1, le=_EVERYBODY)] = None


class Valid(Part):
    """First and last day of contact; open-ended where left out."""

    start: date = date.min
    end: date = date.max

    @model_validator(mode="after")
    def _in_order(self) -> "Valid":
        if self.start > self.end:
            raise ValueError(f"the strategy ends ({self.end}) before it starts ({self.start})")
        return self


class Strategy(Part):
    """A strategy document. ``priority`` multiplies the value its contacts compete with; 1 changes nothing.

    ``variables``: what stands for ``{name}`` in its scripts, beside what the house fills in.

    ``tags``: words under which it is gathered with others, for a holdout above them all.

    ``exits``: results that end a journey besides the final ones. A journey that has ended may begin again
    ``cool_off_days`` later; left out, never.
    """

    name: Name
    title: Line
    kind: Product
    manager: Line
    tags: Tags = ()
    who: Text
    offer: Text
    variables: Variables = Field(default_factory=dict)
    funnel: Annotated[tuple[Touch, ...], Field(min_length=1, max_length=6)]
    goal: Goal
    exits: Results = ()
    cool_off_days: Annotated[int | None, Field(ge=1, le=730)] = None
    experiment: Experiment = Experiment()
    limits: Limits
    caps: Caps = Caps()
    valid: Valid = Valid()
    priority: Annotated[float, Field(ge=0.1, le=10.0)] = 1.0

    @field_validator("funnel")
    @classmethod
    def _leads_on(cls, funnel: tuple[Touch, ...]) -> tuple[Touch, ...]:
        touches = _linked(funnel)
        found = [*unlike_their_place(touches, final=FINAL_RESULTS), *mistakes(touches)]
        if found:
            raise ValueError("; ".join(found))
        return touches

    @model_validator(mode="after")
    def _parts_agree(self) -> "Strategy":
        if self.goal.product != self.kind:
            raise ValueError(
                f"kind is {self.kind!r} but goal.product is {self.goal.product!r}; make them one"
            )
        waits = self._longest_wait()
        if waits >= self.goal.window_days:
            raise ValueError(
                f"the touches take {waits} days, but goal.window_days is {self.goal.window_days}; "
                "wait less or widen the window"
            )
        over = [(touch, result) for touch in self.funnel for result in touch.when if result in self.exits]
        for touch, result in over:
            raise ValueError(
                f"{shown(self.funnel, touch.name)} waits for {result!r}, but 'exits' ends the journey there; "
                "take it out of one of the two"
            )
        layers = len(self.layers())
        if self.caps.per_customer is not None and self.caps.per_customer < layers:
            raise ValueError(
                f"the funnel has {layers} layers, but caps.per_customer is {self.caps.per_customer}: "
                "the last would never be reached; raise the cap or shorten the funnel"
            )
        return self

    @model_validator(mode="after")
    def _variants_have_touches(self) -> "Strategy":
        names = [touch.name for touch in self.funnel]
        for arm, variant in self.experiment.variants.items():
            unknown = sorted(set(variant.scripts) - set(names))
            if unknown:
                raise ValueError(
                    f"experiment.variants.{arm} has a script for {unknown[0]!r}, which is no touch of the "
                    f"funnel; there are: {', '.join(names)}"
                )
        return self

    @model_validator(mode="after")
    def _scripts_can_be_filled(self) -> "Strategy":
        arms = [
            Arm(
                path=("experiment", "variants", name, "variables"),
                variables=variant.variables,
                scripts=(*self.scripts(name), *self.scripts(name, elderly=True)),
            )
            for name, variant in self.experiment.variants.items()
        ]
        plain: dict[Path, str] = {("title",): self.title, ("offer",): self.offer}
        found = slips(own=self.variables, scripts=self.written_scripts(), plain=plain, arms=arms)
        if found:
            raise SlipsError(found)
        return self

    @model_validator(mode="after")
    def _scripts_open_lawfully(self) -> "Strategy":
        touches = tuple(touch.model_copy(update=self._opened_scripts(touch)) for touch in self.funnel)
        variants = {arm: self._opened(variant) for arm, variant in self.experiment.variants.items()}
        # The one place where a frozen document is completed, before anybody has seen it.
        object.__setattr__(self, "funnel", touches)
        object.__setattr__(self, "experiment", self.experiment.model_copy(update={"variants": variants}))
        return self

    def runs_on(self, day: date) -> bool:
        """Whether contacts may be made on ``day``."""
        return self.valid.start <= day <= self.valid.end

    def layers(self) -> tuple[tuple[Touch, ...], ...]:
        """The touches by layer; within a layer in the order of the document."""
        numbers = layers_of(self.funnel)
        return tuple(
            tuple(touch for touch, own in zip(self.funnel, numbers, strict=True) if own == layer)
            for layer in range(1, max(numbers) + 1)
        )

    def ways(self) -> tuple[Way, ...]:
        """Every way on, in the order of the document."""
        place = {touch.name: number for number, touch in enumerate(self.funnel, start=1)}
        return tuple(
            Way(place[name], result, step)
            for step, touch in enumerate(self.funnel, start=1)
            for name in touch.after
            for result in touch.when
        )

    def ends(self) -> frozenset[str]:
        """Results after which a journey is over."""
        return frozenset((*FINAL_RESULTS, *self.exits))

    def scripts(self, arm: str, *, elderly: bool = False) -> tuple[str, ...]:
        """What customers of ``arm`` get to hear or read, by touch, not filled: what is said to the elderly
        where they are, else the arm's own words, else the strategy's."""
        variant = self.experiment.variants.get(arm)
        own = variant.scripts if variant else {}
        return tuple(
            (touch.elderly_script if elderly else None) or own.get(touch.name, touch.script)
            for touch in self.funnel
        )

    def written_scripts(self) -> dict[Path, str]:
        """Every script, not filled, by its path in the document."""
        found: dict[Path, str] = {}
        for place, touch in enumerate(self.funnel):
            found["funnel", place, "script"] = touch.script
            if touch.elderly_script is not None:
                found["funnel", place, "elderly_script"] = touch.elderly_script
        for arm, variant in self.experiment.variants.items():
            for name, script in variant.scripts.items():
                found["experiment", "variants", arm, "scripts", name] = script
        return found

    def values(self, arm: str) -> dict[str, str]:
        """The author's variables as customers of ``arm`` get to hear them."""
        variant = self.experiment.variants.get(arm)
        return {**self.variables, **(variant.variables if variant else {})}

    def _opened_scripts(self, touch: Touch) -> dict[str, str]:
        scripts = {"script": touch.script, "elderly_script": touch.elderly_script}
        return {
            name: opened(script, channel=touch.channel, kind=self.kind)
            for name, script in scripts.items()
            if script is not None
        }

    def _opened(self, variant: Variant) -> Variant:
        channels = {touch.name: touch.channel for touch in self.funnel}
        scripts = {
            name: opened(script, channel=channels[name], kind=self.kind)
            for name, script in variant.scripts.items()
        }
        return variant.model_copy(update={"scripts": scripts})

    def _longest_wait(self) -> int:
        """Days from the first contact to the last, on the slowest way."""
        waited: dict[str, int] = {}
        for touch in self.funnel:
            waited[touch.name] = max((waited[name] + touch.wait_days for name in touch.after), default=0)
        return max(waited.values())


def _linked(funnel: tuple[Touch, ...]) -> tuple[Touch, ...]:
    """The touches with the names and links that their author left out."""
    names = [touch.name or f"touch {number}" for number, touch in enumerate(funnel, start=1)]
    before = [(), *((name,) for name in names[:-1])]
    return tuple(
        touch.model_copy(
            update={"name": name, "after": touch.after if "after" in touch.model_fields_set else default}
        )
        for touch, name, default in zip(funnel, names, before, strict=True)
    )
