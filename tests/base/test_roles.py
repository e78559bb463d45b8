"""Who may do what: one table, default deny, and the page that prints it is current."""

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from base.errors import RoleError, SettingsError
from base.roles import DUTIES, SHOWS, Action, Duty, Field, require, roles_of, visible_fields
from base.roles.page import PAGE, render
from base.settings import load_settings
from jobs.command import app

ROLES: Any = {
    "Zhou Lin": ["segment_manager"],
    "陈墨": ["approver"],
    "night": ["operator"],
    "Wu Di": ["compliance"],
    "Lu Na": ["data_scientist"],
    "Nobody": [],
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("actor", ROLES)
def test_the_table_is_what_the_code_enforces_and_the_rest_is_denied(actor: str, action: Action) -> None:
    settings = load_settings(roles=ROLES)
    if any(action in DUTIES[role].actions for role in ROLES[actor]):
        require(settings, actor, action)
    else:
        with pytest.raises(RoleError, match=rf"^{actor} may not {action.english}"):
            require(settings, actor, action)


def test_a_stranger_may_nothing_once_anybody_has_a_role() -> None:
    settings = load_settings(roles={"Chen Mo": ["approver"]})
    for action in Action:
        with pytest.raises(RoleError, match="has no role, this takes"):
            require(settings, "Chen Mo Jr", action)


def test_without_any_role_everybody_may_everything() -> None:
    for action in Action:
        require(load_settings(), "anybody", action)


def test_a_name_is_the_same_however_it_is_typed() -> None:
    settings = load_settings(roles={"Chen Mo": ["approver"]})
    assert roles_of(settings, " ｃｈｅｎ  MO ") == ("approver",)


def test_identities_are_for_compliance_and_no_role_both_makes_and_approves() -> None:
    assert [role for role in DUTIES if Field.IDENTIFIER in visible_fields(role)] == ["compliance"]
    apart = [Action.WRITE_STRATEGY, Action.APPROVE_STRATEGY, Action.RUN_NIGHT, Action.ANSWER_PERSON]
    for duty in DUTIES.values():
        assert not any({one, other} <= duty.actions for one, other in combinations(apart, 2))
        assert Action.STOP in duty.actions


def test_no_role_may_do_what_shows_fields_it_may_not_see(monkeypatch: pytest.MonkeyPatch) -> None:
    for duty in DUTIES.values():
        for action in duty.actions:
            assert SHOWS.get(action, frozenset()) <= duty.fields
    careless = Duty(english="", chinese="", actions=frozenset({Action.READ_CUSTOMER}), fields=frozenset())
    monkeypatch.setitem(DUTIES, "operator", careless)
    with pytest.raises(RoleError, match="night may not see financial and behavioural facts"):
        require(load_settings(roles=ROLES), "night", Action.READ_CUSTOMER)


def test_an_unknown_role_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="roles"):
        load_settings(roles={"Chen Mo": ["king"]})


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        ("strategies approve some_strategy --as Eve", "approve what others wrote"),
        ("strategies golive some_strategy --as Eve", "put approved strategies in force"),
        ("strategies submit some_strategy --as Eve", "submit strategies"),
        ("strategies retire some_strategy --reason x --as Eve", "pause, resume and retire"),
        ("strategies stop --all --reason x --as Eve", "stop a strategy"),
        ("strategies start --all --reason x --as Eve", "let go on"),
        ("experiments review some_strategy --decide ship --reason x --as Eve", "decide what becomes"),
        ("experiments holdouts --export global --as Eve", "hand out the customer numbers"),
        ("night --as-of 2026-07-01", "run the night"),
        ("release --as-of 2026-07-01", "run the night"),
        ("why abcdefghijkl", "look at what is known"),
        ("opt-outs withdraw 1 --source desk --reason x --as Eve", "enter and withdraw opt-outs"),
        ("callers retire 95001 --reason x --as Eve", "keep the register"),
        ("releases approve 2026-07-01 --reason x --as Eve", "approve, hold back"),
        ("releases withdraw 2026-07-01 --reason x --as Eve", "approve, hold back"),
        ("releases trace longreach.toml", "read and verify the audit"),
        ("vault rotate master --as Eve", "turn keys over"),
        (
            "vault look abcdefghijkl --as-of 2026-07-01 --purpose complaint --ticket T-1 --as Eve",
            "see a person's identity",
        ),
        ("vault lift --purpose incident --ticket T-1 --as Eve", "find, hand out and erase"),
        ("audit", "read and verify the audit"),
        ("audit verify", "read and verify the audit"),
        ("audit checkpoint", "read and verify the audit"),
        ("alerts", "read and verify the audit"),
    ],
)
def test_commands_ask_before_they_do_anything(
    command: str, needs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("longreach.toml").write_text('actor = "Eve"\n[roles]\nAda = ["approver"]\n', encoding="utf-8")
    done = CliRunner().invoke(app, command.split())
    assert isinstance(done.exception, RoleError), done.output
    assert str(done.exception).startswith(f"Eve may not {needs}")
    assert not (tmp_path / "var").exists()


def test_the_page_is_current() -> None:
    assert (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8") == render(), (
        "run python -m base.roles.page"
    )
