"""Random rules, random customers, and rules written out as a manager would write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import inf, nan
from typing import Any, get_args

import pyarrow as pa
from hypothesis import strategies as st

from lake.tables.words import CHANNELS
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
    Operation,
    Or,
    Order,
    Shifted,
    Text,
    Truth,
    Value,
)

AS_OF = date(2026, 7, 1)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A feature as far as rules ask; its unit suits any other, so that random arithmetic passes."""

    name: str
    type: str
    label: str
    unit: Any = None
    channels: tuple[str, ...] = CHANNELS


KNOWN = {
    each.name: each
    for each in (
        Known(name="amount", type="double", label="金额"),
        Known(name="other", type="double", label="其他金额"),
        Known(name="calls", type="long", label="次数"),
        Known(name="active", type="boolean", label="活跃"),
        Known(name="new", type="boolean", label="新"),
        Known(name="city", type="string", label="城市"),
        Known(name="since", type="date", label="起始日"),
        Known(name="until", type="date", label="截止日"),
    )
}
SCHEMA = pa.schema(
    [
        ("amount", pa.float64()),
        ("other", pa.float64()),
        ("calls", pa.int64()),
        ("active", pa.bool_()),
        ("new", pa.bool_()),
        ("city", pa.string()),
        ("segment", pa.string()),
        ("since", pa.date32()),
        ("until", pa.date32()),
    ]
)

# What engines are known to read each in its own way: signs of zero and NaN, edges of doubles and calendars.
_DOUBLES = [0.0, -0.0, 1.0, -1.0, 2.5, 0.1, 0.3, 5e-324, 1e308, -1e308, 1e22, 2.0**53, 1 / 3]
_ODD = [nan, float("-nan"), inf, -inf]
_LONGS = [0, 1, -1, 7, 2**53 + 1, -(2**63), 2**63 - 1]
_WORDS = [
    "",
    "S01",
    "it's",
    'a"b',
    "back\\nslash",
    "客群",
    " ",
    "null",
    "%",
    "line\nbreak",
    "`tick`",
    "🙂",
    "$1",
]
_DAYS = [AS_OF, date(2026, 6, 1), date(1969, 12, 31), date(2024, 2, 29), date(1582, 10, 10)]
_ENDS = [date.min, date.max]

_numbers = st.sampled_from([Name(name, "number") for name in ("amount", "other", "calls")])
_dates = st.sampled_from([Name("since", "date"), Name("until", "date"), AsOf()])
_texts = st.sampled_from([Name("city", "text"), Name("segment", "text")])
_flags = st.sampled_from([Name("active", "flag"), Name("new", "flag")])
_orders = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def customers() -> st.SearchStrategy[dict[str, Any]]:
    """A customer's values by name, with everything that may go wrong in them."""
    of = {
        pa.float64(): st.sampled_from([*_DOUBLES, *_ODD]),
        pa.int64(): st.sampled_from(_LONGS),
        pa.bool_(): st.booleans(),
        pa.string(): st.sampled_from([*_WORDS, "elsewhere"]),
        pa.date32(): st.sampled_from([*_DAYS, *_ENDS]),
    }
    return st.fixed_dictionaries({field.name: st.none() | of[field.type] for field in SCHEMA})


def batch(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    """The customers in columns; NaN stays NaN and does not become null."""
    return pa.record_batch([pa.array([row[f.name] for row in rows], f.type) for f in SCHEMA], schema=SCHEMA)


def edge_customers() -> list[dict[str, Any]]:
    """Every pair of odd numbers, of odd texts, of days: what random draws would seldom put together."""
    doubles, words, days = [None, *_DOUBLES, *_ODD], [None, *_WORDS], [None, *_DAYS, *_ENDS]
    pairs = [(one, other) for one in doubles for other in doubles]
    return [
        {
            "amount": one,
            "other": other,
            "calls": [None, *_LONGS][at % (1 + len(_LONGS))],
            "active": (None, True, False)[at % 3],
            "new": (None, True, False)[at // 3 % 3],
            "city": words[at % len(words)],
            "segment": words[at // len(words) % len(words)],
            "since": days[at % len(days)],
            "until": days[at // len(days) % len(days)],
        }
        for at, (one, other) in enumerate(pairs)
    ]


def edge_rules() -> list[Condition]:
    """Every comparison, operation, set and null test there is, over names and every odd literal."""
    amount, other, calls = (Name(name, "number") for name in ("amount", "other", "calls"))
    city, segment = Name("city", "text"), Name("segment", "text")
    since, until = Name("since", "date"), Name("until", "date")
    made = [Arithmetic(sign, amount, other) for sign in get_args(Operation)]
    values: list[Value] = [*made, Negative(amount), Arithmetic("/", Number(1.0), Negative(other)), calls]
    dates: list[Value] = [AsOf(), until, Shifted(until, -36_600), Shifted(since, 1), *map(Day, _DAYS + _ENDS)]
    leaves: list[Condition] = [
        *(Compare(order, amount, Number(number)) for order in get_args(Order) for number in _DOUBLES),
        *(Compare(order, calls, Number(number)) for order in get_args(Order) for number in _DOUBLES),
        *(Compare(order, value, amount) for order in get_args(Order) for value in [*values, other]),
        *(Compare(order, since, day) for order in get_args(Order) for day in dates),
        *(Compare("=", city, word) for word in [segment, *map(Text, _WORDS)]),
        Compare("<>", city, segment),
        Compare("<", DaysBetween(since, until), amount),
        OneOf(amount, tuple(Number(number) for number in _DOUBLES if number != 1.0)),
        OneOf(amount, tuple(map(Number, (-0.0, 1.0, -1.0, 2.5)))),
        OneOf(city, tuple(map(Text, _WORDS[2:]))),
        OneOf(Shifted(since, 30), tuple(map(Day, _DAYS))),
        *(Missing(value) for value in (*values, amount, city, since, DaysBetween(since, until))),
        Missing(Name("active", "flag")),
        Name("active", "flag"),
    ]
    flags = (Name("active", "flag"), Name("new", "flag"), Truth(True), Truth(False))
    return [
        *leaves,
        *(Not(leaf) for leaf in leaves[::7]),
        *(kind((one, another)) for kind in (And, Or) for one in flags for another in flags),
    ]


def trees() -> st.SearchStrategy[Condition]:
    """Any tree."""
    return _conditions(
        st.sampled_from(_DOUBLES).map(Number),
        st.sampled_from(_WORDS).map(Text),
        st.sampled_from([*_DAYS, *_ENDS]).map(Day),
        _mixed,
    )


def writable_trees() -> st.SearchStrategy[Condition]:
    """Trees that have a text: their literals can be written, and they are as flat as a text makes them."""
    whole = st.integers(-(10**6), 10**6) | st.integers(-(10**3), 10**3).map(lambda ten: ten * 10_000)
    return _conditions(
        (whole.map(float) | st.integers(-(10**6), 10**6).map(lambda cents: cents / 100)).map(Number),
        st.sampled_from(["", "S01", "客群 一", "and", "1 > 2"]).map(Text),
        st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(Day),
        _sums,
    )


def _conditions(numbers: Any, texts: Any, days: Any, arithmetic: Any) -> st.SearchStrategy[Any]:
    dates = _dates | days | st.builds(Shifted, _dates | days, st.integers(-36_600, 36_600))
    spans = st.builds(DaysBetween, dates, dates)
    values = arithmetic(_numbers | numbers, spans)
    leaves = st.one_of(
        st.builds(Compare, _orders, values | spans, values),
        st.builds(Compare, _orders, dates, dates),
        st.builds(Compare, st.sampled_from(["=", "<>"]), _texts, _texts | texts),
        st.builds(_range, values, st.tuples(numbers, numbers)),
        *(
            st.builds(OneOf, of, st.lists(literals, min_size=1, max_size=12, unique=True).map(tuple))
            for of, literals in ((values, numbers), (_texts, texts), (dates, days))
        ),
        st.builds(Missing, values | spans | _texts | dates | _flags),
        _flags,
        st.builds(Truth, st.booleans()),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            *(
                st.lists(inner, min_size=2, max_size=4).map(lambda parts, kind=kind: _chain(kind, parts))
                for kind in (And, Or)
            ),
        ),
        max_leaves=8,
    )


def _mixed(leaves: Any, spans: Any) -> st.SearchStrategy[Value]:
    return st.recursive(
        leaves | spans,
        lambda inner: (
            st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner) | st.builds(Negative, inner)
        ),
        max_leaves=4,
    )


def _sums(leaves: Any, _: Any) -> st.SearchStrategy[Value]:
    return st.recursive(
        leaves,
        lambda inner: st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner) | inner.map(_negative),
        max_leaves=4,
    )


def _negative(value: Value) -> Value:
    return Number(0.0 - value.value) if isinstance(value, Number) else Negative(value)


def _range(value: Value, ends: tuple[Number, Number]) -> And:
    low, high = sorted(ends, key=lambda end: end.value)
    return And((Compare(">=", value, low), Compare("<=", value, high)))


def _chain(kind: type[And] | type[Or], parts: Sequence[Condition]) -> Condition:
    return kind(
        tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))
    )


@dataclass(frozen=True)
class Writer:
    """Writes a rule as a manager would. ``draw`` picks among ways of writing one thing."""

    draw: Any

    def condition(self, condition: Condition) -> str:
        match condition:
            case Truth(value):
                return self._one("true", "TRUE") if value else "false"
            case Name(name):
                return self._name(name)
            case Not(Missing(value)):
                return f"{self._value(value)} is not null"
            case Not(OneOf(value, choices)):
                return f"{self._value(value)} not in {self._list(choices)}"
            case Not(of):
                return f"{self._one('not ', '非 ')}{self._bracketed(of)}"
            case And(parts):
                return self._one(" and ", " AND ", " 且 ").join(self._and(parts))
            case Or(parts):
                return self._one(" or ", " 或 ").join(map(self._bracketed, parts))
            case Missing(value):
                return f"{self._value(value)} is null"
            case Compare(order, left, right):
                signs = {
                    "<>": ("<>", "!=", "≠"),
                    "<=": ("<=", "≤"),
                    ">=": (">=", "≥"),
                    "=": ("=", "==", "＝"),
                }
                sign = self._one(*signs.get(order, (order,)))
                return f"{self._value(left)}{sign} {self._literal(right, beside=left)}"
            case OneOf(value, choices):
                return f"{self._value(value)} in {self._list(choices)}"

    def _and(self, parts: Sequence[Condition]) -> list[str]:
        """The parts; two that are the ends of a range sometimes as one."""
        written = [self._bracketed(part) for part in parts]
        for at, (one, other) in reversed(list(enumerate(pairwise(parts)))):
            match one, other:
                case (Compare(">=", value, Number(low)), Compare("<=", same, Number(high))) if (
                    value == same and low <= high and at + 2 <= len(written) and self._one(True, False)
                ):
                    ends = " and ".join(self._literal(Number(end), beside=value) for end in (low, high))
                    written[at : at + 2] = [f"{self._value(value)} between {ends}"]
        return written

    def _bracketed(self, condition: Condition) -> str:
        inner = self.condition(condition)
        bare = isinstance(condition, Name | Truth | Compare | Missing | OneOf) and self._one(True, False)
        return inner if bare else self._one(f"({inner})", f"（ {inner}）")

    def _list(self, choices: Sequence[Value]) -> str:
        return f"({self._one(',', ', ', '，', '、').join(map(self._value, choices))})"

    def _value(self, value: Value) -> str:
        match value:
            case Number(number):
                return self._number(number)
            case Text(text):
                return self._one(f"'{text}'", f'"{text}"', f"“{text}”", f"‘{text}’")
            case Day(day):
                return self._one(day.isoformat(), f"{day.year}-{day.month}-{day.day}")
            case AsOf():
                return self._one("as_of", "基准日")
            case Name(name):
                return self._name(name)
            case Negative(of):
                return f"(- {self._value(of)})"
            case Arithmetic(operation, left, right):
                return f"({self._value(left)} {operation} {self._value(right)})"
            case Shifted(of, days):
                return f"({self._value(of)} {'-' if days < 0 else '+'} {abs(days)}{self._one('', '天')})"
            case DaysBetween(end, start):
                return f"({self._value(end)} - {self._value(start)})"

    def _literal(self, value: Value, *, beside: Value) -> str:
        """The value; a number beside a plain name sometimes in 万, which do not go with days and shares."""
        match value, beside:
            case Number(number), Name() if number >= 10_000 and (number / 100).is_integer():
                return self._one(self._number(number), f"{number / 10_000:.2f}万")
        return self._value(value)

    def _number(self, number: float) -> str:
        sign, size = ("-", -number) if number < 0 else ("", number)
        ways = [
            f"{size:.2f}",
            f"{size:.2f}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．")),
        ]
        if size.is_integer():
            ways.append(f"{size:.0f}")
        return sign + self._one(*ways)

    def _name(self, name: str) -> str:
        return self._one(name, KNOWN[name].label if name in KNOWN else "客群")

    def _one(self, *ways: Any) -> Any:
        return self.draw(st.sampled_from(ways))


@st.composite
def written(draw: Any) -> tuple[Condition, str]:
    """A tree, and a text that means it."""
    tree = draw(writable_trees())
    return tree, Writer(draw).condition(tree)
