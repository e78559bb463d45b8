"""Two nights of deciding on a small bank: who is exposed, who never again, and the same key twice."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pytest
import yaml
from pyspark.sql import functions as F
from sqlalchemy import insert

from base.settings import load_settings
from experiments.assign import arm_of
from features.compiler import CUSTOMER_FEATURES
from jobs.job import Night
from jobs.run import execute, find_job, open_house
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CANDIDATES,
    CONSENTS,
    CUSTOMER_SEGMENTS,
    CUSTOMERS,
    NUMBERS,
    OUTCOMES,
    PLAN,
    SUPPRESSIONS,
)
from ledger.schema import OPT_OUTS
from outreach.channels.channel import capacities
from outreach.policy.rule import policy_rules
from strategies.book import OWN_BOOK, load_book

FIRST = date(2026, 7, 1)
SECOND = FIRST + timedelta(days=1)
MADE = (CANDIDATES, ASSIGNMENTS, PLAN)
SNAPSHOTS = (CUSTOMERS, NUMBERS, CONSENTS, SUPPRESSIONS, CUSTOMER_FEATURES, CUSTOMER_SEGMENTS)
RESULTS = ("no_answer", "opened", "delivered", "heard_out", "interested", "hung_up", "refused", "complained")

Row = dict[str, Any]


def rows(night: Night, table: Table) -> list[Row]:
    found: list[Row] = night.store.read(table, as_of=night.as_of).toArrow().to_pylist()
    return found


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The first night of a bank of 1,000, decided."""
    settings = load_settings(home=tmp_path_factory.mktemp("home"), synthetic={"customers": 1000})
    with open_house(settings, as_of=FIRST) as night:
        execute(find_job("ingest"), night)
        execute(find_job("features"), night)
        one_segment = night.store.read(CUSTOMERS, as_of=FIRST).select(
            "customer",
            F.lit("S01").alias("segment"),
            F.lit("1").alias("version"),
            F.lit(0.0).alias("distance"),
        )
        night.store.write(CUSTOMER_SEGMENTS, one_segment, as_of=FIRST)
        execute(find_job("decide"), night)
        yield night


@pytest.fixture(scope="module")
def second(first: Night) -> Night:
    """The next night: nothing new but what came of the first one's contacts, and two opt-outs."""
    contacts = sorted(
        (row for row in rows(first, PLAN) if row["fate"] == "contact"), key=lambda r: r["customer"]
    )
    came_back = [
        {
            **{name: row[name] for name in ("customer", "strategy", "step", "channel")},
            "contact": f"k{place}",
            "result": RESULTS[place % len(RESULTS)],
            "happened_at": datetime.combine(SECOND, time(12)),
            "seconds": 0,
        }
        for place, row in enumerate(contacts)
    ]
    outcomes = pa.Table.from_pylist(came_back).cast(
        pa.schema([OUTCOMES.arrow_schema().field(name) for name in came_back[0]])
    )
    first.store.write(OUTCOMES, first.spark.createDataFrame(outcomes), as_of=FIRST)
    for table in SNAPSHOTS:
        first.store.write(table, first.store.read(table, as_of=FIRST).drop("as_of"), as_of=SECOND)
    number = min(row["number"] for row in rows(first, NUMBERS) if row["number"])
    with first.ledger.engine.begin() as connection:
        connection.execute(insert(OPT_OUTS).values(number=number, channel="all"))
    night = dataclasses.replace(first, as_of=SECOND)
    execute(find_job("decide"), night)
    return night


def test_every_candidate_has_one_fate(first: Night) -> None:
    candidates, plan = rows(first, CANDIDATES), rows(first, PLAN)
    allowed = {(r["customer"], r["strategy"], r["step"]) for r in candidates if r["dropped_by"] is None}
    assert len(plan) == len(allowed)
    assert allowed == {(r["customer"], r["strategy"], r["step"]) for r in plan}
    assert {r["dropped_by"] for r in candidates} - {None} <= {rule.name for rule in policy_rules()}
    assert {"contact", "held_out", "lower_value", "capacity"} <= {r["fate"] for r in plan}


def test_capacities_and_hours_hold(first: Night) -> None:
    contacts = [r for r in rows(first, PLAN) if r["fate"] == "contact"]
    carried = capacities(first.settings, customers=1000)
    assert all(
        count <= carried[channel] for channel, count in Counter(r["channel"] for r in contacts).items()
    )
    assert all(9 <= r["hour"] <= (18 if r["channel"].endswith("call") else 19) for r in contacts)
    assert len({r["customer"] for r in contacts}) == len(contacts)


def test_assignments_are_the_first_exposures_with_their_promises(first: Night) -> None:
    book = {strategy.name: strategy for strategy in load_book(first.settings)}
    exposed = {
        (r["customer"], r["strategy"]): r for r in rows(first, PLAN) if r["fate"] in ("contact", "held_out")
    }
    assignments = rows(first, ASSIGNMENTS)
    assert {(r["customer"], r["strategy"]) for r in assignments} == set(exposed)
    for r in assignments:
        strategy, drawn = book[r["strategy"]], first.settings.experiments
        assert r["first_exposed"] == SECOND
        assert (r["kind"], r["window_days"]) == (strategy.goal.product, strategy.goal.window_days)
        assert r["treatment_share"] == pytest.approx(
            (1 - drawn.global_holdout) * (1 - strategy.experiment.holdout), abs=1e-12
        )
        assert r["arm"] == arm_of(
            r["customer"],
            strategy=strategy.name,
            holdout=strategy.experiment.holdout,
            salt=drawn.salt,
            global_holdout=drawn.global_holdout,
        )
        fate = exposed[r["customer"], r["strategy"]]["fate"]
        assert (fate == "contact") == (r["arm"] == "treatment")


def test_the_same_night_again_changes_nothing(first: Night) -> None:
    before = [first.store.digest(table, as_of=FIRST) for table in MADE]
    execute(find_job("decide"), first)
    assert [first.store.digest(table, as_of=FIRST) for table in MADE] == before


def test_journeys_bind_and_no_touch_comes_twice(first: Night, second: Night) -> None:
    journeys = {r["customer"]: r["strategy"] for r in rows(first, ASSIGNMENTS)}
    made = {
        (r["customer"], r["strategy"], r["step"])
        for r in rows(first, PLAN)
        if r["fate"] in ("contact", "held_out")
    }
    chosen = [r for r in rows(second, PLAN) if r["fate"] in ("contact", "held_out")]
    assert all(journeys.get(r["customer"], r["strategy"]) == r["strategy"] for r in chosen)
    assert not made & {(r["customer"], r["strategy"], r["step"]) for r in chosen}
    later = [r for r in chosen if r["step"] > 1]
    assert later, "some funnels move on"
    assert {r["arm"] for r in later} == {"treatment"}
    assert not {r["customer"] for r in later} & {r["customer"] for r in rows(second, ASSIGNMENTS)}


def test_who_refused_or_opted_out_is_left_alone(first: Night, second: Night) -> None:
    refused = {r["customer"] for r in rows(first, OUTCOMES) if r["result"] in ("refused", "complained")}
    number = min(r["number"] for r in rows(first, NUMBERS) if r["number"])
    opted_out = {r["customer"] for r in rows(first, NUMBERS) if r["number"] == number}
    assert refused
    assert opted_out
    assert not (refused | opted_out) & {r["customer"] for r in rows(second, PLAN)}


def test_without_a_running_strategy_nobody_is_contacted(first: Night) -> None:
    folder = first.settings.home / "book"
    folder.mkdir()
    own = OWN_BOOK / f"{load_book(first.settings)[0].name}.yaml"
    document = yaml.safe_load(own.read_text(encoding="utf-8")) | {"valid": {"end": FIRST}}
    (folder / own.name).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    idle = dataclasses.replace(
        first,
        as_of=FIRST + timedelta(days=9),
        settings=first.settings.model_copy(update={"strategy_book": folder}),
    )
    assert execute(find_job("decide"), idle).written == {"candidates": 0, "assignments": 0, "plan": 0}
