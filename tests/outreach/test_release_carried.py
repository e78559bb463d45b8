"""Lists on their way to recipients: once, whole, without whoever opted out before, whatever is killed."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, text, update
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner, Result

from base.errors import DeliveryError, ReleaseError, SettingsError
from base.settings import Settings, load_settings
from base.settings.release import Release as Limits
from benchmarks.carried_lists import CHANNELS, Lists, opt_out
from jobs.command import app
from ledger.database import Ledger, open_ledger
from ledger.schema import CALLER_NUMBERS, RELEASE_APPROVALS, RELEASE_CONTENT, RELEASE_MOVES, RELEASES
from outreach.callers.register import rest, retire
from outreach.deliver.keys import answering_key, bank_key
from outreach.deliver.package import Package
from outreach.deliver.route import transport_of
from outreach.deliver.transport import RECEIPT, Receipt, Transport, make_receipt
from outreach.inbox import still_due
from outreach.release import (
    approve,
    approve_by_limits,
    expires_at,
    left,
    moves_of,
    plan,
    releases_of,
    take_receipts,
    withdraw,
)
from outreach.stops import Scope, throw_switch
from tests.ledger.owner import as_owner

NIGHTS = iter(date(2026, 1, 1) + timedelta(days=place) for place in range(10_000))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("carried"))


@pytest.fixture(scope="module")
def ledger(settings: Settings) -> Iterator[Ledger]:
    with open_ledger(settings) as opened:
        yield opened


@pytest.fixture
def lists(ledger: Ledger, settings: Settings) -> Lists:
    """A night later than all before it, with people of its own."""
    return Lists(ledger, settings, next(NIGHTS))


def states(lists: Lists) -> set[str]:
    with lists.ledger.engine.connect() as connection:
        return {release.state for release in releases_of(connection, lists.as_of).values()}


def frozen(lists: Lists, runner: str = "release job") -> None:
    with lists.ledger.engine.begin() as connection:
        plan(connection, lists.as_of, CHANNELS, author="release job")
    drafts = {recipient: lists.draft(recipient) for recipient in CHANNELS}
    replace(lists.carrier(), runner=runner).freeze(drafts, looked_to=0)


def approve_by_hand(lists: Lists) -> None:
    key = bank_key(lists.settings)
    approve(lists.ledger, lists.as_of, approver="王敏", reason="looked at it", key=key)


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


class Unreachable(Transport):
    def deliver(self, package: Package) -> None:
        raise DeliveryError(f"{package.name}: no answer")

    def receipt(self, package: Package) -> Receipt | None:  # noqa: ARG002
        return None


class Killed(BaseException):
    """In the middle of a delivery."""


class Taking(Transport):
    """A recipient so quick that the file is gone, and the receipt there, before the sender is told."""

    def __init__(self, real: Transport, folder: Path, lists: Lists) -> None:
        self._real, self._folder, self._lists = real, folder, lists

    def deliver(self, package: Package) -> None:
        self._real.deliver(package)
        at = expires_at(self._lists.as_of, self._lists.settings.contact)
        receipt = make_receipt(package, at=at, key=answering_key(self._lists.settings, package.recipient))
        (self._folder / f"{package.name}{RECEIPT}").write_bytes(receipt)
        (self._folder / package.name).unlink()
        raise Killed

    def receipt(self, package: Package) -> Receipt | None:
        return self._real.receipt(package)


def everybody(lists: Lists) -> dict[str, list[str]]:
    return {recipient: lists.everybody(recipient) for recipient in CHANNELS}


def test_lists_go_from_planned_to_delivered_and_each_move_is_kept(lists: Lists) -> None:
    lists.carry()
    assert {recipient: lists.opened(recipient) for recipient in CHANNELS} == everybody(lists)
    with lists.ledger.engine.connect() as connection:
        moves = [
            one["to_state"] for one in moves_of(connection, lists.as_of) if one["recipient"] == "human_desk"
        ]
        assert left(connection, lists.as_of).num_rows == 2 * lists.size
    assert moves == ["planned", "frozen", "approved", "written", "delivered"]


def test_a_list_of_nobody_is_delivered_too(ledger: Ledger, settings: Settings) -> None:
    nobody = Lists(ledger, settings, next(NIGHTS), size=0)
    nobody.carry()
    assert [nobody.opened(recipient) for recipient in CHANNELS] == [[], []]


def test_who_opts_out_while_a_release_waits_is_not_in_it_and_its_approval_stands(lists: Lists) -> None:
    frozen(lists)
    approve_by_hand(lists)
    opt_out(lists.ledger, lists.customer("ai_dialler", 0))
    opt_out(lists.ledger, lists.kin(4))
    lists.carrier().write()
    lists.carrier().hand_over()
    # Their numbers bind whoever shares them, on the other list too.
    for recipient in CHANNELS:
        assert lists.opened(recipient) == [lists.customer(recipient, row) for row in (2, 3)]
    with lists.ledger.engine.connect() as connection:
        release = releases_of(connection, lists.as_of)["ai_dialler"]
    assert (release.attempt, release.approver, release.rows) == (2, "王敏", 2)
    told = lists.approval("ai_dialler")
    assert (told.attempt, told.approved_attempt) == (2, 1)
    assert (told.approver, told.author, told.limits) == ("王敏", "release job", None)


def test_what_is_written_is_never_made_anew(lists: Lists) -> None:
    frozen(lists)
    approve_by_limits(lists.ledger, lists.as_of, limits=lists.settings.release, key=bank_key(lists.settings))
    lists.carrier().write()
    opt_out(lists.ledger, lists.customer("ai_dialler", 0))
    lists.carrier().write()
    lists.carrier().hand_over()
    assert lists.opened("ai_dialler") == everybody(lists)["ai_dialler"]


def test_a_switch_thrown_while_a_release_waits_empties_its_channel(lists: Lists) -> None:
    frozen(lists)
    approve_by_limits(lists.ledger, lists.as_of, limits=lists.settings.release, key=bank_key(lists.settings))
    throw_switch(lists.ledger, "channel", "ai_call", stopped=True, actor="a", reason="complaints")
    try:
        lists.carry()
    finally:
        throw_switch(lists.ledger, "channel", "ai_call", stopped=False, actor="a", reason="mended")
    assert lists.opened("ai_dialler") == []
    assert lists.opened("human_desk") == everybody(lists)["human_desk"]


def test_nobody_approves_what_he_made_not_even_past_the_program(lists: Lists) -> None:
    frozen(lists)
    with pytest.raises(ReleaseError, match="cannot approve"):
        approve(lists.ledger, lists.as_of, approver="Release Job", reason="", key=bank_key(lists.settings))
    own = update(RELEASES).where(RELEASES.c.as_of == lists.as_of)
    with pytest.raises(DBAPIError, match="cannot approve"), lists.ledger.engine.begin() as connection:
        connection.execute(own.values(state="approved", approver=" RELEASE JOB", actor="x"))
    assert states(lists) == {"frozen"}


def test_nobody_approves_what_he_froze_though_another_began_the_night(lists: Lists) -> None:
    frozen(lists, runner="Li Wei")
    with pytest.raises(ReleaseError, match="li wei made the lists"):
        approve(lists.ledger, lists.as_of, approver="li wei", reason="", key=bank_key(lists.settings))
    own = update(RELEASES).where(RELEASES.c.as_of == lists.as_of).values(state="approved", actor="x")
    with pytest.raises(DBAPIError, match="froze lists"), lists.ledger.engine.begin() as connection:
        connection.execute(own.values(approver=" LI WEI"))
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
    few, key = Limits(automatic_under=5, automatic_growth=5), bank_key(lists.settings)
    why = approve_by_limits(lists.ledger, lists.as_of, limits=few, key=key)
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


def test_a_recipient_whose_settings_are_wrong_keeps_no_other_waiting(lists: Lists) -> None:
    bring(lists, "written")

    def way(recipient: str) -> Transport:
        if recipient == "ai_dialler":
            raise SettingsError("its key file cannot be read")
        return transport_of(recipient, settings=lists.settings)

    with pytest.raises(DeliveryError, match="ai_dialler: its key file cannot be read"):
        replace(lists.carrier(), way=way).hand_over()
    assert lists.opened("human_desk") == everybody(lists)["human_desk"]


def test_what_a_recipient_took_away_before_it_was_noted_is_not_delivered_again(lists: Lists) -> None:
    bring(lists, "written")
    folder = lists.settings.outbox_folder / "ai_dialler"
    taking = Taking(transport_of("ai_dialler", settings=lists.settings), folder, lists)

    def way(recipient: str) -> Transport:
        return taking if recipient == "ai_dialler" else transport_of(recipient, settings=lists.settings)

    with pytest.raises(Killed):
        replace(lists.carrier(), way=way).hand_over()
    lists.carrier().hand_over()
    assert not list(folder.glob(f"*{lists.as_of}*.sealed"))
    assert states(lists) == {"acknowledged", "delivered"}


def test_a_recipient_that_cannot_be_reached_keeps_no_other_waiting(lists: Lists) -> None:
    folder = lists.settings.outbox_folder / "ai_dialler"
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("not a folder")
    try:
        with pytest.raises(DeliveryError, match="ai_dialler"):
            lists.carry()
        assert lists.opened("human_desk") == everybody(lists)["human_desk"]
    finally:
        folder.unlink()
        aside.rename(folder)
    lists.carry()
    assert lists.opened("ai_dialler") == everybody(lists)["ai_dialler"]
    assert states(lists) == {"delivered"}


def test_a_receipt_acknowledges_its_list(lists: Lists) -> None:
    lists.carry()
    folder = lists.settings.outbox_folder / "ai_dialler"
    (sealed,) = folder.glob(f"*{lists.as_of}-1.sealed")
    package = Package.of(
        sealed.read_bytes(), approval=b"", recipient="ai_dialler", as_of=lists.as_of, attempt=1
    )
    at = expires_at(lists.as_of, lists.settings.contact)
    receipt = make_receipt(package, at=at, key=answering_key(lists.settings, "ai_dialler"))
    (folder / f"{sealed.name}{RECEIPT}").write_bytes(receipt)
    take_receipts(
        lists.ledger, lists.as_of, way=lambda recipient: transport_of(recipient, settings=lists.settings)
    )
    with lists.ledger.engine.connect() as connection:
        found = releases_of(connection, lists.as_of)
    assert (found["ai_dialler"].state, found["human_desk"].state) == ("acknowledged", "delivered")


def test_lists_are_looked_at_approved_withdrawn_and_traced_on_the_command_line(
    ledger: Ledger, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREACH_HOME", str(settings.home))
    one, other = (Lists(ledger, settings, next(NIGHTS)) for _ in range(2))
    for lists in (one, other):
        frozen(lists)

    def typed(*words: str) -> Result:
        return CliRunner().invoke(app, ["releases", *words])

    own = typed("approve", str(one.as_of), "--as", "release job")
    assert isinstance(own.exception, ReleaseError)
    assert typed("approve", str(one.as_of), "--as", "王敏", "--reason", "fine").exit_code == 0
    assert typed("withdraw", str(other.as_of), "--as", "王敏", "--reason", "wrong offer").exit_code == 0
    assert (states(one), states(other)) == ({"approved"}, {"withdrawn"})
    shown = typed("show", str(other.as_of)).output
    assert "withdrawn  6 rows  王敏  wrong offer" in shown
    assert "approved" in typed("list").output
    token = one.draft("ai_dialler").rows["contact"][0].as_py()
    leaked = tmp_path / "rows.csv"
    leaked.write_text(f"who,what\n{token},x\n")
    assert f"{one.as_of}  ai_dialler" in typed("trace", str(leaked)).output
    leaked.write_text("nothing of ours")
    assert typed("trace", str(leaked)).exit_code == 1


def test_two_schedulers_at_once_release_one_list(lists: Lists) -> None:
    troubles: list[BaseException] = []

    def carry() -> None:
        try:
            lists.carry()
        except BaseException as trouble:
            troubles.append(trouble)

    threads = [threading.Thread(target=carry) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert {recipient: lists.opened(recipient) for recipient in CHANNELS} == everybody(lists)
    with lists.ledger.engine.connect() as connection:
        moves = [one["to_state"] for one in moves_of(connection, lists.as_of)]
    assert moves.count("frozen") == moves.count("written") == moves.count("delivered") == len(CHANNELS)


def test_killed_anywhere_a_list_leaves_once_whole_and_without_who_opted_out_before(
    settings: Settings, ledger: Ledger, tmp_path: Path
) -> None:
    address = ledger.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "LONGREACH_HOME": str(tmp_path), "LONGREACH_DATABASE_URL": address}
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.release_kills", "7", "8"],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["wrong"] == []
    assert found["on_the_list_although_early"] == []
    assert found["kills"] >= 6
    assert found["moments"] > 50
