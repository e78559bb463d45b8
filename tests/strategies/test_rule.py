"""The rule language: what it accepts, what it refuses and says, and that the SQL means what the words say."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from features.catalogue import FEATURES
from strategies.atoms import RuleError
from strategies.rule import parse
from strategies.sql import sql
from strategies.tree import (
    And,
    Arithmetic,
    AsOf,
    Compare,
    Condition,
    Day,
    DaysBetween,
    Missing,
    Name,
    Negative,
    Not,
    Number,
    OneOf,
    Or,
    Shifted,
    Text,
    Truth,
    Value,
)

NIGHT = date(2026, 7, 1)


AUM, LOGIN = Name("aum_now", "number"), Name("days_since_login", "number")
FUND, CARD = Name("has_fund", "flag"), Name("has_card", "flag")
IN, OUT = Name("inflow_90d", "number"), Name("outflow_90d", "number")
RICH = Compare(">", AUM, Number(1.0))


def _between(value: Value, low: Value, high: Value) -> And:
    return And((Compare(">=", value, low), Compare("<=", value, high)))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("aum_now between 5000 and 3万", _between(AUM, Number(5e3), Number(3e4))),
        ("aum_now not between -1 and 3百万", Not(_between(AUM, Number(-1), Number(3e6)))),
        ("aum_now is null", Missing(AUM)),
        ("age is not null", Not(Missing(Name("age", "number")))),
        ("not has_fund and has_card", And((Not(FUND), CARD))),
        (
            "has_fund and (has_card and aum_now > 1) and (has_fund or has_card)",
            And((FUND, CARD, RICH, Or((FUND, CARD)))),
        ),
        ("has_fund or has_card and aum_now > 1 or has_fund", Or((FUND, And((CARD, RICH)), FUND))),
        ("digital_share_90d > 30%", Compare(">", Name("digital_share_90d", "number"), Number(0.3))),
        ("资产总额≥1.15万且非有基金", And((Compare(">=", AUM, Number(11500)), Not(FUND)))),
        (
            "年龄 ＞ 18岁 或 （老年客户）",
            Or((Compare(">", Name("age", "number"), Number(18)), Name("is_elderly", "flag"))),
        ),
        ("segment in （“S01”，“S02”, 'S01'）", OneOf(Name("segment", "text"), (Text("S01"), Text("S02")))),
        ("客群 = 'S07'", Compare("=", Name("segment", "text"), Text("S07"))),
        ("年龄 not in (18, 20)", Not(OneOf(Name("age", "number"), (Number(18), Number(20))))),
        ("inflow_90d / outflow_90d > 1.5", Compare(">", Arithmetic("/", IN, OUT), Number(1.5))),
        (
            "- inflow_90d * 2 > 1千元 + aum_now",
            Compare(">", Arithmetic("*", Negative(IN), Number(2)), Arithmetic("+", Number(1e3), AUM)),
        ),
        ("has_fund <> false", FUND),
        ("false = has_fund", Not(FUND)),
        ("has_fund = (aum_now > 1)", Or((And((FUND, RICH)), And((Not(FUND), Not(RICH)))))),
        ("has_fund <> not has_card", Not(Or((And((FUND, Not(CARD))), And((Not(FUND), CARD)))))),
        ("days_since_login > 30天", Compare(">", LOGIN, Number(30))),
        ("as_of >= 2026-7-1", Compare(">=", AsOf(), Day(date(2026, 7, 1)))),
        (
            "基准日 - 30天 - 2 < ２０２６-０７-０１ + 1天",
            Compare("<", Shifted(AsOf(), -32), Shifted(Day(date(2026, 7, 1)), 1)),
        ),
        ("as_of - 2026-01-01 > 30天", Compare(">", DaysBetween(AsOf(), Day(date(2026, 1, 1))), Number(30))),
        ("as_of in (2026-07-01, 2026-10-01)", OneOf(AsOf(), (Day(date(2026, 7, 1)), Day(date(2026, 10, 1))))),
        ("true", Truth(True)),
    ],
)
def test_a_rule_becomes_a_tree(text: str, tree: Condition) -> None:
    assert parse(text, FEATURES).condition == tree


def test_a_rule_knows_what_it_reads() -> None:
    rule = parse("资产总额 > 1万 and segment = 'S01' and not has_fund", FEATURES)
    assert rule.names == {"aum_now", "has_fund"}


def test_every_label_stands_for_its_feature() -> None:
    for feature in FEATURES.values():
        assert parse(f"{feature.label} is null", FEATURES).names == {feature.name}


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "empty"),
        ("aum_nov > 3", 0, "did you mean 'aum_now'?"),
        ("has_card and 资产总和 > 3", 13, "did you mean '资产总额'?"),
        ("has_card and aum_now > 30天", 13, "(CNY) and '30天' (days)"),
        ("aum_now > has_fund", 0, "cannot be put together"),
        ("aum_now > 'S01'", 0, "cannot be put together"),
        ("segment = 3", 0, "cannot be put together"),
        ("has_fund > has_card", 0, "has no order"),
        ("aum_now", 0, "compare it with something"),
        ("has_card and aum_now", 13, "compare it with something"),
        ("aum_now > 1 has_card", 0, "and/or"),
        ("aum_now >", 0, "breaks off near 'aum_now'"),
        ("has_fund and (has_card or", 14, "breaks off near 'has_card'"),
        ("aum_now between 1", 16, "breaks off near '1'"),
        ("abs(aum_now) > 3", 0, "no feature is called 'abs'"),
        ("aum_now(has_card) > 3", 0, "no functions"),
        ("aum_now in (select 1)", 12, "no feature is called 'select'"),
        ("has_card; drop table x", 8, "';' does not belong"),
        ("has_card -- and", 9, "no comments; remove '--'"),
        ("has_card /* and */", 9, "no comments"),
        ("aum_now.x > 3", 7, "'.' does not belong"),
        ("aum_now > `x`", 10, "'`' does not belong"),
        ("segment = 'a\\'", 10, "neither quotes nor backslashes"),
        ("segment = 'it’s'", 14, "no feature is called 's'"),
        ("aum_now > 1e9", 10, "'1e9' is no number"),
        ("aum_now is true", 0, "IS NULL and IS NOT NULL only"),
        ("inflow_90d / age > 3", 0, "cannot be put together"),
        ("has_card and " * 200 + "has_card", 2000, "longer than 2000"),
        ("(" * 900 + "has_card" + ")" * 900, 16, "more than 16 deep"),
    ],
)
def test_a_bad_rule_is_refused_with_the_place(text: str, offset: int, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(text, FEATURES)
    assert words in str(caught.value)
    assert caught.value.offset == offset


NUMBERS = ("aum_now", "inflow_90d", "demand_now")
FLAGS = ("has_fund", "has_card", "is_elderly")
Row = dict[str, Any]
Meaning = Callable[[Row], Any]


def _number(rng: np.random.Generator, depth: int) -> tuple[str, Meaning]:
    if depth and rng.random() < 0.3:
        (left, a), (right, b) = _number(rng, depth - 1), _number(rng, depth - 1)
        sign = rng.choice(["+", "-"])
        return f"({left} {sign} {right})", lambda row: _known(
            lambda x, y: x + y if sign == "+" else x - y, a(row), b(row)
        )
    if rng.random() < 0.5:
        value = int(rng.integers(-3, 4))
        return (str(value) if value >= 0 else f"(- {-value})"), lambda _: value
    name = str(rng.choice(NUMBERS))
    return name, lambda row: row[name]


def _condition(rng: np.random.Generator, depth: int) -> tuple[str, Meaning]:
    choice = rng.integers(0, 7) if depth else rng.integers(3, 7)
    if choice < 2:
        (left, a), (right, b) = _condition(rng, depth - 1), _condition(rng, depth - 1)
        word = ("and", "or")[choice]
        join = _and if word == "and" else _or
        return f"({left} {rng.choice([word, {'and': '且', 'or': '或'}[word]])} {right})", lambda row: join(
            a(row), b(row)
        )
    if choice == 2:
        inner, a = _condition(rng, depth - 1)
        return f"not ({inner})", lambda row: _known(lambda x: not x, a(row))
    if choice == 3:
        name = str(rng.choice(FLAGS))
        return name, lambda row: row[name]
    name = str(rng.choice(NUMBERS))
    if choice == 4:
        return f"{name} is null", lambda row: row[name] is None
    if choice == 5:
        low, high = sorted(int(x) for x in rng.integers(0, 4, 2))
        return f"{name} between {low} and {high}", lambda row: _known(lambda x: low <= x <= high, row[name])
    (left, a), (right, b) = _number(rng, 2), _number(rng, 2)
    sign = str(rng.choice(["<", "<=", ">", ">=", "=", "<>"]))
    return f"{left} {sign} {right}", lambda row: _known(_COMPARE[sign], a(row), b(row))


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "=": lambda x, y: x == y,
    "<>": lambda x, y: x != y,
}


def _known(of: Callable[..., Any], *values: Any) -> Any:
    return None if any(value is None for value in values) else of(*values)


def _and(a: Any, b: Any) -> Any:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def _or(a: Any, b: Any) -> Any:
    if a is True or b is True:
        return True
    return None if a is None or b is None else False


def test_the_sql_means_what_the_rule_says(engine: SparkSession) -> None:
    """200 random rules over 50 random customers, missing values included, against a plain evaluation."""
    rng = np.random.default_rng(20260701)
    rules = [_condition(rng, 3) for _ in range(200)]
    rows: list[Row] = [
        {
            **{n: None if rng.random() < 0.25 else float(rng.integers(-3, 4)) for n in NUMBERS},
            **{n: None if rng.random() < 0.25 else bool(rng.random() < 0.5) for n in FLAGS},
        }
        for _ in range(50)
    ]
    schema = pa.schema([*((n, pa.float64()) for n in NUMBERS), *((n, pa.bool_()) for n in FLAGS)])
    frame = engine.createDataFrame(pa.Table.from_pylist(rows, schema=schema))
    columns = [
        F.expr(sql(parse(text, FEATURES).condition, as_of=NIGHT)).alias(f"r{i}")
        for i, (text, _) in enumerate(rules)
    ]
    found = frame.select(*NUMBERS, *FLAGS, *columns).toArrow().to_pylist()
    disagreements = [
        (text, row)
        for row in found
        for i, (text, meaning) in enumerate(rules)
        if row[f"r{i}"] is not meaning(row)
    ]
    assert disagreements == []


def test_dividing_by_zero_selects_nobody(engine: SparkSession) -> None:
    frame = engine.createDataFrame(pa.table({"inflow_90d": [1.0], "outflow_90d": [0.0]}))
    assert (
        frame.where(sql(parse("inflow_90d / outflow_90d > 0", FEATURES).condition, as_of=NIGHT)).count() == 0
    )
