"""The winner's curse: the best are read without their luck, and the total of them within its interval."""

import numpy as np
import pytest
from scipy import special

from experiments.discoveries import q_values
from experiments.moments import Floats
from experiments.shrinkage import FEWEST, certified, shrink


def _world(seed: int, strategies: int = 3_000) -> tuple[Floats, Floats, Floats]:
    """Effects of which a tenth is real, what was measured of them, and how exactly."""
    rng = np.random.default_rng(seed)
    effect = np.where(rng.random(strategies) < 0.1, rng.normal(0.03, 0.01, strategies), 0.0)
    error = rng.lognormal(np.log(0.012), 0.4, strategies)
    return effect, rng.normal(effect, error), error


def test_with_one_normal_prior_it_is_the_textbooks() -> None:
    """All effects normal around zero: a lift keeps spread^2 / (spread^2 + error^2) of itself."""
    rng = np.random.default_rng(14)
    effect = rng.normal(0, 2.0, 8_000)
    lift = rng.normal(effect, 1.0)
    found = shrink(lift, np.ones(8_000))
    near = np.abs(lift) < 4
    assert found.mean[near] == pytest.approx(0.8 * lift[near], abs=0.25)
    assert found.error[near].mean() == pytest.approx(np.sqrt(0.8), rel=0.05)
    assert np.mean((found.low <= effect) & (effect <= found.high)) == pytest.approx(0.95, abs=0.01)


def test_the_chosen_ones_lose_their_luck() -> None:
    naive, shrunk, true = 0.0, 0.0, 0.0
    for seed in range(6):
        effect, lift, error = _world(seed)
        chosen = np.argsort(-lift / error)[:100]
        found = shrink(lift, error)
        naive += lift[chosen].sum()
        shrunk += found.mean[chosen].sum()
        true += effect[chosen].sum()
    assert naive > 1.1 * true
    assert shrunk == pytest.approx(true, rel=0.05)


def test_the_sign_error_is_what_it_says() -> None:
    effect, lift, error = _world(21, strategies=20_000)
    found = shrink(lift, error)
    sure = found.sign_error < 0.1
    wrong = np.sign(effect[sure]) != np.sign(lift[sure])
    assert sure.sum() > 300
    assert wrong.mean() == pytest.approx(found.sign_error[sure].mean(), abs=0.02)


def test_the_certified_total_holds_the_truth_and_is_below_the_naive_sum() -> None:
    inside = 0
    for seed in range(30, 42):
        effect, lift, error = _world(seed)
        weights = error**-2
        chosen = (q_values(2 * special.ndtr(-np.abs(lift / error))) <= 0.05) & (lift > 0)
        total = certified(lift, error, weights, chosen)
        inside += total.low <= float((weights * effect)[chosen].sum()) <= total.high
        assert total.value < total.naive
    assert inside >= 11


def test_no_more_is_certified_than_was_measured() -> None:
    """One lift of 1 point among 99 of 3: the others suggest more than it showed."""
    lift = np.where(np.arange(100) < 99, 0.03, 0.01)
    total = certified(lift, np.full(100, 0.003), np.full(100, 1_000.0), lift == 0.01)
    assert total.naive == pytest.approx(10.0)
    assert total.low <= total.value <= total.naive < total.high


def test_a_slope_takes_the_skew_of_few_events_out() -> None:
    """A control group without a hit is no proof: 400 treated at 3 %, 60 held out at 3 %, nothing real."""
    rng = np.random.default_rng(15)
    n, m, rate = 400, 60, 0.03
    hits, held = rng.binomial(n, rate, 4_000), rng.binomial(m, rate, 4_000)
    lift, common = hits / n - held / m, (hits + held) / (n + m)
    error = np.sqrt(common * (1 - common) * (1 / n + 1 / m))
    slope = (1 - common) * (m / n - n / m) / (n + m)
    assert np.abs(shrink(lift, error, slope=slope).mean).max() < 0.005


def test_what_tells_nothing_is_left_alone() -> None:
    _, lift, error = _world(16, strategies=200)
    lift[:2], error[2] = np.nan, 0.0
    found = shrink(lift.reshape(20, 10), error.reshape(20, 10))
    assert found.mean.shape == (20, 10)
    assert np.isnan(found.mean.ravel()[:3]).all()
    assert found.mean.ravel()[3:] == pytest.approx(shrink(lift[3:], error[3:]).mean)
    assert np.isnan(shrink([np.nan], [1.0]).mean).all()
    nothing = certified(lift, error, np.ones(200), np.zeros(200, dtype=bool))
    assert (nothing.value, nothing.low, nothing.high, nothing.naive) == (0.0, 0.0, 0.0, 0.0)


def test_few_experiments_do_not_tell_how_large_effects_are() -> None:
    _, lift, error = _world(17, strategies=FEWEST)
    assert np.isfinite(shrink(lift, error).mean).all()
    lift[0] = np.nan
    assert np.isnan(shrink(lift, error).mean).all()


@pytest.mark.parametrize("strategies", [40, 200])
def test_intervals_of_few_experiments_have_a_width_and_hold_the_truth(strategies: int) -> None:
    inside = []
    for seed in range(50, 50 + 2_000 // strategies):
        effect, lift, error = _world(seed, strategies=strategies)
        found = shrink(lift, error)
        assert (found.high - found.low > 0.1 * error).all()
        inside.append((found.low <= effect) & (effect <= found.high))
    assert np.mean(inside) >= 0.95


def test_an_effect_is_found_among_forty_experiments_without_one() -> None:
    """Measured at six errors: its interval holds it, and is not nothing to nothing."""
    lift = np.where(np.arange(40) == 0, 0.06, np.random.default_rng(18).normal(0, 0.01, 40))
    found = shrink(lift, np.full(40, 0.01))
    assert found.low[0] < 0.06 < found.high[0]
    assert found.mean[0] > 0.04
