"""What leaves the house: masked rows for each recipient, and the files that carry them.

Pure: identities come in from the job that may open the vault, and nothing but masked fields, tokens and words
of the strategy go out. The files are a function of the table ``contact_lists`` alone, so a list once frozen
gives the same bytes whenever it is laid down.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from base.errors import ReleaseError
from lake.tables import CONTACT_LISTS
from lake.tables.words import RECIPIENTS, TREATED
from outreach.channels.channel import Channel
from outreach.mask import mask_name, mask_phone
from strategies.document import Strategy

MANIFEST = "manifest.json"
_TYPES = {"hour": pa.int32(), "step": pa.int32(), "seconds": pa.int32()}
_CSV = csv.WriteOptions(quoting_style="all_valid")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What is said: strategy, step, arm, reason, offer, text; a row a touch and arm with words of its own."""

    table: pa.Table

    @classmethod
    def of(cls, book: Sequence[Strategy]) -> "Words":
        """The words of every touch of every strategy, and of its variants."""
        rows = [
            {
                "strategy": strategy.name,
                "step": step,
                "arm": arm,
                "reason": strategy.title,
                "offer": strategy.offer,
                "text": script,
            }
            for strategy in book
            for arm in (TREATED[0], *strategy.experiment.variants)
            for step, script in enumerate(strategy.scripts(arm), start=1)
        ]
        return cls(table=pa.Table.from_pylist(rows, schema=_WORDS))

    @property
    def texts(self) -> frozenset[str]:
        """Every text an author wrote."""
        columns = [self.table[name].to_pylist() for name in ("reason", "offer", "text")]
        return frozenset(text for column in columns for text in column)


_WORDS = pa.schema(
    [
        ("strategy", pa.string()),
        ("step", pa.int32()),
        *((name, pa.string()) for name in ("arm", "reason", "offer", "text")),
    ]
)


def build_lists(
    chosen: pa.Table,
    *,
    identities: pa.Table,
    words: Words,
    channels: Mapping[str, type[Channel]],
    as_of: date,
) -> pa.Table:
    """The rows of CONTACT_LISTS, in order of their tokens.

    ``chosen``: contact, address, customer, strategy, step, channel, arm, hour; a row a contact.
    ``identities``: customer, name, phone. Raises ReleaseError where a customer has no identity or a touch has
    no words.
    """
    material = _with_words(_with_masks(chosen, identities, as_of), words)
    parts = [_rows_of(material, channel, as_of) for channel in channels.values()]
    return pa.concat_tables(parts).sort_by("contact").combine_chunks()


def all_files(
    lists: pa.Table, *, channels: Mapping[str, type[Channel]], as_of: date
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Every recipient with the recipient's files; with an empty list too: nothing today is a message."""
    for recipient in _recipients(channels):
        yield recipient, _list_files(lists, recipient=recipient, channels=channels, as_of=as_of)


def _list_files(
    lists: pa.Table, *, recipient: str, channels: Mapping[str, type[Channel]], as_of: date
) -> dict[str, bytes]:
    """The files of one recipient, by name: a CSV a channel, and the manifest that names and seals them."""
    tables = {
        channel.name: _rows_by_channel(lists, channel)
        for channel in channels.values()
        if channel.recipient == recipient
    }
    files = {f"{name}.csv": _as_csv(table) for name, table in tables.items()}
    own = lists.filter(pc.equal(lists["recipient"], recipient))
    counts = own.group_by("strategy").aggregate([("contact", "count")]).to_pylist()
    manifest = {
        "recipient": recipient,
        "as_of": as_of.isoformat(),
        "contact_day": contact_day(as_of).isoformat(),
        "expires_on": contact_day(as_of).isoformat(),
        "rows": own.num_rows,
        "strategies": {row["strategy"]: row["contact_count"] for row in counts},
        "files": {
            name: {
                "rows": tables[name.removesuffix(".csv")].num_rows,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for name, content in files.items()
        },
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
    return {**files, MANIFEST: f"{text}\n".encode()}


def _recipients(channels: Mapping[str, type[Channel]]) -> tuple[str, ...]:
    """Everybody who receives a list."""
    served = {channel.recipient for channel in channels.values()}
    return tuple(name for name in RECIPIENTS if name in served)


def contact_day(as_of: date) -> date:
    """The day on which the lists of night ``as_of`` are worked; on its evening they expire."""
    return as_of + timedelta(days=1)


def _with_masks(chosen: pa.Table, identities: pa.Table, as_of: date) -> pa.Table:
    places = pc.index_in(chosen["customer"], value_set=identities["customer"].combine_chunks())
    if places.null_count:
        raise ReleaseError(
            f"{places.null_count} of {chosen.num_rows} chosen customers have no identity in the vault "
            f"for {as_of}; run ingest and decide for that date again"
        )
    people = identities.take(places).combine_chunks()
    return chosen.append_column("masked_name", mask_name(people["name"])).append_column(
        "masked_phone", mask_phone(people["phone"])
    )


def _with_words(material: pa.Table, words: Words) -> pa.Table:
    own = (words.table[name].to_pylist() for name in ("strategy", "step", "arm"))
    spoken = {key: place for place, key in enumerate(zip(*own, strict=True))}
    wanted = zip(*(material[name].to_pylist() for name in ("strategy", "step", "arm")), strict=True)
    # Who is in an arm that the document has given up since gets the words of the strategy as it stands.
    places = pa.array([spoken.get(key, spoken.get((*key[:2], TREATED[0]))) for key in wanted], pa.int64())
    if places.null_count:
        unknown = material.filter(pc.is_null(places))["strategy"].unique().to_pylist()
        raise ReleaseError(
            f"the plan has touches that the strategy book lacks, of: {', '.join(sorted(unknown))}; "
            "put them back, or run decide for this date again"
        )
    said = words.table.take(places)
    for name in ("reason", "offer", "text"):
        material = material.append_column(name, said[name])
    return material


def _rows_of(material: pa.Table, channel: type[Channel], as_of: date) -> pa.Table:
    own = material.filter(pc.equal(material["channel"], channel.name))
    own = own.append_column("seconds", pa.array([channel.seconds] * own.num_rows, pa.int32()))
    payload = [json.dumps(row, ensure_ascii=False) for row in own.select(list(channel.emits)).to_pylist()]
    columns = {
        "recipient": pa.array([channel.recipient] * own.num_rows, pa.string()),
        "payload": pa.array(payload, pa.string()),
        "expires_on": pa.array([contact_day(as_of)] * own.num_rows, pa.date32()),
    }
    schema = CONTACT_LISTS.arrow_schema()
    arrays = [columns[name] if name in columns else own[name] for name in schema.names]
    return pa.table(dict(zip(schema.names, arrays, strict=True))).cast(schema)


def _rows_by_channel(lists: pa.Table, channel: type[Channel]) -> pa.Table:
    own = lists.filter(pc.equal(lists["channel"], channel.name))
    rows = [json.loads(payload) for payload in own["payload"].to_pylist()]
    schema = pa.schema([(name, _TYPES.get(name, pa.string())) for name in channel.emits])
    return pa.Table.from_pylist(rows, schema=schema)


def _as_csv(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    csv.write_csv(table, sink, _CSV)
    return sink.getvalue()
