"""Who takes part in a strategy's experiment at all: the share its ramp lets in, inside its layer's slots.

Both are drawn apart from the arms, so who takes part says nothing of the arm. A ramp that is raised only adds
customers. Strategies of one layer with disjoint slots have no customer in common.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from experiments.draws import below, draw, drawn
from strategies.experiment import SLOTS, Experiment, Layer


def ramp_bound(experiment: Experiment) -> str | None:
    """The bound that draws of those let in lie below; None where everybody is."""
    return below(experiment.ramp) if experiment.ramp < 1 else None


def slot_bounds(layer: Layer | None) -> tuple[str | None, str | None]:
    """From which bound on, and below which, the draws of the layer's slots lie; None without a layer."""
    if layer is None:
        return None, None
    return below((layer.first - 1) / SLOTS), below(layer.last / SLOTS)


def enrolled(customer: Column, strategy: Column, *, salt: str) -> Column:
    """Whether the row's customer takes part; asks the row's ramp, layer, slots_from and slots_below."""
    ramp, layer = F.col("ramp"), F.col("layer")
    own = draw(customer, F.concat(F.lit("ramp/"), strategy), salt=salt)
    slot = draw(customer, F.concat(F.lit("layer/"), layer), salt=salt)
    let_in = F.when(ramp.isNotNull(), own < ramp).otherwise(F.lit(True))
    inside = (slot >= F.col("slots_from")) & (slot < F.col("slots_below"))
    return let_in & F.when(layer.isNotNull(), inside).otherwise(F.lit(True))


def is_enrolled(customer: str, *, strategy: str, experiment: Experiment, salt: str) -> bool:
    """Whether one customer takes part, as ``enrolled`` says in the engine."""
    ramp, layer = ramp_bound(experiment), experiment.layer
    if ramp is not None and drawn(customer, f"ramp/{strategy}", salt=salt) >= ramp:
        return False
    first, last = slot_bounds(layer)
    if layer is None or first is None or last is None:
        return True
    return first <= drawn(customer, f"layer/{layer.name}", salt=salt) < last
