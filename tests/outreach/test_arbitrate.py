"""Arbitration keeps every limit, does not look at arms or at the order of rows, and says why."""

from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import SettingsError, StrategyError
from lake.tables import PLAN
from tests.outreach.rooms import DAY, POSSIBLE, decided, rooms

CHANNELS = ("push", "ai_call")
NAMES = ("a", "b", "c")
CHOSEN = ("contact", "held_out")

Row = dict[str, Any]
Night = tuple[list[Row], dict[str, int], dict[str, int], dict[str, int]]
ROOMY = {"push": 10_000, "ai_call": 10_000}
unhurried = settings(deadline=None, derandomize=True)
PERSONS = ("p0", "p0", "p1", "p1", "p1")
UNBOUND = dict.fromkeys(NAMES, 10_000)


def table(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=POSSIBLE)


def row(customer: str, strategy: str = "a", **changes: Any) -> Row:
    plain = {"number": None, "person": None, "step": 1, "channel": "push", "segment": "S01", "hour": 10}
    return (
        {"customer": customer, "strategy": strategy, "arm": "treatment", "value": 5.0, "cost": 1.0}
        | plain
        | changes
    )


@st.composite
def nights(draw: st.DrawFn) -> Night:
    """Many want little: candidates, capacity, limits, beginnings. Values repeat, so ties are common."""
    keys = draw(st.sets(st.tuples(st.integers(0, 7), st.sampled_from(NAMES)), max_size=20))
    numbers = [draw(st.sampled_from([None, f"n{customer // 2}"])) for customer in range(8)]
    rows = [
        row(
            f"c{customer}",
            strategy,
            step=draw(st.integers(1, 2)),
            number=numbers[customer],
            channel=draw(st.sampled_from(CHANNELS)),
            arm=draw(st.sampled_from(["treatment", "treatment", "control", "global_holdout"])),
            value=draw(st.sampled_from([0.5, 1.0, 2.0, 3.0, 3.5, 9.0])),
        )
        for customer, strategy in sorted(keys)
    ]
    capacity = {channel: draw(st.integers(0, 4)) for channel in CHANNELS}
    limits = {strategy: draw(st.integers(0, 4)) for strategy in NAMES}
    return rows, capacity, limits, draw(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3)))


def plan_of(
    rows_: list[Row], capacity: dict[str, int], limits: dict[str, int], beginnings: dict[str, int]
) -> list[Row]:
    plan: list[Row] = decided(table(rows_), rooms(capacity, limits, beginnings)).plan.to_pylist()
    return plan


def chosen(plan: list[Row]) -> set[tuple[str, str]]:
    return {(r["customer"], r["strategy"]) for r in plan if r["fate"] in CHOSEN}


@unhurried
@given(nights())
def test_every_limit_holds(night: Night) -> None:
    rows, capacity, limits, beginnings = night
    plan = plan_of(rows, capacity, limits, beginnings)
    contacts = [r for r in plan if r["fate"] == "contact"]
    exposed = [given | r for given, r in zip(rows, plan, strict=True) if r["fate"] in CHOSEN]
    assert all(count <= capacity[name] for name, count in Counter(r["channel"] for r in contacts).items())
    assert all(count <= limits[name] for name, count in Counter(r["strategy"] for r in contacts).items())
    begun = Counter(r["strategy"] for r in contacts if r["step"] == 1)
    assert all(count <= beginnings.get(name, 99) for name, count in begun.items())
    assert max(Counter(r["customer"] for r in exposed).values(), default=0) <= 1
    assert max(Counter(r["number"] for r in exposed if r["number"]).values(), default=0) <= 1
    assert all(r["value"] > r["cost"] for r in exposed)
    assert all((r["fate"] == "contact") == (r["arm"] == "treatment") for r in exposed)


@unhurried
@given(nights(), st.permutations([*PERSONS, None, None, None]), st.randoms(use_true_random=False))
def test_a_person_is_contacted_once_at_all_numbers(night: Night, persons: Any, random: Any) -> None:
    """Nor is anybody twice who is at a number of the person's, whatever the order of rows."""
    rows, capacity, limits, beginnings = night
    rows = [r | {"person": persons[int(r["customer"][1:])]} for r in rows]
    plan = plan_of(rows, capacity, limits, beginnings)
    exposed = [given | r for given, r in zip(rows, plan, strict=True) if r["fate"] in CHOSEN]
    for name in ("customer", "number", "person"):
        assert max(Counter(r[name] for r in exposed if r[name]).values(), default=0) <= 1
    order = random.sample(range(len(rows)), len(rows))
    shuffled = plan_of([rows[at] for at in order], capacity, limits, beginnings)
    assert shuffled == [plan[at] for at in order]


@unhurried
@given(nights(), st.randoms(use_true_random=False))
def test_order_of_rows_is_irrelevant(night: Night, random: Any) -> None:
    rows, capacity, limits, beginnings = night
    shuffled = random.sample(rows, len(rows))
    by_key = {(r["customer"], r["strategy"]): r for r in plan_of(shuffled, capacity, limits, beginnings)}
    assert [by_key[r["customer"], r["strategy"]] for r in rows] == plan_of(rows, capacity, limits, beginnings)


@unhurried
@given(nights(), st.data())
def test_own_arm_never_matters(night: Night, data: Any) -> None:
    """Flip one row's arm: whether it, or any row that is worth more, is chosen stays the same."""
    rows, capacity, limits, beginnings = night
    if not rows:
        return
    at = data.draw(st.integers(0, len(rows) - 1))
    flipped = [dict(r) for r in rows]
    flipped[at]["arm"] = "control" if rows[at]["arm"] == "treatment" else "treatment"
    before, after = (
        plan_of(rows, capacity, limits, beginnings),
        plan_of(flipped, capacity, limits, beginnings),
    )
    not_below = [i for i, r in enumerate(rows) if i == at or r["value"] > rows[at]["value"]]
    for i in not_below:
        assert (before[i]["fate"] in CHOSEN) == (after[i]["fate"] in CHOSEN)


@unhurried
@given(nights(), st.randoms(use_true_random=False))
def test_no_arm_matters_where_nothing_runs_out(night: Night, random: Any) -> None:
    rows, *_ = night
    redrawn = [r | {"arm": random.choice(["treatment", "control", "global_holdout"])} for r in rows]
    assert chosen(plan_of(rows, ROOMY, UNBOUND, {})) == chosen(plan_of(redrawn, ROOMY, UNBOUND, {}))


@unhurried
@given(nights())
def test_reasons_and_prices(night: Night) -> None:
    rows, capacity, limits, beginnings = night
    plan = plan_of(rows, capacity, limits, beginnings)
    for r in plan:
        assert list(r) == list(PLAN.names)
        assert r["reason"]
        assert r["shadow_price"] >= 0  # nothing is at least
        assert (r["short_by"] is None) == (r["fate"] in CHOSEN)
        assert (r["fate"] == "capacity") == ("carries" in r["reason"])
        assert (r["fate"] == "strategy_limit") == ("may contact" in r["reason"] or "may begin" in r["reason"])


def test_who_is_tied_through_somebody_else_is_of_one_unit() -> None:
    """b is a's spouse by the number, and c by the ID number; d is nobody's kin."""
    ties = {"a": ("n1", None), "b": ("n1", "p1"), "c": ("n2", "p1"), "d": (None, "p2")}
    rows = [row(who, number=number, person=person) for who, (number, person) in ties.items()]
    (made,) = decided(table(rows), rooms({"push": 9}, {"a": 9})).certificate.to_pylist()
    assert (made["units"], made["contacts"]) == (2, 2)


def test_a_full_channel_leaves_the_customer_to_the_next_best() -> None:
    rows = [
        row("c1", "a", channel="ai_call", value=9.0),
        row("c2", "a", channel="ai_call", value=8.0),
        row("c2", "b", channel="push", value=3.0),
        row("c3", "b", channel="push", value=0.5),
    ]
    plan = plan_of(rows, {"ai_call": 1, "push": 5}, UNBOUND, {})
    assert [r["fate"] for r in plan] == ["contact", "capacity", "contact", "lower_value"]
    price = plan[0]["shadow_price"]
    assert 7.0 - 2.0 <= price <= 8.0  # what the second one lacks without it, and what the first one brings
    assert [r["shadow_price"] for r in plan] == [price, price, 0.0, 0.0]
    assert [r["short_by"] for r in plan] == [None, pytest.approx(max(price - 5.0, 0.0)), None, 0.5]
    assert plan[1]["reason"] == (
        f"ai_call carries 1 a night; one more contact would be worth {price:.2f} yuan"
    )
    assert plan[3]["reason"] == "costs at least what it is expected to bring"


def test_a_held_out_row_takes_no_room_but_its_place_must_be_open() -> None:
    rows = [
        row("c1", value=9.0, arm="control"),
        row("c2", value=8.0),
        row("c3", value=7.0, arm="control"),
    ]
    assert [r["fate"] for r in plan_of(rows, {"push": 1}, UNBOUND, {})] == ["held_out", "contact", "capacity"]


def test_when_all_journeys_have_begun_those_under_way_go_on() -> None:
    rows = [
        row("c1", value=9.0),
        row("c2", value=8.0),
        row("c3", value=7.0, arm="control"),
        row("c4", value=6.0, step=2),
    ]
    plan = plan_of(rows, ROOMY, UNBOUND, {"a": 1})
    assert [r["fate"] for r in plan] == ["contact", "strategy_limit", "strategy_limit", "contact"]
    assert plan[1]["reason"].startswith("a may begin 1 more journeys; one more journey would be worth ")


def test_people_at_one_number_are_not_contacted_on_one_day() -> None:
    rows = [row("c1", number="n", value=9.0), row("c2", number="n", value=8.0), row("c3", value=1.5)]
    plan = plan_of(rows, ROOMY, UNBOUND, {})
    assert [r["fate"] for r in plan] == ["contact", "lower_value", "contact"]
    assert "same phone number" in plan[1]["reason"]


def test_luck_changes_from_night_to_night() -> None:
    rows_ = [row(f"c{number}") for number in range(200)]
    first, again, other = (
        chosen(decided(table(rows_), rooms({"push": 50}, UNBOUND), day=day).plan.to_pylist())
        for day in (DAY, DAY, DAY + timedelta(days=1))
    )
    assert first == again != other


def test_nobody_is_a_plan_too() -> None:
    plan = decided(table([]), rooms({}, {})).plan
    assert plan.num_rows == 0
    assert plan.schema.types == [field.type for field in PLAN.arrow_schema()]


def test_missing_bounds_are_named() -> None:
    with pytest.raises(StrategyError, match="no limit a night for a"):
        plan_of([row("c1")], ROOMY, {}, {})
    with pytest.raises(SettingsError, match="no capacity for push"):
        plan_of([row("c1")], {}, UNBOUND, {})


def test_many_rows_keep_their_columns() -> None:
    chance = np.random.default_rng(5)
    rows = [row(f"c{n // 3}", NAMES[n % 3], value=float(chance.gamma(2, 2))) for n in range(3_000)]
    given_rows = table(rows)
    plan = decided(given_rows, rooms({"push": 400}, UNBOUND)).plan
    for name in set(PLAN.names) & set(given_rows.column_names):
        assert plan[name].equals(given_rows[name])
    assert pc.sum(pc.equal(plan["fate"], "contact")).as_py() == 400
