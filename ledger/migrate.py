"""Brings the ledger's tables to the newest version with Alembic."""

from functools import cache
from pathlib import Path

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from base.errors import LedgerError

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7261  # any number, the same for all who migrate
_APP, _VAULT = "longreach_app", "longreach_vault"  # as the migrations name them

_PREPARED = {
    f"create role {_APP}": f"to_regrole('{_APP}') is not null",
    f"create role {_VAULT} login": f"to_regrole('{_VAULT}') is not null",
    f"create schema vault authorization {_VAULT}": "to_regnamespace('vault') is not null",
    'grant all on schema public to "{me}"': "has_schema_privilege('public', 'create')",
    f'grant {_APP} to "{{me}}"': f"coalesce(pg_has_role(to_regrole('{_APP}'), 'member'), false)",
    f'grant {_VAULT} to "{{me}}"': f"coalesce(pg_has_role(to_regrole('{_VAULT}'), 'member'), false)",
}
"""What a login without rights needs to set the ledger up, and whether it is there."""


def migrate(engine: Engine) -> None:
    """Upgrades to the head revision; does nothing where it is reached. Safe to call from many processes.

    Raises LedgerError, with what to ask the database's administrator for, where the login may not.
    """
    try:
        _upgrade(engine)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        with engine.connect() as connection:
            raise LedgerError(_to_ask(connection, str(error.orig).splitlines()[0])) from error


def _upgrade(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
        if _reached(connection) != newest():
            _run_alembic(connection)


def _run_alembic(connection: Connection) -> None:
    from alembic import command  # takes a while to load, and there is rarely anything to do
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _reached(connection: Connection) -> str | None:
    """The revision that Alembic has noted; None in a new database."""
    if connection.execute(text("select to_regclass('alembic_version')")).scalar() is None:
        return None
    return connection.execute(text("select version_num from alembic_version")).scalar()


@cache
def newest() -> str:
    """The newest revision: files of migrations begin with theirs, four digits, and follow one another."""
    return max(file.name for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _to_ask(connection: Connection, refusal: str) -> str:
    me, database = connection.execute(text("select current_user, current_database()")).one()
    there = connection.execute(text("select " + ", ".join(_PREPARED.values()))).one()
    lacking = [
        statement.format(me=me) for statement, done in zip(_PREPARED, there, strict=True) if not done
    ] or [f'give "{me}" the tables of the ledger, which another login owns']
    return (
        f"PostgreSQL: {me} may not set up the ledger's tables and the vault's own role ({refusal}). Ask the "
        f"administrator for, in database {database}: {'; '.join(lacking)}; then start again. Afterwards set "
        f"LONGREACH_VAULT__DATABASE_URL to an address that logs in as {_VAULT} and let them: "
        f'revoke {_VAULT} from "{me}"'
    )
