"""Which contacts each recipient holds, so that an opt-out finds them until their lists expire."""

import io
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from sqlalchemy import Connection, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from base.errors import ReleaseError
from ledger.schema import CALLER_USES, RELEASED_CONTACTS, RELEASED_LISTS, REVOCATIONS
from outreach.callers.register import MARKETING

_COLUMNS = ("contact", "address", "customer", "number", "strategy", "channel", "caller")
_COPY = (
    f"copy released_contacts ({', '.join((*_COLUMNS, 'recipient', 'as_of'))}) from stdin with (format csv)"
)


def enter_released(
    connection: Connection, rows: pa.Table, *, recipient: str, as_of: date, expires_at: datetime
) -> None:
    """Enters what a recipient is about to hold of the night, in place of what was entered before.

    ``rows``: contact, address, customer, number, strategy, channel, caller; canaries too, without a customer.
    ``expires_at``: bank time, so that its date is the day of the contacts. Belongs into the transaction that
    freezes the list, before the last look at opt-outs: a revocation that comes in between is told once too
    often, never too little. Raises ReleaseError where a caller number may not be used so.
    """
    for table in (RELEASED_CONTACTS, RELEASED_LISTS):
        own = (table.c.recipient == recipient) & (table.c.as_of == as_of)
        connection.execute(delete(table).where(own))
    heeded = select(func.coalesce(func.max(REVOCATIONS.c.place), 0)).scalar_subquery()
    line = {"recipient": recipient, "as_of": as_of, "expires_at": expires_at}
    connection.execute(insert(RELEASED_LISTS).values(**line, after=heeded))
    _copy(connection, rows, recipient=recipient, as_of=as_of)
    _book_callers(connection, rows, recipient=recipient, day=expires_at.date())


def withdraw_released(connection: Connection, *, recipient: str, as_of: date) -> None:
    """Revokes all that the recipient holds of the night."""
    line = {"why": "withdrawn", "channel": "all", "recipient": recipient, "as_of": as_of}
    connection.execute(text("select pg_advisory_xact_lock(7262)"))  # as the migration's trigger does
    connection.execute(insert(REVOCATIONS).values(**line))
    connection.execute(text("notify longreach_revocations"))


def forget_released(connection: Connection, *, before: date) -> int:
    """Deletes what was entered for nights before that date, and returns how many contacts that were."""
    connection.execute(delete(RELEASED_LISTS).where(RELEASED_LISTS.c.as_of < before))
    return connection.execute(delete(RELEASED_CONTACTS).where(RELEASED_CONTACTS.c.as_of < before)).rowcount


def _copy(connection: Connection, rows: pa.Table, *, recipient: str, as_of: date) -> None:
    constants = {
        "recipient": pa.array([recipient], pa.string()).take(pa.array([0] * rows.num_rows, pa.int8())),
        "as_of": pa.array([as_of], pa.date32()).take(pa.array([0] * rows.num_rows, pa.int8())),
    }
    content = io.BytesIO()
    columns = {name: rows[name].cast(pa.string()) for name in _COLUMNS}
    csv.write_csv(pa.table({**columns, **constants}), content, csv.WriteOptions(include_header=False))
    raw = connection.connection.cursor()
    with raw.copy(_COPY) as copying:
        copying.write(content.getbuffer())


def _book_callers(connection: Connection, rows: pa.Table, *, recipient: str, day: date) -> None:
    own = (CALLER_USES.c.recipient == recipient) & (CALLER_USES.c.day == day)
    connection.execute(delete(CALLER_USES).where(own))
    people = rows.filter(pc.is_valid(rows["customer"]))  # nobody stands behind a canary
    counts = people["caller"].drop_null().value_counts().to_pylist()
    lines = [
        {"number": one["values"], "contacts": one["counts"], "day": day, "recipient": recipient}
        for one in counts
    ]
    if not lines:
        return
    try:
        connection.execute(insert(CALLER_USES), [{**line, "class": MARKETING} for line in lines])
    except DBAPIError as error:
        why = str(error.orig).splitlines()[0]
        raise ReleaseError(
            f"the list for {recipient} of {day} uses a caller number it may not: {why}; run release again, "
            "which gives its contacts other numbers"
        ) from None
