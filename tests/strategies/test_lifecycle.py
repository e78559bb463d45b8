"""The stages of a version and the states of a strategy: which move follows which, and who may make it."""

from collections.abc import Callable, Iterator
from itertools import product
from zlib import crc32

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from base.errors import BookError
from base.settings import load_settings
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from ledger.schema import STRATEGIES
from strategies.book import Standing, standings
from strategies.lifecycle import approve, golive, pause, resume, retire, sendback, submit
from strategies.versions import import_
from tests.strategies.book_world import written


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("lifecycle"))) as opened:
        yield opened


MOVES: dict[str, Callable[[Ledger, str], None]] = {
    "submit": lambda ledger, name: submit(ledger, [name], actor="author"),
    "approve": lambda ledger, name: approve(ledger, [name], actor="reader"),
    "sendback": lambda ledger, name: sendback(ledger, [name], actor="reader", reason="a test"),
    "golive": lambda ledger, name: golive(ledger, [name], actor="reader"),
    "pause": lambda ledger, name: pause(ledger, [name], actor="reader", reason="a test"),
    "resume": lambda ledger, name: resume(ledger, [name], actor="reader", reason="a test"),
    "retire": lambda ledger, name: retire(ledger, [name], actor="reader", reason="a test"),
}
WAYS = {
    "draft": [],
    "submitted": ["submit"],
    "approved": ["submit", "approve"],
    "live": ["submit", "approve", "golive"],
    "paused": ["submit", "approve", "golive", "pause"],
    "retired": ["submit", "approve", "golive", "retire"],
    "retired unseen": ["retire"],
}
LAWFUL = {
    "draft": {"submit", "retire"},
    "submitted": {"approve", "sendback", "retire"},
    "approved": {"golive", "retire"},
    "live": {"pause", "retire"},
    "paused": {"resume", "retire"},
    "retired": set(),
    "retired unseen": set(),
}


def make(ledger: Ledger, name: str, *, way: list[str]) -> None:
    import_(ledger, [written(name)], actor="author")
    for move in way:
        MOVES[move](ledger, name)


def standing(ledger: Ledger, name: str) -> Standing:
    with ledger.engine.connect() as connection:
        return standings(connection, [name])[name]


@pytest.mark.parametrize(("place", "move"), list(product(WAYS, MOVES)))
def test_every_move_from_every_state_is_made_or_refused_in_words(
    ledger: Ledger, place: str, move: str
) -> None:
    name = f"{move}_{place.replace(' ', '_')}"
    make(ledger, name, way=WAYS[place])
    before, told = standing(ledger, name), len(trail(ledger, subject=name))
    if move in LAWFUL[place]:
        MOVES[move](ledger, name)
        assert standing(ledger, name) != before
        assert len(trail(ledger, subject=name)) == told + 1
        return
    with pytest.raises(BookError) as caught:
        MOVES[move](ledger, name)
    words = str(caught.value)
    assert words.startswith(f"{name}: cannot {move} what is {place.split()[0]}")
    assert all(f" {open_move}" in words for open_move in LAWFUL[place])
    assert LAWFUL[place] or "nothing: that is final" in words
    assert standing(ledger, name) == before
    assert len(trail(ledger, subject=name)) == told


def test_the_old_version_stays_live_until_the_new_one_takes_its_place(ledger: Ledger) -> None:
    make(ledger, "renewed", way=WAYS["live"])
    import_(ledger, [written("renewed", title="Two")], actor="author", bases={"renewed": 1})
    for move, words in (
        (None, "live v1, draft v2"),
        ("submit", "live v1, submitted v2"),
        ("pause", "paused v1, submitted v2"),
        ("approve", "paused v1, approved v2"),
        ("resume", "live v1, approved v2"),
        ("golive", "live v2"),
    ):
        if move:
            MOVES[move](ledger, "renewed")
        assert standing(ledger, "renewed").words == words


def test_a_newer_draft_takes_an_approval_back(ledger: Ledger) -> None:
    make(ledger, "taken_back", way=WAYS["approved"])
    import_(ledger, [written("taken_back", title="Two")], actor="author", bases={"taken_back": 1})
    now = standing(ledger, "taken_back")
    assert (now.stage, now.pending, now.approved_by) == ("draft", 2, None)
    with pytest.raises(BookError, match="cannot golive"):
        MOVES["golive"](ledger, "taken_back")


@pytest.mark.parametrize("who", ["author", "AUTHOR", " ａｕｔｈｏｒ ", "helper", "submitter"])
def test_who_wrote_or_submitted_does_not_approve(ledger: Ledger, who: str) -> None:
    name = f"eyes_{crc32(who.encode())}"
    import_(ledger, [written(name)], actor="helper")
    import_(ledger, [written(name, title="Two")], actor="Author", bases={name: 1})
    submit(ledger, [name], actor="Submitter")
    with pytest.raises(BookError, match="somebody else must approve"):
        approve(ledger, [name], actor=who)
    values = {"stage": "approved", "approved_by": " ".join(who.lower().split())}
    if who.isascii():
        with pytest.raises(DBAPIError, match="cannot approve it"), ledger.engine.begin() as connection:
            connection.execute(update(STRATEGIES).where(STRATEGIES.c.name == name).values(**values))
    approve(ledger, [name], actor="reader")
    assert standing(ledger, name).approved_by == "reader"


def test_what_is_sent_back_is_its_authors_again_with_the_reason(ledger: Ledger) -> None:
    make(ledger, "sent_back", way=WAYS["submitted"])
    with pytest.raises(BookError, match="takes a reason"):
        sendback(ledger, ["sent_back"], actor="reader", reason="  ")
    sendback(ledger, ["sent_back"], actor="reader", reason="too many of them", versions={"sent_back": 1})
    now = standing(ledger, "sent_back")
    assert (now.stage, now.submitted_by, now.sent_back_by) == ("draft", None, "reader")
    assert now.sent_back_why == "too many of them"
    assert trail(ledger, subject="sent_back")[0]["detail"]["reason"] == "too many of them"
    MOVES["submit"](ledger, "sent_back")
    assert standing(ledger, "sent_back").sent_back_by is None
    MOVES["sendback"](ledger, "sent_back")
    import_(ledger, [written("sent_back", title="Two")], actor="author", bases={"sent_back": 1})
    now = standing(ledger, "sent_back")
    assert (now.pending, now.sent_back_by, now.sent_back_why) == (2, None, None)


def test_who_wrote_an_earlier_live_version_may_approve_the_next(ledger: Ledger) -> None:
    make(ledger, "by_turns", way=WAYS["live"])
    import_(ledger, [written("by_turns", title="Two")], actor="reader", bases={"by_turns": 1})
    submit(ledger, ["by_turns"], actor="reader")
    approve(ledger, ["by_turns"], actor="author")
    now = standing(ledger, "by_turns")
    assert (now.stage, now.pending, now.approved_by) == ("approved", 2, "author")


def test_all_of_a_call_move_or_none(ledger: Ledger) -> None:
    make(ledger, "both_ready", way=[])
    make(ledger, "both_late", way=WAYS["submitted"])
    with pytest.raises(BookError, match="both_late: cannot submit") as caught:
        submit(ledger, ["both_ready", "both_late"], actor="author")
    assert "both_ready" not in str(caught.value)
    assert standing(ledger, "both_ready").stage == "draft"
    with pytest.raises(BookError, match="both_redy: no strategy of the book; did you mean both_ready"):
        submit(ledger, ["both_ready", "both_redy"], actor="author")
    assert standing(ledger, "both_ready").stage == "draft"


def test_what_was_read_is_what_is_approved(ledger: Ledger) -> None:
    make(ledger, "read_before", way=WAYS["submitted"])
    import_(ledger, [written("read_before", title="Two")], actor="author", bases={"read_before": 1})
    submit(ledger, ["read_before"], actor="author")
    with pytest.raises(BookError, match="version 1 was meant, but submitted v2"):
        approve(ledger, ["read_before"], actor="reader", versions={"read_before": 1})
    approve(ledger, ["read_before"], actor="reader", versions={"read_before": 2})


@pytest.mark.parametrize(
    ("way", "change"),
    [
        ("draft", {"stage": "approved", "submitted_by": "author", "approved_by": "reader"}),
        ("draft", {"pending": None, "stage": None, "running": 1, "state": "live"}),
        ("submitted", {"submitted_by": "somebody else"}),
        ("submitted", {"stage": "draft", "submitted_by": None}),
        ("submitted", {"pending": None, "stage": None, "submitted_by": None, "running": 1, "state": "live"}),
        ("approved", {"approved_by": "somebody else"}),
        ("live", {"running": 2}),
        ("live", {"running": None, "state": None}),
        ("live", {"pending": 1, "stage": "draft"}),
        ("paused", {"name": "another_name"}),
        ("retired", {"state": "live"}),
        ("retired", {"pending": 2, "stage": "draft"}),
    ],
)
def test_the_database_itself_refuses_to_skip_a_stage(
    ledger: Ledger, way: str, change: dict[str, object]
) -> None:
    name = f"skips_{way}_{len(change)}_{next(iter(change))}"
    make(ledger, name, way=WAYS[way])
    before = standing(ledger, name)
    with pytest.raises(DBAPIError), ledger.engine.begin() as connection:
        connection.execute(update(STRATEGIES).where(STRATEGIES.c.name == name).values(**change))
    assert standing(ledger, name) == before
