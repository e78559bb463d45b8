"""A server of the bank's own, whose ordinary login may make no roles: what the message asks for is enough."""

import re
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from base.errors import LedgerError, VaultError
from base.settings import Settings, load_settings
from jobs.doctor import examine
from ledger.audit import record
from ledger.database import database_url, open_ledger
from outreach.vault import Vault
from tests.outreach.vault_world import people


@pytest.fixture
def administrator(tmp_path: Path) -> psycopg.Connection:
    """Who owns the server; it has a database ``bank`` of a login ``bank`` without any right beyond it."""
    owner = database_url(load_settings(home=tmp_path / "server"), "postgres").set(drivername="postgresql")
    connection = psycopg.connect(owner.render_as_string(hide_password=False), autocommit=True)
    for prepared in ("database longreach", "role longreach_app", "role longreach_vault"):
        connection.execute(f"drop {prepared}")
    connection.execute("create role bank login")
    connection.execute("create database bank owner bank")
    return connection


def _as(login: str, administrator: psycopg.Connection) -> str:
    return f"postgresql://{login}@/bank?host={administrator.info.host}"


def _vault_of(settings: Settings) -> str:
    return next(finding.words for finding in examine(settings) if finding.part == "vault")


def test_what_the_message_asks_for_sets_the_vault_apart(
    administrator: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("_engine", "_source", "_book", "_callers", "_roles"):
        monkeypatch.setattr(f"jobs.doctor.{part}", lambda _: "not asked")
    settings = load_settings(home=tmp_path / "home", database_url=_as("bank", administrator))
    with (
        pytest.raises(LedgerError, match=r"bank may not set up .* the vault's own role") as refused,
        open_ledger(settings),
    ):
        pass
    first, after = str(refused.value).split("then start again")
    with psycopg.connect(_as(administrator.info.user, administrator), autocommit=True) as there:
        for statement in first.split("in database bank: ")[1].split(";")[:-1]:
            there.execute(statement)
        assert "one login acts as two roles" in _vault_of(settings)
        apart = settings.model_copy(
            update={
                "vault": load_settings(vault={"database_url": _as("longreach_vault", administrator)}).vault
            }
        )
        (revoke,) = re.findall(r'revoke \w+ from "\w+"', after)
        assert (
            f"ordinary work can read the vault; ask the database's administrator for: {revoke}"
            in _vault_of(apart)
        )
        there.execute(revoke)
    assert _vault_of(apart) == "master key 1, kept by file"
    Vault(apart).tokens("phone", people(Vault(apart), 3)["phone"])
    with open_ledger(apart) as ledger, ledger.engine.connect() as connection:
        assert connection.execute(text("select session_user, current_user")).one() == (
            "bank",
            "longreach_app",
        )
        record(ledger, actor="li", action="tried", subject="audit", detail={})
        with pytest.raises(ProgrammingError, match="permission denied for schema vault"):
            connection.execute(text("select * from vault.identities"))
        connection.rollback()
        for bending in (
            "alter table audit disable trigger user",
            "update audit set actor = 'nobody'",
            "delete from audit_chain",
        ):
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                connection.execute(text(bending))
            connection.rollback()
    with pytest.raises(VaultError, match="permission denied to set role"):
        Vault(settings).tokens("phone", people(Vault(apart), 1)["phone"])


def test_each_step_of_the_administrator_is_asked_for_until_it_is_done(
    administrator: psycopg.Connection, tmp_path: Path
) -> None:
    """A login without a right, in a database of somebody else's, beside the roles of another ledger."""
    administrator.execute("create role clerk login")
    administrator.execute("create role longreach_app")
    administrator.execute("create role longreach_vault")
    settings = load_settings(home=tmp_path / "home", database_url=_as("clerk", administrator))
    asked = []
    with psycopg.connect(_as(administrator.info.user, administrator), autocommit=True) as there:
        there.execute("revoke create on schema public from public")
        for _ in range(4):
            with pytest.raises(LedgerError, match="permission denied") as refused, open_ledger(settings):
                pass
            first, *_ = str(refused.value).split("in database bank: ")[1].split("; ")
            asked.append(first)
            there.execute(first)
        with open_ledger(settings) as ledger, ledger.engine.connect() as connection:
            assert connection.execute(text("select current_user")).scalar() == "longreach_app"
    assert asked == [
        "create schema vault authorization longreach_vault",
        'grant all on schema public to "clerk"',
        'grant longreach_app to "clerk"',
        'grant longreach_vault to "clerk"',
    ]
