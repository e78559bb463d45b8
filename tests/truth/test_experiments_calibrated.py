"""The readouts' promises, where the truth is known: the benchmark's calibrations at a size for every day."""

import pytest

from benchmarks.calibration import (
    HARM,
    KINDS,
    RARE_KINDS,
    certified_worlds,
    coverage,
    cuped,
    daily_looks,
    harm_missed,
    one_look,
    peeking,
    rare_goals,
    shrunk_coverage,
    split_alarms,
    split_power,
)
from benchmarks.worlds import Kind


@pytest.mark.parametrize("kind", KINDS)
def test_thirty_daily_looks_call_few_null_strategies_something(kind: Kind) -> None:
    always, naive = peeking(kind, strategies=2_000, days=30, seed=101)
    assert always <= 0.05
    assert naive > 3 * 0.05  # else these worlds would not show what looking daily does to a plain interval


@pytest.mark.parametrize("kind", RARE_KINDS)
@pytest.mark.parametrize("rate", [0.001, 0.002])
def test_a_few_events_among_few_held_out_are_not_taken_for_harm(kind: Kind, rate: float) -> None:
    ever, discovered = rare_goals(kind, 1, rate=rate, seed=109)
    assert ever <= 0.05
    assert discovered == 0.0


@pytest.mark.parametrize(("treated", "held", "rates"), HARM)
def test_the_always_valid_interval_holds_true_harm(
    treated: int, held: int, rates: tuple[float, float]
) -> None:
    assert harm_missed(treated, held, rates=rates, draws=5_000, seed=110) <= 0.05


@pytest.mark.parametrize("zeros", [0.7, 0.9, 0.95])
@pytest.mark.parametrize("lift", [0.0, 0.5])
def test_intervals_of_skewed_amounts_and_changes_cover_what_they_promise(zeros: float, lift: float) -> None:
    covered = coverage(1_500, 300, zeros=zeros, lift=lift, draws=6_000, seed=102)
    assert 0.94 <= covered["amount"] <= 0.96
    assert 0.94 <= covered["change"] <= 0.96
    assert covered["Welch's t (tried)"] < 0.94


def test_discoveries_by_daily_looks_are_rarely_false() -> None:
    found = daily_looks(6, days=15, seed=103)
    assert found.false <= 0.05
    assert found.power > 0.05


def test_discoveries_at_one_look_are_rarely_false() -> None:
    found = one_look(20, seed=104)
    assert found.false <= 0.05
    assert found.false_better <= 0.05
    assert found.power > 0.2


@pytest.mark.parametrize("strategies", [40, 200])
@pytest.mark.parametrize("real", [0.1, 0.5])
def test_shrunk_intervals_of_small_portfolios_hold_the_truth(strategies: int, real: float) -> None:
    assert shrunk_coverage(strategies, median=300, real=real, entries=4_000, seed=111) >= 0.95


def test_certified_totals_hold_the_truth_and_the_naive_sums_do_not() -> None:
    winners = certified_worlds(8, strategies=4_000, seed=105)
    assert winners.covered >= 7 / 8
    assert winners.shrunk == pytest.approx(1.0, abs=0.03)
    assert winners.naive > 1.05


def test_covariates_cut_the_variance_as_theory_says() -> None:
    assert cuped(0.6, draws=8_000, seed=106) == pytest.approx(1 - 0.6**2, rel=0.05)


def test_sound_splits_watched_daily_raise_no_alarm_and_broken_ones_do() -> None:
    assert split_alarms(3, strategies=2_000, seed=107) == 0.0
    assert split_power(1_000_000, lost=0.02, strategies=1_000, seed=108) > 0.9
