"""People beneath customer numbers: who shares an ID number, and who is to be erased for good."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import pyarrow as pa

from outreach.vault.deliveries import forget_keys
from outreach.vault.keyring import KeyRing
from outreach.vault.opted_out import keep_named, let_go
from outreach.vault.records import opened, unpacked
from outreach.vault.store import Connection, lock
from outreach.vault.tombstones import bury

_MOST_NUMBERS = 20
"""More customer numbers than this under one ID number are a placeholder and no person."""


def same_person(connection: Connection, *, as_of: date) -> pa.Table:
    """Everybody known by ``as_of`` who shares an ID number with another customer number.

    Columns: customer, and person, the least token of an ID number of all who are linked, also through others.
    """
    groups = connection.execute(
        "select document, array_agg(distinct customer) from identities"
        " where since <= %s and document is not null"
        " group by document having count(distinct customer) between 2 and %s order by document",
        (as_of, _MOST_NUMBERS),
    ).fetchall()
    least = _linked(group for _, group in groups)
    document_of: dict[str, str] = {}
    for document, (first, *_) in groups:
        document_of.setdefault(least[first], document)
    customers = sorted(least)
    return pa.table(
        {
            "customer": pa.array(customers, pa.string()),
            "person": pa.array([document_of[least[customer]] for customer in customers], pa.string()),
        }
    )


def last_numbers(connection: Connection, customers: Sequence[str], *, as_of: date) -> pa.Table:
    """Customer and number (token of the phone) of those known by ``as_of``, as they were last delivered."""
    rows = connection.execute(
        "select distinct on (customer) customer, number from identities"
        " where customer = any(%s) and since <= %s order by customer, since desc",
        (list(customers), as_of),
    ).fetchall()
    return pa.table(
        {
            "customer": pa.array([customer for customer, _ in rows], pa.string()),
            "number": pa.array([number for _, number in rows], pa.string()),
        }
    )


def _linked(groups: Iterable[Sequence[str]]) -> dict[str, str]:
    """The least member of each connected set, for each of its members."""
    members: dict[str, set[str]] = {}
    for group in groups:
        joined = set(group).union(*(members[one] for one in group if one in members))
        for one in joined:
            members[one] = joined
    return {one: min(joined) for one, joined in members.items()}


def erase(connection: Connection, ring: KeyRing, customers: Sequence[str]) -> int:
    """Destroys keys, records and remembered tokens of ``customers``, and buries their numbers.

    A number or ID number that somebody else has too stays remembered for them, and a phone that stands in an
    opt-out until that is withdrawn. Returns how many were there.
    """
    lock(connection)
    wanted = {"who": list(customers)}
    found = connection.execute(
        "select distinct on (customer) customer, since, record, master, wrapped"
        " from identities join persons using (customer) where customer = any(%(who)s)"
        " order by customer, since desc",
        wanted,
    ).fetchall()
    records = [
        opened(
            record, key=ring.unwrap(wrapped, bound_to=customer, master=master), customer=customer, since=since
        )
        for customer, since, record, master, wrapped in found
    ]
    names = [customer for customer, *_ in found]
    bury(connection, ring, unpacked(names, records, ["customer_no"])["customer_no"].to_pylist())
    keep_named(connection, ring, "phone", "customer = any(%(who)s)", wanted)
    remembered = _tokens_by_kind(connection, names)
    connection.execute("delete from identities where customer = any(%(who)s)", wanted)
    forget_keys(connection, customers)
    for kind, column in (("customer", "customer"), ("phone", "number"), ("document", "document")):
        connection.execute(
            "delete from first_tokens t where kind = %s and token = any(%s)"
            f" and not exists (select from identities i where i.{column} = t.token)"
            " and not exists (select from opted_out o where o.kind = t.kind and o.token = t.token)",
            (kind, remembered[kind]),
        )
    return len(names)


def _tokens_by_kind(connection: Connection, customers: Sequence[str]) -> dict[str, list[str]]:
    tokens: dict[str, list[str]] = defaultdict(list)
    for customer, number, document in connection.execute(
        "select customer, number, document from identities where customer = any(%s)", (list(customers),)
    ):
        for kind, token in (("customer", customer), ("phone", number), ("document", document)):
            if token is not None:
                tokens[kind].append(token)
    return tokens


_STILL_SOMEBODYS = """
    not exists (
        select from identities later
        where later.customer = identities.customer and later.since > identities.since
    ) and exists (
        select from identities kin
        where kin.document = identities.document and kin.customer <> identities.customer
            and coalesce(kin.until, 'infinity') > %(day)s
    )
"""


def forget_before(connection: Connection, ring: KeyRing, day: date) -> int:
    """Deletes records that ended by ``day``, and keys of which none is left; returns how many records.

    An ended account's last record stays while the same ID number has another that has not ended: what its
    person refused there binds him still. What stands in an opt-out stays sealed until that is withdrawn.
    """
    lock(connection)
    let_go(connection)
    ended, then = f"until <= %(day)s and not ({_STILL_SOMEBODYS})", {"day": day}
    keep_named(connection, ring, "customer", ended, then)
    keep_named(connection, ring, "phone", ended, then)
    gone = connection.execute(f"delete from identities where {ended} returning customer", then).fetchall()
    forget_keys(connection, [customer for (customer,) in gone])
    return len(gone)
