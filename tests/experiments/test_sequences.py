"""Confidence sequences: known values, agreement of band and p-value, and the promise at every look."""

import numpy as np
import pytest
from scipy import stats

from experiments.sequences import TUNED_FOR, sequence


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
