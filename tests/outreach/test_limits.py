"""Every kind of limit holds in a night's choice, is named where it decides, and has its price."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from base.errors import ArbitrationError
from lake.tables import CERTIFICATES, LIMITS
from outreach.arbitrate.declared import Limit
from outreach.arbitrate.plan import Decision, arbitrate
from outreach.arbitrate.rooms import ChannelRoom, Floors, Load, Rooms, SkillRoom, StrategyRoom
from outreach.arbitrate.words import full
from outreach.explore import Exploration
from tests.outreach.rooms import POSSIBLE

DAY = date(2026, 7, 2)
HOURS = range(9, 19)
NOBODY = Exploration(share=0.0, salt="none")
PLAIN = {
    "number": None,
    "person": None,
    "strategy": "savers",
    "step": 1,
    "channel": "ai_call",
    "segment": "S01",
    "arm": "treatment",
    "cost": 0.5,
    "hour": 10,
    "last_fate": None,
}
ROOMY = Rooms(
    channels={name: ChannelRoom(per_night=10_000) for name in ("ai_call", "human_call", "sms")},
    strategies={
        name: StrategyRoom(kind=kind, per_night=10_000)
        for name, kind in (("savers", "deposit"), ("funds", "fund"), ("loans", "loan"))
    },
)

Row = dict[str, Any]


def crowd(many: int, *, seed: int = 3, **same: Any) -> list[Row]:
    """Customers of different worth; the same of everything else."""
    values = np.random.default_rng(seed).gamma(2, 5, many) + 1
    return [PLAIN | {"customer": f"c{n}", "value": float(values[n])} | same for n in range(many)]


def decide(rows: list[Row], rooms: Rooms, **more: Any) -> Decision:
    return arbitrate(
        pa.Table.from_pylist(rows, schema=POSSIBLE), rooms=rooms, day=DAY, exploration=NOBODY, **more
    )


def contacts(found: Decision) -> list[Row]:
    return [row for row in found.plan.to_pylist() if row["fate"] == "contact"]


def limits(found: Decision) -> dict[str, Row]:
    return {row["name"]: row for row in found.limits.to_pylist()}


def with_strategy(rooms: Rooms, name: str, **changes: Any) -> Rooms:
    return replace(rooms, strategies={**rooms.strategies, name: replace(rooms.strategies[name], **changes)})


def with_channel(rooms: Rooms, name: str, **changes: Any) -> Rooms:
    return replace(rooms, channels={**rooms.channels, name: replace(rooms.channels[name], **changes)})


def test_hours_hold_and_contacts_move_to_neighbouring_ones_for_a_price() -> None:
    rows = crowd(60, hour=10)
    tight = with_channel(ROOMY, "ai_call", per_hour=dict.fromkeys(HOURS, 10))
    still = decide(rows, tight)
    assert Counter(row["hour"] for row in contacts(still)) == {10: 10}
    passed = [row for row in still.plan.to_pylist() if row["fate"] == "capacity"]
    assert len(passed) == 50
    assert all(row["reason"].startswith("ai_call carries 10 at 10:00; one more") for row in passed)
    moving = decide(rows, replace(tight, hours_away=1, hour_costs=0.05))
    assert Counter(row["hour"] for row in contacts(moving)) == {9: 10, 10: 10, 11: 10}
    free = decide(rows, replace(tight, hours_away=1, hour_costs=0.99))
    assert Counter(row["hour"] for row in contacts(free)).keys() <= {9, 10, 11}
    assert limits(moving)["channel.ai_call@10"]["price"] > limits(moving)["channel.ai_call@9"]["price"] > 0


def test_nobody_is_moved_to_an_hour_at_which_the_channel_makes_no_contacts() -> None:
    rows = crowd(60, hour=9)
    tight = with_channel(ROOMY, "ai_call", per_hour=dict.fromkeys(HOURS, 10))
    found = decide(rows, replace(tight, hours_away=3))
    assert Counter(row["hour"] for row in contacts(found)) == {9: 10, 10: 10, 11: 10, 12: 10}


def test_an_hour_without_a_number_takes_whom_a_full_one_has_no_room_for() -> None:
    rows = crowd(60, hour=10)
    tight = with_channel(ROOMY, "ai_call", per_hour={9: 0, 10: 10}, hours=tuple(HOURS))
    found = decide(rows, replace(tight, hours_away=1, hour_costs=0.05))
    assert Counter(row["hour"] for row in contacts(found)) == {10: 10, 11: 50}
    last = [row | {"hour": 18} for row in rows]
    full = with_channel(ROOMY, "ai_call", per_hour={18: 10}, hours=tuple(HOURS))
    found = decide(last, replace(full, hours_away=1))
    assert Counter(row["hour"] for row in contacts(found)) == {17: 50, 18: 10}


def test_money_holds_by_channel_and_by_strategy() -> None:
    rows = [row for n, row in enumerate(crowd(80)) if row.update(strategy=("savers", "funds")[n % 2]) is None]
    found = decide(rows, with_channel(ROOMY, "ai_call", budget=12.25))
    assert len(contacts(found)) == 24
    row = limits(found)["budget.ai_call"]
    assert (row["kind"], row["unit"], row["high"], row["used"]) == ("budget", "CNY", 12.25, 12.0)
    found = decide(rows, with_strategy(ROOMY, "savers", budget=5.0))
    assert Counter(row["strategy"] for row in contacts(found)) == {"savers": 10, "funds": 40}
    assert limits(found)["spend.savers"]["used"] == 5.0
    passed = [row for row in found.plan.to_pylist() if row["fate"] == "strategy_limit"]
    assert all("savers may cost 5 yuan a night" in row["reason"] for row in passed)
    assert len(passed) == 30


def test_agents_take_no_more_calls_than_their_skill_has_room_for() -> None:
    kinds = ("savers", "funds", "loans")
    rows = [row | {"strategy": kinds[n % 3]} for n, row in enumerate(crowd(90, channel="human_call"))]
    skill = SkillRoom(kinds=("fund", "loan"), channels=("human_call",), per_night=15, per_hour={10: 9})
    found = decide(rows, replace(ROOMY, skills={"credit": skill}))
    taken = Counter(row["strategy"] for row in contacts(found))
    assert taken["savers"] == 30
    assert taken["funds"] + taken["loans"] == 9
    assert limits(found)["skill.credit@10"]["used"] == 9
    by_machine = decide(
        [row | {"channel": "ai_call"} for row in rows], replace(ROOMY, skills={"credit": skill})
    )
    assert len(contacts(by_machine)) == 90


def test_a_minimum_is_met_though_others_are_worth_more() -> None:
    """Everybody can have either; funds are worth a third."""
    rows = crowd(100)
    rows += [row | {"strategy": "funds", "value": row["value"] / 3 + 1} for row in rows]
    found = decide(rows, with_strategy(ROOMY, "funds", at_least=40))
    taken = Counter(row["strategy"] for row in contacts(found))
    assert taken == {"funds": 40, "savers": 60}
    floor = limits(found)["strategy.funds"]
    assert floor["price"] < 0
    assert (floor["low"], floor["used"], floor["relaxed_from"]) == (40, 40, None)
    passed = [row for row in found.plan.to_pylist() if row["fate"] == "strategy_limit"]
    assert len(passed) == 40
    assert {row["reason"] for row in passed} == {
        "funds was chosen for this customer, to meet tonight's minimums"
    }
    # Those who give up least.
    gives_up = {row["customer"]: row["value"] for row in rows if row["strategy"] == "savers"}
    given = sorted(gives_up[row["customer"]] for row in contacts(found) if row["strategy"] == "funds")
    assert given == sorted(gives_up.values())[:40]


def test_a_minimum_buys_no_contact_that_costs_more_than_it_brings() -> None:
    rows = [row | {"value": 0.4 if n >= 12 else 5.0} for n, row in enumerate(crowd(30))]
    found = decide(rows, with_strategy(ROOMY, "savers", at_least=20))
    assert len(contacts(found)) == 12
    row = limits(found)["strategy.savers"]
    assert (row["low"], row["relaxed_from"]) == (12, 20)
    assert found.certificate["violations"].to_pylist() == [0]


def test_exposures_count_every_arm_and_first_contacts_alone() -> None:
    rows = crowd(60)
    funds = [
        row
        | {"strategy": "funds", "value": row["value"] / 5 + 0.6}
        | {"step": 1 + n % 2, "arm": "control" if n % 3 else "treatment"}
        for n, row in enumerate(rows)
    ]
    found = decide(rows + funds, with_strategy(ROOMY, "funds", exposures=12))
    chosen = [row for row in found.plan.to_pylist() if row["fate"] in ("contact", "held_out")]
    first = [row for row in chosen if row["strategy"] == "funds" and row["step"] == 1]
    assert len(first) >= 12
    assert {row["fate"] for row in first} == {"contact", "held_out"}
    assert limits(found)["exposures.funds"]["used"] == len(first)


def test_floors_give_segments_and_managers_their_share() -> None:
    rows = crowd(100)
    for n, row in enumerate(rows):
        row["segment"] = ("S01", "S02", "S03")[n % 3]
        row["value"] /= (1, 10, 20)[n % 3]
        row["value"] += 1
    tight = with_channel(ROOMY, "ai_call", per_night=30)
    without = Counter(row["segment"] for row in contacts(decide(rows, tight)))
    floors = Floors(
        segments={"S02": 0.2}, managers={"desk 1": 0.3}, managers_of={"S03": "desk 1", "S02": "desk 2"}
    )
    found = decide(rows, replace(tight, floors=floors))
    with_floors = Counter(row["segment"] for row in contacts(found))
    assert without["S02"] < 6 <= with_floors["S02"]
    assert without["S03"] < 10 <= with_floors["S03"]
    assert with_floors.total() == 30
    assert limits(found)["manager.desk 1"]["low"] == 10  # 30 % of 33 is 9.9


@pytest.mark.parametrize("arm", ["treatment", "control"])
def test_a_floor_is_the_same_whatever_the_arms(arm: str) -> None:
    rows = [row | {"arm": arm} for row in crowd(40, segment="S02")] + crowd(60, seed=4)
    rows = [row | {"customer": f"c{n}"} for n, row in enumerate(rows)]
    (row,) = [
        row
        for row in decide(rows, replace(ROOMY, floors=Floors(segments={"S02": 0.25}))).limits.to_pylist()
        if row["name"] == "segment.S02"
    ]
    assert (row["relaxed_from"] or row["low"]) == 10


def test_a_share_that_comes_out_whole_stays_whole() -> None:
    """0.29 x 100 is a little less than 29 in binary."""
    found = decide(crowd(100), replace(ROOMY, floors=Floors(segments={"S01": 0.29})))
    assert limits(found)["segment.S01"]["low"] == 29


def test_contacts_that_lead_to_calls_stop_where_the_coming_day_is_full() -> None:
    load = Load(strategy="savers", step=1, channel="human_call", days=1, chance=0.5)
    rooms = replace(with_channel(ROOMY, "human_call", per_night=8), loads=(load,), reserve=0.9)
    found = decide(crowd(80), rooms)
    ahead = limits(found)["ahead.human_call+1"]
    assert ahead["used"] <= ahead["high"] < 8
    assert ahead["used"] > ahead["high"] - 0.5
    assert len(contacts(found)) == int(ahead["used"] / 0.5)
    passed = [row for row in found.plan.to_pylist() if row["fate"] == "capacity"]
    assert "human_call has room for no more than" in passed[0]["reason"]
    others = decide([row | {"strategy": "funds"} for row in crowd(80)], rooms)
    assert len(contacts(others)) == 80


def test_what_had_no_room_last_night_wins_a_tie_and_no_more() -> None:
    rows = [PLAIN | {"customer": f"c{n}", "value": 5.0} for n in range(40)]
    for row in rows[10:20]:
        row["last_fate"] = "capacity"
    tight = replace(with_channel(ROOMY, "ai_call", per_night=10), stay_put=0.01)
    assert {row["customer"] for row in contacts(decide(rows, tight))} == {f"c{n}" for n in range(10, 20)}
    for row in rows[30:]:
        row["value"] = 5.2
    assert {row["customer"] for row in contacts(decide(rows, tight))} == {f"c{n}" for n in range(30, 40)}


def test_what_stayed_of_last_nights_choices_is_certified() -> None:
    rows = crowd(20)
    for row in rows[:8]:
        row["last_fate"] = "contact"
    worst = sorted(rows[:8], key=lambda row: row["value"])[:2]
    for row in worst:
        row["value"] = 0.1
    assert decide(rows, ROOMY).certificate["kept"].to_pylist() == [0.75]
    assert decide(crowd(20), ROOMY).certificate["kept"].to_pylist() == [None]


def test_the_certificate_adds_up() -> None:
    rows = [row | {"arm": "control" if n % 5 == 0 else "treatment"} for n, row in enumerate(crowd(400))]
    found = decide(rows, with_channel(ROOMY, "ai_call", per_night=100))
    (certificate,) = found.certificate.to_pylist()
    assert list(certificate) == list(CERTIFICATES.names)
    assert found.limits.schema.names == list(LIMITS.names)
    plan = found.plan.to_pylist()
    chosen = [row["value"] - row["cost"] for row in plan if row["fate"] in ("contact", "held_out")]
    made = [row["value"] - row["cost"] for row in contacts(found)]
    assert certificate["contacts"] == len(made) == 100
    assert certificate["held_back"] == len(chosen) - 100
    assert certificate["value"] == pytest.approx(sum(chosen), abs=1e-3)
    assert certificate["contact_value"] == pytest.approx(sum(made), abs=1e-3)
    assert certificate["bound"] >= certificate["value"]
    assert certificate["unconstrained"] == pytest.approx(sum(r["value"] - r["cost"] for r in plan), abs=1e-3)
    lost = sum(row["lost"] for row in limits(found).values())
    assert lost == pytest.approx(certificate["unconstrained"] - certificate["value"], abs=1e-2)


def test_last_nights_prices_are_taken_by_name() -> None:
    rows, tight = crowd(300), with_channel(ROOMY, "ai_call", per_night=60)
    cold = decide(rows, tight)
    prices = {name: row["price"] for name, row in limits(cold).items()} | {"channel.pigeon": 4.0}
    warm = decide(rows, tight, last_prices=prices)
    assert cold.certificate["warm"].to_pylist() == [False]
    assert warm.certificate["warm"].to_pylist() == [True]
    assert {row["customer"] for row in contacts(warm)} == {row["customer"] for row in contacts(cold)}


def test_first_choices_follow_last_nights_prices() -> None:
    """Calls are worth more, but one is hard to get: then a text goes first, and is what is really tried."""
    rows = [
        PLAIN | {"customer": f"c{n}", "channel": channel, "strategy": strategy, "value": value}
        for n in range(200)
        for channel, strategy, value in (("human_call", "savers", 12.0), ("sms", "funds", 6.0))
    ]
    tight = with_channel(ROOMY, "human_call", per_night=10)
    table = pa.Table.from_pylist(rows, schema=POSSIBLE)
    found = arbitrate(
        table,
        rooms=tight,
        day=DAY,
        exploration=Exploration(share=0.2, salt="draw"),
        last_prices={"channel.human_call": 7.0},
    ).plan.to_pandas()
    sms, calls = found[found["channel"] == "sms"], found[found["channel"] == "human_call"]
    assert set(sms["propensity"]) == {0.9}
    assert calls["propensity"].to_numpy() == pytest.approx(0.1)
    assert sms["put_forward"].mean() == pytest.approx(0.9, abs=0.06)
    chosen = found[found["fate"] == "contact"]
    assert chosen["put_forward"].mean() > 0.9
    assert len(chosen) == 200


@pytest.mark.parametrize("room", [-1, -1_000])
def test_rooms_below_zero_are_refused(room: int) -> None:
    with pytest.raises(ArbitrationError, match=r"channel\.ai_call"):
        decide(crowd(3), with_channel(ROOMY, "ai_call", per_night=room))


def test_rooms_of_zero_contact_nobody() -> None:
    found = decide(crowd(30), with_channel(ROOMY, "ai_call", per_night=0))
    assert contacts(found) == []
    assert {row["fate"] for row in found.plan.to_pylist()} == {"capacity"}


def test_no_candidates_have_a_certificate_too() -> None:
    found = decide([], with_strategy(ROOMY, "funds", at_least=5))
    (certificate,) = found.certificate.to_pylist()
    assert (certificate["contacts"], certificate["gap"], certificate["violations"]) == (0, 0.0, 0)
    row = limits(found)["strategy.funds"]
    assert (row["low"], row["relaxed_from"]) == (None, 5) or (row["low"], row["relaxed_from"]) == (0, 5)


def test_values_that_are_no_numbers_are_never_chosen() -> None:
    rows = crowd(10)
    rows[3]["value"] = float("nan")
    plan = {row["customer"]: row for row in decide(rows, ROOMY).plan.to_pylist()}
    assert plan["c3"]["fate"] == "lower_value"
    assert plan["c3"]["short_by"] is None
    assert sum(row["fate"] == "contact" for row in plan.values()) == 9


def test_a_contact_says_what_it_is_worth_most_of() -> None:
    rows = [PLAIN | {"customer": "one", "value": 3.0}]
    for customer, savers, funds in (("plain", 2.0, 9.0), ("dear", 9.0, 2.0)):
        rows += [
            PLAIN | {"customer": customer, "channel": "human_call", "value": savers},
            PLAIN | {"customer": customer, "strategy": "funds", "value": funds},
        ]
    found = decide(rows, with_channel(ROOMY, "human_call", per_night=0))
    assert {row["customer"]: row["reason"] for row in contacts(found)} == {
        "one": "the only possible contact with this customer",
        "plain": "worth most of 2 possible contacts with this customer",
        "dear": "worth most of 2 possible contacts with this customer, after the price of room",
    }


def test_a_price_of_less_than_money_is_not_said_to_be_nothing() -> None:
    full_channel = Limit(kind="channel", of="sms", unit="contacts", high=7_000)
    told = {price: full(full_channel, price=price) for price in (0.0, 0.004, 0.006)}
    assert [text.removeprefix("sms carries 7 a night; ") for text in told.values()] == [
        "what there was went to higher values",
        "one more contact would be worth less than one fen",
        "one more contact would be worth 0.01 yuan",
    ]
