"""Nights carried without an engine, as far as a test wants them."""

from dataclasses import replace
from datetime import date, timedelta

from benchmarks.carried_lists import CHANNELS, Lists
from outreach.inbox import still_due
from outreach.release import approve, left, plan, releases_of

NIGHTS = iter(date(2026, 1, 1) + timedelta(days=place) for place in range(10_000))
"""Each later than all before it, with people of its own."""


def states(lists: Lists) -> set[str]:
    with lists.ledger.engine.connect() as connection:
        return {release.state for release in releases_of(connection, lists.as_of).values()}


def frozen(lists: Lists, runner: str = "release job") -> None:
    with lists.ledger.engine.begin() as connection:
        plan(connection, lists.as_of, CHANNELS, author="release job")
    drafts = {recipient: lists.draft(recipient) for recipient in CHANNELS}
    replace(lists.carrier(), runner=runner).freeze(drafts, looked_to=0)


def approve_by_hand(lists: Lists) -> None:
    approve(lists.ledger, lists.as_of, approver="王敏", reason="looked at it")


def bring(lists: Lists, state: str) -> None:
    """Up to ``state``: frozen, approved or written."""
    frozen(lists)
    if state != "frozen":
        approve_by_hand(lists)
    if state == "written":
        lists.carrier().write()


def assert_stayed(lists: Lists) -> None:
    assert states(lists) == {"expired"}
    assert not list(lists.settings.outbox_folder.glob(f"*/*{lists.as_of}*"))
    with lists.ledger.engine.connect() as connection:
        assert left(connection, lists.as_of).num_rows == 0
        assert still_due(connection, lists.as_of) == ()


def everybody(lists: Lists) -> dict[str, list[str]]:
    return {recipient: lists.everybody(recipient) for recipient in CHANNELS}
