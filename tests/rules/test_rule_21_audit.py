"""The audit is a chain with checkpoints outside: deletion, edit, re-ordering and truncation show."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger.audit import record
from ledger.audit.checkpoints import FILE, PUBLIC_KEY, checkpoint, folder_of, read_checkpoints
from ledger.audit.verify import verify
from ledger.database import Ledger
from tests.ledger.owner import as_owner

BENDS = {
    "deletion": ["delete from audit where id = (select max(id) - 3 from audit)"],
    "edit": ["update audit set actor = 'nobody' where id = (select max(id) - 3 from audit)"],
    "re-ordering": [
        "update audit_chain set line = -1 where number = (select max(number) from audit_chain)",
        "update audit_chain set line = (select max(line) from audit_chain)"
        " where number = (select max(number) - 1 from audit_chain)",
    ],
    "truncation": [
        "delete from audit_chain where number > (select max(number) - 4 from audit_chain)",
        "delete from audit where id > (select max(id) - 4 from audit)",
    ],
}


@pytest.fixture
def chained(ledger: Ledger) -> Ledger:
    for number in range(12):
        record(ledger, actor="王敏", action="looked", subject=f"case {number}", detail={})
    checkpoint(ledger)
    return ledger


@pytest.mark.parametrize("way", BENDS)
def test_rule_21_a_bend_shows_even_to_whom_owns_the_database(chained: Ledger, way: str) -> None:
    folder = folder_of(chained.settings)
    known = read_checkpoints(folder / FILE, public_key=folder / PUBLIC_KEY)
    with chained.engine.connect() as connection:
        assert verify(connection, known).fault is None
    with chained.engine.connect() as connection, connection.begin() as transaction:
        as_owner(connection)
        for statement in BENDS[way]:
            connection.execute(text(statement))
        assert verify(connection, known).fault is not None
        transaction.rollback()


def test_rule_21_ordinary_work_cannot_change_a_line(chained: Ledger) -> None:
    for statement in ("update audit set actor = 'x'", "delete from audit", "truncate audit"):
        with pytest.raises(DBAPIError), chained.engine.begin() as connection:
            connection.execute(text(statement))
