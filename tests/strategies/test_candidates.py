"""Who the book selects, at what value and hour."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from base.errors import StrategyError
from base.settings import Contact
from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from lake.tables.words import CHANNELS
from strategies.candidates import match, selected
from strategies.document import Goal, Limits, Strategy, Touch, Valid
from strategies.folder import read_folder
from strategies.rule import parse
from strategies.truth import truth

TODAY = date(2026, 7, 20)
COSTS = {"push": 0.01, "sms": 0.05, "ai_call": 0.5, "human_call": 8.0}
SAVERS = Strategy(
    name="savers",
    title="储户",
    kind="deposit",
    manager="林晓岚",
    who="aum_now >= 1000 and not has_fund",
    offer="定期",
    funnel=(
        Touch(channel="push", script="您好", expected_lift=0.01),
        Touch(channel="ai_call", script="您好", expected_lift=0.05, when=("opened",)),
    ),
    goal=Goal(product="deposit", window_days=5, value=200.0),
    limits=Limits(per_night=10),
    priority=2.0,
)
NEWCOMERS = SAVERS.model_copy(update={"name": "newcomers", "who": "is_new", "priority": 1.0})


def _features(engine: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    schema = CUSTOMER_FEATURES.spark_schema()
    return engine.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)


def _segments(engine: SparkSession, *customers: str) -> DataFrame:
    return engine.createDataFrame([(c, "S01") for c in customers], "customer string, segment string")


def _choosing(engine: SparkSession, *customers: str) -> DataFrame:
    """Who chose that nothing be read to choose them."""
    return engine.createDataFrame([(c,) for c in customers], "customer string")


def _positions(engine: SparkSession, *rows: tuple[str, str, date, int | None]) -> DataFrame:
    return engine.createDataFrame(
        list(rows), "customer string, strategy string, first_exposed date, step int"
    )


def _matched(
    features: DataFrame,
    segments: DataFrame,
    positions: DataFrame,
    *strategies: Strategy,
    choosing: Sequence[str] = (),
) -> list[dict[str, Any]]:
    found = match(
        features,
        segments=segments,
        non_personalised=_choosing(features.sparkSession, *choosing),
        positions=positions,
        strategies=strategies,
        as_of=TODAY,
        costs=COSTS,
        window=Contact(),  # type: ignore[call-arg]
    )
    return sorted(found.toArrow().to_pylist(), key=lambda row: (row["customer"], row["strategy"]))


def test_a_rule_selects_long_tail_customers_of_whom_it_is_true(engine: SparkSession) -> None:
    people = _features(
        engine,
        {"customer": "both", "aum_now": 5e3, "has_fund": False, "is_new": True, "best_hour": 15},
        {"customer": "fund", "aum_now": 5e3, "has_fund": True, "is_new": False},
        {"customer": "unknown", "aum_now": 5e3, "has_fund": None, "is_new": None},
        {"customer": "rich", "aum_now": 9e9, "has_fund": False, "is_new": True},
    )
    found = _matched(
        people, _segments(engine, "both", "fund", "unknown"), _positions(engine), SAVERS, NEWCOMERS
    )
    assert [(row["customer"], row["strategy"], row["step"]) for row in found] == [
        ("both", "newcomers", 1),
        ("both", "savers", 1),
    ]
    assert found[1] == {
        "customer": "both",
        "strategy": "savers",
        "step": 1,
        "channel": "push",
        "kind": "deposit",
        "segment": "S01",
        "value": pytest.approx(200 * 2 * 0.01),
        "cost": 0.01,
        "hour": 15,
    }


def test_a_journey_goes_on_by_its_funnel_alone_and_never_starts_twice(engine: SparkSession) -> None:
    three_days_ago = TODAY - timedelta(days=3)
    people = _features(
        engine,
        {"customer": "due", "aum_now": 0.0, "has_fund": True, "answered_share_365d": 0.25},
        {"customer": "waits", "aum_now": 5e3, "has_fund": False},
        {"customer": "acted", "aum_now": 5e3, "has_fund": False, "days_since_opening": 3},
        {"customer": "earlier", "aum_now": 5e3, "has_fund": False, "days_since_opening": 4},
    )
    begun = _positions(
        engine,
        ("due", "savers", three_days_ago, 2),
        ("waits", "savers", three_days_ago, None),
        ("acted", "savers", three_days_ago, 2),
        ("earlier", "savers", three_days_ago, 2),
    )
    found = _matched(people, _segments(engine, "due", "waits", "acted", "earlier"), begun, SAVERS)
    assert [(row["customer"], row["step"], row["channel"]) for row in found] == [
        ("due", 2, "ai_call"),
        ("earlier", 2, "ai_call"),
    ]
    assert found[0]["value"] == pytest.approx(200 * 2 * 0.05 * 0.25)
    assert found[1]["value"] == pytest.approx(200 * 2 * 0.05 * 0.4)


def test_the_hour_lies_in_the_contact_window(engine: SparkSession) -> None:
    people = [{"customer": f"c{n}", "aum_now": 5e3, "has_fund": False} for n in range(300)]
    early = {"customer": "early", "aum_now": 5e3, "has_fund": False, "best_hour": 3}
    late = {"customer": "late", "aum_now": 5e3, "has_fund": False, "best_hour": 22}
    names = [str(row["customer"]) for row in (*people, early, late)]
    found = _matched(
        _features(engine, *people, early, late), _segments(engine, *names), _positions(engine), SAVERS
    )
    hours = {row["customer"]: row["hour"] for row in found}
    assert (hours["early"], hours["late"]) == (9, 19)
    assert set(hours.values()) == set(range(9, 20))


def test_features_are_read_once_for_first_touches_and_once_for_later_ones(
    engine: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "features.parquet"
    pq.write_table(CUSTOMER_FEATURES.arrow_schema().empty_table(), file)
    match(
        engine.read.parquet(str(file)),
        segments=_segments(engine, "a", "b"),
        non_personalised=_choosing(engine, "b"),
        positions=_positions(engine, ("a", "savers", TODAY, 2)),
        strategies=(SAVERS,),
        as_of=TODAY,
        costs=COSTS,
        window=Contact(),  # type: ignore[call-arg]
    ).explain()
    assert capsys.readouterr().out.count(file.name) == 2


def test_a_strategy_out_of_its_dates_selects_nobody(engine: SparkSession) -> None:
    people = _features(engine, {"customer": "a", "aum_now": 5e3, "has_fund": False})
    over = SAVERS.model_copy(update={"valid": Valid(end=TODAY)})
    last_day = SAVERS.model_copy(update={"valid": Valid(end=TODAY + timedelta(days=1))})
    assert _matched(people, _segments(engine, "a"), _positions(engine), over) == []
    assert len(_matched(people, _segments(engine, "a"), _positions(engine), last_day)) == 1


def test_a_channel_without_a_cost_is_refused(engine: SparkSession) -> None:
    people = _features(engine, {"customer": "a"})
    with pytest.raises(StrategyError, match="savers: channel 'push' has no cost"):
        match(
            people,
            segments=_segments(engine, "a"),
            non_personalised=_choosing(engine),
            positions=_positions(engine),
            strategies=(SAVERS,),
            as_of=TODAY,
            costs={},
            window=Contact(),  # type: ignore[call-arg]
        )


def test_each_strategy_selects_those_of_whom_its_rule_is_true(engine: SparkSession) -> None:
    rules = {strategy.name: parse(strategy.who, FEATURES).condition for strategy in read_folder()}
    rules["here"] = parse("segment in ('S01', 'S03') and aum_now / inflow_90d < 3", FEATURES).condition
    rng = np.random.default_rng(5)
    people = [{"customer": f"c{n:03d}", "segment": f"S{n % 5:02d}", **_drawn(rng)} for n in range(300)]
    schema = CUSTOMER_FEATURES.spark_schema().add("segment", "string")
    frame = engine.createDataFrame([tuple(one[name] for name in schema.names) for one in people], schema)
    found = selected(
        frame.repartition(3), strategies=rules, carried=("customer", "segment"), as_of=TODAY
    ).toArrow()
    assert found.schema.names == ["customer", "segment", "strategy", "step"]
    expected = [
        (str(one["customer"]), str(one["segment"]), name, 1)
        for one in people
        for name, rule in rules.items()
        if truth(rule, one, as_of=TODAY)
    ]
    assert len(expected) > 100
    assert sorted(tuple(row.values()) for row in found.to_pylist()) == sorted(expected)


def _drawn(rng: np.random.Generator) -> dict[str, Any]:
    """A value for every feature, about where rules decide; a fifth are missing, some of them as NaN."""
    by_type: dict[str, list[Any]] = {
        "boolean": [True, False],
        "long": [0, 1, 5, 30, 70],
        "double": [0.0, 0.4, 900.0, 2e4, -1.0, float("nan")],
        "date": [TODAY - timedelta(days=100), TODAY],
    }
    return {
        name: None if rng.random() < 0.2 else by_type[feature.type][rng.integers(len(by_type[feature.type]))]
        for name, feature in FEATURES.items()
    }


def test_the_whole_book_is_matched_in_one_pass(engine: SparkSession) -> None:
    book = read_folder()
    people = _features(
        engine,
        *(
            {
                "customer": f"c{n:03d}",
                "aum_now": 100.0 * n,
                "demand_now": 100.0 * n,
                "salary_90d": 20_000.0 if n % 2 else 0.0,
                "age": 20 + n % 60,
                "is_elderly": n % 60 > 45,
                "has_app": n % 3 == 0,
                **dict.fromkeys(("has_deposit", "has_mobile", "has_card"), False),
                **dict.fromkeys(("transactions_90d", "transactions_365d", "refusals_365d"), 0),
            }
            for n in range(400)
        ),
    )
    found = _matched(people, _segments(engine, *(f"c{n:03d}" for n in range(400))), _positions(engine), *book)
    assert {row["channel"] for row in found} <= set(CHANNELS)
    assert len({(row["customer"], row["strategy"], row["step"]) for row in found}) == len(found)
    assert len({row["strategy"] for row in found}) > 3
