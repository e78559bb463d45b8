"""Long questions: nobody fills the queue, what is on its way is not forgotten, every one of them ends."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from base.settings import load_settings
from console import errands as room
from console.crowd import Crowd
from console.entrance.users import User
from console.errands import Errand, Errands
from console.pages.page import Visit
from console.pages.strategies.tried import tried
from console.words import Refusal
from lake.glance import Glance
from tests.console.desk import Desk

VERSION = ("strategies", "--help")
"""Ends at once, and prints no JSON."""


@pytest.fixture
def errands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Errands]:
    """A queue whose only worker is busy until the test lets it go."""
    opened, held = Errands(load_settings(home=tmp_path_factory.mktemp("errands"))), threading.Event()
    opened._pool.submit(held.wait)
    yield opened
    opened.close()
    held.set()


def test_nobody_has_more_than_a_few_questions_on_their_way(errands: Errands) -> None:
    for number in range(room.MOST):
        assert errands.ask(f"question {number}", VERSION, actor="one").state == "waiting"
    with pytest.raises(Refusal, match="still being worked on") as refused:
        errands.ask("one more", VERSION, actor="one")
    assert "仍在处理中" in refused.value.said.chinese
    assert not errands.knows("one more")
    assert errands.ask("question 0", VERSION, actor="one").state == "waiting"
    assert errands.ask("one more", VERSION, actor="another").state == "waiting"


def test_only_what_has_ended_is_forgotten(errands: Errands) -> None:
    errands.ask("erase", VERSION, actor="first")
    for number in range(room.KEPT):
        errands._keep(Errand(key=f"ended {number}", state="done"))
    errands.ask("another", VERSION, actor="second")
    assert errands.look("erase").state == "waiting"
    assert not errands.knows("ended 0")
    assert errands.knows("another")


def test_a_question_is_asked_anew_only_after_it_failed(errands: Errands) -> None:
    assert errands.turn("try", again=9) == "try 0"
    errands.ask("try 0", VERSION, actor="one")
    assert errands.turn("try", again=9) == "try 0"
    errands._keep(Errand(key="try 0", state="failed"))
    assert errands.turn("try", again=0) == "try 0"
    assert errands.turn("try", again=9) == "try 1"


@pytest.mark.parametrize("arguments", [("a\x00b",), ("", "\ud800"), VERSION])
def test_a_question_ends_whatever_goes_wrong(
    arguments: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    opened = Errands(load_settings(home=tmp_path_factory.mktemp("errands")))
    opened.ask("wrong", arguments, actor="one")
    opened._pool.shutdown(wait=True)
    assert opened.look("wrong").state == "failed"


def test_looking_again_and_again_begins_no_dry_run_twice(errands: Errands, desk: Desk) -> None:
    lake = Glance(desk.settings.lake_folder)

    def looked(name: str, *, again: int) -> dict[str, Any]:
        visit = Visit(
            user=User(name="segment_manager", language="zh", large_text=False),
            settings=desk.settings,
            ledger=desk.ledger,
            lake=lake,
            crowd=Crowd(lake),
            errands=errands,
            now=datetime.now(UTC),
            told={"name": name, "ask": "yes", "again": str(again)},
        )
        return dict(tried(visit, 1))

    first = [looked("one", again=number) for number in range(5)]
    assert len({errand.key for found in first for errand in (found["check"], found["run"])}) == 2
    looked("two", again=0)
    beyond = looked("three", again=0)["run"]
    assert (beyond.state, "仍在处理中" in beyond.words) == ("failed", True)
    assert not errands.knows(beyond.key)
