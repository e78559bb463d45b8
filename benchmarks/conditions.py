"""Hundreds of conditions such as managers write: a feature against a round number, in Chinese or English."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import FEATURES
from features.declaration import Feature
from lake.tables.words import CHANNELS

Flags = npt.NDArray[np.bool_]

# Facts that decide whether somebody may be reached, not who he is: the contact policy's business. Features
# whose consent keeps them to some channels are left out too: a strategy here may use any channel.
_NOT_FOR_RULES = ("consent_", "suppressed", "mobile_reachable", "is_adult")
_UNITS = {"CNY": "元", "days": "天", "years": "岁", "hour": "点", "level": "级", "count": "", "share": ""}
_ROUND = {
    "days": (7, 15, 30, 60, 90, 180, 365, 730, 1_095, 1_825),
    "years": tuple(range(20, 80, 5)),
    "level": (2, 3, 4),
    "hour": (10, 12, 14, 16, 18),
    "count": (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 50, 80, 100),
    "share": tuple(percent / 100 for percent in range(-50, 100, 10)),
    "CNY": tuple(
        sign * step * power for sign in (1, -1) for power in (10, 100, 1_000, 10_000) for step in (1, 2, 3, 5)
    ),
}
_RAREST, _COMMONEST = 0.08, 0.92


@dataclass(frozen=True)
class Condition:
    """True of a customer whose ``feature`` lies in [low, high), or is missing where ``missing`` says so.

    ``true_of``: of which customers of the sample it is true.
    """

    text: str
    feature: str
    low: float
    high: float
    missing: bool
    true_of: Flags

    def within(self, other: "Condition") -> bool:
        """Whether ``other`` is true wherever this is."""
        return (
            self.feature == other.feature
            and other.low <= self.low
            and self.high <= other.high
            and (other.missing or not self.missing)
        )


def make_conditions(count: int, *, sample: pa.Table, rng: np.random.Generator) -> list[Condition]:
    """``count`` conditions, no two of one meaning, each true of some and not of most of the ``sample``."""
    found: dict[tuple[str, float, float, bool], Condition] = {}
    for feature in FEATURES.values():
        if feature.name.startswith(_NOT_FOR_RULES) or feature.type == "date" or feature.channels != CHANNELS:
            continue
        written = feature.label if rng.random() < 0.5 else feature.name
        for condition in _of(feature, written, sample, rng):
            found.setdefault((condition.feature, condition.low, condition.high, condition.missing), condition)
    usual = [each for each in found.values() if _RAREST <= each.true_of.mean() <= _COMMONEST]
    chosen = rng.permutation(len(usual))[:count]
    return [usual[place] for place in chosen]


def _of(feature: Feature, written: str, sample: pa.Table, rng: np.random.Generator) -> Iterator[Condition]:
    values = _numbers(sample, feature)
    if feature.type == "boolean":
        yield _condition(written, feature, 1.0, inf, values)
        yield _condition(f"not {written}", feature, -inf, 1.0, values)
        return
    if feature.unit not in _ROUND:
        return
    low_end, high_end = np.nanquantile(values, [0.02, 0.98])
    least = (high_end - low_end) / 200
    marks = [float(m) for m in sorted(_ROUND[feature.unit]) if low_end < m < high_end and abs(m) >= least]
    for mark in marks:
        yield _condition(f"{written} >= {_shown(mark, feature)}", feature, mark, inf, values)
        yield _condition(f"{written} < {_shown(mark, feature)}", feature, -inf, mark, values)
        if feature.nullable and rng.random() < 0.3:
            text = f"({written} >= {_shown(mark, feature)} or {written} is null)"
            yield _condition(text, feature, mark, inf, values, missing=True)
    yield from _ranges(feature, written, marks, values)


def _ranges(
    feature: Feature, written: str, marks: Sequence[float], values: npt.NDArray[np.float64]
) -> Iterator[Condition]:
    whole = feature.type == "long"
    for low, high in zip(marks, marks[2:], strict=False):
        shown = f"{written} between {_shown(low, feature)} and {_shown(high, feature)}"
        yield _condition(shown, feature, low, high + 1 if whole else float(np.nextafter(high, inf)), values)


def _condition(
    text: str,
    feature: Feature,
    low: float,
    high: float,
    values: npt.NDArray[np.float64],
    *,
    missing: bool = False,
) -> Condition:
    with np.errstate(invalid="ignore"):
        true_of = (values >= low) & (values < high)
    return Condition(text, feature.name, low, high, missing, true_of | (missing & np.isnan(values)))


def _numbers(sample: pa.Table, feature: Feature) -> npt.NDArray[np.float64]:
    column = sample[feature.name].combine_chunks()
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _shown(mark: float, feature: Feature) -> str:
    if feature.unit == "share":
        return f"{mark * 100:.0f}%"
    if feature.unit == "CNY" and mark % 10_000 == 0:
        return f"{mark / 10_000:.0f}万"
    return f"{mark:.0f}{_UNITS[feature.unit]}"
