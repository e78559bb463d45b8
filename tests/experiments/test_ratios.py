"""Ratios whose denominator is rare: silent while it is, and rarely called something by daily looks after."""

import numpy as np
import pytest

from experiments.moments import Moments
from experiments.ratios import FEWEST, ratio
from experiments.sequences import sequence

STRATEGIES = 1_000


def _openings(customers: int, rate: float, rng: np.random.Generator) -> Moments:
    """Log-normal yuan of those who open something, of so many customers a strategy."""
    opened = rng.binomial(customers, rate, STRATEGIES)
    owner = np.repeat(np.arange(STRATEGIES), opened)
    yuan = np.exp(rng.normal(0, 1, opened.sum()))
    total, squares = (np.bincount(owner, each, minlength=STRATEGIES) for each in (yuan, yuan**2))
    count = opened.astype(float)
    return Moments(
        n=np.full(STRATEGIES, float(customers)),
        total=total,
        squares=squares,
        covariate_total=count,
        covariate_squares=count,
        product=total,
    )


@pytest.mark.parametrize("rate", [0.01, 0.05])
def test_daily_looks_rarely_call_a_null_strategy_something(rate: float) -> None:
    rng = np.random.default_rng(27)
    ever, told = np.zeros(STRATEGIES, dtype=bool), 0
    treatment, control = _openings(200, rate, rng), _openings(40, rate, rng)
    for _ in range(30):
        found = ratio(treatment, control)
        few = control.array("covariate_total") < FEWEST
        assert np.isnan(found.low[few]).all()
        assert np.isnan(found.p_value[few]).all()
        told += int(np.isfinite(found.low).sum())
        band = sequence(found.lift, found.error, treatment.n, control.n)
        ever |= (band.low > 0) | (band.high < 0)
        treatment, control = treatment + _openings(200, rate, rng), control + _openings(40, rate, rng)
    assert ever.mean() <= 0.05
    assert (told > 0) == (rate == 0.05)


def test_without_a_denominator_there_is_no_ratio() -> None:
    rng = np.random.default_rng(28)
    found = ratio(_openings(1_000, 0.2, rng), _openings(1_000, 0.0, rng))
    assert np.isnan(found.lift).all()
    assert np.isnan(found.low).all()
    assert np.isnan(found.error).all()
