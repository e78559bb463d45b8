"""Sizes of experiments, against simulation and against each other."""

import numpy as np
import pytest

from base.errors import ExperimentError
from experiments.design import customers_needed, detectable_lift, power
from experiments.moments import Moments
from experiments.statistics import difference


def test_power_is_what_simulation_finds() -> None:
    rng = np.random.default_rng(17)
    n, m, base, lift = 1700, 300, 0.05, 0.05
    hits, control = rng.binomial(n, base + lift, 4000), rng.binomial(m, base, 4000)
    found = difference(
        Moments(n=np.full(4000, n), total=hits, squares=hits),
        Moments(n=np.full(4000, m), total=control, squares=control),
        binary=True,
    )
    promised = power(n + m, holdout=0.15, base=base, lift=lift)
    assert np.mean(found.p_value < 0.05) == pytest.approx(promised, abs=0.03)


@pytest.mark.parametrize("holdout", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("base", [0.01, 0.05, 0.3])
def test_size_and_effect_undo_each_other(holdout: float, base: float) -> None:
    lift = detectable_lift(8000, holdout=holdout, base=base)
    needed = customers_needed(lift, holdout=holdout, base=base)
    assert abs(needed - 8000) <= 1
    assert power(needed, holdout=holdout, base=base, lift=lift) >= 0.8
    assert power(needed - 1, holdout=holdout, base=base, lift=lift) < 0.8


def test_more_customers_show_less() -> None:
    lifts = [detectable_lift(n, holdout=0.15, base=0.03) for n in (1_000, 4_000, 16_000)]
    assert lifts == sorted(lifts, reverse=True)
    assert lifts[0] / lifts[2] > 3


def test_designs_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ExperimentError, match="between 0 and 1"):
        power(100, holdout=0.0, base=0.1, lift=0.1)
    with pytest.raises(ExperimentError, match="is none"):
        customers_needed(0.0, holdout=0.1, base=0.1)
    with pytest.raises(ExperimentError, match="no lift at all"):
        detectable_lift(5, holdout=0.1, base=0.1)
