"""Ratios of two sums a customer (yuan per opening), whose denominator differs from customer to customer."""

import numpy as np

from experiments.moments import Floats, Moments
from experiments.statistics import Difference, welch


def ratio(treatment: Moments, control: Moments, *, confidence: float = 0.95) -> Difference:
    """Difference of two ratios of sums by the delta method, with Welch's t.

    ``Moments`` whose metric is the numerator and whose covariate is the denominator. With R = sum y / sum x
    the variance of R is that of (y - R x) / mean x over n. Deng, Knoblich and Lu, "Applying the Delta
    Method in Metric Analytics", KDD 2018. NaN where a denominator is zero.
    """
    value, own = _ratio(treatment)
    control_value, other = _ratio(control)
    n, m = treatment.array("n"), control.array("n")
    return welch(value, own, n, control_value, other, m, confidence=confidence)


def _ratio(arm: Moments) -> tuple[Floats, Floats]:
    """The ratio of one arm and the variance of it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        per = np.where(arm.covariate_mean != 0, arm.covariate_mean, np.nan)
        value = arm.mean / per
        spread = arm.variance - 2 * value * arm.covariance + value**2 * arm.covariate_variance
        return value, np.maximum(spread, 0.0) / per**2 / arm.array("n")
