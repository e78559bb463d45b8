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
        pytest.raises(LedgerError, match="bank may not set up the vault's own role") as refused,
        open_ledger(settings),
    ):
        pass
    first, after = str(refused.value).split("then start again")
    with psycopg.connect(_as(administrator.info.user, administrator), autocommit=True) as there:
        for statement in first.split("administrator for: ")[1].split(";")[:-1]:
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
        assert connection.execute(text("select current_user")).scalar() == "bank"
        with pytest.raises(ProgrammingError, match="permission denied for schema vault"):
            connection.execute(text("select * from vault.identities"))
    with pytest.raises(VaultError, match="permission denied to set role"):
        Vault(settings).tokens("phone", people(Vault(apart), 1)["phone"])
