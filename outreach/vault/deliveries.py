"""Takes a night's identities in: what changed is sealed and entered, what is the same is left alone.

A row of ``identities`` holds from ``since`` up to but not including ``until``. Each delivery speaks for the
days from its own date to the next delivery's, whenever it comes; so dates may come in any order, and again.
"""

import secrets
from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from base.errors import VaultError
from outreach.vault.keyring import NONCE, KeyRing
from outreach.vault.lookup import documents, tokens_of
from outreach.vault.opted_out import keep_named
from outreach.vault.providers import KEY_BYTES
from outreach.vault.records import digests, opened, packed, sealed
from outreach.vault.store import Connection, copy_in, copy_out, lock
from outreach.vault.tombstones import is_erased

_IN_FORCE = "since <= %(day)s and coalesce(until, 'infinity') > %(day)s"
_HELD = pa.schema({"customer": pa.string(), "since": pa.date32(), "until": pa.date32(), "digest": pa.int64()})
_PIECE = 200_000
_MANY = 10_000


def keep(connection: Connection, ring: KeyRing, *, as_of: date, identities: pa.Table) -> int:
    """Enters the delivery of ``as_of`` in place of an earlier one of that date; returns how many people were
    refused because they were erased.

    Raises VaultError when a customer's token is not that of the customer number.
    """
    lock(connection)
    _refuse_strange_tokens(connection, ring, identities)
    erased = is_erased(connection, ring, identities["customer_no"])
    coming = identities.filter(pc.invert(erased)).combine_chunks()
    records = packed(coming)
    now = digests(ring.secret("digest"), records)
    held = copy_out(
        connection,
        f"select customer, since, until, digest from identities where {_IN_FORCE}",
        _HELD,
        day=as_of,
    ).combine_chunks()
    places = pc.index_in(coming["customer"], value_set=held["customer"])
    same = pc.fill_null(pc.equal(held["digest"].take(places), pa.array(now)), False)
    kept = pc.is_in(held["customer"], value_set=coming["customer"].filter(same))
    following = _following(connection, as_of)
    gone = held.filter(pc.invert(kept))
    _end(connection, ring, gone, as_of=as_of, following=following)
    fresh = np.flatnonzero(~same.to_numpy())
    for start in range(0, len(fresh), _PIECE):
        piece = fresh[start : start + _PIECE]
        _add(
            connection,
            ring,
            coming.take(piece),
            [records[row] for row in piece],
            now[piece],
            since=as_of,
            until=following,
        )
    forget_keys(connection, gone["customer"].to_pylist())
    if len(fresh) + gone.num_rows > _MANY:
        connection.execute("analyze identities, persons")  # else the next look plans for the vault of before
    connection.execute(
        "insert into deliveries (as_of, people) values (%s, %s)"
        " on conflict (as_of) do update set people = excluded.people",
        (as_of, coming.num_rows),
    )
    return int(pc.sum(erased).as_py() or 0)


def forget_keys(connection: Connection, customers: Sequence[str]) -> None:
    """Deletes the keys of those of ``customers`` of whom no record is left."""
    connection.execute(
        "delete from persons p where customer = any(%s)"
        " and not exists (select from identities i where i.customer = p.customer)",
        (list(customers),),
    )


def _refuse_strange_tokens(connection: Connection, ring: KeyRing, identities: pa.Table) -> None:
    # The token key may have been rotated between the tokens and this transaction.
    own = tokens_of(connection, ring, "customer", identities["customer_no"])
    strange = pc.sum(pc.fill_null(pc.not_equal(own, identities["customer"]), True)).as_py() or 0
    if strange:
        raise VaultError(
            f"vault: {strange} customers carry a token that is not that of their number; the token key was "
            "rotated meanwhile, or the rows are mixed up: run ingest again"
        )


def _following(connection: Connection, as_of: date) -> date | None:
    row = connection.execute("select min(as_of) from deliveries where as_of > %s", (as_of,)).fetchone()
    return row[0] if row else None


def _end(
    connection: Connection, ring: KeyRing, gone: pa.Table, *, as_of: date, following: date | None
) -> None:
    """Ends what held at ``as_of``; from the next delivery on it holds as before."""
    customers = gone["customer"].to_pylist()
    if following is not None:
        _carry_on(connection, ring, customers, as_of=as_of, following=following)
    taken_back, whom = "customer = any(%(who)s) and since = %(day)s", {"who": customers, "day": as_of}
    keep_named(connection, ring, "customer", taken_back, whom)
    keep_named(connection, ring, "phone", taken_back, whom)
    connection.execute(f"delete from identities where {taken_back}", whom)
    connection.execute(
        f"update identities set until = %(day)s where customer = any(%(who)s) and {_IN_FORCE}",
        {"day": as_of, "who": customers},
    )


def _carry_on(
    connection: Connection, ring: KeyRing, customers: Sequence[str], *, as_of: date, following: date
) -> None:
    """Seals again, from ``following`` on, the records that reach beyond it."""
    found = connection.execute(
        "select i.customer, i.since, i.until, i.digest, i.number, i.document, i.record, p.master, p.wrapped"
        " from identities i join persons p using (customer) where customer = any(%(who)s)"
        f" and {_IN_FORCE} and coalesce(until, 'infinity') > %(next)s",
        {"who": list(customers), "day": as_of, "next": following},
    ).fetchall()
    rows = []
    for customer, since, until, digest, number, document, record, master, wrapped in found:
        key = ring.unwrap(wrapped, bound_to=customer, master=master)
        plain = opened(record, key=key, customer=customer, since=since)
        again = sealed(plain, key=key, customer=customer, since=following, nonce=secrets.token_bytes(NONCE))
        rows.append((customer, following, until, digest, number, document, again))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into identities (customer, since, until, digest, number, document, record)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            rows,
        )


def _add(
    connection: Connection,
    ring: KeyRing,
    people: pa.Table,
    records: Sequence[bytes],
    now: np.ndarray,
    *,
    since: date,
    until: date | None,
) -> None:
    customers = people["customer"].to_pylist()
    keys = _keys_of(connection, ring, customers)
    random = secrets.token_bytes(NONCE * len(records))
    content = [
        sealed(
            record,
            key=keys[customer],
            customer=customer,
            since=since,
            nonce=random[row * NONCE : (row + 1) * NONCE],
        )
        for row, (customer, record) in enumerate(zip(customers, records, strict=True))
    ]
    copy_in(
        connection,
        "identities",
        pa.table(
            {
                "customer": people["customer"],
                "since": pa.array([since] * len(records), pa.date32()),
                "until": pa.array([until] * len(records), pa.date32()),
                "digest": pa.array(now),
                "number": tokens_of(connection, ring, "phone", people["phone"]),
                "document": tokens_of(connection, ring, "document", documents(people["id_number"])),
                "record": pa.array(content, pa.binary()),
            }
        ),
    )


def _keys_of(connection: Connection, ring: KeyRing, customers: Sequence[str]) -> dict[str, bytes]:
    """Each person's own key: the one there is, else a new one."""
    known = connection.execute(
        "select customer, master, wrapped from persons where customer = any(%s)", (list(customers),)
    ).fetchall()
    keys = {
        customer: ring.unwrap(wrapped, bound_to=customer, master=master)
        for customer, master, wrapped in known
    }
    new = [customer for customer in customers if customer not in keys]
    master = ring.master
    random = secrets.token_bytes(KEY_BYTES * len(new))
    made = {customer: random[row * KEY_BYTES : (row + 1) * KEY_BYTES] for row, customer in enumerate(new)}
    wrapped_keys = [ring.wrap(key, bound_to=customer, master=master) for customer, key in made.items()]
    copy_in(
        connection,
        "persons",
        pa.table(
            {
                "customer": pa.array(new, pa.string()),
                "master": pa.array([master] * len(new), pa.string()),
                "wrapped": pa.array(wrapped_keys, pa.binary()),
            }
        ),
    )
    return keys | made
