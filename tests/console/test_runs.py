"""Nights and the quality of their data at the console."""

import re
import weakref
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pyarrow as pa
import pytest
from sqlalchemy import insert, select

from base.settings.console import Console
from console.pages.page import Visit
from console.pages.runs.quality import night_quality
from console.words.nights import LIST_STATES, STEPS
from console.words.quality import EXPECTATIONS, TABLES, reason
from jobs.locks import alone
from jobs.night import ALL_STEPS
from lake.glance import Glance
from lake.table import Table
from lake.tables import DELIVERED, QUARANTINE
from ledger.schema import QUALITY_RESULTS, RUNS
from outreach.release.states import STATES
from quality.checks import checks_of
from tests.console import plan_world
from tests.console.desk import Desk, served
from tests.ledger.owner import as_owner

NIGHT = date(2026, 8, 3)
WRONG = "balances: 40 of 100 rows were rejected, tolerated are 1.0%"


@pytest.fixture
def ran(desk: Desk) -> Iterator[Desk]:
    """Sixty nights; on the last, ingest failed, then went well, and features failed."""
    done = [
        {"job": job, "as_of": NIGHT - timedelta(days=day), "status": "done", "seconds": 1.5, "written": {}}
        for day in range(1, 60)
        for job in STEPS
    ]
    last = [
        {"job": "ingest", "status": "failed", "seconds": 2.0, "error": WRONG, "written": {}},
        {
            "job": "ingest",
            "status": "done",
            "seconds": 754.0,
            "written": {"customers": 2_000, "complaints": 7},
        },
        {"job": "features", "status": "failed", "seconds": 0.2, "error": "MemoryError", "written": {}},
    ]
    met = {"as_of": NIGHT, "expectation": "expect_table_row_count_to_be_between", "success": True}
    unmet = {"as_of": NIGHT, "expectation": "expect_column_values_to_not_be_null", "success": False}
    found = [
        {**met, "table_name": "customers", "checked": 2_000, "unexpected": 3, "share": 0.0015},
        {**met, "table_name": "complaints", "checked": 7, "unexpected": 0, "share": 0.0},
        {**unmet, "table_name": "customers", "column_name": "city", "checked": 2_000, "unexpected": 400},
    ]
    with desk.ledger.engine.begin() as connection:
        connection.execute(insert(RUNS), done)
        for line in last:
            connection.execute(insert(RUNS).values(as_of=NIGHT, **line))
        for line in found:
            connection.execute(insert(QUALITY_RESULTS).values(line))
    yield desk
    with desk.ledger.engine.begin() as connection:
        as_owner(connection)
        connection.execute(RUNS.delete())
        connection.execute(QUALITY_RESULTS.delete())


def test_a_night_tells_what_failed_and_how_to_go_on(ran: Desk) -> None:
    page = ran.visitor("operator").get(f"/runs/{NIGHT}").text
    assert WRONG in page
    commands = "\n".join(
        f"longreach {step} --as-of {NIGHT}"
        for step in ("features", "segments", "decide", "release", "learn", "report")
    )
    assert f">{commands}<" in page
    assert "12 min 34 s<" in page
    assert "<code>customers</code> 2,000" in page
    assert "<code>complaints</code> –" in page, "seven complaints are few people"


def test_a_step_that_was_killed_is_told_from_one_that_runs(ran: Desk) -> None:
    tomorrow = NIGHT + timedelta(days=1)
    line = {"job": "ingest", "as_of": tomorrow, "status": "running"}
    with ran.ledger.engine.begin() as connection:
        connection.execute(insert(RUNS).values(line))
    visitor = ran.visitor("operator")
    killed = visitor.get(f"/runs/{tomorrow}").text
    assert "broken off" in killed
    assert f"longreach ingest --as-of {tomorrow}" in killed
    with alone("ingest", ran.ledger):
        running = visitor.get(f"/runs/{tomorrow}").text
    assert "broken off" not in running.split("To go on")[0]
    assert "To go on" not in running


def test_a_night_that_ran_whole_needs_nothing(ran: Desk) -> None:
    page = ran.visitor("operator").get(f"/runs/{NIGHT - timedelta(days=1)}").text
    assert "To go on" not in page
    assert "not run" not in page


def test_nights_say_whether_their_data_were_looked_at(ran: Desk) -> None:
    newest, earlier, *_ = ran.visitor("operator").get("/runs").text.split("<tbody>")[1].split("</tr>")
    assert re.search(r"not met: \d", newest)
    assert "not looked at" in earlier


def test_nights_are_turned_and_searched_on_the_server(ran: Desk) -> None:
    visitor = ran.visitor("operator")
    first, second = visitor.get("/runs").text, visitor.get("/runs?page=2").text
    assert "Nights found: 60" in first
    assert (first.count('scope="row"'), second.count('scope="row"')) == (50, 10)
    failed = visitor.get("/runs?state=failed").text
    assert "Nights found: 1<" in failed
    assert f'href="/runs/{NIGHT}"' in failed
    assert "Nights found: 3<" in visitor.get("/runs?q=2026-08").text
    for odd in ("%", "_", "\\", "'", "2026-13", "x" * 300):
        assert "Nights found: 0<" in visitor.client.get("/runs", params={"q": odd}).text


@pytest.mark.parametrize("page", ["0", "-1", "999999", "9" * 30, "two", "²", ""])
def test_a_page_that_is_none_is_one_there_is(ran: Desk, page: str) -> None:
    answer = ran.visitor("operator").client.get("/runs", params={"page": page})
    assert answer.status_code == 200
    assert 'scope="row"' in answer.text


@pytest.mark.parametrize("path", ["/runs/x", "/runs/2026-02-30", "/runs/2031-01-01", "/quality/2031-01-01"])
def test_a_night_there_was_none_of_is_refused_in_a_sentence(ran: Desk, path: str) -> None:
    answer = ran.visitor("operator").get(path)
    assert answer.status_code == 400
    assert "shows the nights" in answer.text or "is no date" in answer.text


def test_what_the_data_failed_is_told_in_words_of_both_languages(ran: Desk) -> None:
    visitor = ran.visitor("operator")
    page = visitor.get(f"/quality/{NIGHT}?show=unmet").text
    assert "nothing is missing" in page
    assert "Demands not met:" in page
    assert "400" in page
    visitor.post("/preferences", language="zh")
    assert "不得缺失" in visitor.get(f"/quality/{NIGHT}?show=unmet").text
    visitor.post("/preferences", language="en")


def test_the_trend_counts_rows_not_taken_in(ran: Desk) -> None:
    page = ran.visitor("operator").get("/quality").text
    assert "2,007" in page
    assert "1.49" in page, "3 of 2,007 rows, of a thousand"


def test_what_was_not_taken_in_is_counted_over_all_batches_and_never_held(ran: Desk, tmp_path: Path) -> None:
    rows = [{"source_table": "balances", "reason": "no date"} for _ in range(40_000)]
    rows[5:5] = [{"source_table": "customers", "column": "city", "reason": "missing"}] * 3
    plan_world.write(tmp_path, QUARANTINE, NIGHT, rows)
    lake = _Watched(tmp_path)
    told = {"as_of": str(NIGHT)}
    asked = SimpleNamespace(lake=lake, ledger=ran.ledger, settings=ran.settings, told=told)
    shown = night_quality.show(cast(Visit, asked)).values["kept_out"]
    assert [(one["column"], one["rows"]) for one in shown] == [(None, 40_000), ("city", 3)]
    assert lake.most <= 2, "the one that is counted, and the one that comes"


class _Watched(Glance):
    """A lake that knows how many of its batches were held at once."""

    most = 0

    def batches(self, table: Table, *, as_of: date, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        given: list[weakref.ref[pa.RecordBatch]] = []
        for batch in super().batches(table, as_of=as_of, columns=columns):
            given.append(weakref.ref(batch))
            self.most = max(self.most, sum(one() is not None for one in given))
            yield batch


def test_the_pages_of_a_night_that_ran_agree(night_desk: Desk) -> None:
    visitor = night_desk.visitor("operator")
    assert "8 / 8" in visitor.get("/runs").text
    run = visitor.get("/runs/2026-07-02").text
    assert "<code>customer_features</code> 2,000" in run
    quality = visitor.get("/quality/2026-07-02").text
    assert "Every demand is met." in quality
    assert "2,000" in quality
    with night_desk.ledger.engine.connect() as connection:
        demanded = set(connection.execute(select(QUALITY_RESULTS.c.expectation)).scalars())
    assert demanded <= set(EXPECTATIONS)


def test_everything_that_can_be_met_with_has_words() -> None:
    assert tuple(STEPS) == ALL_STEPS
    assert tuple(LIST_STATES) == STATES
    assert {table.name for table in DELIVERED} <= set(TABLES)
    reasons = {check.reason for table in DELIVERED for check in checks_of(table)}
    assert not [one for one in reasons if reason(one).chinese == one]


def test_a_night_leads_to_airflow_where_the_settings_say_where_it_is(ran: Desk) -> None:
    assert "Airflow" not in ran.visitor("operator").get(f"/runs/{NIGHT}").text
    told = Console(airflow_url="https://airflow.bank.example/")
    with served(ran.settings.model_copy(update={"console": told}), ran.ledger) as address:
        page = replace(ran, address=address).visitor("operator").get(f"/runs/{NIGHT}").text
    assert f'href="https://airflow.bank.example/dag_runs?partition_key_pattern={NIGHT}"' in page
