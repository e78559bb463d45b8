"""What the program and the database refuse: approval, moves and changes that must not be."""

import pytest
from sqlalchemy import delete, func, insert, update
from sqlalchemy.exc import DBAPIError

from base.errors import ReleaseError
from base.settings.release import Release as Limits
from benchmarks.carried_lists import CHANNELS, Lists
from ledger.schema import RELEASE_APPROVALS, RELEASE_CONTENT, RELEASE_MOVES, RELEASES
from outreach.release import approve, approve_by_limits, plan, withdraw
from tests.ledger.owner import as_owner
from tests.outreach.carried.nights import approve_by_hand, bring, everybody, frozen, states


def test_nobody_approves_what_he_made_not_even_past_the_program(lists: Lists) -> None:
    frozen(lists)
    with pytest.raises(ReleaseError, match="cannot approve"):
        approve(lists.ledger, lists.as_of, approver="Release Job", reason="")
    own = update(RELEASES).where(RELEASES.c.as_of == lists.as_of)
    with pytest.raises(DBAPIError, match="cannot approve"), lists.ledger.engine.begin() as connection:
        connection.execute(own.values(state="approved", approver=" RELEASE JOB", actor="x"))
    assert states(lists) == {"frozen"}


def test_nobody_approves_what_he_froze_though_another_began_the_night(lists: Lists) -> None:
    frozen(lists, runner="Li Wei")
    with pytest.raises(ReleaseError, match="li wei made the lists"):
        approve(lists.ledger, lists.as_of, approver="li wei", reason="")
    own = update(RELEASES).where(RELEASES.c.as_of == lists.as_of).values(state="approved", actor="x")
    for name in (" LI WEI", "li  wei", "ｌi\u3000wei"):
        with pytest.raises(ReleaseError, match="made the lists"):
            approve(lists.ledger, lists.as_of, approver=name, reason="")
        with pytest.raises(DBAPIError, match="froze lists"), lists.ledger.engine.begin() as connection:
            connection.execute(own.values(approver=name))
    with pytest.raises(ReleaseError, match="what limits are called"):
        approve(lists.ledger, lists.as_of, approver="Limits of settings", reason="")
    approve_by_hand(lists)
    assert states(lists) == {"approved"}


def test_the_database_lets_no_list_leave_without_an_approval_of_its_bytes(lists: Lists) -> None:
    frozen(lists)
    own = update(RELEASES).where(RELEASES.c.as_of == lists.as_of)
    with lists.ledger.engine.begin() as connection:
        connection.execute(own.values(state="approved", approver="王敏", actor="王敏"))
    with pytest.raises(DBAPIError, match="no signed approval"), lists.ledger.engine.begin() as connection:
        connection.execute(own.values(state="written", actor="x"))
    another = {
        "as_of": lists.as_of,
        "recipient": "ai_dialler",
        "attempt": 1,
        "sha256": "0" * 64,
        "author": "release job",
        "approver": "王敏",
        "approved_at": func.now(),
        "approved_attempt": 1,
        "content": b"",
    }
    with pytest.raises(DBAPIError, match="this is no approval"), lists.ledger.engine.begin() as connection:
        connection.execute(insert(RELEASE_APPROVALS).values(another))


def test_what_was_written_before_approvals_were_signed_leaves_with_one(lists: Lists) -> None:
    bring(lists, "written")
    with lists.ledger.engine.begin() as connection:
        as_owner(connection)
        connection.execute(delete(RELEASE_APPROVALS).where(RELEASE_APPROVALS.c.as_of == lists.as_of))
    lists.carrier().hand_over()
    assert lists.opened("ai_dialler") == everybody(lists)["ai_dialler"]
    assert lists.approval("ai_dialler").approver == "王敏"


@pytest.mark.parametrize("state", ["planned", "written", "delivered", "acknowledged"])
def test_the_database_refuses_moves_that_skip_or_turn_back(lists: Lists, state: str) -> None:
    frozen(lists)
    own = update(RELEASES).where(RELEASES.c.as_of == lists.as_of)
    with pytest.raises(DBAPIError, match="does not follow"), lists.ledger.engine.begin() as connection:
        connection.execute(own.values(state=state, actor="x"))


def test_the_database_keeps_content_and_moves_as_they_were(lists: Lists) -> None:
    lists.carry()
    night = {"as_of": lists.as_of, "recipient": "ai_dialler"}
    move = {**night, "attempt": 1, "to_state": "acknowledged", "actor": "x"}
    content = {**night, "attempt": 2, "kind": "sealed", "part": 0, "content": b"other"}
    for statement in (
        update(RELEASE_CONTENT).values(content=b"other"),
        insert(RELEASE_CONTENT).values(content),
        insert(RELEASE_MOVES).values(move),
        delete(RELEASE_MOVES),
        update(RELEASE_APPROVALS).values(approver="李雷"),
        delete(RELEASE_APPROVALS),
        update(RELEASES).values(sha256="0" * 64),
        delete(RELEASES),
    ):
        with (
            pytest.raises(DBAPIError, match=r"RaiseException|InsufficientPrivilege"),
            lists.ledger.engine.begin() as connection,
        ):
            connection.execute(statement)


def test_content_that_is_not_whole_cannot_be_frozen(lists: Lists) -> None:
    with lists.ledger.engine.begin() as connection:
        plan(connection, lists.as_of, CHANNELS, author="release job")
    torn = {"state": "frozen", "attempt": 1, "rows": 6, "size": 99, "sha256": "0" * 64, "actor": "x"}
    with pytest.raises(DBAPIError, match="not whole"), lists.ledger.engine.begin() as connection:
        connection.execute(update(RELEASES).where(RELEASES.c.as_of == lists.as_of).values(**torn))


def test_more_than_the_limits_waits_for_a_person(lists: Lists) -> None:
    frozen(lists)
    few = Limits(automatic_under=5, automatic_growth=5)
    why = approve_by_limits(lists.ledger, lists.as_of, limits=few)
    assert why is not None
    assert "12 contacts" in why
    assert states(lists) == {"frozen"}
    lists.carrier().write()  # nothing is approved, so nothing leaves
    assert states(lists) == {"frozen"}


def test_what_is_withdrawn_stays_in_the_house(lists: Lists) -> None:
    frozen(lists)
    with pytest.raises(ReleaseError, match="reason"):
        withdraw(lists.ledger, lists.as_of, actor="王敏", reason=" ")
    withdraw(lists.ledger, lists.as_of, actor="王敏", reason="wrong offer")
    lists.carry()
    assert states(lists) == {"withdrawn"}
    assert not list(lists.settings.outbox_folder.glob(f"*/*{lists.as_of}*"))
    with pytest.raises(ReleaseError, match="can be withdrawn"):
        withdraw(lists.ledger, lists.as_of, actor="王敏", reason="again")
