"""Mass evaluation selects whom ``truth`` selects, whatever the rules and the rows."""

from collections.abc import Sequence
from datetime import date, timedelta
from math import inf, nan
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.evaluate import Program, compile_rules
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
)
from strategies.truth import truth

AS_OF = date(2026, 7, 1)
SCHEMA = pa.schema(
    [
        ("amount", pa.float64()),
        ("other", pa.float64()),
        ("count", pa.int64()),
        ("active", pa.bool_()),
        ("segment", pa.string()),
        ("city", pa.string()),
        ("since", pa.date32()),
        ("until", pa.date32()),
    ]
)
NUMBERS = [0.0, -0.0, 1.0, -1.0, 2.5, 5e4, 1e308, -1e308, 5e-324, 2.0**53]
WORDS = ["", "S01", "S02", "北京", "nowhere"]
DAYS = [AS_OF, AS_OF - timedelta(days=30), AS_OF + timedelta(days=1), date(1969, 12, 31), date(2024, 2, 29)]

number_names = st.sampled_from([Name(name, "number") for name in ("amount", "other", "count")])
text_names = st.sampled_from([Name(name, "text") for name in ("segment", "city")])
date_names = st.sampled_from([Name(name, "date") for name in ("since", "until")])
number_literals = st.sampled_from([Number(number) for number in NUMBERS])
text_literals = st.sampled_from([Text(word) for word in WORDS])
date_literals = st.sampled_from([Day(day) for day in DAYS])
dates = st.recursive(
    date_names | date_literals | st.just(AsOf()),
    lambda inner: st.builds(Shifted, inner, st.integers(-400, 400)),
    max_leaves=2,
)
numbers = st.recursive(
    number_names | number_literals | st.builds(DaysBetween, dates, dates),
    lambda inner: st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner) | st.builds(Negative, inner),
    max_leaves=4,
)
orders = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
comparisons = (
    st.builds(Compare, orders, numbers, numbers)
    | st.builds(Compare, orders, dates, dates)
    | st.builds(Compare, st.sampled_from(["=", "<>"]), text_names | text_literals, text_names | text_literals)
)
sets = (
    st.builds(OneOf, numbers, st.lists(number_literals, min_size=1, max_size=4).map(tuple))
    | st.builds(OneOf, text_names, st.lists(text_literals, min_size=1, max_size=4).map(tuple))
    | st.builds(OneOf, dates, st.lists(date_literals, min_size=1, max_size=4).map(tuple))
)
flags = st.just(Name("active", "flag"))
missing = st.builds(Missing, numbers | text_names | date_names | flags)
conditions = st.recursive(
    comparisons | sets | flags | missing | st.builds(Truth, st.booleans()),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=4).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=4).map(tuple))
    ),
    max_leaves=8,
)
doubles = st.none() | st.sampled_from([*NUMBERS, inf, -inf, nan])
customers = st.fixed_dictionaries(
    {
        "amount": doubles,
        "other": doubles,
        "count": st.none() | st.sampled_from([0, 1, -1, 7, 2**53 + 1, -(2**63), 2**63 - 1]),
        "active": st.none() | st.booleans(),
        "segment": st.none() | st.sampled_from([*WORDS, "elsewhere"]),
        "city": st.none() | st.sampled_from([*WORDS, "elsewhere"]),
        "since": st.none() | st.sampled_from([*DAYS, date(2000, 1, 1)]),
        "until": st.none() | st.sampled_from([*DAYS, date(2000, 1, 1)]),
    }
)


@settings(max_examples=400, deadline=None)
@given(rules=st.lists(conditions, min_size=1, max_size=12), rows=st.lists(customers, min_size=1, max_size=12))
def test_selects_whom_truth_selects(rules: list[Condition], rows: list[dict[str, Any]]) -> None:
    expected = [
        (row, rule)
        for row, customer in enumerate(rows)
        for rule, condition in enumerate(rules)
        if truth(condition, customer, as_of=AS_OF) is True
    ]
    assert _pairs(compile_rules(rules, as_of=AS_OF), _batch(rows)) == expected


def _batch(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    # By columns and without pandas' reading of NaN as null: NaN and null shall both arrive.
    return pa.record_batch([pa.array([row[f.name] for row in rows], f.type) for f in SCHEMA], schema=SCHEMA)


def _pairs(program: Program, batch: pa.RecordBatch) -> list[tuple[int, int]]:
    rows, rules = program.pairs(batch)
    return list(zip(rows.tolist(), rules.tolist(), strict=True))
