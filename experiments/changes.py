"""Changes of balances: amounts that may be negative, mostly zero, and skewed where gains and losses differ.

Welch's t covers 87 to 94 % of them where few are held out: a small arm's variance is small just when its lift
is far off. Here the variance is that of gains and losses at both arms' common scales (sum of squares / sum,
of each), and changes with the difference asked about, as that of shares and amounts does.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from experiments.moments import Floats, Moments, adjusted
from experiments.statistics import Difference, difference, larger_arms_part, leaning_interval

# Beyond this part of customers with one and the same change, gains and losses are no likeness of rare events.
_EVEN = 0.5
# A small arm in which hardly anything moves has at least this part of the variance that both arms show.
_LEAST = 0.5


def changes(treatment: Moments, control: Moments, *, confidence: float = 0.95) -> Difference:
    """The difference of two arms' mean changes, entry by entry; ``Moments`` with their gains.

    All d with (lift - d)^2 <= z^2 (V + k (d - lift)). V is the variance of the lift if each arm's gains and
    losses come in the scales g and l of both arms together: per customer g gain + l loss - mean^2. k is its
    slope when gains and losses move apart by their variances' shares: s (1 / n - 1 / m),
    s = (g^2 gain - l^2 loss) / (g gain + l loss) - 2 mean. ``error`` is that of no difference. Where changes
    are those of most customers Welch's t is read; NaN where an arm has fewer than two.
    """
    return _read(treatment, control, treatment, control, confidence=confidence)


def adjusted_changes(treatment: Moments, control: Moments, *, confidence: float = 0.95) -> Difference:
    """The same of changes adjusted by the covariate; V and k times what CUPED leaves of the variance."""
    return _read(treatment, control, *adjusted(treatment, control), confidence=confidence)


def _read(
    treatment: Moments, control: Moments, own: Moments, other: Moments, *, confidence: float
) -> Difference:
    """``own`` and ``other`` are the moments whose means are compared."""
    limit = float(special.ndtri((1 + confidence) / 2))
    n, m = treatment.array("n"), control.array("n")
    mean, control_mean = own.mean, other.mean
    lift = mean - control_mean
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = (own + other).variance / (treatment + control).variance
        seen, least, slope, rare = _variance(treatment, control)
        error = np.sqrt(kept * np.maximum(seen - slope * lift, least))
        error = np.where(rare & (error > 0) & (n > 1) & (m > 1), error, np.nan)
        low, high = leaning_interval(lift, error, kept * slope, least=larger_arms_part(n, m), reach=limit)
        p_value = 2 * special.ndtr(-np.abs(lift) / error)
    if not rare.all():
        welch = difference(_only(~rare, own), _only(~rare, other), binary=False, confidence=confidence)
        for values, name in ((low, "low"), (high, "high"), (p_value, "p_value"), (error, "error")):
            values[~rare] = getattr(welch, name)
    return Difference(
        mean=mean, control_mean=control_mean, lift=lift, low=low, high=high, p_value=p_value, error=error
    )


def _only(asked: NDArray[np.bool_], arm: Moments) -> Moments:
    n, total, squares = (
        np.broadcast_to(arm.array(name), asked.shape)[asked] for name in ("n", "total", "squares")
    )
    return Moments(n=n, total=total, squares=squares)


def _variance(treatment: Moments, control: Moments) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Variance at the lift seen, the least of it without a difference, its slope; and where it holds."""
    both = treatment + control
    n, m, everybody = treatment.array("n"), control.array("n"), both.array("n")
    gain, loss = both.array("gains"), both.losses
    squares, gain_squares = both.array("squares"), both.array("gain_squares")
    scale = np.where(gain > 0, gain_squares / np.where(gain > 0, gain, 1.0), 0.0)
    loss_scale = np.where(loss > 0, (squares - gain_squares) / np.where(loss > 0, loss, 1.0), 0.0)
    rare = np.isfinite(squares)
    seen = np.zeros_like(squares)
    for arm, size in ((treatment, n), (control, m)):
        spread = scale * arm.array("gains") + loss_scale * arm.losses - arm.mean * arm.array("total")
        seen = seen + spread / size**2 * everybody / (everybody - 1)
        rare = rare & ((arm.array("gains") + arm.losses) / size <= _EVEN * squares / (gain + loss))
    least = _LEAST * both.variance * (1 / n + 1 / m)
    skew = (scale * gain_squares - loss_scale * (squares - gain_squares)) / squares - 2 * both.mean
    return np.maximum(seen, 0.0), least, skew * (1 / n - 1 / m), rare
