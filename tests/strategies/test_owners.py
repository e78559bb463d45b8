"""Whose a strategy is, and which versions of it others wrote."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, delete

from base.errors import BookError
from base.settings import load_settings
from ledger.database import Ledger, open_ledger
from ledger.schema import READINGS
from strategies.lifecycle import approve, golive, retire, submit
from strategies.owners import Earlier, Proposal, overtaken, owner_of, pending_of, proposals_to
from strategies.versions import digest, import_
from tests.ledger.owner import as_owner
from tests.strategies.book_world import written

FIRST, NEXT = "周立成", "林晓岚"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("owners"))) as opened:
        yield opened


@pytest.fixture
def asked(ledger: Ledger) -> Iterator[Connection]:
    with ledger.engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def hand_on(ledger: Ledger, name: str, *, author: str, base: int) -> None:
    """A version that names the next manager."""
    document = written(name, title=f"after {base}")
    text = document.text.replace(FIRST, NEXT)
    strategy = document.strategy.model_copy(update={"manager": NEXT})
    import_(ledger, [type(document)(text=text, strategy=strategy)], actor=author, bases={name: base})


def test_a_strategy_is_its_managers_until_a_version_in_force_names_another(
    ledger: Ledger, asked: Connection
) -> None:
    import_(ledger, [written("owned_one")], actor="author")
    hand_on(ledger, "owned_one", author=NEXT, base=1)
    assert owner_of(asked, "owned_one") == FIRST
    submit(ledger, ["owned_one"], actor=NEXT)
    approve(ledger, ["owned_one"], actor="reader")
    assert owner_of(asked, "owned_one") == FIRST
    golive(ledger, ["owned_one"], actor="reader")
    assert owner_of(asked, "owned_one") == NEXT


def test_proposals_are_what_others_wrote_and_is_not_in_force_yet(ledger: Ledger, asked: Connection) -> None:
    for name in ("proposed_a", "proposed_b", "proposed_c", "proposed_d"):
        import_(ledger, [written(name)], actor=FIRST)
    for name in ("proposed_a", "proposed_b", "proposed_c"):
        hand_on(ledger, name, author="somebody", base=1)
    submit(ledger, ["proposed_b", "proposed_c"], actor="somebody")
    retire(ledger, ["proposed_c"], actor=FIRST, reason="a test")
    told = proposals_to(asked, FIRST, most=9)
    assert [one for one in told if one.name.startswith("proposed")] == [
        Proposal(name="proposed_a", version=2, author="somebody", stage="draft"),
        Proposal(name="proposed_b", version=2, author="somebody", stage="submitted"),
    ]
    assert proposals_to(asked, FIRST, most=1) == told[:1]
    assert proposals_to(asked, NEXT, most=9) == ()


def test_a_strategy_whose_document_was_never_read_is_its_authors(ledger: Ledger, asked: Connection) -> None:
    document = written("never_read", note="of its own")
    import_(ledger, [document], actor="author")
    assert owner_of(asked, "never_read") == FIRST
    with ledger.engine.begin() as connection:
        as_owner(connection)
        connection.execute(delete(READINGS).where(READINGS.c.sha256 == digest(document.text)))
    assert owner_of(asked, "never_read") == "author"


def test_nobody_has_a_strategy_that_the_book_lacks(ledger: Ledger, asked: Connection) -> None:
    import_(ledger, [written("owned_by_name")], actor="author")
    with pytest.raises(
        BookError, match=r"owned_by_nam: no strategy of the book; did you mean owned_by_name\?"
    ):
        owner_of(asked, "owned_by_nam")


def test_a_version_takes_the_place_of_what_another_had_on_its_way(ledger: Ledger, asked: Connection) -> None:
    import_(ledger, [written("taken")], actor=FIRST)
    first = Proposal(name="taken", version=1, author=FIRST, stage="draft")
    assert (pending_of(asked, "taken"), overtaken(asked, first)) == (first, None)
    submit(ledger, ["taken"], actor=FIRST)
    waiting = pending_of(asked, "taken")
    assert waiting is not None
    assert waiting.stage == "submitted"
    for base in (1, 2):
        hand_on(ledger, "taken", author=NEXT, base=base)
    theirs = pending_of(asked, "taken")
    assert theirs == Proposal(name="taken", version=3, author=NEXT, stage="draft")
    assert overtaken(asked, theirs) == Earlier(version=1, author=FIRST)
    submit(ledger, ["taken"], actor=NEXT)
    approve(ledger, ["taken"], actor="reader")
    golive(ledger, ["taken"], actor="reader")
    assert pending_of(asked, "taken") is None
    import_(ledger, [written("taken", title="after all")], actor=FIRST, bases={"taken": 3})
    after = pending_of(asked, "taken")
    assert after is not None
    assert overtaken(asked, after) is None
