"""Aggregates of one arm, and what CUPED makes of them. Everything else in this room works on these alone."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Sums over the customers of one arm, one entry an experiment; arrays of any shape that broadcast.

    ``n`` customers with a value, ``total`` and ``squares`` of the metric; where there is a covariate also its
    sums over the same customers, and ``product``, the sum of metric times covariate. For a ratio the metric
    is the numerator and the covariate the denominator. Of a metric that may be negative ``gains`` and
    ``gain_squares`` are the parts of ``total`` and ``squares`` that its positive values make.
    """

    n: ArrayLike
    total: ArrayLike
    squares: ArrayLike
    covariate_total: ArrayLike | None = None
    covariate_squares: ArrayLike | None = None
    product: ArrayLike | None = None
    gains: ArrayLike | None = None
    gain_squares: ArrayLike | None = None

    def __add__(self, other: "Moments") -> "Moments":
        """Both arms' (or both nights') customers poured together, entry by entry."""
        return Moments(**{name: each + other.array(name) for name, each in self._arrays().items()})

    def sum(self, axis: int = -1) -> "Moments":
        """The entries along ``axis`` poured together."""
        return Moments(**{name: each.sum(axis=axis) for name, each in self._arrays().items()})

    def array(self, name: str) -> Floats:
        """One of the sums as numbers; NaN where it was not given."""
        value = getattr(self, name)
        return np.asarray(np.nan if value is None else value, dtype=np.float64)

    @property
    def mean(self) -> Floats:
        """Mean of the metric; NaN for an empty arm."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.array("total") / self.array("n")

    @property
    def variance(self) -> Floats:
        """Sample variance of the metric; NaN for fewer than two customers."""
        return _covariance(self.array("n"), self.array("total"), self.array("total"), self.array("squares"))

    @property
    def losses(self) -> Floats:
        """What the negative values add up to, without their sign."""
        return self.array("gains") - self.array("total")

    @property
    def covariate_mean(self) -> Floats:
        """Mean of the covariate."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.array("covariate_total") / self.array("n")

    @property
    def covariate_variance(self) -> Floats:
        """Sample variance of the covariate."""
        total = self.array("covariate_total")
        return _covariance(self.array("n"), total, total, self.array("covariate_squares"))

    @property
    def covariance(self) -> Floats:
        """Sample covariance of metric and covariate."""
        return _covariance(
            self.array("n"), self.array("total"), self.array("covariate_total"), self.array("product")
        )

    def _arrays(self) -> dict[str, Floats]:
        return {
            field.name: self.array(field.name)
            for field in fields(self)
            if getattr(self, field.name) is not None
        }


def adjusted(treatment: Moments, control: Moments) -> tuple[Moments, Moments]:
    """CUPED: the moments of y - theta (x - mean of x), theta and mean over both arms together.

    theta = cov(x, y) / var(x); the variance falls by the factor 1 - correlation squared. Entry by entry, so
    that a table of segments gets a theta each. Where the covariate does not vary theta is 0. Deng, Xu, Kohavi
    and Walker, "Improving the Sensitivity of Online Controlled Experiments by Utilizing Pre-Experiment Data",
    WSDM 2013.
    """
    both = treatment + control
    spread = both.covariate_variance
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = np.where(spread > 0, both.covariance / np.where(spread > 0, spread, 1.0), spread)
    center = both.covariate_mean
    return _without(treatment, theta, center), _without(control, theta, center)


def _without(arm: Moments, theta: Floats, center: Floats) -> Moments:
    n, total, x = arm.array("n"), arm.array("total"), arm.array("covariate_total")
    deviation = x - n * center
    deviation_squares = arm.array("covariate_squares") - 2 * center * x + n * center**2
    crossed = arm.array("product") - center * total
    return Moments(
        n=n,
        total=total - theta * deviation,
        squares=arm.array("squares") - 2 * theta * crossed + theta**2 * deviation_squares,
    )


def _covariance(n: Floats, one: Floats, other: Floats, product: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (product - one * other / n) / (n - 1)
    return np.where(n > 1, found, np.nan)
