"""Brings the ledger's tables to the newest version with Alembic."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7261  # any number, the same for all who migrate


def migrate(engine: Engine) -> None:
    """Upgrades to the head revision; does nothing where it is reached. Safe to call from many processes."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
        if MigrationContext.configure(connection).get_current_revision() != _head():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


@cache
def _head() -> str | None:
    return ScriptDirectory(str(_MIGRATIONS)).get_current_head()
