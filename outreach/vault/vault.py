"""The vault's door: tokens out, identities in, and a look inside for a named purpose only."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import URL

from base.errors import VaultError
from base.scrub import scrub
from base.settings import Settings
from lake.tables.intake import IDENTITIES
from ledger import audit
from ledger.database import Ledger
from outreach.vault import opted_out, persons, tombstones
from outreach.vault.deliveries import keep
from outreach.vault.keyring import KeyRing
from outreach.vault.lookup import documents, tokens_of
from outreach.vault.purposes import PURPOSES, fields_in_full, fields_of, on_record, require_matter
from outreach.vault.records import opened, unpacked
from outreach.vault.store import Connection, address_of, open_store
from outreach.vault.tokens import Kind
from outreach.watch.looks import LOOKS, watch_look

Handle = Literal["customer", "phone", "document"]
"""What a person can be found by: customer number, phone, ID number."""

_SCHEMA = pa.schema([field.with_nullable(True) for field in IDENTITIES.arrow_schema()])
_IN_FORCE = (
    "select i.customer, i.since, i.record, p.master, p.wrapped"
    " from unnest(%s::text[]) with ordinality as asked (customer, place)"
    " join identities i using (customer) join persons p using (customer)"
    " where i.since <= %s and coalesce(i.until, 'infinity') > %s order by asked.place"
)
_COLUMNS: dict[Handle, str] = {"customer": "customer", "phone": "number", "document": "document"}


class Vault:
    """The identities of one house. Everything raises VaultError where PostgreSQL or the provider of keys
    cannot be reached, or a key is not the right one; what was begun is undone then."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def tokens(self, kind: Kind, values: pa.Array | pa.ChunkedArray) -> pa.StringArray:
        """Tokens of ``values``, null for null, 12 characters: version letter and 11 of base64url (64 bits).

        HMAC (RFC 2104) under a key of its own for each kind. Equal values get equal tokens. Customers, phones
        and ID numbers known before the token key was rotated keep the token they were given first.
        """
        with self._opened() as (connection, ring):
            return tokens_of(connection, ring, kind, values)

    def keep_number(self, phone: str) -> str:
        """Token of a phone of which an opt-out is about to be entered, whoever has it; it is kept sealed, so
        that the opt-out binds under every token key until it is withdrawn."""
        with self._opened() as (connection, ring):
            opted_out.hold_off_rotation(connection)
            token = str(tokens_of(connection, ring, "phone", pa.array([phone]))[0])
            opted_out.keep(connection, ring, "phone", {token: phone})
        return token

    def put(self, as_of: date, identities: pa.Table) -> int:
        """Keeps the identities delivered for ``as_of``, in place of earlier ones; columns of that table.

        Who is not delivered ends at that date. Returns how many were refused because they were erased.
        """
        table = identities.select(list(IDENTITIES.names)).cast(_SCHEMA)
        with self._opened() as (connection, ring):
            return keep(connection, ring, as_of=as_of, identities=table)

    def take(
        self,
        as_of: date,
        customers: pa.Array | pa.ChunkedArray,
        *,
        purpose: str,
        recipient: str,
        ledger: Ledger,
        actor: str | None = None,
    ) -> pa.Table:
        """Identities of ``customers`` (tokens) in force at that date, in their order; unknown are left out.

        Columns: customer and the fields that ``purpose`` opens. One audit record a call, refusals too, in the
        name of ``actor``, the person who asked for it, or of the purpose where none did. Raises VaultError
        when purpose or recipient is not allowed, or nothing was delivered by that date.
        """
        detail = {"as_of": as_of.isoformat(), "recipient": recipient, "customers": len(customers)}
        with _recorded(
            ledger, actor=actor or purpose, action="take", subject=recipient, detail=detail
        ) as line:
            found = self._read(as_of, customers, fields_of(purpose, recipient))
            line["rows"] = found.num_rows
        return found

    def look(
        self, as_of: date, customer: str, *, purpose: str, ticket: str, actor: str, ledger: Ledger
    ) -> dict[str, Any]:
        """One customer unmasked, for a person to see; the fields that ``purpose`` opens.

        One audit record a call, refusals too. Raises VaultError without a known purpose and a ticket, and
        where nobody has that token at that date.
        """
        detail = {"as_of": as_of.isoformat(), **on_record(purpose, ticket)}
        subject = self._known(customer)
        with _recorded(ledger, actor=actor, action="look", subject=subject, detail=detail) as line:
            found = self._read(as_of, pa.array([customer]), fields_in_full(purpose, ticket))
            line["rows"] = found.num_rows
            if not found.num_rows:
                raise VaultError(f"vault: that is the token of nobody who was a customer on {as_of}")
        return dict(found.to_pylist()[0])

    def find(
        self, handle: Handle, value: str, *, purpose: str, ticket: str, actor: str, ledger: Ledger
    ) -> tuple[str, ...]:
        """Tokens of all who ever had this customer number, phone (as intake writes it) or ID number.

        One audit record a call, without the value. Raises VaultError without a known purpose and a ticket.
        """
        detail = on_record(purpose, ticket)
        with _recorded(ledger, actor=actor, action="find", subject=handle, detail=detail) as line:
            require_matter(purpose, ticket)
            written = pa.array([value.strip()])
            with self._opened() as (connection, ring):
                asked = documents(written) if handle == "document" else written
                token = tokens_of(connection, ring, handle, asked)[0].as_py()
                rows = connection.execute(
                    f"select distinct customer from identities where {_COLUMNS[handle]} = %s order by 1",
                    (token,),
                ).fetchall()
            line["rows"] = len(rows)
        return tuple(customer for (customer,) in rows)

    def same_person(self, *, as_of: date) -> pa.Table:
        """Everybody known by ``as_of`` who shares an ID number with another customer number, also who is not
        delivered any more: a merged account's history is still its person's.

        Columns: customer, number (token of the last phone, null for none), and person, one token (of an ID
        number) for all who are linked, also through others. Nobody is named.
        """
        with self._opened() as (connection, _):
            found = persons.same_person(connection, as_of=as_of)
            numbers = persons.last_numbers(connection, found["customer"].to_pylist(), as_of=as_of)
        return numbers.join(found, keys="customer", join_type="inner")

    def accounts_of(self, customers: Sequence[str], *, as_of: date) -> pa.Table:
        """All accounts of the persons behind these tokens that were known by ``as_of``, also of those who are
        not delivered any more: customer, number (token of the last phone, null for none). Nobody is named.
        Empty where the tokens are nobody's."""
        with self._opened() as (connection, _):
            everybody = persons.same_person(connection, as_of=as_of)
            asked = pc.is_in(everybody["customer"], value_set=pa.array(customers, pa.string()))
            theirs = pc.is_in(everybody["person"], value_set=everybody["person"].filter(asked))
            kin = everybody["customer"].filter(theirs).to_pylist()
            return persons.last_numbers(connection, [*customers, *kin], as_of=as_of)

    def numbers_of(self, customers: pa.Array | pa.ChunkedArray, *, as_of: date) -> pa.Table:
        """Customer and number (token of the phone) of those known by ``as_of``, as they were last delivered.
        Nobody is named."""
        with self._opened() as (connection, _):
            return persons.last_numbers(connection, customers.to_pylist(), as_of=as_of)

    def holders_of(self, number: str, *, as_of: date) -> tuple[str, ...]:
        """Tokens of the customers who have the phone of this token at that date. Nobody is named."""
        with self._opened() as (connection, _):
            rows = connection.execute(
                "select customer from identities where number = %s"
                " and since <= %s and coalesce(until, 'infinity') > %s order by customer",
                (number, as_of, as_of),
            ).fetchall()
        return tuple(customer for (customer,) in rows)

    def erased(self, numbers: pa.Array | pa.ChunkedArray) -> pa.BooleanArray:
        """Whether each customer number is one that was erased, and is refused if it is delivered again."""
        with self._opened() as (connection, ring):
            return tombstones.is_erased(connection, ring, numbers)

    def erase(
        self, customers: Sequence[str], *, purpose: str, ticket: str, actor: str, ledger: Ledger
    ) -> int:
        """Destroys the keys and records of ``customers`` (tokens) for good; returns how many were there.

        Delivered again they are refused, until lifted. Copies of the records, wherever they are, can no
        longer be read without a copy of the key: docs/vault.md says what backups hold.
        """
        detail = {**on_record(purpose, ticket), "customers": len(customers)}
        with _recorded(ledger, actor=actor, action="erase", subject="customers", detail=detail) as line:
            require_matter(purpose, ticket)
            with self._opened() as (connection, ring):
                line["rows"] = persons.erase(connection, ring, customers)
        return int(line["rows"])

    def lift(self, number: str, *, purpose: str, ticket: str, actor: str, ledger: Ledger) -> bool:
        """Lets an erased customer number come back with the next delivery; whether it was erased."""
        detail = on_record(purpose, ticket)
        with _recorded(ledger, actor=actor, action="lift", subject="customer", detail=detail) as line:
            require_matter(purpose, ticket)
            with self._opened() as (connection, ring):
                lifted = tombstones.lift(connection, ring, number.strip())
            line["rows"] = int(lifted)
        return lifted

    def forget(self, before: date) -> int:
        """Deletes records that ended by ``before``, as retention asks; returns how many."""
        with self._opened() as (connection, ring):
            return persons.forget_before(connection, ring, before)

    @cached_property
    def _address(self) -> URL:
        return address_of(self._settings)

    @contextmanager
    def _opened(self) -> Iterator[tuple[Connection, KeyRing]]:
        with open_store(self._settings, address=self._address) as connection:
            yield connection, KeyRing.open(connection, self._settings)

    def _known(self, customer: str) -> str:
        """The token, or a word in its place: what somebody typed may be a number, and is not recorded."""
        with self._opened() as (connection, _):
            found = connection.execute("select 1 from identities where customer = %s limit 1", (customer,))
            return customer if found.fetchone() else "unknown"

    def _read(self, as_of: date, customers: pa.Array | pa.ChunkedArray, fields: Sequence[str]) -> pa.Table:
        with self._opened() as (connection, ring):
            delivered = connection.execute("select 1 from deliveries where as_of <= %s limit 1", (as_of,))
            if not delivered.fetchone():
                raise VaultError(f"vault: no identities of {as_of} are kept; run ingest for that date first")
            rows = connection.execute(_IN_FORCE, (customers.to_pylist(), as_of, as_of), binary=True)
            names, records = [], []
            for customer, since, record, master, wrapped in rows:
                key = ring.unwrap(wrapped, bound_to=customer, master=master)
                names.append(customer)
                records.append(opened(record, key=key, customer=customer, since=since))
        return unpacked(names, records, fields)


@contextmanager
def _recorded(
    ledger: Ledger, *, actor: str, action: str, subject: str, detail: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """One audit record of what is done inside, with what it adds to the line; refusals too, with why. Each
    look is watched as it happens."""
    line = dict(detail)
    # A person who calls himself like a purpose still looks; only the night takes.
    scheduled = action == "take" and actor in PURPOSES and PURPOSES[actor].scheduled
    try:
        yield line
    except VaultError as refusal:
        why = {**line, "asked": action, "why": scrub(str(refusal))}
        audit.record(ledger, actor=actor, action="vault.refused", subject=subject, detail=why)
        watch_look(ledger, actor=actor, scheduled=scheduled)
        raise
    audit.record(ledger, actor=actor, action=f"vault.{action}", subject=subject, detail=line)
    if f"vault.{action}" in LOOKS:
        watch_look(ledger, actor=actor, scheduled=scheduled)
