"""What a night waits for: the night before it must have been learned from."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import delete, insert

from base.settings import Settings, load_settings
from jobs.turn import may_decide, may_ingest
from ledger.database import Ledger, open_ledger
from ledger.schema import RUNS

FIRST, SECOND, THIRD = date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 3)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("turn"))


@pytest.fixture
def ledger(home: Settings) -> Iterator[Ledger]:
    with open_ledger(home) as opened:
        yield opened
        with opened.engine.begin() as connection:
            connection.execute(delete(RUNS))


def ran(ledger: Ledger, job: str, as_of: date, status: str = "done") -> None:
    with ledger.engine.begin() as connection:
        connection.execute(insert(RUNS).values(job=job, as_of=as_of, status=status))


def test_the_first_night_has_its_turn(home: Settings, ledger: Ledger) -> None:
    assert may_decide(as_of=FIRST, settings=home)


def test_a_night_waits_for_the_one_before_to_be_learned_from(home: Settings, ledger: Ledger) -> None:
    ran(ledger, "decide", FIRST)
    assert not may_decide(as_of=SECOND, settings=home)
    ran(ledger, "learn", FIRST, status="failed")
    assert not may_decide(as_of=SECOND, settings=home)
    ran(ledger, "learn", FIRST)
    assert may_decide(as_of=SECOND, settings=home)


def test_a_night_that_never_came_to_a_decision_holds_nobody_up(home: Settings, ledger: Ledger) -> None:
    ran(ledger, "decide", FIRST)
    ran(ledger, "learn", FIRST)
    ran(ledger, "features", SECOND, status="failed")
    ran(ledger, "decide", SECOND, status="failed")
    assert may_decide(as_of=THIRD, settings=home)


def test_a_night_that_is_run_again_does_not_wait_for_later_ones(home: Settings, ledger: Ledger) -> None:
    ran(ledger, "decide", SECOND)
    assert may_decide(as_of=FIRST, settings=home)


def test_a_world_that_answers_by_itself_goes_on_once_it_has_answered(home: Settings, ledger: Ledger) -> None:
    ran(ledger, "ingest", FIRST)
    assert not may_ingest(as_of=SECOND, settings=home)
    ran(ledger, "learn", FIRST)
    assert may_ingest(as_of=SECOND, settings=home)


def test_extracts_that_come_as_files_are_taken_in_whatever_became_of_earlier_ones(
    home: Settings, ledger: Ledger
) -> None:
    ran(ledger, "ingest", FIRST)
    assert may_ingest(as_of=SECOND, settings=home.model_copy(update={"source": "files"}))
