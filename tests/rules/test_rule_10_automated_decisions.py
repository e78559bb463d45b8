"""Who refuses automated marketing decisions leaves marketing; who wants no personalisation, the personal."""

from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from base.settings import Contact
from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from lake.tables.words import CHANNELS, SUPPRESSION_KINDS
from strategies.candidates import match
from strategies.document import Goal, Limits, Strategy, Touch
from tests.rules.plain_people import happens, plain_people, verdicts
from tests.truth.person_states import EVERYWHERE

TODAY = date(2026, 7, 20)
SAFETY = Strategy(
    name="safety",
    title="安全提示",
    kind="mobile",
    manager="林晓岚",
    who="所有客户",
    offer="手机银行安全功能",
    funnel=(
        Touch(channel="ai_call", script="您好", expected_lift=0.01),
        Touch(channel="sms", script="您好", expected_lift=0.01, when=("no_answer",)),
    ),
    goal=Goal(product="mobile", window_days=5, value=200.0),
    limits=Limits(per_night=10),
)
SAVERS = SAFETY.model_copy(update={"name": "savers", "who": "aum_now >= 1000 or aum_now is null"})


@pytest.mark.parametrize("channel", CHANNELS)
def test_rule_10_refusing_automated_decisions_ends_marketing_by_every_channel(
    engine: SparkSession, channel: str
) -> None:
    people = plain_people(4, channel=channel)
    for person, kind in enumerate(("refuses_automated_decisions", "no_personalisation")):
        word = SUPPRESSION_KINDS.index(kind)
        happens(people.suppressions, person, kind=word, channel=EVERYWHERE)
    ended = SUPPRESSION_KINDS.index("refuses_automated_decisions")
    happens(people.suppressions, 2, kind=ended, channel=EVERYWHERE, since=-9, until=-1)
    assert verdicts(engine, people) == ["refuses_automated_decisions", "no_personalisation", None, None]


def test_rule_10_who_wants_no_personalisation_is_reached_by_what_is_for_everybody(
    engine: SparkSession,
) -> None:
    people = plain_people(4, personal=False)
    for person, kind in enumerate(
        ("no_personalisation", "refuses_automated_decisions", "no_personalisation")
    ):
        happens(people.suppressions, person, kind=SUPPRESSION_KINDS.index(kind), channel=EVERYWHERE)
    happens(people.opt_outs, 2, by=1, channel=EVERYWHERE)
    assert verdicts(engine, people) == [None, "refuses_automated_decisions", "opted_out", None]


def test_rule_10_nothing_that_is_known_of_him_changes_what_is_asked_of_who_wants_no_personalisation(
    engine: SparkSession,
) -> None:
    people = [f"c{number}" for number in range(6)]
    begun = [("c4", "safety", TODAY - timedelta(days=2), 2), ("c5", "savers", TODAY - timedelta(days=2), 2)]
    low, high = (
        _asked(engine, {name: _features(extreme) for name in people}, segment=segment, begun=begun)
        for extreme, segment in (("low", "S01"), ("high", "S02"))
    )
    assert low == high
    assert [(row["customer"], row["strategy"], row["step"]) for row in low] == [
        *((name, "safety", 1) for name in people if name != "c4"),
        ("c4", "safety", 2),
        ("c5", "savers", 2),  # begun before he chose; policy ends it
    ]
    assert {row["segment"] for row in low} == {"none"}
    assert {row["value"] for row in low if row["step"] == 1} == {200 * 0.01 * 0.4}
    assert len({row["hour"] for row in low}) > 1
    personal = _asked(engine, {"c0": _features("high")}, segment="S01", begun=[], choosing=())
    assert [row["strategy"] for row in personal] == ["safety", "savers"]
    assert (personal[0]["segment"], personal[0]["value"], personal[0]["hour"]) == ("S01", 200 * 0.01, 15)


def _asked(
    engine: SparkSession,
    people: dict[str, dict[str, Any]],
    *,
    segment: str,
    begun: list[tuple[str, str, date, int]],
    choosing: tuple[str, ...] | None = None,
) -> list[dict[str, Any]]:
    """The candidates of ``people``, by touch and customer; all of them chose, unless told who did."""
    chose = people if choosing is None else choosing
    found = match(
        _frame(engine, people),
        segments=engine.createDataFrame(
            [(name, segment) for name in people], "customer string, segment string"
        ),
        non_personalised=engine.createDataFrame([(name,) for name in chose], "customer string"),
        positions=engine.createDataFrame(
            begun, "customer string, strategy string, first_exposed date, step int"
        ),
        strategies=(SAFETY, SAVERS),
        as_of=TODAY,
        costs={"ai_call": 0.5, "sms": 0.05},
        window=Contact(),  # type: ignore[call-arg]
    )
    rows: list[dict[str, Any]] = found.toArrow().to_pylist()
    return sorted(rows, key=lambda row: (row["step"], row["customer"], row["strategy"]))


def _features(extreme: str) -> dict[str, Any]:
    """Every feature at one of two ends, but for whether he has acted, which can only end contacts."""
    ends: dict[str, tuple[Any, Any]] = {
        "boolean": (None, True),
        "string": (None, "x"),
        "long": (None, 15),
        "double": (None, 1.0),
        "date": (None, TODAY),
    }
    found = {name: ends[feature.type][extreme == "high"] for name, feature in FEATURES.items()}
    return found | {"days_since_opening": 300, "aum_now": 1e3 if extreme == "low" else 4e4}


def _frame(engine: SparkSession, people: dict[str, dict[str, Any]]) -> DataFrame:
    schema = CUSTOMER_FEATURES.spark_schema()
    rows = [
        tuple({"customer": name, **known}.get(column) for column in schema.names)
        for name, known in people.items()
    ]
    return engine.createDataFrame(rows, schema)
