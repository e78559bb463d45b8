"""The runner: keeps the record, keeps others out, and lets no undeclared table through."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import DataFrame
from sqlalchemy import insert, select

from base.errors import DeclarationError, LedgerError, QualityError, ScheduleError
from base.settings import load_settings
from jobs.job import Frames, Job, Night, job
from jobs.run import execute, find_job, open_house, run
from lake.table import Classification, Column, Table
from ledger.schema import RUNS

NIGHT = date(2026, 7, 1)
NUMBERS = Table(
    name="counted",
    doc="Numbers.",
    grain=("n",),
    delivery="derived",
    columns=(Column(name="n", type="long", classification=Classification.INTERNAL, doc="N."),),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    settings = load_settings(home=tmp_path_factory.mktemp("run") / "home")
    with open_house(settings, as_of=NIGHT) as night:
        yield night


@job(reads=(NUMBERS.before,), writes=(NUMBERS,))
def counting(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Counts to three."""
    return {NUMBERS: night.spark.range(3).withColumnRenamed("id", "n")}


@job(reads=(), writes=())
def smuggling(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Writes what it did not declare."""
    return {NUMBERS: night.spark.range(1).withColumnRenamed("id", "n")}


@job(reads=(), writes=())
def refusing(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Finds the data wanting."""
    raise QualityError("too many rows rejected")


@job(reads=(), writes=())
def stumbling(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Fails in a way nobody planned."""
    raise ValueError("张三 13800138000")


def _last_run(house: Night) -> dict[str, object]:
    with house.ledger.engine.connect() as connection:
        return dict(connection.execute(select(RUNS).order_by(RUNS.c.id.desc()).limit(1)).mappings().one())


def test_a_run_is_recorded_with_what_it_wrote(house: Night) -> None:
    assert execute(counting, house).written == {"counted": 3}
    run = _last_run(house)
    assert (run["job"], run["as_of"], run["status"], run["written"]) == (
        "counting",
        NIGHT,
        "done",
        {"counted": 3},
    )


def test_an_undeclared_table_is_refused(house: Night) -> None:
    with pytest.raises(DeclarationError, match="smuggling made counted without declaring"):
        execute(smuggling, house)


def test_a_known_failure_is_recorded_in_words(house: Night) -> None:
    with pytest.raises(QualityError):
        execute(refusing, house)
    assert (_last_run(house)["status"], _last_run(house)["error"]) == ("failed", "too many rows rejected")


def test_an_unknown_failure_is_recorded_without_its_text(house: Night) -> None:
    with pytest.raises(ValueError, match="张三"):
        execute(stumbling, house)
    assert _last_run(house)["error"] == "ValueError"


def test_the_same_job_never_runs_twice_at_once(house: Night) -> None:
    def again(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
        with pytest.raises(LedgerError, match="counting is already running"):
            execute(counting, night)
        return {}

    outer = Job(name="counting", doc="", reads=(), writes=(), function=again)
    execute(outer, house)
    assert execute(counting, house).written == {"counted": 3}


def test_a_step_waits_for_the_one_before(house: Night) -> None:
    with pytest.raises(ScheduleError, match="features of 2026-07-01 cannot start: ingest was not run"):
        run("features", as_of=NIGHT, settings=house.settings)
    with house.ledger.engine.begin() as connection:
        connection.execute(insert(RUNS).values(job="ingest", as_of=NIGHT, status="failed"))
    with pytest.raises(ScheduleError, match="ingest failed for that date"):
        run("features", as_of=NIGHT, settings=house.settings)


def test_a_step_asks_for_all_that_ingest_takes_in_today(house: Night) -> None:
    """Who is one person with whom was not written by versions of before; nothing there reads like nobody."""
    later = date(2026, 7, 2)
    known = [{"customers": 3, "persons": 0}, {"customers": 3}]
    for night, written in zip((NIGHT, later), known, strict=True):
        lines = [{"job": name, "as_of": night, "status": "done"} for name in ("segments", "decide")]
        with house.ledger.engine.begin() as connection:
            connection.execute(insert(RUNS), [{**line, "written": {}} for line in lines])
            connection.execute(insert(RUNS).values(job="ingest", as_of=night, status="done", written=written))
    with pytest.raises(
        ScheduleError, match=r"persons.* was never written.*longreach ingest --as-of 2026-07-02"
    ):
        run("freeze", as_of=later, settings=house.settings)
    with pytest.raises(ScheduleError, match=r"cannot start: numbers, suppressions of that date"):
        run("freeze", as_of=NIGHT, settings=house.settings)


def test_a_job_that_is_not_there_is_named() -> None:
    with pytest.raises(DeclarationError, match=r"no job 'dance': jobs/dance\.py"):
        find_job("dance")


def test_every_job_file_declares_its_job() -> None:
    for path in Path("jobs").glob("*.py"):
        if "@job(" in path.read_text(encoding="utf-8"):
            assert find_job(path.stem).doc
