"""Confidence sequences: known values, agreement of band and p-value, and the promise at every look."""

import numpy as np
import pytest
from scipy import optimize, stats

from experiments.moments import Floats, Moments
from experiments.sequences import TUNED_FOR, Sequence, scored_sequence, sequence
from experiments.statistics import Difference, difference


def test_the_band_is_the_mixtures() -> None:
    """The chance ratio of a normal prior of the tuned width, by quadrature, is one over the p-value."""
    n, m, error, lift = 400.0, 100.0, 0.02, 0.07
    found = sequence(lift, error, n, m, tuned_for=80)
    # Tuned for its own 80 customers, half of it is sqrt(1 + r) errors, r the prior's variance over error^2.
    r = ((found.high - found.low) / 2 / error) ** 2 - 1
    assert r == pytest.approx(np.log1p(r) + 2 * np.log(20), rel=1e-9)
    effect = np.linspace(-2, 2, 400_001)
    prior = stats.norm.pdf(effect, 0, error * np.sqrt(r))
    ratio = np.trapezoid(stats.norm.pdf(lift, effect, error) * prior, effect) / stats.norm.pdf(lift, 0, error)
    assert found.p_value == pytest.approx(1 / ratio, rel=1e-6)


def test_band_and_p_value_never_contradict_each_other() -> None:
    rng = np.random.default_rng(5)
    n = rng.integers(20, 50_000, 5_000)
    found = sequence(rng.normal(0, 4, 5_000), np.ones(5_000), n, n // 5 + 1)
    excludes = (found.low > 0) | (found.high < 0)
    clear = np.abs(found.p_value - 0.05) > 1e-9
    assert (excludes == (found.p_value <= 0.05))[clear].all()


def test_the_band_is_tightest_where_it_is_tuned_for() -> None:
    effective = np.geomspace(TUNED_FOR / 50, TUNED_FOR * 50, 201)
    found = sequence(0.0, 1.0, 2 * effective, 2 * effective)
    assert effective[np.argmin(found.high)] == pytest.approx(TUNED_FOR, rel=0.05)
    assert (found.high > 1.96).all()


def test_normal_sums_looked_at_a_thousand_times_are_rarely_called_something() -> None:
    """1,500 sequences without an effect, a look after every tenth customer of each arm."""
    rng = np.random.default_rng(6)
    seen = np.arange(10, 10_001, 10)
    steps = rng.normal(size=(1_500, len(seen))) * np.sqrt(20.0)
    lift = steps.cumsum(axis=1) / seen
    error = np.sqrt(2 / seen)
    found = sequence(lift, error, seen, seen)
    ever = ((found.low > 0) | (found.high < 0)).any(axis=1)
    naive = (np.abs(lift / error) > 1.96).any(axis=1)
    assert ever.mean() <= 0.05
    assert naive.mean() > 0.5


def test_what_cannot_be_told_is_not_told() -> None:
    found = sequence([0.1, 0.1, np.nan, 0.0], [np.nan, 0.0, 0.1, 0.0], [5, 5, 5, 5], [5, 5, 5, 5])
    assert np.isnan(found.p_value[:3]).all()
    assert found.p_value[3] == 1.0
    nobody = sequence(0.1, 0.1, 0, 9)
    assert (nobody.low.item(), nobody.high.item(), nobody.p_value.item()) == (-np.inf, np.inf, 1.0)


def _shares(hits: Floats, n: Floats, control_hits: Floats, m: Floats) -> tuple[Difference, Sequence]:
    found = difference(
        Moments(n=n, total=hits, squares=hits),
        Moments(n=m, total=control_hits, squares=control_hits),
        binary=True,
    )
    return found, scored_sequence(found, n, m)


def _many(seed: int, entries: int = 5_000) -> tuple[Floats, Floats, Floats, Floats]:
    """Hits and customers of small and large arms, among them such in which nobody or everybody did it."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 20_000, entries), rng.integers(2, 800, entries)
    hits, held = rng.binomial(n, rng.beta(0.3, 4, entries)), rng.binomial(m, rng.beta(0.3, 4, entries))
    hits[:100], held[100:200], hits[200:300], held[300:400] = 0, 0, n[200:300], m[300:400]
    return hits.astype(float), n.astype(float), held.astype(float), m.astype(float)


def test_the_band_of_shares_is_where_the_likelihood_ratio_of_scipy_ends() -> None:
    """30 of 400 against 9 of 100, the likelier control rate found by search."""
    found, band = _shares(*(np.array([each]) for each in (30.0, 400.0, 9.0, 100.0)))

    def likelihood(rate: float, control: float) -> float:
        return float(stats.binom.logpmf(30, 400, rate) + stats.binom.logpmf(9, 100, control))

    def deviance(apart: float) -> float:
        best = optimize.minimize_scalar(
            lambda control: -likelihood(control + apart, control),
            bounds=(max(0.0, -apart), min(1.0, 1 - apart)),
            method="bounded",
            options={"xatol": 1e-12},
        )
        return 2 * (likelihood(30 / 400, 9 / 100) + float(best.fun))

    unlike = ((sequence(0.0, 1.0, 400, 100)).high) ** 2
    assert deviance(band.low.item()) == pytest.approx(unlike, rel=1e-6)
    assert deviance(band.high.item()) == pytest.approx(unlike, rel=1e-6)
    assert band.low < found.lift < band.high


def test_band_and_p_value_of_shares_never_contradict_each_other() -> None:
    found, band = _shares(*_many(7))
    told = (found.error > 0) & (np.abs(band.p_value - 0.05) > 1e-7)
    excludes = (band.low > 0) | (band.high < 0)
    assert 200 < excludes.sum() < 4_800
    assert (excludes == (band.p_value <= 0.05))[told].all()


def test_bands_of_shares_hold_the_lift_and_stay_within_what_is_possible() -> None:
    found, band = _shares(*_many(8))
    assert (band.low <= found.lift + 1e-12).all()
    assert (band.high >= found.lift - 1e-12).all()
    assert (np.abs([band.low, band.high]) <= 1 + 1e-12).all()


def test_all_events_in_a_small_arm_are_as_much_proof_as_such_luck_is_rare() -> None:
    """Three of three among 5 % held out happen once in 8,000 times; the score test takes them for z = 7.5."""
    n, m = np.array([8_550.0]), np.array([450.0])
    found, band = _shares(np.zeros(1), n, np.array([3.0]), m)
    assert sequence(found.lift, found.error, n, m).p_value < 1e-9
    assert 0.05**3 < band.p_value < 0.05


def test_many_events_give_the_normal_band() -> None:
    n, m = np.array([2e6]), np.array([1e6])
    found, band = _shares(np.array([200_500.0]), n, np.array([100_000.0]), m)
    normal = sequence(found.lift, found.error, n, m)
    assert band.low == pytest.approx(normal.low, abs=0.01 * float(found.error[0]))
    assert band.high == pytest.approx(normal.high, abs=0.01 * float(found.error[0]))
    assert band.p_value == pytest.approx(normal.p_value, rel=0.05)


def test_amounts_are_read_in_units_of_their_scale() -> None:
    """Customers who all give 700 yuan are the same evidence as customers who give; sizes even, not."""
    hits, n, held, m = _many(9, entries=1_000)
    few = (hits / n < 0.4) & (held / m < 0.4) & (hits + held > 0)
    arms = [
        Moments(n=size[few], total=700.0 * each[few], squares=490_000.0 * each[few])
        for each, size in ((hits, n), (held, m))
    ]
    found = difference(*arms, binary=False, never_negative=True)
    _, band = _shares(hits[few], n[few], held[few], m[few])
    same = scored_sequence(found, n[few], m[few])
    assert same.p_value == pytest.approx(band.p_value, rel=1e-6)
    assert same.low == pytest.approx(700 * band.low, abs=1e-5)
    even = Moments(n=[50.0], total=[50.0], squares=[50.5])
    other = Moments(n=[50.0], total=[40.0], squares=[40.0])
    alike = difference(even, other, binary=False, never_negative=True)
    normal = sequence(alike.lift, alike.error, 50, 50)
    assert scored_sequence(alike, 50, 50).high == normal.high


def test_shares_that_cannot_be_told_are_not_told() -> None:
    _, band = _shares(np.array([0.0, 0.0]), np.array([0.0, 9.0]), np.array([1.0, 0.0]), np.array([5.0, 9.0]))
    assert np.isnan([band.low[0], band.high[0], band.p_value[0]]).all()
    assert band.p_value[1] == 1.0


def test_p_values_are_the_same_without_the_ends() -> None:
    rng = np.random.default_rng(8)
    n, m = rng.integers(2, 3_000, 500).astype(float), rng.integers(2, 400, 500).astype(float)
    hits, held = rng.binomial(n.astype(int), 0.03), rng.binomial(m.astype(int), 0.02)
    found = difference(
        Moments(n=n, total=hits, squares=hits), Moments(n=m, total=held, squares=held), binary=True
    )
    whole, bare = (scored_sequence(found, n, m, ends=ends) for ends in (True, False))
    assert np.array_equal(whole.p_value, bare.p_value)
    assert np.isfinite(whole.low).all()
    assert np.isnan(bare.low).all()
    assert np.isnan(bare.high).all()
