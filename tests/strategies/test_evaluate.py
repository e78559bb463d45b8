"""Mass evaluation selects whom ``truth`` selects, however many the rules and the rows. About 10 s."""

import pickle
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies.evaluate import Program, compile_rules
from strategies.tree import (
    And,
    Arithmetic,
    AsOf,
    Compare,
    Condition,
    Missing,
    Name,
    Not,
    Number,
    OneOf,
    Or,
    Shifted,
    Text,
    Truth,
)
from strategies.truth import truth
from tests.strategies.random_rules import AS_OF, batch, customers, edge_customers, edge_rules, trees

AMOUNT, OTHER = Name("amount", "number"), Name("other", "number")
CITY, SEGMENT = Name("city", "text"), Name("segment", "text")
RICH, ACTIVE = Compare(">", AMOUNT, Number(1e4)), Name("active", "flag")


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    rules=st.lists(trees(), min_size=1, max_size=8),
    few=st.lists(customers(), min_size=1, max_size=8),
    rows=st.sampled_from([1, 8, 63, 64, 65, 130]),
)
def test_selects_whom_truth_selects(rules: list[Condition], few: list[dict[str, Any]], rows: int) -> None:
    program, many = compile_rules(rules, as_of=AS_OF), batch(_repeated(few, rows))
    assert _pairs(program, many) == _meant(rules, few, rows)
    np.testing.assert_array_equal(program.bits_of_few(many), program.bits(many))


def test_chunks_and_blocks_fit_together() -> None:
    """More rows than are worked on at a time, more rules than a word has bits, neither a whole number."""
    rules, few = edge_rules(), edge_customers()
    assert len(rules) > 128
    program, many = compile_rules(rules, as_of=AS_OF), batch(_repeated(few, 4_200))
    assert _pairs(program, many) == _meant(rules, few, 4_200)
    np.testing.assert_array_equal(program.bits_of_few(many), program.bits(many))
    assert _pairs(program, many.slice(77, 4_100)) == [
        (row - 77, rule) for row, rule in _meant(rules, few, 4_200) if 77 <= row < 4_177
    ]


@pytest.mark.parametrize("rows", [0, 1, 64, 100, 2_048, 4_200])
def test_bits_are_the_pairs(rows: int) -> None:
    rules = [*edge_rules(), Truth(True), Truth(False)]
    program, many = compile_rules(rules, as_of=AS_OF), batch(_repeated(edge_customers(), rows))
    bits = program.bits(many)
    assert bits.shape == (len(rules), -(-rows // 64))
    flags = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")
    assert not flags[:, rows:].any()
    pairs = np.argwhere(flags.T).tolist()
    assert [tuple(pair) for pair in pairs] == _pairs(program, many)


def test_nothing_to_do() -> None:
    nobody, one = batch([]), batch(edge_customers()[:1])
    assert _pairs(compile_rules([], as_of=AS_OF), one) == []
    assert _pairs(compile_rules([RICH], as_of=AS_OF), nobody) == []
    assert _pairs(compile_rules([Truth(True), Truth(False)], as_of=AS_OF), one) == [(0, 0)]


def test_what_rules_share_is_evaluated_once() -> None:
    """Equal comparisons, written either way round or negated into each other; equal parts in any order."""
    fewer = Compare("<=", AMOUNT, Number(1e4))
    rules = [
        And((RICH, ACTIVE)),
        And((ACTIVE, Not(fewer))),
        And((Compare("<", Number(1e4), AMOUNT), ACTIVE, ACTIVE)),
        Not(Or((fewer, Not(ACTIVE)))),
        Or((And((ACTIVE, RICH)), Missing(AMOUNT))),
        Or((Missing(AMOUNT), And((RICH, And((ACTIVE, RICH)))))),
    ]
    program = compile_rules(rules, as_of=AS_OF)
    assert program.slots.size == 3
    assert program.joints.size == 2
    assert program.roots.tolist() == [program.roots[0]] * 4 + [program.roots[4]] * 2


def test_reads_no_more_columns_than_decide() -> None:
    decided = Or((Truth(True), RICH))
    rules = [And((ACTIVE, Compare(">", Arithmetic("/", AMOUNT, OTHER), Number(1.0)))), decided]
    program = compile_rules(rules, as_of=AS_OF)
    assert program.columns == ("active", "amount", "other")
    assert compile_rules([decided], as_of=AS_OF).columns == ()


def test_the_business_date_is_that_of_the_compilation() -> None:
    begun = Compare(">=", Name("since", "date"), Shifted(AsOf(), -30))
    rows = [{**dict.fromkeys(batch([]).schema.names), "since": AS_OF - timedelta(days=at)} for at in (30, 31)]
    assert _pairs(compile_rules([begun], as_of=AS_OF), batch(rows)) == [(0, 0)]
    assert _pairs(compile_rules([begun], as_of=date(2026, 8, 1)), batch(rows)) == []
    assert _pairs(compile_rules([begun], as_of=AS_OF - timedelta(days=1)), batch(rows)) == [(0, 0), (1, 0)]


def test_texts_may_come_in_any_of_arrows_shapes() -> None:
    rules = [Compare("=", CITY, SEGMENT), OneOf(CITY, (Text("a"), Text(""))), Compare("<>", CITY, Text("b"))]
    program = compile_rules(rules, as_of=AS_OF)
    cities, segments = ["a", "b", None, "", "c"], ["a", "x", None, None, "c"]
    expected = [(0, 0), (0, 1), (0, 2), (3, 1), (3, 2), (4, 0), (4, 2)]
    for shape in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())):
        columns = [pa.array(cities, pa.string()).cast(shape), pa.array(segments, pa.string())]
        assert _pairs(program, pa.record_batch(columns, names=["city", "segment"])) == expected


def test_numbers_may_come_in_any_width() -> None:
    program = compile_rules([RICH, Missing(AMOUNT)], as_of=AS_OF)
    for kind in (pa.float64(), pa.float32(), pa.int64(), pa.int32()):
        numbers = pa.array([20_000, None, 5], pa.int64()).cast(kind)
        assert _pairs(program, pa.record_batch([numbers], names=["amount"])) == [(0, 0), (1, 1)]


def test_a_program_may_be_sent_elsewhere() -> None:
    rules, rows = edge_rules(), batch(edge_customers())
    program = compile_rules(rules, as_of=AS_OF)
    assert _pairs(pickle.loads(pickle.dumps(program)), rows) == _pairs(program, rows)


def _repeated(few: Sequence[dict[str, Any]], rows: int) -> list[dict[str, Any]]:
    return [few[row % len(few)] for row in range(rows)]


def _meant(rules: Sequence[Condition], few: Sequence[dict[str, Any]], rows: int) -> list[tuple[int, int]]:
    """The pairs of ``few`` customers that come again and again, up to so many rows."""
    of_each = [
        [place for place, rule in enumerate(rules) if truth(rule, customer, as_of=AS_OF)] for customer in few
    ]
    return [(row, rule) for row in range(rows) for rule in of_each[row % len(few)]]


def _pairs(program: Program, rows: pa.RecordBatch) -> list[tuple[int, int]]:
    places, rules = program.pairs(rows)
    return list(zip(places.tolist(), rules.tolist(), strict=True))
