"""The ledger on a real PostgreSQL: started, migrated, shared, and clear when it is not there."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from base.errors import LedgerError
from base.settings import load_settings
from ledger import migrate
from ledger.audit import record, trail
from ledger.database import database_url, open_ledger
from ledger.migrate import newest
from ledger.schema import METADATA


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledger")


def test_migrations_make_exactly_the_declared_tables(home: Path) -> None:
    with open_ledger(load_settings(home=home)) as ledger, ledger.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_the_newest_migration_is_the_one_alembic_takes_last() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == newest()


def test_the_trail_keeps_what_was_done_newest_first(home: Path) -> None:
    with open_ledger(load_settings(home=home)) as ledger:
        record(ledger, actor="a", action="looked", subject="one", detail={"rows": 1})
        record(ledger, actor="a", action="refused", subject="二", detail={})
        assert [line["subject"] for line in trail(ledger)][:2] == ["二", "one"]
        assert [line["detail"] for line in trail(ledger, action="looked")] == [{"rows": 1}]


def test_a_given_database_is_used_and_made_for_others(home: Path) -> None:
    embedded = database_url(load_settings(home=home))
    given = load_settings(home=home / "unused", database_url=embedded.render_as_string(hide_password=False))
    with open_ledger(given) as ledger, ledger.engine.connect() as connection:
        assert connection.execute(text("select current_database()")).scalar() == "longreach"
    assert database_url(given, "airflow").database == "airflow"
    assert not (home / "unused" / "ledger").exists()


def test_a_database_that_does_not_answer_is_named() -> None:
    gone = load_settings(database_url="postgresql://nobody@127.0.0.1:9/longreach")
    with (
        pytest.raises(LedgerError, match=r"127\.0\.0\.1 does not answer.*LONGREACH_DATABASE_URL"),
        open_ledger(gone),
    ):
        pass
