"""Lift as a person would count it by hand."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from evaluation.lift import aggregates, exposures, read_out
from lake.store import Store
from lake.tables import ASSIGNMENTS, OPENINGS, READOUTS

DAY = date(2026, 7, 2)


def _assignment(
    customer: str, arm: str, *, strategy: str = "s1", exposed: date = DAY, share: float = 0.5
) -> dict[str, object]:
    return {
        "customer": customer,
        "strategy": strategy,
        "arm": arm,
        "first_exposed": exposed,
        "segment": "S01",
        "kind": "fund",
        "window_days": 3,
        "treatment_share": share,
    }


def _opening(
    number: int, customer: str, day: int, product: str = "fund", fen: int = 10_000
) -> dict[str, object]:
    moment = datetime(2026, 7, day, 12)  # noqa: DTZ001 - the bank's wall clock
    return {
        "opening": number,
        "customer": customer,
        "occurred_at": moment,
        "product": product,
        "amount_fen": fen,
        "known_at": moment,
    }


def _exposed(
    engine: SparkSession, assignments: list[dict[str, object]], openings: list[dict[str, object]]
) -> DataFrame:
    store = Store(Path("unused"), engine)
    left = store.frame(ASSIGNMENTS, pa.Table.from_pylist(assignments, schema=ASSIGNMENTS.arrow_schema()))
    right = store.frame(OPENINGS, pa.Table.from_pylist(openings, schema=OPENINGS.arrow_schema()))
    return exposures(left, right, as_of=date(2026, 7, 10))


def test_counts_openings_of_the_goal_inside_the_window_only(engine: SparkSession) -> None:
    assignments = [_assignment(name, "treatment") for name in ("in", "twice", "early", "late", "other")]
    openings = [
        _opening(1, "in", 4),
        _opening(2, "twice", 2),
        _opening(3, "twice", 3),
        _opening(4, "early", 1),
        _opening(5, "late", 5),
        _opening(6, "other", 2, product="loan"),
    ]
    found = _exposed(engine, assignments, openings).toPandas().set_index("customer")
    assert found["converted"].to_dict() == {"in": 1, "twice": 1, "early": 0, "late": 0, "other": 0}
    assert found.loc["twice", "amount"] == 20_000


def test_leaves_out_contacts_still_to_come(engine: SparkSession) -> None:
    found = _exposed(engine, [_assignment("a", "treatment", exposed=date(2026, 7, 11))], [])
    assert found.count() == 0


def test_readouts_equal_a_count_by_hand(engine: SparkSession) -> None:
    assignments = [_assignment(f"t{i}", "treatment") for i in range(200)]
    assignments += [_assignment(f"c{i}", "control") for i in range(200)]
    openings = [_opening(i, f"t{i}", 2) for i in range(40)] + [
        _opening(100 + i, f"c{i}", 2) for i in range(10)
    ]
    rows = read_out(aggregates(_exposed(engine, assignments, openings)), confidence=0.95)
    row = rows[(rows["level"] == "strategy") & (rows["metric"] == "converted")].iloc[0]
    assert (row["customers"], row["control_customers"]) == (200, 200)
    assert row["lift"] == pytest.approx(40 / 200 - 10 / 200)
    assert row["low"] < 0.15 < row["high"]
    assert row["low"] > 0
    assert "Better" in row["words"]
    amount = rows[(rows["level"] == "strategy") & (rows["metric"] == "amount")].iloc[0]
    assert amount["lift"] == pytest.approx(100 * (40 - 10) / 200)
    assert list(rows.columns) == list(READOUTS.names)


def test_kinds_are_weighted_means_not_a_pool_of_customers(engine: SparkSession) -> None:
    # Two strategies with no lift each, but different holdouts and base rates: pooling would show one.
    assignments, openings = [], []
    for strategy, treated, held, rate in (("low", 90, 10, 0.1), ("high", 10, 90, 0.5)):
        for arm, size in (("treatment", treated), ("control", held)):
            names = [f"{strategy}-{arm}-{i}" for i in range(size)]
            assignments += [_assignment(name, arm, strategy=strategy) for name in names]
            openings += [
                _opening(len(openings) + i, name, 2) for i, name in enumerate(names[: int(size * rate)])
            ]
    rows = read_out(aggregates(_exposed(engine, assignments, openings)), confidence=0.95)
    kind = rows[(rows["level"] == "kind") & (rows["metric"] == "converted")].iloc[0]
    assert kind["name"] == "fund"
    assert kind["lift"] == pytest.approx(0.0, abs=1e-12)


def test_an_arm_without_customers_says_nothing(engine: SparkSession) -> None:
    rows = read_out(aggregates(_exposed(engine, [_assignment("a", "treatment")], [])), confidence=0.95)
    assert np.isnan(rows["lift"]).all()
    assert rows["words"].str.contains("Nothing can be said|Not to be trusted").all()


def test_a_broken_split_is_named(engine: SparkSession) -> None:
    assignments = [_assignment(f"t{i}", "treatment") for i in range(100)]
    assignments += [_assignment(f"c{i}", "control") for i in range(20)]
    rows = read_out(aggregates(_exposed(engine, assignments, [])), confidence=0.95)
    strategy = rows[rows["level"] == "strategy"]
    assert strategy["words"].str.startswith("Not to be trusted").all()


def test_no_exposure_gives_no_rows(engine: SparkSession) -> None:
    rows = read_out(aggregates(_exposed(engine, [], [])), confidence=0.95)
    assert isinstance(rows, pd.DataFrame)
    assert rows.empty


def test_a_source_that_cannot_know_the_held_out_gives_no_lift(engine: SparkSession) -> None:
    assignments = [_assignment(f"t{i}", "treatment") for i in range(50)]
    assignments += [_assignment(f"c{i}", "control") for i in range(50)]
    openings = [_opening(i, f"t{i}", 2) for i in range(20)]
    sums = aggregates(_exposed(engine, assignments, openings))
    rows = read_out(sums, confidence=0.95, caveat="Everyone was called.")
    assert rows["lift"].isna().all()
    assert rows["p_value"].isna().all()
    assert set(rows["words"]) == {"Everyone was called."}
    assert rows["mean"].notna().any()


def test_a_holdout_changed_half_way_makes_no_lift(engine: SparkSession) -> None:
    # No effect at all, but the older draw was watched longer and held more customers out.
    assignments, openings = [], []
    for share, treated, held, rate in ((0.5, 100, 100, 0.2), (0.9, 900, 100, 0.02)):
        for arm, size in (("treatment", treated), ("control", held)):
            names = [f"{share}-{arm}-{i}" for i in range(size)]
            assignments += [_assignment(name, arm, share=share) for name in names]
            openings += [
                _opening(len(openings) + i, name, 2) for i, name in enumerate(names[: round(size * rate)])
            ]
    rows = read_out(aggregates(_exposed(engine, assignments, openings)), confidence=0.95)
    row = rows[(rows["level"] == "strategy") & (rows["metric"] == "converted")].iloc[0]
    assert (row["customers"], row["control_customers"]) == (1000, 200)
    assert row["lift"] == pytest.approx(0.0, abs=1e-12)
    assert row["sample_ratio_p"] > 0.5
