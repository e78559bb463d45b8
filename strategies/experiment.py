"""The experiment of a strategy: who takes part, who receives nothing, and who receives other words."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from lake.tables.words import TREATED
from strategies.part import Line, Name, Part, Text, TouchName, Variables, one_of

SLOTS = 100
# What is left for 'treatment' beside its variants; below it the strategy as written would not be read.
_LEAST_LEFT = 0.05

VariantArm = Annotated[str, one_of(TREATED[1:])]
Held = Annotated[float, Field(ge=0.05, le=0.5)]


class Layer(Part):
    """The slots of a layer, 1 to 100, whose customers the strategy may have. Both ends belong to it.

    Every customer has one slot in a layer, so strategies of one layer with disjoint slots never meet; layers
    are drawn independently of one another.
    """

    name: Name
    first: int = Field(validation_alias="from", ge=1, le=SLOTS)
    last: int = Field(validation_alias="to", ge=1, le=SLOTS)

    @model_validator(mode="after")
    def _in_order(self) -> "Layer":
        if self.first > self.last:
            raise ValueError(f"the slots end ({self.last}) before they start ({self.first})")
        return self


class Variant(Part):
    """Other words for a ``share`` of those not held out: scripts by the name of their touch, and other values
    of the strategy's variables."""

    share: float = Field(ge=0.05, le=0.95)
    scripts: Mapping[TouchName, Text] = Field(default_factory=dict)
    variables: Variables = Field(default_factory=dict)

    @model_validator(mode="after")
    def _differs(self) -> "Variant":
        if not self.scripts and not self.variables:
            raise ValueError("it has no words of its own; give it scripts, or variables")
        return self


class Experiment(Part):
    """``holdout``: share of the strategy's customers who receive nothing, so that its lift can be read.

    ``by_segment``: another share in these segments. ``variants``: who of the others gets other words; the
    rest is 'treatment'. ``ramp``: share of customers who take part at all; raising it adds customers and
    moves nobody. ``layer``: the slots the strategy is confined to. ``expose``: least customers a night, of
    all arms together, whose first contact is chosen, where so many can be had.
    """

    holdout: Held = 0.15
    by_segment: Mapping[Line, Held] = Field(default_factory=dict)
    variants: Mapping[VariantArm, Variant] = Field(default_factory=dict)
    ramp: Annotated[float, Field(ge=0.01, le=1)] = 1.0
    layer: Layer | None = None
    expose: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0

    @model_validator(mode="after")
    def _leaves_treatment(self) -> "Experiment":
        taken = sum(variant.share for variant in self.variants.values())
        if taken > 1 - _LEAST_LEFT + 1e-9:
            raise ValueError(
                f"the variants take {taken:.0%} of those not held out; leave at least {_LEAST_LEFT:.0%} "
                "for 'treatment'"
            )
        return self

    @property
    def enrolled_share(self) -> float:
        """The share of all customers who take part, by ramp and layer."""
        slots = SLOTS if self.layer is None else self.layer.last - self.layer.first + 1
        return self.ramp * slots / SLOTS

    def held_out(self, segment: str) -> float:
        """The share held out in ``segment``."""
        return self.by_segment.get(segment, self.holdout)

    def least_held_out(self) -> float:
        """The smallest share held out in any segment."""
        return min((self.holdout, *self.by_segment.values()))

    def shares(self, segment: str) -> dict[str, float]:
        """The probability of each arm in ``segment``, of those who take part and whom nothing above holds."""
        held = self.held_out(segment)
        given = {name: (1 - held) * variant.share for name, variant in self.variants.items()}
        return {"treatment": 1 - held - sum(given.values()), **given, "control": held}
