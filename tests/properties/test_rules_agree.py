"""A rule means one thing: in plain Python, in SQL on Sail, DuckDB and Spark, and evaluated in mass; and what
a manager writes is read as what he meant."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from strategies.evaluate import compile_rules
from strategies.rule import parse
from strategies.sql import Dialect, sql
from strategies.tree import Condition
from strategies.truth import truth
from tests.strategies.random_rules import (
    AS_OF,
    KNOWN,
    batch,
    customers,
    edge_customers,
    edge_rules,
    trees,
    written,
)

Verdicts = list[list[bool | None]]

_checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
_seeded = settings(deadline=None, derandomize=True, suppress_health_check=_checks)
_rules = st.lists(trees(), min_size=1, max_size=12)
_rows = st.lists(customers(), min_size=1, max_size=12)


@settings(_seeded, max_examples=40)
@given(rules=_rules, rows=_rows)
def test_every_engine_says_what_the_rule_means(
    engine: SparkSession, rules: list[Condition], rows: list[dict[str, Any]]
) -> None:
    meant = [[truth(rule, row, as_of=AS_OF) for rule in rules] for row in rows]
    columns = pa.Table.from_batches([batch(rows)])
    assert _spark(engine, columns, rules) == meant
    assert _duckdb(columns, rules) == meant
    assert _mass(columns, rules) == [[said is True for said in row] for row in meant]


def test_every_engine_agrees_at_the_edges(engine: SparkSession) -> None:
    rules, rows = edge_rules(), edge_customers()
    meant = [[truth(rule, row, as_of=AS_OF) for rule in rules] for row in rows]
    columns = pa.Table.from_batches([batch(rows)])
    selected = [[said is True for said in row] for row in meant]
    assert _unlike(rules, rows, meant, _spark(engine, columns, rules)) == []
    assert _unlike(rules, rows, meant, _duckdb(columns, rules)) == []
    assert _unlike(rules, rows, selected, _mass(columns, rules)) == []


def test_spark_on_the_jvm_agrees_at_the_edges(jvm: SparkSession) -> None:
    rules, rows = edge_rules(), edge_customers()
    meant = [[truth(rule, row, as_of=AS_OF) for rule in rules] for row in rows]
    assert jvm.conf.get("spark.sql.ansi.enabled") == "true"
    found = _spark(jvm, pa.Table.from_batches([batch(rows)]), rules)
    assert _unlike(rules, rows, meant, found) == []


@settings(_seeded, max_examples=200)
@given(written())
def test_what_is_written_is_read_as_it_was_meant(given: tuple[Condition, str]) -> None:
    tree, text = given
    assert parse(text, KNOWN).condition == tree


def _unlike(
    rules: Sequence[Condition], rows: Sequence[dict[str, Any]], meant: Verdicts, found: Verdicts
) -> list[Any]:
    """The first few disagreements: rule, customer, what was meant, what was found."""
    return [
        (rule, row, meant[at][place], found[at][place])
        for at, row in enumerate(rows)
        for place, rule in enumerate(rules)
        if meant[at][place] is not found[at][place]
    ][:5]


def _spark(spark: SparkSession, columns: pa.Table, rules: Sequence[Condition]) -> Verdicts:
    return _verdicts(spark.createDataFrame(columns).selectExpr(*_named(rules, "spark")).toArrow())


def _duckdb(columns: pa.Table, rules: Sequence[Condition]) -> Verdicts:
    with duckdb.connect() as connection:
        connection.register("customers", columns)
        return _verdicts(
            connection.sql(f"select {', '.join(_named(rules, 'duckdb'))} from customers").to_arrow_table()
        )


def _mass(columns: pa.Table, rules: Sequence[Condition]) -> list[list[bool]]:
    rows, places = compile_rules(rules, as_of=AS_OF).pairs(columns.combine_chunks().to_batches()[0])
    found = set(zip(rows.tolist(), places.tolist(), strict=True))
    return [[(row, rule) in found for rule in range(len(rules))] for row in range(columns.num_rows)]


def _named(rules: Sequence[Condition], dialect: Dialect) -> list[str]:
    return [f"{sql(rule, as_of=AS_OF, dialect=dialect)} as r{at}" for at, rule in enumerate(rules)]


def _verdicts(found: pa.Table) -> Verdicts:
    return [list(row) for row in zip(*(column.to_pylist() for column in found.columns), strict=True)]
