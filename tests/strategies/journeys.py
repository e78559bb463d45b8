"""What a customer's way through a funnel is, said plainly for one customer; and rows as frames."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DateType, StructField, StructType

from lake.table import Table
from lake.tables.words import RESULTS
from strategies.document import Goal, Limits, Strategy, Touch

Row = dict[str, Any]


def frame(engine: SparkSession, table: Table, rows: list[Row]) -> DataFrame:
    """The rows as a frame of the table's columns and ``as_of``; what a row leaves out is null."""
    schema = StructType([*table.spark_schema(), StructField("as_of", DateType())])
    return engine.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)


@dataclass(frozen=True)
class Planned:
    """A contact was chosen on ``night``, made or held back."""

    night: date
    step: int
    fate: str


@dataclass(frozen=True)
class CameBack:
    """What came of the contact of ``contact_day``."""

    contact_day: date
    step: int
    result: str
    day: date


Event = Planned | CameBack


@dataclass(frozen=True)
class Made:
    """A touch, and the gravest result so far."""

    journey: int
    step: int
    day: date
    fate: str
    result: str | None
    result_day: date | None


@dataclass(frozen=True)
class Stand:
    """Where a customer stands who may not begin: what is known of the newest journey, and what is due."""

    journey: int
    first_exposed: date
    last_step: int
    step: int | None


def made(events: Iterable[Event]) -> list[Made]:
    """Every touch that the events tell of; told twice or in another order, the same."""
    told = set(events)
    keys = {(_day(event), event.step) for event in told}
    begun = sorted(day for day, step in keys if step == 1)
    return [_made(day, step, told, begun) for day, step in sorted(keys)]


def stand(events: Iterable[Event], strategy: Strategy, *, as_of: date) -> Stand | None:
    """Where the customer stands for the contact day after ``as_of``; None when he may begin."""
    touches = made(events)
    if not touches:
        return None
    journey = max(touch.journey for touch in touches)
    current = [touch for touch in touches if touch.journey == journey]
    last = max(current, key=lambda touch: (touch.step, touch.day, touch.fate))
    first_exposed = min(touch.day for touch in current)
    ended = [touch.result_day for touch in current if touch.result in strategy.ends() and touch.result_day]
    day = as_of + timedelta(days=1)
    closes = first_exposed + timedelta(days=strategy.goal.window_days)
    cap = strategy.caps.per_customer
    room = cap is None or len(touches) < cap
    cool_off = strategy.cool_off_days
    if cool_off is not None and room and day >= min([closes, *ended]) + timedelta(days=cool_off):
        return None
    due = None
    if last.fate == "contact" and not ended and day < closes and room:
        for way in strategy.ways():
            wait = timedelta(days=strategy.funnel[way.step - 1].wait_days)
            if (way.answered, way.result) == (last.step, last.result) and day >= last.day + wait:
                due = way.step
    return Stand(journey, first_exposed, last.step, due)


def _day(event: Event) -> date:
    return event.night + timedelta(days=1) if isinstance(event, Planned) else event.contact_day


def _made(day: date, step: int, told: set[Event], begun: list[date]) -> Made:
    own = [event for event in told if (_day(event), event.step) == (day, step)]
    held_out = any(isinstance(event, Planned) and event.fate == "held_out" for event in own)
    answers = [event for event in own if isinstance(event, CameBack)]
    gravest = max(
        answers, key=lambda answer: (RESULTS.index(answer.result), -answer.day.toordinal()), default=None
    )
    return Made(
        journey=max(1, sum(first <= day for first in begun)),
        step=step,
        day=day,
        fate="held_out" if held_out else "contact",
        result=gravest.result if gravest else None,
        result_day=gravest.day if gravest else None,
    )


def _touch(channel: str, **links: object) -> Touch:
    return Touch.model_validate({"channel": channel, "script": "您好", "expected_lift": 0.01} | links)


def _strategy(name: str, *touches: Touch, window_days: int, **terms: object) -> Strategy:
    plain = Strategy(
        name=name,
        title=name,
        kind="deposit",
        manager="林晓岚",
        who="aum_now > 0",
        offer="定期",
        funnel=touches,
        goal=Goal(product="deposit", window_days=window_days, value=100.0),
        limits=Limits(per_night=10),
    )
    return Strategy.model_validate(plain.model_dump() | terms)


BOOK = (
    _strategy("once", _touch("ai_call"), window_days=4),
    _strategy(
        "chain",
        _touch("push"),
        _touch("ai_call", when=["opened", "delivered"], wait_days=2),
        window_days=5,
        exits=["hung_up"],
        cool_off_days=2,
    ),
    _strategy(
        "branches",
        _touch("sms", name="sms"),
        _touch("human_call", name="hot", after="sms", when=["interested"]),
        _touch("ai_call", name="warm", after="sms", when=["delivered", "opened"]),
        _touch("push", name="again", after="sms", when=["not_delivered"], wait_days=2),
        _touch(
            "human_call", name="last", after=["hot", "warm"], when=["no_answer", "heard_out"], wait_days=2
        ),
        window_days=7,
        exits=["hung_up"],
        cool_off_days=1,
        caps={"per_customer": 4},
    ),
)
