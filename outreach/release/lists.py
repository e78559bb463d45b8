"""The rows of a night's lists: masked fields, tokens, and words of the strategy, for each recipient.

Pure: identities come in from the job that may open the vault, and nothing but their masks goes on.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from base.errors import ReleaseError
from base.settings import Contact
from lake.tables import CONTACT_LISTS
from lake.tables.words import RECIPIENTS
from outreach.channels.channel import PLAIN, Channel
from outreach.mask import mask_name, mask_phone
from outreach.release.words import Words

BANK_TIME = ZoneInfo("Asia/Shanghai")

_WORD = pa.dictionary(pa.int32(), pa.string())
LISTED = pa.schema(
    [
        *(field for field in CONTACT_LISTS.arrow_schema() if field.name != "payload"),
        *((name, pa.string()) for name in ("address", "number", "caller", "masked_name", "masked_phone")),
        *((name, _WORD) for name in ("reason", "offer", "text", "variables", "pace", "expires_at")),
        ("seconds", pa.int32()),
    ]
)
"""A row of a list inside the house: what CONTACT_LISTS has, and all material, masked. ``address``: the token
that stands for the connection; ``number``: that of the phone number, null where there is none."""

# Of talks with the elderly: time to explain, and to ask back.
_SLOW = 1.5


def contact_day(as_of: date) -> date:
    """The day on which the lists of night ``as_of`` are worked; on its evening they expire."""
    return as_of + timedelta(days=1)


def expires_at(as_of: date, contact: Contact) -> datetime:
    """Until when the lists of night ``as_of`` may be used: the end of the hours of contact, bank's time."""
    return datetime.combine(contact_day(as_of), time(contact.hour_to), BANK_TIME)


def recipients_of(channels: Mapping[str, type[Channel]]) -> tuple[str, ...]:
    """Everybody who receives a list."""
    served = {channel.recipient for channel in channels.values()}
    return tuple(name for name in RECIPIENTS if name in served)


def build_lists(
    chosen: pa.Table,
    *,
    identities: pa.Table,
    words: Words,
    channels: Mapping[str, type[Channel]],
    as_of: date,
    contact: Contact,
) -> pa.Table:
    """The rows of all lists (schema ``LISTED``), by channel, in order of their tokens.

    ``chosen``: contact, address, customer, number, strategy, step, channel, arm, hour, caller, elderly; a row
    a contact. ``identities``: customer, name, phone. Raises ReleaseError where a customer has no identity or
    a touch has no words.
    """
    material = words.placed(_with_masks(chosen, identities, as_of))
    until = expires_at(as_of, contact).isoformat()
    material = material.sort_by("contact")
    parts = [_rows_of(material, channel, words, as_of, until) for channel in channels.values()]
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()


def _with_masks(chosen: pa.Table, identities: pa.Table, as_of: date) -> pa.Table:
    people = identities_in_order(chosen["customer"], identities, as_of)
    return chosen.append_column("masked_name", mask_name(people["name"])).append_column(
        "masked_phone", mask_phone(people["phone"])
    )


def identities_in_order(customers: pa.ChunkedArray, identities: pa.Table, as_of: date) -> pa.Table:
    """The identities of ``customers``, in their order. Raises ReleaseError where one has none."""
    places = pc.index_in(customers, value_set=identities["customer"].combine_chunks())
    if places.null_count:
        raise ReleaseError(
            f"{places.null_count} of {len(customers)} chosen customers have no identity in the vault "
            f"for {as_of}; run ingest and decide for that date again"
        )
    return identities.take(places).combine_chunks()


def _rows_of(material: pa.Table, channel: type[Channel], words: Words, as_of: date, until: str) -> pa.Table:
    own = words.spoken(
        material.filter(pc.equal(material["channel"], channel.name)),
        last_day=contact_day(as_of),
        as_written="variables" in channel.emits,
    )
    elderly = own["elderly"]
    seconds = pc.if_else(elderly, round(channel.seconds * _SLOW), channel.seconds).cast(pa.int32())
    own = (
        own.append_column("seconds", seconds)
        .append_column("pace", pc.if_else(elderly, "slow", "normal").dictionary_encode())
        .append_column("expires_at", _always(until, own).dictionary_encode())
        .append_column("recipient", _always(channel.recipient, own))
        .append_column("expires_on", pa.array([contact_day(as_of)] * own.num_rows, pa.date32()))
    )
    return own.select(LISTED.names).cast(LISTED)


def _always(text: str, rows: pa.Table) -> pa.Array:
    return pa.repeat(pa.scalar(text), rows.num_rows)


def contact_lists(rows: pa.Table, *, channels: Mapping[str, type[Channel]]) -> pa.Table:
    """The columns of CONTACT_LISTS of rows of ``LISTED``: each as its recipient gets it, but for what is
    plain, as JSON."""
    parts = [CONTACT_LISTS.arrow_schema().empty_table()]
    for channel in channels.values():
        own = rows.filter(pc.equal(rows["channel"], channel.name))
        told = own.select([name for name in channel.emits if name not in PLAIN])
        payload = own.append_column("payload", _as_json(told))
        parts.append(payload.select(list(CONTACT_LISTS.names)).cast(CONTACT_LISTS.arrow_schema()))
    return pa.concat_tables(parts)


def _as_json(rows: pa.Table) -> pa.ChunkedArray:
    """Each row as a JSON object."""
    pieces, lead = [], "{"
    for name in rows.column_names:
        pieces += [f"{lead}{json.dumps(name)}: ", _json_values(rows[name])]
        lead = ", "
    return pc.binary_join_element_wise(*pieces, "}", "")


def _json_values(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_integer(values.type):
        return pc.fill_null(values.cast(pa.string()), "null")
    coded = values.combine_chunks()
    if not pa.types.is_dictionary(values.type):
        coded = coded.dictionary_encode(null_encoding="encode")
    texts = pa.array(
        [json.dumps(text, ensure_ascii=False) for text in coded.dictionary.to_pylist()], pa.string()
    )
    return pa.chunked_array([texts.take(coded.indices)])
