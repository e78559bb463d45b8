"""The watch over nights: how often stable series alarm, and how surely what doubles is seen.

``python -m benchmarks.watch`` prints one JSON line a figure. Series are made up: rates differ between nights
by a quarter of what chance within a night allows, sizes by a fifth.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.figure import Figure, at_least, at_most, show
from outreach.watch.past import Night, length_departure, rate_departure

_SERIES, _NIGHTS, _MONTH = 150, 28, 30
_SIZE = 3_000
_USUAL = {"drop_rate": 0.03, "pick_up_rate": 0.35, "complaint_rate": 0.002}


def figures() -> Iterator[Figure]:
    """False alarms a month of a channel with all its measures; doubled rates seen, at once and in a week."""
    rng = np.random.default_rng(20260701)
    false = sum(_alarms(rng, rate) for rate in _USUAL.values()) + _length_alarms(rng)
    yield at_most("watch, false alarms of a channel", _MONTH * false, "a month", goal=1)
    for name, rate in _USUAL.items():
        night, week = _doubled(rng, rate)
        of = f"watch, {name} of {rate:.1%} twice as high for {_SIZE:,} contacts a night"
        if rate * _SIZE > 30:  # fewer do not tell in a night
            yield at_least(f"{of}, seen at once", night, "share", goal=0.9)
        yield at_least(f"{of}, seen in a week", week, "share", goal=0.5)


def _series(rng: np.random.Generator, rate: float, nights: int) -> list[Night]:
    sizes = np.maximum(_SIZE * np.exp(rng.normal(0, 0.2, nights)), 1).astype(int)
    precision = 16 * _SIZE
    rates = rng.beta(rate * precision, (1 - rate) * precision, nights)
    return [Night(hits=int(rng.binomial(n, p)), total=int(n)) for n, p in zip(sizes, rates, strict=True)]


def _alarms(rng: np.random.Generator, rate: float) -> float:
    """The share of stable nights that alarm."""
    seen = 0
    for _ in range(_SERIES):
        nights = _series(rng, rate, _NIGHTS + _MONTH)
        seen += sum(
            rate_departure(nights[now], nights[now - _NIGHTS : now]) is not None
            for now in range(_NIGHTS, _NIGHTS + _MONTH)
        )
    return seen / (_SERIES * _MONTH)


def _length_alarms(rng: np.random.Generator) -> float:
    seen = 0
    for _ in range(_SERIES):
        lengths = [Night(hits=int(n)) for n in _SIZE * np.exp(rng.normal(0, 0.2, _NIGHTS + _MONTH))]
        seen += sum(
            length_departure(lengths[now], lengths[now - _NIGHTS : now]) is not None
            for now in range(_NIGHTS, _NIGHTS + _MONTH)
        )
    return seen / (_SERIES * _MONTH)


def _doubled(rng: np.random.Generator, rate: float) -> tuple[float, float]:
    """The share of doubled rates that are seen on the first night, and by the seventh."""
    at_once = in_time = 0
    for _ in range(_SERIES):
        nights = _series(rng, rate, _NIGHTS) + _series(rng, 2 * rate, 7)
        seen = [
            rate_departure(nights[now], nights[now - _NIGHTS : now]) is not None
            for now in range(_NIGHTS, _NIGHTS + 7)
        ]
        at_once, in_time = at_once + seen[0], in_time + any(seen)
    return at_once / _SERIES, in_time / _SERIES


def main() -> None:
    show(figures())


if __name__ == "__main__":
    main()
