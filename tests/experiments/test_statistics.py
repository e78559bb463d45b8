"""The statistics of two arms: known answers, coverage, uniform p-values, and agreement with each other."""

import numpy as np
import pytest
from scipy import stats

from base.errors import ExperimentError
from experiments.moments import Moments
from experiments.statistics import Difference, difference, pool


def _shares(hits: object, n: object, control_hits: object, m: object, confidence: float = 0.95) -> Difference:
    one, other = np.asarray(hits, dtype=float), np.asarray(control_hits, dtype=float)
    return difference(
        Moments(n=np.asarray(n, dtype=float), total=one, squares=one),
        Moments(n=np.asarray(m, dtype=float), total=other, squares=other),
        binary=True,
        confidence=confidence,
    )


def test_interval_and_p_value_never_contradict_each_other() -> None:
    rng = np.random.default_rng(3)
    n, m = rng.integers(5, 900, 4000), rng.integers(5, 200, 4000)
    found = _shares(rng.binomial(n, 0.06), n, rng.binomial(m, 0.03), m)
    excludes = (found.low > 0) | (found.high < 0)
    clear = np.abs(found.p_value - 0.05) > 1e-6
    assert (excludes == (found.p_value < 0.05))[clear].all()
    assert (found.low <= found.lift).all()
    assert (found.lift <= found.high).all()


@pytest.mark.parametrize("rate", [0.01, 0.03, 0.08])
@pytest.mark.parametrize("effect", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("size", [(300, 50), (850, 150), (2000, 350)])
def test_intervals_of_shares_miss_the_truth_as_rarely_as_promised_on_either_side(
    rate: float, effect: float, size: tuple[int, int]
) -> None:
    """Exactly, by summing over all outcomes: uncorrected for skewness up to 6 % lie below the truth."""
    n, m = size
    hits, control_hits = np.arange(n + 1), np.arange(m + 1)
    p, q = stats.binom.pmf(hits, n, rate + effect), stats.binom.pmf(control_hits, m, rate)
    hits, control_hits = hits[p > 1e-7], control_hits[q > 1e-7]
    a, b = (grid.ravel() for grid in np.meshgrid(hits, control_hits, indexing="ij"))
    weight = np.outer(p[p > 1e-7], q[q > 1e-7]).ravel()
    found = _shares(a, np.full(len(a), n), b, np.full(len(b), m))
    below = weight[found.high < effect - 1e-9].sum()
    above = weight[found.low > effect + 1e-9].sum()
    few = m * rate < 1
    assert below <= (0.04 if few else 0.0275)
    assert above <= 0.0275
    assert below + above <= (0.04 if few else 0.054)


def test_p_values_of_shares_are_uniform_without_an_effect() -> None:
    rng = np.random.default_rng(5)
    found = _shares(
        rng.binomial(1700, 0.05, 2000), np.full(2000, 1700), rng.binomial(300, 0.05, 2000), np.full(2000, 300)
    )
    assert stats.kstest(found.p_value, "uniform").pvalue > 0.01


def test_means_are_welchs() -> None:
    rng = np.random.default_rng(7)
    one, other = rng.gamma(2.0, 300.0, 400), rng.gamma(2.0, 260.0, 90)
    found = difference(_arm(one), _arm(other), binary=False)
    welch = stats.ttest_ind(one, other, equal_var=False)
    interval = welch.confidence_interval(0.95)
    assert found.p_value[0] == pytest.approx(welch.pvalue)
    assert (found.low[0], found.high[0]) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert found.lift[0] == pytest.approx(one.mean() - other.mean())


def _arm(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Moments:
    return Moments(
        n=np.array([len(values)]), total=np.array([values.sum()]), squares=np.array([(values**2).sum()])
    )


def test_what_cannot_be_told_is_not_told() -> None:
    found = _shares([0, 3, 0], [0, 10, 50], [0, 0, 0], [10, 0, 50])
    assert np.isnan(found.low[:2]).all()
    assert np.isnan(found.p_value[:2]).all()
    assert found.p_value[2] == 1.0
    assert found.low[2] < 0 < found.high[2]
    alone = difference(
        Moments(n=[1.0], total=[5.0], squares=[25.0]),
        Moments(n=[9.0], total=[5.0], squares=[25.0]),
        binary=False,
    )
    assert np.isnan(alone.low[0])


def test_aggregates_that_are_not_of_zeros_and_ones_are_refused() -> None:
    with pytest.raises(ExperimentError, match="not binary"):
        difference(
            Moments(n=[9], total=[4], squares=[8]), Moments(n=[9], total=[4], squares=[4]), binary=True
        )


def test_a_pool_of_one_is_that_one_and_silent_experiments_are_left_out() -> None:
    arms = [Moments(n=[n], total=[hits], squares=[hits]) for n, hits in ((200, 30), (100, 8))]
    one = difference(*arms, binary=False, never_negative=True)
    alone = pool(one, n=[200], control_n=[100], scored=True)
    assert vars(alone) == {name: pytest.approx(value) for name, value in vars(one).items()}
    each = _shares([30, 4], [200, 10], [8, 0], [100, 0])
    both = pool(each, n=[200, 10], control_n=[100, 0], scored=True)
    assert both.lift[0] == pytest.approx(one.lift[0])
    assert both.high[0] == pytest.approx(one.high[0])
    nobody = pool(_shares([1], [5], [0], [0]), n=[5], control_n=[0], scored=True)
    assert np.isnan([nobody.lift[0], nobody.low[0], nobody.p_value[0]]).all()


def test_pools_of_unlike_experiments_cover_the_truth_and_have_uniform_p_values() -> None:
    """Three strategies with unlike holdouts, base rates and effects, read together 1,500 times."""
    rng = np.random.default_rng(9)
    n, m = np.array([900, 400, 1500]), np.array([160, 110, 170])
    base, effects = np.array([0.02, 0.09, 0.04]), np.array([0.03, -0.02, 0.05])
    for effect in (np.zeros(3), effects):
        worlds = (1500, 3)
        each = _shares(
            rng.binomial(n, base + effect, worlds),
            np.broadcast_to(n, worlds),
            rng.binomial(m, base, worlds),
            np.broadcast_to(m, worlds),
        )
        found = pool(each, n=n, control_n=m, scored=True)
        truth = np.average(effect, weights=n)
        assert 0.93 <= np.mean((found.low <= truth) & (truth <= found.high)) <= 0.97
        if not effect.any():
            assert stats.kstest(found.p_value, "uniform").pvalue > 0.01


def _sparse(rate: float, lift: float, *, strata: int, worlds: int) -> tuple[Moments, Moments]:
    """Strategies of 150 treated and 25 held out, who mostly have no hit: (worlds, strata)."""
    rng = np.random.default_rng(17)
    shape = (worlds, strata)
    treated, held = (
        rng.binomial(customers, chance, shape).astype(float)
        for customers, chance in ((150, rate + lift), (25, rate))
    )
    return (
        Moments(n=np.full(shape, 150.0), total=treated, squares=treated),
        Moments(n=np.full(shape, 25.0), total=held, squares=held),
    )


@pytest.mark.parametrize("lift", [0.0, 0.02])
@pytest.mark.parametrize("rate", [0.01, 0.03])
@pytest.mark.parametrize("strata", [5, 20, 100])
def test_pools_of_sparse_experiments_miss_the_truth_seldom_on_either_side(
    strata: int, rate: float, lift: float
) -> None:
    """Joined by MOVER up to 7 of 100 end too low, none too high: controls without a hit seem sure."""
    arms = _sparse(rate, lift, strata=strata, worlds=4_000)
    found = pool(difference(*arms, binary=True), n=arms[0].n, control_n=arms[1].n, scored=True)
    too_high, too_low = np.mean(found.low > lift), np.mean(found.high < lift)
    assert 0.025 <= too_high + too_low <= 0.06
    assert too_low <= 0.045
    assert too_high >= {5: 0.0, 20: 0.008, 100: 0.015}[strata]


def test_pooled_intervals_and_p_values_never_contradict_each_other() -> None:
    rng = np.random.default_rng(21)
    n, m = rng.integers(5, 900, (1_500, 6)), rng.integers(5, 120, (1_500, 6))
    hits, control = rng.binomial(n, 0.08), rng.binomial(m, 0.03)
    shares = pool(_shares(hits, n, control, m), n=n, control_n=m, scored=True)
    arms = [
        Moments(n=size, total=30 * found, squares=1_500 * found) for size, found in ((n, hits), (m, control))
    ]
    amounts, changes = (
        pool(difference(*arms, binary=False, never_negative=scored), n=n, control_n=m, scored=scored)
        for scored in (True, False)
    )
    for found in (shares, amounts, changes):
        excludes = (found.low > 0) | (found.high < 0)
        clear = np.abs(found.p_value - 0.05) > 1e-6
        assert 0.05 < excludes.mean() < 0.95
        assert (excludes == (found.p_value < 0.05))[clear].all()


def test_pooled_amounts_are_not_too_high_where_nobody_gave_anything() -> None:
    """Leaving such strategies out for want of a scale would leave the lucky ones: a third is silent here."""
    rng = np.random.default_rng(22)
    shape, rate, lift = (4_000, 20), 0.004, 0.004
    hits = [rng.binomial(n, chance, shape) for n, chance in ((150, rate + lift), (25, rate))]
    # Amounts of 50 or 150 yuan, alike often.
    large = [rng.binomial(each, 0.5) for each in hits]
    arms = [
        Moments(
            n=np.full(shape, float(n)), total=50.0 * each + 100 * some, squares=2_500.0 * each + 20_000 * some
        )
        for n, each, some in zip((150, 25), hits, large, strict=True)
    ]
    found = pool(
        difference(*arms, binary=False, never_negative=True), n=arms[0].n, control_n=arms[1].n, scored=True
    )
    assert np.mean(hits[0] + hits[1] == 0) > 0.2
    assert found.lift.mean() == pytest.approx(100 * lift, rel=0.03)
    assert 0.94 <= np.mean((found.low <= 100 * lift) & (100 * lift <= found.high)) <= 0.975


def test_pooled_means_have_satterthwaites_freedom() -> None:
    """Ten experiments of three held out: each alone has a t of 2 degrees, together they know far more."""
    rng = np.random.default_rng(24)
    values = [rng.normal(size=(4_000, 10, customers)) for customers in (40, 3)]
    arms = [
        Moments(n=float(each.shape[-1]), total=each.sum(axis=-1), squares=(each**2).sum(axis=-1))
        for each in values
    ]
    found = pool(difference(*arms, binary=False), n=40.0, control_n=3.0, scored=False)
    assert 0.94 <= np.mean((found.low <= 0) & (found.high >= 0)) <= 0.965
    half = (found.high - found.low) / 2
    assert np.median(half / found.error) == pytest.approx(stats.t.isf(0.025, 12), rel=0.05)
