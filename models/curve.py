"""Robust scaling of one feature: a bent line."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_TAILS = (0.01, 0.99)
_RAMPS = 8
_SKEWED = 1.0
_APART = 1e-290
"""Percentiles closer than this are one value: the slope between them would be beyond floating point."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A rising bent line from a feature's unit to scaled units, flat beyond its ends.

    Values beyond the 1st and 99th percentile count as those percentiles (winsorised). A feature that is still
    skewed, as money is, bends like a signed logarithm, in eight straight ramps. Then it is centred to mean 0
    and scaled to standard deviation 1, or to a span of 4 where that is less, so that a rare flag does not
    outweigh everything else. A feature that does not vary between the percentiles scales to 0. A missing
    value counts as the median.
    """

    knots: tuple[float, ...]
    heights: tuple[float, ...]
    median: float

    @classmethod
    def fit(cls, values: Floats) -> Self:
        """From a sample of the feature, NaN where missing; the order of the sample does not matter."""
        seen = np.sort(values[~np.isnan(values)])
        if not len(seen):
            return cls(knots=(0.0, 1.0), heights=(0.0, 0.0), median=0.0)
        low, median, high = (float(q) for q in np.quantile(seen, (_TAILS[0], 0.5, _TAILS[1])))
        if high - low < _APART:
            return cls(knots=(low, low + 1.0), heights=(0.0, 0.0), median=median)
        knots, heights = _shape(np.clip(seen, low, high))
        scaled = np.interp(seen, knots, heights)
        spread = max(float(scaled.std()), float(heights[-1] - heights[0]) / 4)
        heights = (heights - scaled.mean()) / spread
        return cls(knots=tuple(knots.tolist()), heights=tuple(heights.tolist()), median=median)

    def scale(self, values: Floats) -> Floats:
        """Scaled values, in the order of ``values``."""
        known = np.where(np.isnan(values), self.median, values)
        scaled = np.full(len(known), self.heights[0])
        for start, stop, slope in self._ramps():
            scaled = scaled + (np.minimum(np.maximum(known, start), stop) - start) * slope
        return scaled

    def unscale(self, scaled: Floats) -> Floats:
        """Back in the feature's unit; the median where the feature does not vary."""
        if self.heights[0] == self.heights[-1]:
            return np.full(len(scaled), self.median)
        return np.asarray(np.interp(scaled, self.heights, self.knots))

    def _ramps(self) -> list[tuple[float, float, float]]:
        """(start, stop, slope) of every straight piece that is not flat."""
        pieces = zip(self.knots, self.knots[1:], self.heights, self.heights[1:], strict=False)
        return [(a, b, (q - p) / (b - a)) for a, b, p, q in pieces if q != p]


def _shape(clipped: Floats) -> tuple[Floats, Floats]:
    """Knots and heights before centring, for a sorted and winsorised sample that varies."""
    low, high = float(clipped[0]), float(clipped[-1])
    if abs(_skewness(clipped)) < _SKEWED:
        return np.array([low, high]), np.array([low, high])
    # A unit that vanishes beside the span would only spread noise apart.
    unit = max(float(np.median(np.abs(clipped[clipped != 0]))), (high - low) * 1e-6)
    heights = np.linspace(_signed_log(low / unit), _signed_log(high / unit), _RAMPS + 1)
    knots = np.sign(heights) * np.expm1(np.abs(heights)) * unit
    knots[0], knots[-1] = low, high
    return knots, heights


def _signed_log(value: float) -> float:
    return float(np.sign(value) * np.log1p(abs(value)))


def _skewness(values: Floats) -> float:
    spread = float(values.std())
    return float(np.mean(((values - values.mean()) / spread) ** 3)) if spread > 0 else 0.0
