"""A planted falling effect is found, a steady one is not called falling."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from scipy import stats

from evaluation.novelty import by_week, trends, weekly, weekly_cells

START = date(2026, 6, 29)  # a Monday


def _cells(
    name: str, lifts: list[float], *, people: int, base: float = 0.05, share: float = 0.8
) -> pd.DataFrame:
    rng = np.random.default_rng(list(name.encode()))
    rows = []
    for week, lift in enumerate(lifts, 1):
        for treated, n in ((True, round(people * share)), (False, round(people * (1 - share)))):
            hits = rng.binomial(n, base + lift * treated)
            rows.append((name, week, share, treated, n, hits))
    columns = ["strategy", "week", "treatment_share", "treated", "customers", "converted"]
    return pd.DataFrame(rows, columns=columns)


def test_a_falling_effect_is_told_from_steady_ones() -> None:
    falling = _cells("falling", [0.08, 0.06, 0.04, 0.02, 0.0], people=20_000)
    steady = [_cells(f"steady_{i}", [0.03] * 5, people=20_000) for i in range(20)]
    rows = weekly(pd.concat([falling, *steady]), confidence=0.95)
    found = trends(rows, confidence=0.95, false_discovery=0.05).set_index("name")
    assert found.loc["falling", "falling_q"] < 0.05
    assert found.loc["falling", "words"].startswith("Wears off")
    assert found.loc["falling", "low"] < -0.02 < found.loc["falling", "high"]
    others = found.drop(index=["falling", "all"])
    assert not others["words"].str.startswith("Wears off").any()
    assert found.index[0] == "all"


def test_false_alarms_among_steady_strategies_are_held() -> None:
    names = [f"s{i}" for i in range(400)]
    rows = weekly(pd.concat([_cells(n, [0.02] * 4, people=2_000) for n in names]), confidence=0.95)
    found = trends(rows, confidence=0.95, false_discovery=0.05)
    alone = found[found["level"] == "strategy"]
    assert (alone["falling_q"] <= 0.05).sum() <= 1
    assert 0.02 < (alone["falling_p"] <= 0.05).mean() < 0.08
    covered = (alone["low"] <= 0) & (alone["high"] >= 0)
    assert 0.92 < covered.mean() < 0.98


def test_one_week_is_nothing_to_compare() -> None:
    rows = weekly(_cells("young", [0.03], people=5_000), confidence=0.95)
    found = trends(rows, confidence=0.95, false_discovery=0.05)
    assert found["words"].str.startswith("Fewer than two weeks").all()
    empty = weekly(_cells("young", [], people=5_000), confidence=0.95)
    assert trends(empty, confidence=0.95, false_discovery=0.05)["name"].tolist() == ["all"]
    assert by_week(empty, confidence=0.95).empty


def test_draws_of_one_week_are_compared_within_themselves() -> None:
    first = _cells("redrawn", [0.0], people=10_000, base=0.02, share=0.9)
    second = _cells("redrawn", [0.0], people=10_000, base=0.30, share=0.5)
    row = weekly(pd.concat([first, second]), confidence=0.95).iloc[0]
    assert (row["customers"], row["control_customers"]) == (14_000, 6_000)
    assert abs(row["lift"]) < 0.02  # poured together it would be about -0.13
    assert row["low"] < 0 < row["high"]


def test_weeks_are_the_calendars_counted_from_a_strategys_first(engine: SparkSession) -> None:
    def row(customer: str, arm: str, day: int, converted: int, flaw: str | None = None) -> tuple[object, ...]:
        return (customer, "s1", arm, START + timedelta(days=day), 0.8, converted, flaw)

    measured = engine.createDataFrame(
        [
            row("a", "treatment", 0, 1),
            row("b", "treatment_b", 6, 0),
            row("c", "control", 6, 0),
            row("d", "treatment", 7, 1),
            row("e", "global_holdout", 7, 1),
            row("f", "treatment", 7, 1, "outcome_before_exposure"),
            row("g", "treatment", 7, 1, "duplicate_outcomes"),
        ],
        "customer string, strategy string, arm string, first_exposed date, treatment_share double, "
        "converted long, flaw string",
    )
    found = weekly_cells(measured)
    keys = ["week", "treated", "customers", "converted"]
    assert sorted(map(tuple, found[keys].to_numpy().tolist())) == [
        (1, False, 1, 0),
        (1, True, 2, 1),
        (2, True, 2, 2),
    ]


def test_the_portfolios_week_is_a_mean_over_strategies() -> None:
    rows = pd.DataFrame(
        {
            "strategy": ["a", "b"],
            "week": [1, 1],
            "customers": [300, 100],
            "control_customers": [100, 100],
            "lift": [0.04, 0.0],
            "low": [0.03, -0.02],
            "high": [0.05, 0.02],
            "error": [0.005, 0.01],
        }
    )
    week = by_week(rows, confidence=0.95).iloc[0]
    assert week["lift"] == pytest.approx(0.03)
    half = np.hypot(0.75 * 0.005, 0.25 * 0.01) * stats.t.isf(0.025, 172.485)
    assert week["low"] == pytest.approx(0.03 - half, rel=1e-4)
    assert week["high"] == pytest.approx(0.03 + half, rel=1e-4)
