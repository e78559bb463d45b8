"""Lists go from planned to delivered, without whoever is stopped while they wait."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from base.errors import ReleaseError
from base.settings import Settings
from benchmarks.carried_lists import CHANNELS, Lists, opt_out
from jobs.command import app
from ledger.database import Ledger
from outreach.release import approve_by_limits, left, moves_of, releases_of
from outreach.stops import throw_switch
from tests.outreach.carried.nights import NIGHTS, approve_by_hand, everybody, frozen, states


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
    approve_by_limits(lists.ledger, lists.as_of, limits=lists.settings.release)
    lists.carrier().write()
    opt_out(lists.ledger, lists.customer("ai_dialler", 0))
    lists.carrier().write()
    lists.carrier().hand_over()
    assert lists.opened("ai_dialler") == everybody(lists)["ai_dialler"]


def test_a_switch_thrown_while_a_release_waits_empties_its_channel(lists: Lists) -> None:
    frozen(lists)
    approve_by_limits(lists.ledger, lists.as_of, limits=lists.settings.release)
    throw_switch(lists.ledger, "channel", "ai_call", stopped=True, actor="a", reason="complaints")
    try:
        lists.carry()
    finally:
        throw_switch(lists.ledger, "channel", "ai_call", stopped=False, actor="a", reason="mended")
    assert lists.opened("ai_dialler") == []
    assert lists.opened("human_desk") == everybody(lists)["human_desk"]


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
