"""Ratios of two sums a customer (yuan per opening), whose denominator differs from customer to customer."""

from dataclasses import replace

import numpy as np

from experiments.moments import Floats, Moments
from experiments.statistics import Difference, welch

# An arm whose denominator is worth fewer customers than this tells nothing: variances guessed from a handful
# of openings are next to nothing by luck.
FEWEST = 30.0


def ratio(treatment: Moments, control: Moments, *, confidence: float = 0.95) -> Difference:
    """Difference of two ratios of sums by the delta method, with Welch's t.

    ``Moments`` whose metric is the numerator and whose covariate is the denominator. With R = sum y / sum x
    the variance of R is that of (y - R x) / mean x over n. Deng, Knoblich and Lu, "Applying the Delta Method
    in Metric Analytics", KDD 2018. ``error`` is that of no difference: S / sum x of treatment + S / sum x of
    control is its square, S the sum of (y - R x)^2 over that of x, both arms together. Nothing but the lift
    is told where an arm's (sum x)^2 / sum x^2 is below ``FEWEST``.
    """
    value, own = _ratio(treatment)
    control_value, other = _ratio(control)
    n, m = treatment.array("n"), control.array("n")
    found = welch(value, own, n, control_value, other, m, confidence=confidence)
    enough = np.minimum(_worth(treatment), _worth(control)) >= FEWEST
    low, high, p_value, error = (
        np.where(enough, each, np.nan)
        for each in (found.low, found.high, found.p_value, _error(treatment, control))
    )
    return replace(found, low=low, high=high, p_value=p_value, error=error)


def _ratio(arm: Moments) -> tuple[Floats, Floats]:
    """The ratio of one arm and the variance of it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        per = np.where(arm.covariate_mean != 0, arm.covariate_mean, np.nan)
        value = arm.mean / per
        spread = arm.variance - 2 * value * arm.covariance + value**2 * arm.covariate_variance
        return value, np.maximum(spread, 0.0) / per**2 / arm.array("n")


def _error(treatment: Moments, control: Moments) -> Floats:
    """Standard error if both arms had one and the same ratio."""
    both = treatment + control
    x = both.array("covariate_total")
    with np.errstate(divide="ignore", invalid="ignore"):
        common = both.array("total") / x
        squares = both.array("squares") - 2 * common * both.array("product")
        spread = np.maximum(squares + common**2 * both.array("covariate_squares"), 0.0) / x
        parts = 1 / treatment.array("covariate_total") + 1 / control.array("covariate_total")
        return np.asarray(np.sqrt(spread * parts))


def _worth(arm: Moments) -> Floats:
    """How many customers with one and the same denominator would tell as much (Kish's effective size)."""
    squares = arm.array("covariate_squares")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(squares > 0, arm.array("covariate_total") ** 2 / squares, np.nan)
