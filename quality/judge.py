"""Judges the night's intake: findings to the ledger, pages for people, a stop where it is not good enough."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import delete, insert

from base.errors import QualityError
from ledger.database import Ledger
from ledger.schema import QUALITY_RESULTS
from quality.docs import write_docs
from quality.figures import Figure
from quality.findings import Finding, TableResult, validate
from quality.gate import Tally


def judge(
    tallies: Sequence[Tally], figures: Sequence[Figure], *, as_of: date, ledger: Ledger, docs: Path
) -> None:
    """Validates, records and describes what came in.

    Raises QualityError naming every expectation that is not met.
    """
    results = validate(tallies, figures, as_of=as_of)
    _record(results, as_of, ledger)
    index = write_docs(results, as_of=as_of, folder=docs)
    failed = [finding for result in results for finding in result.findings if not finding.success]
    if failed:
        raise QualityError(
            f"{as_of}: {len(failed)} expectations are not met, the night stops: "
            f"{'; '.join(map(_words, failed))}. See {index.parent.parent.name}/{index.parent.name}/index.html"
        )


def _record(results: Sequence[TableResult], as_of: date, ledger: Ledger) -> None:
    lines = [
        {
            "as_of": as_of,
            "table_name": finding.table,
            "expectation": finding.expectation,
            "column_name": finding.column,
            "success": finding.success,
            "checked": finding.checked,
            "unexpected": finding.unexpected,
            "share": finding.share,
        }
        for result in results
        for finding in result.findings
    ]
    with ledger.engine.begin() as connection:
        connection.execute(delete(QUALITY_RESULTS).where(QUALITY_RESULTS.c.as_of == as_of))
        connection.execute(insert(QUALITY_RESULTS), lines)


def _words(finding: Finding) -> str:
    where = finding.table if finding.column is None else f"{finding.table}.{finding.column}"
    how = finding.expectation.removeprefix("expect_").replace("_", " ")
    if finding.unexpected is not None:
        return f"{where}: {how}, {finding.unexpected:,} of {finding.checked:,} rows do not"
    if finding.share is not None:
        return f"{where}: {how}, it is {finding.share:.4g}"
    return f"{where}: {how}, it has {finding.checked:,} rows"
