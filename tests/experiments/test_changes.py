"""Changes of balances: mirrored they are mirrored, interval and p-value agree, and skew does not mislead."""

import numpy as np
import pytest

from benchmarks.calibration import coverage
from experiments.changes import adjusted_changes, changes
from experiments.moments import Floats, Moments
from experiments.sequences import sequence
from experiments.statistics import difference, pool, slope_of

WORLDS = 3_000


def _arm(values: Floats, covariate: Floats | None = None) -> Moments:
    """Over the last axis."""
    gains = np.maximum(values, 0.0)
    beside: dict[str, Floats] = {}
    if covariate is not None:
        beside["covariate_total"] = covariate.sum(axis=-1)
        beside["covariate_squares"] = (covariate**2).sum(axis=-1)
        beside["product"] = (covariate * values).sum(axis=-1)
    return Moments(
        n=np.full(values.shape[:-1], float(values.shape[-1])),
        total=values.sum(axis=-1),
        squares=(values**2).sum(axis=-1),
        gains=gains.sum(axis=-1),
        gain_squares=(gains**2).sum(axis=-1),
        **beside,
    )


def _rare(
    rng: np.random.Generator, customers: int, *, gaining: float, losing: float, worlds: int = WORLDS
) -> Floats:
    """Log-normal gains and losses of so many of the customers: (worlds, customers)."""
    shape = (worlds, customers)
    amount = np.exp(rng.normal(0.0, 1.2, shape))
    drawn = rng.random(shape)
    return np.where(drawn < gaining, amount, 0.0) - np.where(drawn > 1 - losing, amount, 0.0)


def _world(*, gaining: float, more: float, losing: float = 0.0) -> tuple[Moments, Moments]:
    rng = np.random.default_rng(41)
    return (
        _arm(_rare(rng, 400, gaining=gaining + more, losing=losing)),
        _arm(_rare(rng, 80, gaining=gaining, losing=losing)),
    )


def test_losses_are_gains_in_the_mirror() -> None:
    treated, held = _world(gaining=0.15, more=0.05, losing=0.05)
    turned = [
        Moments(
            n=arm.n,
            total=-arm.array("total"),
            squares=arm.squares,
            gains=arm.losses,
            gain_squares=arm.array("squares") - arm.array("gain_squares"),
        )
        for arm in (treated, held)
    ]
    found, mirrored = changes(treated, held), changes(*turned)
    assert mirrored.low == pytest.approx(-found.high)
    assert mirrored.high == pytest.approx(-found.low)
    assert mirrored.p_value == pytest.approx(found.p_value)


def test_interval_and_p_value_never_contradict_each_other_alone_or_pooled() -> None:
    treated, held = _world(gaining=0.1, more=0.06, losing=0.03)
    alone = changes(treated, held)
    each = changes(*(_fours(arm) for arm in (treated, held)))
    joined = pool(each, n=400.0, control_n=80.0, scored=False)
    for found in (alone, joined):
        excludes = (found.low > 0) | (found.high < 0)
        clear = np.abs(found.p_value - 0.05) > 1e-6
        assert 0.05 < excludes.mean() < 0.95
        assert (excludes == (found.p_value < 0.05))[clear].all()
    band = sequence(alone.lift, alone.error, 400.0, 80.0, slope=slope_of(alone))
    assert (((band.low > 0) | (band.high < 0)) == (band.p_value < 0.05)).all()


def _fours(arm: Moments) -> Moments:
    """The entries as strategies of portfolios of four."""
    given = {name: np.reshape(value, (-1, 4)) for name, value in vars(arm).items() if value is not None}
    return Moments(**given)


@pytest.mark.parametrize("losing", [0.0, 0.05])
@pytest.mark.parametrize("more", [0.0, 0.05])
def test_pools_cover_the_truth(losing: float, more: float) -> None:
    each = changes(*(_fours(arm) for arm in _world(gaining=0.1, more=more, losing=losing)))
    found = pool(each, n=400.0, control_n=80.0, scored=False)
    truth = more * np.exp(1.2**2 / 2)
    assert 0.93 <= np.mean((found.low <= truth) & (truth <= found.high)) <= 0.98


@pytest.mark.parametrize("losing", [0.0, 0.1])
def test_intervals_of_changes_cover_what_they_promise_where_welchs_do_not(losing: float) -> None:
    for lift in (0.0, 0.5):
        covered = coverage(850, 150, zeros=0.9, lift=lift, losing=losing, draws=6_000, seed=43)
        assert 0.94 <= covered["change"] <= 0.965
        if not losing:
            assert covered["Welch's t (tried)"] < 0.925


def test_adjusted_intervals_are_narrower_and_cover_the_truth() -> None:
    """Gains are larger where more was held before."""
    rng = np.random.default_rng(47)
    arms = []
    for customers, more in ((400, 0.05), (80, 0.0)):
        values = _rare(rng, customers, gaining=0.1 + more, losing=0.02)
        before = np.exp(rng.normal(0.0, 1.0, values.shape))
        arms.append(_arm(values + 0.5 * before, before))
    plain, better = changes(*arms), adjusted_changes(*arms)
    truth = 0.05 * np.exp(1.2**2 / 2)
    assert 0.94 <= np.mean((better.low <= truth) & (truth <= better.high)) <= 0.975
    assert np.mean(better.high - better.low) < 0.95 * np.mean(plain.high - plain.low)


def test_harm_that_empties_the_treated_arm_is_not_missed_however_often_one_looks() -> None:
    """Of the 850 nearly nobody gains any more: the error of no difference is that of too few gains."""
    rng = np.random.default_rng(53)
    arms = [_arm(_rare(rng, n, gaining=rate, losing=0.0)) for n, rate in ((850, 0.005), (150, 0.05))]
    found, truth = changes(*arms), -0.045 * np.exp(1.2**2 / 2)
    leaning, straight = (
        sequence(found.lift, found.error, 850.0, 150.0, slope=slope) for slope in (slope_of(found), 0.0)
    )
    missed = [np.mean((band.low > truth) | (band.high < truth)) for band in (leaning, straight)]
    assert missed[0] <= 0.05
    assert missed[1] > 0.1


def test_changes_of_nearly_everybody_are_read_by_welch() -> None:
    rng = np.random.default_rng(59)
    arms = [_arm(rng.normal(3.0, 1.0, (5, customers))) for customers in (60, 20)]
    found, welch = changes(*arms), difference(*arms, binary=False)
    assert vars(found) == {name: pytest.approx(value) for name, value in vars(welch).items()}


def test_what_cannot_be_told_is_not_told() -> None:
    nothing = Moments(n=[9.0, 1.0, 0.0], total=[0.0, 5.0, 0.0], squares=[0.0, 25.0, 0.0])
    given = Moments(**{**vars(nothing), "gains": nothing.total, "gain_squares": nothing.squares})
    found = changes(given, given)
    assert np.isnan([found.low, found.high, found.p_value, found.error]).all()
