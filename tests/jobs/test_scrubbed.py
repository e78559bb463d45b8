"""Rule 6: an exception that quotes a row leaves no identifier in the runs, on the screen, in a task's log, in
MLflow's records."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import DataFrame
from sqlalchemy import create_engine, select, text

from base.errors import SourceError
from base.settings import load_settings
from jobs.command import _guarded
from jobs.job import Frames, Night, job
from jobs.run import execute, open_house
from lake.table import Table
from ledger.database import database_url
from ledger.schema import RUNS
from models.shelf import Fit, open_shelf

NIGHT = date(2026, 7, 1)
ROOT = Path(__file__).parents[2]
# Not written out where it is raised: a trace shows the line of code.
PHONE, NAME = "13812345678", "张三丰"

TASK = """
import sys, traceback
import dags.night as night, jobs.run
def quote(*given, **named):
    try:
        raise ValueError("row " + sys.argv[1])
    except ValueError as cause:
        raise KeyError(sys.argv[2]) from cause
jobs.run.run = quote
night.as_of = lambda: None
try:
    night.work("ingest")
except KeyError:
    traceback.print_exc()
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    settings = load_settings(home=tmp_path_factory.mktemp("scrubbed") / "home")
    with open_house(settings, as_of=NIGHT) as night:
        yield night


@job(reads=(), writes=())
def quoting(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Stumbles over a row and says which."""
    raise SourceError(f"customers.csv: {PHONE} is twice in it")


def test_the_record_of_a_run_quotes_nobody(house: Night) -> None:
    with pytest.raises(SourceError):
        execute(quoting, house)
    with house.ledger.engine.connect() as connection:
        (error,) = connection.execute(select(RUNS.c.error).where(RUNS.c.job == "quoting")).scalars()
    assert error == "customers.csv: *** is twice in it"


def test_the_screen_quotes_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise SourceError(f"customers.csv: {PHONE} is twice in it")

    assert _guarded(fails) == 1
    assert "customers.csv: *** is twice in it" in capsys.readouterr().err


def test_what_a_task_leaves_for_the_scheduler_to_log_quotes_nobody(tmp_path: Path) -> None:
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", TASK, PHONE, NAME],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert "ValueError: row ***" in done.stderr
    assert "KeyError" in done.stderr
    assert PHONE not in done.stderr + done.stdout
    assert NAME not in done.stderr + done.stdout


class Plot:
    """A figure that cannot be drawn, and says of whom."""

    def savefig(self, *_: object, **__: object) -> None:
        raise ValueError(f"no colour for {PHONE}")


def test_a_failed_fit_leaves_nobody_in_the_records_of_models(house: Night) -> None:
    rows = pd.DataFrame({"aum": [1.0, 2.0]})
    fit = Fit(
        model=None,
        as_of=NIGHT,
        example=rows,
        data=rows,
        parameters={},
        metrics={},
        plots={"sizes": Plot()},  # type: ignore[dict-item]
    )
    with pytest.raises(Exception, match=r"colour|figure|Plot"):
        open_shelf(house.settings).add("drawn", fit, promote=False)
    engine = create_engine(database_url(house.settings, "mlflow"))
    with engine.connect() as connection:
        names = connection.execute(text("select tablename from pg_tables where schemaname = 'public'"))
        tables = names.scalars().all()
        words = [
            str(row)
            for table in tables
            for row in connection.execute(text(f"select t::text from {table} t")).scalars()
        ]
    engine.dispose()
    assert any("FAILED" in line for line in words)
    assert not any(PHONE in line for line in words)
