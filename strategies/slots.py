"""Which strategies of one layer would meet though a layer is there to keep them apart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from strategies.document import Strategy
from strategies.experiment import Layer


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Two strategies that have ``slots`` of ``layer`` in common on some day."""

    strategies: tuple[str, str]
    layer: str
    slots: tuple[int, int]

    @property
    def words(self) -> str:
        """Like ``layer calls, slots 31 to 50``."""
        return f"layer {self.layer}, slots {self.slots[0]} to {self.slots[1]}"


def clashes(strategies: Iterable[Strategy]) -> Iterator[Clash]:
    """Every two strategies that would meet, by layer and slot."""
    layers: dict[str, list[tuple[Layer, Strategy]]] = defaultdict(list)
    for strategy in strategies:
        if strategy.experiment.layer is not None:
            layers[strategy.experiment.layer.name].append((strategy.experiment.layer, strategy))
    for name in sorted(layers):
        inside = sorted(layers[name], key=lambda each: (each[0].first, each[1].name))
        for place, (layer, strategy) in enumerate(inside):
            for other, beside in inside[place + 1 :]:
                if other.first > layer.last:
                    break
                if _run_together(strategy, beside):
                    common = other.first, min(layer.last, other.last)
                    yield Clash(strategies=(strategy.name, beside.name), layer=name, slots=common)


def never_meet(one: Strategy, other: Strategy) -> bool:
    """Whether a layer keeps the customers of the two apart."""
    own, beside = one.experiment.layer, other.experiment.layer
    if own is None or beside is None or own.name != beside.name:
        return False
    return own.last < beside.first or beside.last < own.first


def _run_together(one: Strategy, other: Strategy) -> bool:
    return max(one.valid.start, other.valid.start) <= min(one.valid.end, other.valid.end)
