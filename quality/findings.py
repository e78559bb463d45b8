"""What the night's tables were found to be, in the terms of Great Expectations, which decides what passes.

The gate counts every row of every table once; the figures of ``quality.figures`` are sums over whole tables.
Great Expectations is handed these numbers as the metrics that its expectations ask for, so it judges all rows
without reading them a second time.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any

from lake.table import Table
from quality.checks import Check, checks_of
from quality.figures import Figure
from quality.gate import Tally

_SHAPES = {
    "long": r"^[+-]?[0-9]+$",
    "int": r"^[+-]?[0-9]+$",
    "double": r"^[+-]?[0-9]*\.?[0-9]+$",
    "boolean": r"^(true|false)$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamp": r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One expectation and what came of it; ``share`` is unexpected / checked, or the figure itself."""

    table: str
    expectation: str
    column: str | None
    success: bool
    checked: int
    unexpected: int | None
    share: float | None


@dataclass(frozen=True, kw_only=True)
class TableResult:
    """A table's validation as Great Expectations keeps it, and the same as plain findings."""

    table: Table
    validation: Any
    findings: tuple[Finding, ...]


def validate(tallies: Sequence[Tally], figures: Sequence[Figure], *, as_of: date) -> tuple[TableResult, ...]:
    """Judges each table by the suite derived from its declaration and the figures that concern it."""
    gx = _great_expectations()
    return tuple(
        _validate_table(gx, tally, [figure for figure in figures if figure.table is tally.table], as_of)
        for tally in tallies
    )


def _validate_table(gx: ModuleType, tally: Tally, figures: Sequence[Figure], as_of: date) -> TableResult:
    demands = [*_derived(gx, tally, as_of), *((figure.expectation(gx), figure.metrics) for figure in figures)]
    suite = gx.ExpectationSuite(name=tally.table.name, expectations=[demand for demand, _ in demands])
    results = [
        expectation.metrics_validate(
            _Metrics(expectation, metrics), runtime_configuration={"result_format": "BASIC"}
        )
        for expectation, (_, metrics) in zip(suite.expectations, demands, strict=True)
    ]
    findings = [
        _finding(tally, result, metrics) for result, (_, metrics) in zip(results, demands, strict=True)
    ]
    passed = sum(finding.success for finding in findings)
    validation = gx.core.ExpectationSuiteValidationResult(
        success=passed == len(findings),
        results=results,
        suite_name=suite.name,
        statistics={
            "evaluated_expectations": len(findings),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(findings) - passed,
            "success_percent": 100.0 * passed / len(findings),
        },
        meta={
            "great_expectations_version": gx.__version__,
            "run_id": {"run_name": as_of.isoformat(), "run_time": f"{as_of.isoformat()}T00:00:00+00:00"},
            "validation_time": as_of.isoformat(),
        },
    )
    return TableResult(table=tally.table, validation=validation, findings=tuple(findings))


def _derived(gx: ModuleType, tally: Tally, as_of: date) -> list[tuple[Any, dict[str, Any]]]:
    """The suite that follows from the declaration, each expectation with what the gate counted."""
    table, rows = tally.table, tally.delivered
    tolerated = math.ceil(table.tolerance * rows)
    mostly = math.floor(1e4 * (1.0 - tolerated / rows)) / 1e4 if rows else 1.0
    expectations = gx.expectations
    found: list[tuple[Any, dict[str, Any]]] = [
        (
            expectations.ExpectTableRowCountToBeBetween(min_value=rows - tolerated, max_value=rows),
            {"table.row_count": rows - tally.rejected},
        )
    ]
    for check in checks_of(table):
        expectation = _expectation(expectations, check, table, as_of, mostly)
        if expectation is not None:
            unexpected = tally.failures[check]
            found.append((expectation, {"table.row_count": rows, "unexpected_count": unexpected}))
    return found


def _expectation(expectations: ModuleType, check: Check, table: Table, as_of: date, mostly: float) -> Any:
    name = check.column
    match check.kind:
        case "required":
            return expectations.ExpectColumnValuesToNotBeNull(column=name, mostly=mostly)
        case "known":
            numbers = ["<any number of table customers>"]
            return expectations.ExpectColumnValuesToBeInSet(column=name, value_set=numbers, mostly=mostly)
        case "readable":
            shape = _SHAPES[table[str(name)].type]
            return expectations.ExpectColumnValuesToMatchRegex(column=name, regex=shape, mostly=mostly)
        case "values":
            words = list(table[str(name)].values)
            return expectations.ExpectColumnValuesToBeInSet(column=name, value_set=words, mostly=mostly)
        case "range":
            column = table[str(name)]
            return expectations.ExpectColumnValuesToBeBetween(
                column=name, min_value=column.low, max_value=column.high, mostly=mostly
            )
        case "past":
            last = f"{as_of.isoformat()} 23:59:59"
            return expectations.ExpectColumnValuesToBeBetween(column=name, max_value=last, mostly=mostly)
        case "unique":
            if len(table.grain) == 1:
                return expectations.ExpectColumnValuesToBeUnique(column=table.grain[0], mostly=mostly)
            return expectations.ExpectCompoundColumnsToBeUnique(column_list=list(table.grain), mostly=mostly)
        case "whole":
            return None  # counted among the rejected rows of the first expectation


class _Metrics(dict[tuple[str, ...], Any]):
    """What the gate counted, under the ids by which an expectation asks for its metrics: each begins with the
    metric's name. To work them all out beforehand would take as long as to judge.

    Cells left empty on purpose pass; no values are handed over, so none can be shown.
    """

    def __init__(self, expectation: Any, given: Mapping[str, Any]) -> None:
        super().__init__()
        self._expectation, self._given = expectation, given

    def __contains__(self, asked: object) -> bool:
        return True

    def __missing__(self, asked: tuple[str, ...]) -> Any:
        return _metric(asked[0], self._expectation, self._given)


def _metric(name: str, expectation: Any, given: Mapping[str, Any]) -> Any:
    if name in given:
        return given[name]
    if name == f"{expectation.map_metric}.unexpected_count":
        return given["unexpected_count"]
    return 0 if name.endswith("_count") else []


def _finding(tally: Tally, result: Any, metrics: Mapping[str, Any]) -> Finding:
    configuration = result.expectation_config
    column = (
        configuration.kwargs.get("column") or ", ".join(configuration.kwargs.get("column_list", ())) or None
    )
    unexpected = metrics.get("unexpected_count")
    rows = tally.delivered
    if configuration.type == "expect_table_row_count_to_be_between" and len(metrics) == 1:
        unexpected = rows - metrics["table.row_count"]
    share = metrics.get("column.mean", unexpected / rows if unexpected is not None and rows else None)
    return Finding(
        table=tally.table.name,
        expectation=configuration.type,
        column=column,
        success=bool(result.success),
        checked=rows,
        unexpected=unexpected,
        share=share,
    )


def _great_expectations() -> Any:
    """The library, loaded on first use, since that takes seconds; it is kept from calling home."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations
    import great_expectations.core
    import great_expectations.expectations

    return great_expectations
