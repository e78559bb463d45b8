"""The files of one recipient: a CSV a channel, made of rows as they were frozen."""

import io
from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from outreach.channels.channel import PLAIN, Channel
from outreach.release.lists import identities_in_order

_CSV = csv.WriteOptions(quoting_style="all_valid")
_OF_IDENTITY = {"number": "phone"}


def tables_of(
    rows: pa.Table,
    *,
    recipient: str,
    identities: pa.Table,
    channels: Mapping[str, type[Channel]],
    as_of: date,
) -> dict[str, pa.Table]:
    """What the recipient gets, by channel: the columns that the channel emits, in their order.

    ``rows``: of ``LISTED``. ``identities``: customer and phone; only what a channel emits plain is taken.
    """
    return {
        channel.name: _table_of(
            rows.filter(pc.equal(rows["channel"], channel.name)), channel, identities, as_of
        )
        for channel in channels.values()
        if channel.recipient == recipient
    }


def as_csv(table: pa.Table) -> bytes:
    """UTF-8, every value quoted, lines ended by a line feed."""
    sink = io.BytesIO()
    csv.write_csv(table, sink, _CSV)
    return sink.getvalue()


def _table_of(rows: pa.Table, channel: type[Channel], identities: pa.Table, as_of: date) -> pa.Table:
    columns = {name: _plain(rows[name]) for name in channel.emits if name not in PLAIN}
    if PLAIN.intersection(channel.emits):
        people = identities_in_order(rows["customer"], identities, as_of)
        columns |= {name: people[field] for name, field in _OF_IDENTITY.items()}
    return pa.table({name: columns[name] for name in channel.emits})


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.string()) if pa.types.is_dictionary(values.type) else values
