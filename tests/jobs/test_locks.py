"""Whoever deletes waits for the jobs that run, and they for him; who comes by hand is refused meanwhile."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from threading import Event, Thread

import pytest
from pyspark.sql import DataFrame
from sqlalchemy import select

from base.errors import LedgerError
from base.settings import load_settings
from jobs.job import Frames, Job, Night
from jobs.locks import beside_others, beside_others_at_once, undisturbed, undisturbed_at_once
from jobs.run import execute, find_job, open_house
from lake.table import Table
from ledger.schema import RUNS

NIGHT = date(2026, 7, 1)
A_MINUTE = 60


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    settings = load_settings(home=tmp_path_factory.mktemp("locks") / "home")
    with open_house(settings, as_of=NIGHT) as night:
        yield night


def job_that(name: str, does: Callable[[], None], *, deletes: bool = False) -> Job:
    def function(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
        does()
        return {}

    return Job(name=name, doc="", reads=(), writes=(), function=function, deletes=deletes)


@contextmanager
def begun_meanwhile(house: Night, job: Job) -> Iterator[None]:
    """The job is begun by somebody else and says that it waits; after the block it has ended."""
    waits = Event()
    thread = Thread(target=execute, args=(job, replace(house, progress=lambda _: waits.set())))
    thread.start()
    try:
        assert waits.wait(A_MINUTE), f"{job.name} did not wait"
        yield
    finally:
        thread.join(A_MINUTE)
    assert not thread.is_alive()


@pytest.mark.parametrize(("first", "second"), [("retention", "release"), ("release", "retention")])
def test_one_waits_for_the_other_whichever_began(house: Night, first: str, second: str) -> None:
    order: list[str] = []
    later = job_that(second, lambda: order.append(second), deletes=second == "retention")
    waiting = begun_meanwhile(house, later)

    def work() -> None:
        waiting.__enter__()
        order.append(first)

    execute(job_that(first, work, deletes=first == "retention"), house)
    waiting.__exit__(None, None, None)
    assert order == [first, second]
    with house.ledger.engine.connect() as connection:
        ended = select(RUNS.c.job, RUNS.c.status).order_by(RUNS.c.id.desc()).limit(2)
        assert [tuple(row) for row in connection.execute(ended)] == [(second, "done"), (first, "done")]


def test_jobs_run_side_by_side(house: Night) -> None:
    def never(_: str) -> None:
        raise AssertionError("it waited")

    with beside_others("release", house.ledger, progress=never):
        assert execute(job_that("ingest", lambda: None), replace(house, progress=never)).job == "ingest"


def test_who_waits_to_delete_keeps_nobody_waiting(house: Night) -> None:
    waiting = begun_meanwhile(house, job_that("retention", lambda: None, deletes=True))
    with beside_others_at_once(house.ledger):
        waiting.__enter__()
        test_jobs_run_side_by_side(house)
    waiting.__exit__(None, None, None)


def test_who_found_no_gap_gives_up_and_it_is_on_record(house: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.locks.LONGEST_WAIT", 0)
    with (
        beside_others_at_once(house.ledger),
        pytest.raises(LedgerError, match=r"retention waited 0 seconds .* see what hangs"),
    ):
        execute(job_that("retention", lambda: None, deletes=True), house)
    with house.ledger.engine.connect() as connection:
        last = connection.execute(select(RUNS).order_by(RUNS.c.id.desc()).limit(1)).one()
    assert (last.job, last.status) == ("retention", "failed")
    assert "see what hangs" in last.error


def test_who_comes_by_hand_is_told_what_runs(house: Night) -> None:
    def by_hand() -> None:
        with (
            pytest.raises(LedgerError, match="job decide is already running"),
            undisturbed_at_once(house.ledger),
        ):
            pass

    execute(job_that("decide", by_hand), house)
    with (
        undisturbed("retention", house.ledger, progress=house.progress),
        pytest.raises(LedgerError, match="another process exports or deletes"),
        undisturbed_at_once(house.ledger),
    ):
        pass
    with (
        undisturbed("retention", house.ledger, progress=house.progress),
        pytest.raises(LedgerError, match="another process exports or deletes"),
        beside_others_at_once(house.ledger),
    ):
        pass
    with beside_others_at_once(house.ledger), beside_others_at_once(house.ledger):
        pass


def test_the_job_that_deletes_says_so() -> None:
    assert find_job("retention").deletes
