"""Canaries: made-up rows of a list that nobody should ever see again but its recipient.

They look like the rows around them, since every field is taken from one of those or, where it is a token,
made as theirs are. A canary that answers from elsewhere, or after the list expired, says that it went there.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, or_, select
from sqlalchemy.dialects.postgresql import insert

from base.settings import Canaries
from ledger.schema import CANARIES, among
from outreach.mask import mask_phone
from outreach.watch.alerts import raise_alert

Tokens = Callable[[Literal["phone", "dial", "contact"], pa.Array], pa.StringArray]
"""How the bank makes tokens: ``Vault.tokens``."""

TOUCHED = "canary_touched"
# Each from a row of its own, so that no canary is a twin of a real row; the name from one that says the same,
# since the words may hold a surname.
_SHUFFLED = ("hour", "masked_name")


@dataclass(frozen=True, kw_only=True)
class Canary:
    """One made-up row. ``line``: token of the test line behind it, None where nothing is behind it."""

    contact: str
    address: str
    recipient: str
    as_of: date
    channel: str
    expires_at: datetime
    line: str | None


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A list with its canaries in it, and who they are."""

    rows: pa.Table
    canaries: tuple[Canary, ...]


def plant(
    rows: pa.Table,
    *,
    channel: str,
    recipient: str,
    as_of: date,
    expires_at: datetime,
    key: bytes,
    tokens: Tokens,
    settings: Canaries,
) -> Planted:
    """``rows`` (the columns a channel emits, contact and address among them) with canaries, by contact.

    The same for the same list and night. An empty list gets none, and none goes where a person would be
    called or a message sent (a column ``masked_phone`` or ``number``) unless settings name test lines.
    """
    reaches = {"masked_phone", "number"} & set(rows.column_names)
    count = 0 if reaches and not settings.lines else min(settings.per_list, rows.num_rows)
    if count == 0:
        return Planted(rows=rows, canaries=())
    made = [
        _made(rows, f"canary|{recipient}|{channel}|{as_of}|{number}", recipient, key, tokens, settings.lines)
        for number in range(count)
    ]
    canaries = tuple(
        Canary(
            contact=row["contact"][0].as_py(),
            address=row["address"][0].as_py(),
            recipient=recipient,
            as_of=as_of,
            channel=channel,
            expires_at=expires_at,
            line=None if line is None else tokens("phone", pa.array([line]))[0].as_py(),
        )
        for row, line in made
    )
    return Planted(
        rows=pa.concat_tables([rows, *(row for row, _ in made)]).sort_by("contact").combine_chunks(),
        canaries=canaries,
    )


def enter(connection: Connection, canaries: tuple[Canary, ...]) -> None:
    """Puts canaries on record in the transaction that freezes their list; those known stay as they are."""
    if canaries:
        lines = [vars(canary) for canary in canaries]
        connection.execute(insert(CANARIES).values(lines).on_conflict_do_nothing())


def look_for(
    connection: Connection, moments: Mapping[str, datetime], *, by: str, where: str
) -> frozenset[str]:
    """The canaries among tokens (contacts or addresses, each with the moment of its sign of life).

    Raises the alert ``canary_touched`` for one that shows up at another than its own recipient, or after its
    list expired. ``where``: at which door, in a word.
    """
    wanted = list(moments)
    seen = or_(among(CANARIES.c.contact, wanted), among(CANARIES.c.address, wanted))
    found = connection.execute(select(CANARIES).where(seen)).all()
    for canary in found:
        token = canary.contact if canary.contact in moments else canary.address
        late = moments[token] >= canary.expires_at
        if canary.recipient != by or late:
            raise_alert(
                connection,
                kind=TOUCHED,
                subject=f"{canary.recipient} {canary.as_of.isoformat()}",
                detail={
                    "canary": token,
                    "channel": canary.channel,
                    "seen_by": by,
                    "where": where,
                    "at": moments[token].isoformat(),
                    "late": late,
                },
            )
    return frozenset(token for canary in found for token in (canary.contact, canary.address)) & set(moments)


def _made(
    rows: pa.Table, name: str, recipient: str, key: bytes, tokens: Tokens, lines: tuple[str, ...]
) -> tuple[pa.Table, str | None]:
    def drawn(field: str, choices: int) -> int:
        return int.from_bytes(hmac.digest(key, f"{name}|{field}".encode(), sha256)[:8]) % choices

    def as_in_a_row(field: str) -> pa.ChunkedArray:
        among = rows
        if field == "masked_name" and "text" in rows.column_names:
            among = rows.filter(pc.equal(rows["text"], row["text"][0]))
        return among[field].slice(drawn(field, among.num_rows), 1)

    row = rows.slice(drawn("row", rows.num_rows), 1)
    line = lines[drawn("line", len(lines))] if lines else None
    contact = tokens("contact", pa.array([name]))
    address = tokens("dial", pc.binary_join_element_wise(contact, pa.array([recipient]), "|"))
    own: dict[str, pa.Array | pa.ChunkedArray] = {
        "contact": contact,
        "address": address,
        **{field: as_in_a_row(field) for field in _SHUFFLED if field in rows.column_names},
    }
    if line is not None:
        own |= {"masked_phone": mask_phone(pa.array([line])), "number": pa.array([line])}
    columns = [own.get(field, row[field]) for field in rows.column_names]
    return pa.table(columns, names=rows.column_names).cast(rows.schema), line
