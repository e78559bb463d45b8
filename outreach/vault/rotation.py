"""New versions of keys, and the end of old ones.

Rotating the master key makes a new one; ``rewrap`` then moves the persons' keys over, however often it is
interrupted; what nothing hangs on any more may be destroyed. Rotating the token key remembers, by what the
new key makes of them, the tokens of all whom the vault knows: they keep them, and the old key is of no use.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from base.errors import VaultError
from base.settings import Settings
from outreach.vault.keyring import KeyRing
from outreach.vault.lookup import documents
from outreach.vault.opted_out import kept, let_go, wait_for_entries
from outreach.vault.providers import provider_of
from outreach.vault.records import opened, unpacked
from outreach.vault.store import Connection, copy_in, lock, open_store
from outreach.vault.tokens import VERSIONS, Kind, TokenKey

Key = Literal["master", "token"]

_PIECE = 50_000


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a key: who keeps it, how many people's keys it wraps, and whether it is destroyed."""

    key: Key
    version: str
    kept_by: str
    people: int
    made_at: datetime
    destroyed_at: datetime | None


def versions(settings: Settings) -> tuple[Version, ...]:
    """All versions of both keys, the oldest first; they are made where there are none yet."""
    with open_store(settings) as connection:
        KeyRing.open(connection, settings)
        rows = connection.execute(
            "select 'master', version, provider, (select count(*) from persons p where p.master = m.version),"
            " made_at, destroyed_at, version::int from masters m union all"
            " select 'token', version, 'wrapped by master ' || master, 0, made_at, destroyed_at,"
            " strpos(%s, version) from keys where use = 'token' order by 1, 7",
            (VERSIONS,),
        ).fetchall()
    names = ("key", "version", "kept_by", "people", "made_at", "destroyed_at")
    return tuple(Version(**dict(zip(names, row[:-1], strict=True))) for row in rows)


def rotate_master(settings: Settings) -> str:
    """A new version of the master key, which wraps whatever is wrapped from now on."""
    with open_store(settings) as connection:
        ring = KeyRing.open(connection, settings)
        lock(connection)
        return ring.add_master()


def rewrap(settings: Settings, *, progress: Callable[[str], None] = lambda _: None) -> int:
    """Wraps persons' keys of earlier versions by the newest, piece by piece; returns how many."""
    done = 0
    while moved := _rewrap_some(settings):
        done += moved
        progress(f"{done:,} people's keys are wrapped by the newest master key")
    return done


def _rewrap_some(settings: Settings) -> int:
    with open_store(settings) as connection:
        ring = KeyRing.open(connection, settings)
        lock(connection)
        newest = ring.master
        rows = connection.execute(
            "select customer, master, wrapped from persons where master <> %s limit %s", (newest, _PIECE)
        ).fetchall()
        again = [
            ring.wrap(ring.unwrap(wrapped, bound_to=one, master=master), bound_to=one, master=newest)
            for one, master, wrapped in rows
        ]
        connection.execute(
            "update persons p set master = %s, wrapped = n.wrapped"
            " from unnest(%s::text[], %s::bytea[]) as n (customer, wrapped) where p.customer = n.customer",
            (newest, [one for one, _, _ in rows], again),
        )
    return len(rows)


def rotate_token(settings: Settings, *, progress: Callable[[str], None] = lambda _: None) -> str:
    """A new version of the token key: for everybody who comes new, and for all tokens that go outside.

    Whoever is in the vault keeps the tokens of customer, phone and ID number that were given first, and so
    does whatever stands in an opt-out.
    """
    with open_store(settings) as connection:
        ring = KeyRing.open(connection, settings)
        lock(connection)
        wait_for_entries(connection)
        version = ring.add_key("token")
        key = ring.token_key()
        found: dict[Kind, list[pa.Table]] = {"customer": [], "phone": [], "document": []}
        seen = 0
        for piece in _everybody(connection, ring):
            seen += piece.num_rows
            progress(f"{seen:,} records read")
            documented = documents(piece["id_number"])
            found["customer"].append(_remembered(key, "customer", piece["customer_no"], piece["customer"]))
            found["phone"].append(_remembered(key, "phone", piece["phone"], piece["number"]))
            found["document"].append(_remembered(key, "document", documented, piece["document"]))
        let_go(connection)
        for kind in ("customer", "phone"):
            stood = kept(connection, ring, kind)
            found[kind].append(_remembered(key, kind, stood["value"], stood["token"]))
        connection.execute("truncate first_tokens")
        for remembered, pieces in found.items():
            if pieces:
                first = pa.concat_tables(pieces).group_by("made").aggregate([("token", "min")])
                kinds = pa.array([remembered] * first.num_rows, pa.string())
                rows = pa.table({"kind": kinds, "made": first["made"], "token": first["token_min"]})
                copy_in(connection, "first_tokens", rows)
    return version


def _remembered(key: TokenKey, kind: Kind, values: pa.ChunkedArray, tokens: pa.ChunkedArray) -> pa.Table:
    there = pc.is_valid(values)
    messages = values.filter(there).cast(pa.binary()).to_pylist()
    made: np.ndarray = key.heads(kind, messages)
    return pa.table({"made": pa.array(made, pa.int64()), "token": tokens.filter(there)})


def _everybody(connection: Connection, ring: KeyRing) -> Iterator[pa.Table]:
    """Every record: the fields that tokens stand for, and the tokens."""
    with connection.cursor(name="everybody") as cursor:
        cursor.execute(
            "select customer, since, number, document, record, master, wrapped"
            " from identities join persons using (customer)"
        )
        while rows := cursor.fetchmany(_PIECE):
            plain = [
                _opened(ring, one, since, record, master, wrapped)
                for one, since, _, _, record, master, wrapped in rows
            ]
            table = unpacked([row[0] for row in rows], plain, ("customer_no", "phone", "id_number"))
            for place, name in ((2, "number"), (3, "document")):
                table = table.append_column(name, pa.array([row[place] for row in rows], pa.string()))
            yield table


def _opened(ring: KeyRing, customer: str, since: date, record: bytes, master: str, wrapped: bytes) -> bytes:
    key = ring.unwrap(wrapped, bound_to=customer, master=master)
    return opened(record, key=key, customer=customer, since=since)


def destroy(settings: Settings, key: Key, version: str) -> None:
    """Destroys a version for good. Raises VaultError where it is in force, or anything hangs on it."""
    with open_store(settings) as connection:
        ring = KeyRing.open(connection, settings)
        lock(connection)
        if key == "token":
            _destroy_token(connection, ring, version)
        else:
            _destroy_master(connection, ring, version, settings)


def _destroy_token(connection: Connection, ring: KeyRing, version: str) -> None:
    if version == ring.token_key().version:
        raise VaultError(f"vault: token key {version} is in force; rotate it first")
    done = connection.execute(
        "update keys set wrapped = null, destroyed_at = coalesce(destroyed_at, now())"
        " where use = 'token' and version = %s",
        (version,),
    )
    if not done.rowcount:
        raise VaultError(f"vault: there is no token key {version}; longreach vault keys lists them")


def _destroy_master(connection: Connection, ring: KeyRing, version: str, settings: Settings) -> None:
    row = connection.execute(
        "select provider, reference, (select count(*) from persons where master = %(v)s),"
        " exists (select from masters o where o.destroyed_at is null and o.version::int < m.version::int)"
        " from masters m where version = %(v)s",
        {"v": version},
    ).fetchone()
    if row is None:
        raise VaultError(f"vault: there is no master key {version}; longreach vault keys lists them")
    provider, reference, people, has_elder = row
    if version == ring.master:
        raise VaultError(f"vault: master key {version} is in force; rotate it first")
    if people:
        raise VaultError(
            f"vault: the keys of {people:,} people hang on master key {version}; longreach vault rewrap "
            "moves them to the newest"
        )
    if has_elder:
        raise VaultError(f"vault: an elder master key than {version} is not destroyed yet; destroy it first")
    provider_of(provider, settings).destroy(version, bytes(reference))
    connection.execute(
        "update masters set destroyed_at = coalesce(destroyed_at, now()) where version = %s", (version,)
    )
