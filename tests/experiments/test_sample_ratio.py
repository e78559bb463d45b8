"""Evidence against the drawn shares: what it is, that it adds up, that it may be watched, that it finds."""

import numpy as np
import pytest
from scipy import stats

from experiments.sample_ratio import evidence, p_value


def test_it_is_the_likelihood_ratio_of_two_multinomials() -> None:
    counts, shares = np.array([830, 90, 80]), np.array([0.8, 0.1, 0.1])
    wanted = stats.dirichlet_multinomial.logpmf(counts, 1_000 * shares, np.array(1_000))
    wanted -= stats.multinomial.logpmf(counts, 1_000, shares)
    assert evidence(counts, shares) == pytest.approx(wanted)


def test_its_expectation_under_sound_splits_is_one() -> None:
    """Exactly, over all outcomes of a small split."""
    held = np.arange(301)
    odds = np.exp(evidence(np.stack([300 - held, held], axis=-1), [0.85, 0.15]))
    assert (odds * stats.binom.pmf(held, 300, 0.15)).sum() == pytest.approx(1.0)


def test_sound_splits_watched_daily_are_rarely_called_broken_and_lost_customers_are_found() -> None:
    rng = np.random.default_rng(7)
    daily = rng.multinomial(2_000, [0.6, 0.25, 0.15], (2_000, 30)).cumsum(axis=1)
    watched = p_value(evidence(daily, [0.6, 0.25, 0.15]))
    assert (watched.min(axis=1) <= 0.05).mean() <= 0.05
    lost = rng.multinomial(2_000, [0.57, 0.26, 0.17], (200, 30)).cumsum(axis=1)
    assert (p_value(evidence(lost, [0.6, 0.25, 0.15]))[:, -1] < 1e-6).mean() > 0.99


def test_several_draws_add_up() -> None:
    """Each of five nights is a little off, as chance may do; all of them together are not chance."""
    counts, shares = np.tile([8_420, 1_580], (5, 1)), np.tile([0.85, 0.15], (5, 1))
    each = evidence(counts, shares)
    assert (p_value(each) > 0.05).all()
    assert p_value(each.sum()) < p_value(each).min()


def test_impossible_counts_and_shares() -> None:
    found = evidence([[5, 1], [5, 0], [0, 0], [3, 3]], [[1.0, 0.0], [1.0, 0.0], [0.8, 0.2], [0.5, 0.2]])
    assert found[0] == np.inf
    assert found[1] == pytest.approx(0.0)
    assert found[2] == pytest.approx(0.0)
    assert np.isnan(found[3])
    assert p_value(found)[0] == 0.0
