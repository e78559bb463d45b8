"""A night's rooms: what settings, channels and documents say, and what journeys under way will ask for."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from pyspark.sql import SparkSession

from base.errors import SettingsError
from base.settings import load_settings
from jobs.job import Frames, Night
from jobs.rooms import night_rooms
from lake.tables import CUSTOMERS, POSITIONS, SEGMENT_CATALOG
from ledger.database import Ledger, open_ledger
from outreach.arbitrate.ahead import USUAL_CHANCE
from outreach.arbitrate.rooms import Rooms, StrategyRoom
from strategies.document import Caps, Limits, Strategy
from strategies.experiment import Experiment
from tests.outreach.test_ahead import funnel

AS_OF = date(2026, 7, 1)
DAY = AS_OF + timedelta(days=1)


class Bank(NamedTuple):
    """Engine and ledger of a bank whose register holds the caller numbers that are entered at first."""

    engine: SparkSession
    ledger: Ledger


@pytest.fixture(scope="module")
def bank(engine: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("rooms") / "home")) as ledger:
        yield Bank(engine, ledger)


def rooms_of(
    bank: Bank,
    book: list[Strategy],
    *,
    made: Sequence[tuple[str, int, date, str, str | None]] = (),
    **settings: Any,
) -> Rooms:
    """Of a bank of 2,000 customers. ``made``: strategy, step, contact day, fate and result."""
    rows = [
        (f"c{n}", strategy, 1, step, day, fate, result, None)
        for n, (strategy, step, day, fate, result) in enumerate(made)
    ]
    night = Night(
        as_of=AS_OF,
        settings=load_settings(home=Path("nowhere"), **settings),
        spark=bank.engine,
        store=cast(Any, None),
        ledger=bank.ledger,
        progress=print,
    )
    catalog = [("S01", "desk 1"), ("S02", "desk 2")]
    frames: Frames = {
        CUSTOMERS: bank.engine.range(2_000).selectExpr("cast(id as string) as customer"),
        SEGMENT_CATALOG: bank.engine.createDataFrame(catalog, "segment string, manager string"),
    }
    touches = bank.engine.createDataFrame(rows, POSITIONS.spark_schema())
    return night_rooms(night, frames, book, made=touches)


def test_channels_carry_what_they_declare_unless_settings_say_more(bank: Bank) -> None:
    rooms = rooms_of(
        bank,
        [],
        capacity={
            "human_call": {"per_night": 30, "per_hour": {"9": 1, "10": 5}},
            "sms": {"budget": 1.5},
            "ai_call": {"per_night": 10**7},
        },
    )
    assert rooms.channels["human_call"].per_night == 30
    assert rooms.channels["human_call"].per_hour == {9: 1, 10: 5}
    assert rooms.channels["human_call"].hours == tuple(range(9, 19))
    assert (rooms.channels["sms"].per_night, rooms.channels["sms"].budget) == (40, 1.5)
    assert rooms.channels["sms"].per_hour == {}
    assert rooms.channels["ai_call"].per_night == 500_000  # what its numbers may
    assert list(rooms.channels["ai_call"].per_hour) == list(range(9, 19))  # a call ends by 20:00
    plain = rooms_of(bank, [])
    assert set(plain.channels["human_call"].per_hour.values()) == {2}  # a tenth of ten, and a quarter more


def test_a_document_says_what_its_strategy_may_and_must_have(bank: Bank) -> None:
    told = funnel("told").model_copy(
        update={
            "limits": Limits(per_night=10, at_least=4, budget=20.0),
            "caps": Caps(total=3),
            "experiment": Experiment(expose=2),
        }
    )
    begun = [("told", 1, AS_OF, "contact", None), ("told", 1, AS_OF, "held_out", None)]
    rooms = rooms_of(bank, [told, funnel("plain")], made=begun)
    assert rooms.strategies == {
        "told": StrategyRoom(kind="fund", per_night=10, at_least=4, budget=20.0, beginnings=2, exposures=2),
        "plain": StrategyRoom(kind="fund", per_night=10),
    }


def test_calls_that_journeys_will_ask_for_are_expected(bank: Bank) -> None:
    book = [funnel("slow", wait_days=2)]
    made = [
        ("slow", 1, AS_OF, "contact", "interested"),
        ("slow", 1, AS_OF, "contact", None),
        ("slow", 1, AS_OF, "held_out", None),  # nobody calls him
        ("slow", 1, AS_OF - timedelta(days=300), "contact", "interested"),
    ]
    rooms = rooms_of(bank, book, made=made)
    (load,) = rooms.loads
    assert (load.strategy, load.step, load.channel, load.days) == ("slow", 1, "human_call", 2)
    assert load.chance == pytest.approx(1.0)  # all that came back led on
    assert rooms.under_way == {("human_call", 1): pytest.approx(2.0)}
    (load,) = rooms_of(bank, book).loads
    assert load.chance == pytest.approx(USUAL_CHANCE)


def test_floors_skills_and_the_rest_come_from_settings(bank: Bank) -> None:
    rooms = rooms_of(
        bank,
        [],
        floors={"segments": {"S01": 0.1}, "managers": {"desk 2": 0.2}},
        skills={"credit": {"kinds": ["loan", "card"], "per_night": 7, "per_hour": 2}},
        arbitration={"hours_away": 2, "reserve_quantile": 0.95},
    )
    assert rooms.floors.managers_of == {"S01": "desk 1", "S02": "desk 2"}
    assert (rooms.floors.segments, rooms.floors.managers) == ({"S01": 0.1}, {"desk 2": 0.2})
    skill = rooms.skills["credit"]
    assert (skill.channels, skill.per_night, set(skill.per_hour.values())) == (("human_call",), 7, {2})
    assert (rooms.hours_away, rooms.reserve) == (2, 0.95)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"capacity": {"sms": {"per_night": -1}}}, r"capacity\.sms\.per_night"),
        ({"capacity": {"sms": {"budget": float("nan")}}}, r"capacity\.sms\.budget"),
        ({"capacity": {"sms": {"budget": float("inf")}}}, r"capacity\.sms\.budget"),
        ({"capacity": {"sms": {"per_hour": {"25": 3}}}}, r"capacity\.sms\.per_hour"),
        ({"capacity": {"sms": {"a_night": 3}}}, r"capacity\.sms\.a_night"),
        ({"floors": {"segments": {"S01": 1.5}}}, r"floors\.segments\.S01"),
        ({"floors": {"managers": {"desk 1": float("nan")}}}, r"floors\.managers"),
        (
            {"skills": {"a": {"kinds": ["loan"], "per_night": 1}, "b": {"kinds": ["loan"], "per_night": 1}}},
            "loan",
        ),
        ({"arbitration": {"reserve_quantile": 0.2}}, r"arbitration\.reserve_quantile"),
    ],
)
def test_settings_that_are_no_room_are_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(**wrong)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"capacity": {"pigeon": {"per_night": 3}}}, r"capacity\.pigeon: there is no such channel"),
        ({"skills": {"a": {"kinds": ["lone"], "per_night": 1}}}, r"skills\.a\.kinds: there is no 'lone'"),
        ({"floors": {"segments": {"S09": 0.1}}}, "floors.segments: there is no 'S09'; there are S01, S02"),
        ({"floors": {"managers": {"desk 9": 0.1}}}, "there are desk 1, desk 2"),
    ],
)
def test_what_settings_name_must_be_there(bank: Bank, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        rooms_of(bank, [], **wrong)
