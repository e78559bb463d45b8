"""Long questions: nobody fills the queue, what is on its way is not forgotten, every one of them ends."""

import threading
from collections.abc import Iterator

import pytest

from base.settings import load_settings
from console import errands as room
from console.errands import Errand, Errands
from console.words import Refusal

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
    errands.ask("try", VERSION, actor="one")
    assert errands.ask("try", VERSION, actor="another").actor == "one"
    errands._keep(Errand(key="try", state="done"))
    assert errands.ask("try", VERSION, actor="another").state == "done"
    errands._keep(Errand(key="try", state="failed"))
    again = errands.ask("try", VERSION, actor="another")
    assert (again.state, again.actor) == ("waiting", "another")


@pytest.mark.parametrize("arguments", [("a\x00b",), ("", "\ud800"), VERSION])
def test_a_question_ends_whatever_goes_wrong(
    arguments: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    opened = Errands(load_settings(home=tmp_path_factory.mktemp("errands")))
    opened.ask("wrong", arguments, actor="one")
    opened._pool.shutdown(wait=True)
    assert opened.look("wrong").state == "failed"


def test_whose_machine_failed_is_not_told_to_who_asks(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("LONGREACH_DATABASE_URL", "postgresql://127.0.0.1:1/longreach")
    opened = Errands(load_settings(home=tmp_path_factory.mktemp("away")))
    opened.ask("list", ("strategies", "list", "--json"), actor="one")
    opened._pool.shutdown(wait=True)
    assert opened.look("list").words == "the ledger did not answer; ask again in a moment"
