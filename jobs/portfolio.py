"""What the portfolio takes from strategies' documents: which channels a draw has set against each other."""

from collections.abc import Iterable
from itertools import combinations

from evaluation.head_to_head import Pair
from strategies.document import Strategy


def channel_pairs(strategies: Iterable[Strategy]) -> list[Pair]:
    """Strategies of one layer with the same rule, word for word, and goal, that begin on different channels.

    Their slots are disjoint, so that the layer's draw decided which of the two a customer could get.
    """
    in_layers = sorted((s for s in strategies if s.experiment.layer), key=lambda s: (_channel(s), s.name))
    return [
        Pair(layer, one.name, _channel(one), other.name, _channel(other))
        for one, other in combinations(in_layers, 2)
        if (layer := _shared_layer(one, other)) and _channel(one) != _channel(other) and _alike(one, other)
    ]


def _channel(strategy: Strategy) -> str:
    return strategy.funnel[0].channel


def _shared_layer(one: Strategy, other: Strategy) -> str | None:
    a, b = one.experiment.layer, other.experiment.layer
    if a is None or b is None or a.name != b.name or max(a.first, b.first) <= min(a.last, b.last):
        return None
    return a.name


def _alike(one: Strategy, other: Strategy) -> bool:
    same_rule = one.who.split() == other.who.split()
    return (
        same_rule
        and one.goal.product == other.goal.product
        and one.goal.window_days == other.goal.window_days
    )
