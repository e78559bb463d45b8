"""The files of one recipient: a CSV a channel, made of rows as they were frozen."""

import io
from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, json

from outreach.channels.channel import PLAIN, Channel
from outreach.release.lists import FIELD_TYPES, identities_in_order

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
    told = _parsed(rows["payload"], [name for name in channel.emits if name not in PLAIN])
    plain = [name for name in channel.emits if name in PLAIN]
    if plain:
        people = identities_in_order(rows["customer"], identities, as_of)
        for name in plain:
            told = told.append_column(name, people[_OF_IDENTITY[name]])
    return told.select(list(channel.emits))


def _parsed(payload: pa.ChunkedArray, fields: list[str]) -> pa.Table:
    schema = pa.schema([(name, FIELD_TYPES.get(name, pa.string())) for name in fields])
    if not len(payload):
        return schema.empty_table()
    lines = pc.binary_join(pa.ListArray.from_arrays([0, len(payload)], payload.combine_chunks()), "\n")
    options = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    reading = json.ReadOptions(block_size=64 << 20)
    return json.read_json(io.BytesIO(lines[0].as_buffer()), read_options=reading, parse_options=options)
