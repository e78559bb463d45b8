"""Great Expectations judges the numbers that the gate counted, and its pages say what it found."""

import re
from pathlib import Path

import pyarrow as pa
import pytest

from lake.tables import CONSENTS, DELIVERED, IDENTITIES, TRANSACTIONS
from quality.checks import checks_of
from quality.docs import write_docs
from quality.figures import Figure
from quality.findings import Finding, validate
from quality.gate import Gate, Tally
from quality.quarantine import Quarantine
from tests.sources.small_bank import FIRST, NUMBERS, tables


def tally_of(bad: int) -> Tally:
    made = tables()["transactions"]
    words = ["pigeon" if i < bad else "app" for i in range(1000)]
    made = made.set_column(made.schema.get_field_index("channel"), "channel", pa.array(words))
    gate = Gate(TRANSACTIONS, as_of=FIRST, known=pa.array(NUMBERS), quarantine=Quarantine())
    gate.admit(made.to_batches()[0], file="t.csv", rows=range(1, 1001), unreadable={})
    return gate.tally


def failed(findings: tuple[Finding, ...]) -> list[tuple[str, str | None, int | None]]:
    return [(f.expectation, f.column, f.unexpected) for f in findings if not f.success]


@pytest.mark.parametrize("bad", [0, 10])
def test_within_tolerance_all_expectations_are_met(bad: int) -> None:
    (result,) = validate([tally_of(bad)], (), as_of=FIRST)
    assert failed(result.findings) == []
    assert result.validation.success
    assert len(result.findings) > 20


def test_beyond_tolerance_the_right_expectations_fail() -> None:
    (result,) = validate([tally_of(11)], (), as_of=FIRST)
    assert failed(result.findings) == [
        ("expect_table_row_count_to_be_between", None, 11),
        ("expect_column_values_to_be_in_set", "channel", 11),
    ]
    assert not result.validation.success


@pytest.mark.parametrize("table", [*DELIVERED, IDENTITIES], ids=lambda table: table.name)
def test_every_demand_of_every_table_becomes_an_expectation(table: object) -> None:
    tally = Tally(table, delivered=100)  # type: ignore[arg-type]
    (result,) = validate([tally], (), as_of=FIRST)
    demands = [check for check in checks_of(tally.table) if check.kind != "whole"]
    assert len(result.findings) == len(demands) + 1
    assert all(finding.success and finding.checked == 100 for finding in result.findings)


@pytest.mark.parametrize(("share", "met"), [(0.5, True), (0.0, False)])
def test_figures_are_judged_with_the_table_they_concern(share: float, met: bool) -> None:
    figure = Figure(
        table=CONSENTS,
        metrics={"column.mean": share},
        expectation=lambda gx: gx.expectations.ExpectColumnMeanToBeBetween(
            column="customers with a marketing consent", min_value=0.01
        ),
    )
    tallies = [Tally(TRANSACTIONS, delivered=5), Tally(CONSENTS, delivered=5)]
    transactions, consents = validate(tallies, [figure], as_of=FIRST)
    assert transactions.validation.success
    assert consents.findings[-1].success is met
    assert consents.findings[-1].share == share


def test_pages_stand_alone_and_are_the_same_each_time(tmp_path: Path) -> None:
    results = validate([tally_of(11)], (), as_of=FIRST)
    for folder in ("a", "b"):
        index = write_docs(results, as_of=FIRST, folder=tmp_path / folder)
    page = index.with_name("transactions.html").read_text(encoding="utf-8")
    assert page == (tmp_path / "a" / "2026-07-01" / "transactions.html").read_text(encoding="utf-8")
    assert "failed" in index.read_text(encoding="utf-8")
    assert "must belong to this set" in page
    assert "pigeon" not in page
    for text in (page, index.read_text(encoding="utf-8")):
        assert not re.search(r"https?://|<script", text)
