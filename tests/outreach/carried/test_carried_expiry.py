"""Lists whose time is over, that a switch holds back, or whose numbers rest."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError

from base.errors import DeliveryError
from base.settings import Settings, load_settings
from benchmarks.carried_lists import CHANNELS, Lists
from ledger.database import Ledger, open_ledger
from ledger.schema import CALLER_NUMBERS, RELEASES
from outreach.callers.register import rest, retire
from outreach.deliver.package import Package
from outreach.deliver.transport import Receipt, Transport
from outreach.release import left, releases_of
from outreach.stops import Scope, throw_switch
from tests.outreach.carried.nights import NIGHTS, assert_stayed, bring, everybody, states


class Unreachable(Transport):
    def deliver(self, package: Package) -> None:
        raise DeliveryError(f"{package.name}: no answer")

    def receipt(self, package: Package) -> Receipt | None:  # noqa: ARG002
        return None


@pytest.mark.parametrize("state", ["frozen", "approved", "written"])
def test_a_list_that_a_later_night_has_overtaken_expires_and_no_answer_is_awaited(
    ledger: Ledger, settings: Settings, state: str
) -> None:
    earlier, later = (Lists(ledger, settings, next(NIGHTS)) for _ in range(2))
    bring(earlier, state)
    later.carry()
    earlier.carrier().write()
    earlier.carrier().hand_over()
    assert_stayed(earlier)


@pytest.mark.parametrize("state", ["frozen", "approved", "written"])
def test_a_list_whose_evening_is_past_by_the_calendar_expires(
    ledger: Ledger, settings: Settings, state: str
) -> None:
    past = Lists(ledger, settings, next(NIGHTS))
    bring(past, state)
    again = replace(past, by_calendar=True)
    again.carrier().write()
    again.carrier().hand_over()
    assert_stayed(past)


def test_a_list_whose_evening_is_to_come_is_delivered(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    with open_ledger(settings) as ledger:
        with ledger.engine.connect() as connection:
            today = connection.execute(text("select current_date")).scalar_one()
        lists = Lists(ledger, settings, today + timedelta(days=200), by_calendar=True)
        lists.carry()
        assert states(lists) == {"delivered"}


def test_a_list_that_may_have_left_is_not_sent_late_and_counts_as_left(lists: Lists) -> None:
    bring(lists, "written")
    with pytest.raises(DeliveryError, match="no answer"):
        replace(lists.carrier(), way=lambda _: Unreachable()).hand_over()
    replace(lists, by_calendar=True).carrier().hand_over()
    assert states(lists) == {"written"}
    assert not list(lists.settings.outbox_folder.glob(f"*/*{lists.as_of}*"))
    with lists.ledger.engine.connect() as connection:
        assert left(connection, lists.as_of).num_rows == 2 * lists.size
    own = update(RELEASES).where(RELEASES.c.as_of == lists.as_of)
    with pytest.raises(DBAPIError, match="may have left"), lists.ledger.engine.begin() as connection:
        connection.execute(own.values(state="expired", actor="x", reason="x"))


@pytest.mark.parametrize(("scope", "name"), [("all", "all"), ("channel", "ai_call")])
def test_a_switch_holds_what_is_written_back_until_it_is_lifted(
    lists: Lists, scope: Scope, name: str
) -> None:
    bring(lists, "written")
    throw_switch(lists.ledger, scope, name, stopped=True, actor="a", reason="incident")
    try:
        with pytest.raises(DeliveryError, match=r"ai_dialler: .*held back while ai_call is switched off"):
            lists.carrier().hand_over()
    finally:
        throw_switch(lists.ledger, scope, name, stopped=False, actor="a", reason="mended")
    assert not list((lists.settings.outbox_folder / "ai_dialler").glob(f"*{lists.as_of}*"))
    human = {"all": "written", "channel": "delivered"}[scope]
    with lists.ledger.engine.connect() as connection:
        found = releases_of(connection, lists.as_of)
    assert (found["ai_dialler"].state, found["human_desk"].state) == ("written", human)
    lists.carrier().hand_over()
    assert {recipient: lists.opened(recipient) for recipient in CHANNELS} == everybody(lists)


def test_a_list_leaves_without_contacts_from_numbers_that_have_been_retired_or_rest(
    ledger: Ledger, settings: Settings
) -> None:
    callers = {"ai_dialler": "77001", "human_desk": "77002"}
    lists = Lists(ledger, settings, next(NIGHTS), callers=callers)
    with ledger.engine.begin() as connection:
        for recipient, number in callers.items():
            line = {"class": "marketing", "purposes": [], "daily_limit": 99, "generated": False}
            connection.execute(
                insert(CALLER_NUMBERS).values(
                    number=number, channel=CHANNELS[recipient], active_from=date(2020, 1, 1), **line
                )
            )
    bring(lists, "approved")
    with ledger.engine.begin() as connection:
        retire(connection, "77001", actor="operator", reason="complaints")
        rest(
            connection,
            "77002",
            until=lists.as_of + timedelta(days=9),
            actor="operator",
            reason="complaints",
        )
    lists.carrier().write()
    lists.carrier().hand_over()
    assert [lists.opened(recipient) for recipient in CHANNELS] == [[], []]
