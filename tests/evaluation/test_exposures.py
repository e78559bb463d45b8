"""What exposed customers did, as a person would count it by hand. About 10 s."""

from datetime import date

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from lake.tables import MEASURED
from tests.evaluation.world import (
    AS_OF,
    DAY,
    World,
    assignment,
    balance,
    complaint,
    listed,
    opening,
    opt_out,
    outcome,
)


def july(day: int) -> date:
    return date(2026, 7, day)


def _measured(world: World, engine: SparkSession, *, as_of: date = AS_OF) -> pd.DataFrame:
    frame = world.measured(engine, as_of=as_of)
    assert tuple(frame.columns) == MEASURED.names
    return frame.toPandas().set_index("customer")


def test_openings_of_the_goal_inside_the_window_count(engine: SparkSession) -> None:
    world = World(
        assignments=[assignment(name) for name in ("in", "twice", "early", "late", "other", "unknown")],
        openings=[
            opening(1, "in", july(4)),
            opening(2, "twice", july(2)),
            opening(3, "twice", july(3), amount_fen=20_050),
            opening(4, "early", july(1)),
            opening(5, "late", july(5)),
            opening(6, "other", july(2), product="loan"),
            opening(7, "unknown", july(4), known_at=pd.Timestamp("2026-07-08").to_pydatetime()),
        ],
    )
    found = _measured(world, engine)
    converted = {"in": 1, "twice": 1, "early": 0, "late": 0, "other": 0, "unknown": 0}
    assert found["converted"].to_dict() == converted
    assert found.loc["twice", ["amount", "openings"]].to_dict() == {"amount": 301, "openings": 2}
    assert found["flaw"].isna().all()


def test_an_opening_delivered_twice_counts_once_and_is_named(engine: SparkSession) -> None:
    world = World(assignments=[assignment("a")], openings=[opening(1, "a"), opening(1, "a")])
    row = _measured(world, engine).loc["a"]
    assert (row["openings"], row["amount"], row["flaw"]) == (1, 100, "duplicate_outcomes")


def test_assets_are_those_of_the_newest_balance_known_by_the_windows_end(engine: SparkSession) -> None:
    names = ("kept", "late", "corrected", "none", "halved", "poor")
    world = World(
        assignments=[assignment(name, aum_before=0.0 if name == "poor" else 10_000.0) for name in names],
        balances=[
            balance("kept", 9_000, july(1)),
            balance("late", 11_000, july(3)),
            balance("late", 90_000, july(5)),
            balance("corrected", 1, july(3)),
            balance("corrected", 12_000, july(3), known_at=pd.Timestamp("2026-07-06").to_pydatetime()),
            balance("corrected", 2, july(3), known_at=pd.Timestamp("2026-07-09").to_pydatetime()),
            balance("halved", 5_000, july(4)),
            balance("poor", 0, july(4)),
        ],
    )
    found = _measured(world, engine)
    change = {"kept": -1_000, "late": 1_000, "corrected": 2_000, "halved": -5_000, "poor": 0}
    assert found["aum_change"].dropna().to_dict() == change
    assert found["outflow"].dropna().to_dict() == {
        "kept": 0,
        "late": 0,
        "corrected": 0,
        "halved": 1,
        "poor": 0,
    }


def test_complaints_and_opt_outs_inside_the_window_count_once(engine: SparkSession) -> None:
    world = World(
        assignments=[assignment(name) for name in ("a", "b", "c")],
        complaints=[complaint(1, "a"), complaint(2, "a"), complaint(3, "b", july(9))],
        suppressions=[opt_out("c", july(4)), opt_out("a", july(1))],
    )
    found = _measured(world, engine)
    assert found["complained"].to_dict() == {"a": 1, "b": 0, "c": 0}
    assert found["opted_out"].to_dict() == {"a": 0, "b": 0, "c": 1}


def test_contacted_is_whom_something_came_through_to(engine: SparkSession) -> None:
    world = World(
        assignments=[assignment(name) for name in ("reached", "missed", "waiting", "none")],
        lists=[listed(name) for name in ("reached", "missed", "waiting")],
        outcomes=[outcome("reached", "opened"), outcome("missed", "no_answer")],
    )
    found = _measured(world, engine)
    assert found["contacted"].to_dict() == {"reached": True, "missed": False, "waiting": False, "none": False}
    assert found["listed"].to_dict() == {"reached": True, "missed": True, "waiting": True, "none": False}


def test_the_first_covered_exposure_is_one_a_holdout(engine: SparkSession) -> None:
    world = World(
        assignments=[
            assignment("a", strategy="s1", first_exposed=july(3)),
            assignment("a", strategy="s2", first_exposed=july(2), covered_by="autumn:0.1,global:0.02"),
            assignment("a", strategy="s3", first_exposed=july(2)),
            assignment("a", strategy="s4", first_exposed=july(4), covered_by="autumn,global,spring"),
            assignment("b", covered_by=None, held_by=None),
        ]
    )
    found = world.measured(engine).toPandas().set_index(["customer", "strategy"])["first_in"]
    assert found.to_dict() == {
        ("a", "s1"): "",
        ("a", "s2"): "autumn,global",
        ("a", "s3"): "",
        ("a", "s4"): "spring",
        ("b", "s1"): "",
    }


def test_contacts_still_to_come_are_left_out(engine: SparkSession) -> None:
    world = World(assignments=[assignment("a", first_exposed=july(11)), assignment("b", first_exposed=AS_OF)])
    assert list(_measured(world, engine).index) == ["b"]


@pytest.mark.parametrize(
    ("world", "flaw"),
    [
        (World(assignments=[assignment("a"), assignment("a", "control")]), "two_arms"),
        (
            World(assignments=[assignment("a")], outcomes=[outcome("a", day=july(1))]),
            "outcome_before_exposure",
        ),
        (World(assignments=[assignment("a")], lists=[listed("a", DAY)]), None),
    ],
)
def test_flawed_exposures_are_named(engine: SparkSession, world: World, flaw: str | None) -> None:
    assert set(_measured(world, engine)["flaw"]) == {flaw}
