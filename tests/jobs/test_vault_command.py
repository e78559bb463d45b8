"""``longreach vault ...`` as people type it: keys turned over, a look, and what is refused."""

import json
from collections.abc import Iterator
from datetime import date

import pytest
from typer.testing import CliRunner, Result

from base.errors import LongreachError
from base.settings import Settings, load_settings
from jobs.command import app
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from outreach.vault import Vault
from tests.outreach.vault_world import people

NIGHT = date(2026, 7, 1)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("command"))) as opened:
        yield opened


@pytest.fixture
def settings(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("LONGREACH_HOME", str(ledger.settings.home))
    monkeypatch.setenv("LONGREACH_ACTOR", "li")
    return ledger.settings


def typed(*words: str, asked: str | None = None) -> Result:
    done = CliRunner().invoke(app, ["vault", *words], input=asked, env={"COLUMNS": "160"})
    if isinstance(done.exception, LongreachError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done


def test_the_keys_are_turned_over_as_the_page_says(settings: Settings, ledger: Ledger) -> None:
    vault = Vault(settings)
    vault.put(NIGHT, people(vault, 3))
    before = vault.tokens("customer", people(vault, 3)["customer_no"])
    assert "master key 2 is in force; longreach vault rewrap" in typed("rotate", "master").output
    with pytest.raises(LongreachError, match="longreach vault rewrap moves"):
        typed("destroy", "master", "1")
    assert "3 people's keys moved" in typed("rewrap").output
    typed("destroy", "master", "1")
    assert "token key b is in force" in typed("rotate", "token").output
    typed("destroy", "token", "a")
    assert vault.tokens("customer", people(vault, 3)["customer_no"]).equals(before)
    shown = json.loads(typed("keys", "--json").output)
    assert [(one["key"], one["version"], one["destroyed_at"] is None) for one in shown] == [
        ("master", "1", False),
        ("master", "2", True),
        ("token", "a", False),
        ("token", "b", True),
    ]
    lines = [(line["actor"], line["action"], line["subject"]) for line in trail(ledger, last=5)][::-1]
    assert lines == [
        ("li", "vault.rotated", "master.2"),
        ("li", "vault.rewrapped", "master"),
        ("li", "vault.destroyed", "master.1"),
        ("li", "vault.rotated", "token.b"),
        ("li", "vault.destroyed", "token.a"),
    ]


def test_a_look_shows_what_the_purpose_opens(settings: Settings) -> None:
    vault = Vault(settings)
    table = people(vault, 3)
    vault.put(NIGHT, table)
    token = table["customer"][1].as_py()
    matter = ("--ticket", "CASE-1024", "--as-of", "2026-07-01")
    shown = typed("look", token, "--purpose", "complaint", *matter).output
    assert "13800000001" in shown
    assert "110101199001010001" not in shown
    seen = json.loads(typed("look", token, "--purpose", "person request", *matter, "--json").output)
    assert seen["id_number"] == "110101199001010001"
    with pytest.raises(LongreachError, match="no purpose somebody is shown for"):
        typed("look", token, "--purpose", "curiosity", *matter)


def test_lifting_asks_for_the_number_and_does_not_show_it(settings: Settings, ledger: Ledger) -> None:
    vault = Vault(settings)
    table = people(vault, 3)
    vault.put(NIGHT, table)
    matter = {"purpose": "person request", "ticket": "CASE-1", "actor": "li", "ledger": ledger}
    vault.erase(table["customer"].to_pylist()[:1], **matter)
    words = ("lift", "--purpose", "person request", "--ticket", "CASE-1024")
    done = typed(*words, asked="C0000000\n")
    assert "may come back" in done.output
    assert "C0000000" not in done.output
    assert "was not erased" in typed(*words, asked="C0000000\n").output
