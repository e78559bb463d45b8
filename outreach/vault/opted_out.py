"""What stands in opt-outs, kept sealed: an opt-out binds whatever becomes of token keys and of records.

A new token key recognises only values that the vault can read. So a phone that is nobody's yet, and what goes
with a record while an opt-out names its token, stay here until that opt-out is withdrawn.
"""

import secrets
from collections.abc import Mapping
from typing import Literal

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from base.errors import VaultError
from outreach.vault.keyring import NONCE, KeyRing
from outreach.vault.records import opened, unpacked
from outreach.vault.store import Connection

Kept = Literal["customer", "phone"]

_PLACES: dict[Kept, tuple[str, str]] = {"customer": ("customer", "customer_no"), "phone": ("number", "phone")}
"""Column of the token, in records and in opt-outs alike; field of the record that it stands for."""


def hold_off_rotation(connection: Connection) -> None:
    """Until the transaction ends no token key is rotated: what is kept next has the token of now."""
    connection.execute("lock table opted_out in row exclusive mode")


def wait_for_entries(connection: Connection) -> None:
    """Waits for what is just being kept, and lets nothing more be kept until the transaction ends."""
    connection.execute("lock table opted_out in exclusive mode")


def keep(connection: Connection, ring: KeyRing, kind: Kept, values: Mapping[str, str]) -> None:
    """Keeps values by their tokens."""
    cipher = _cipher(ring)
    rows = []
    for token, value in values.items():
        nonce = secrets.token_bytes(NONCE)
        rows.append((kind, token, nonce + cipher.encrypt(nonce, value.encode(), _binding(kind, token))))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into opted_out (kind, token, sealed) values (%s, %s, %s)"
            " on conflict (kind, token) do update set at = now()",
            rows,
        )


def keep_named(
    connection: Connection, ring: KeyRing, kind: Kept, condition: str, given: Mapping[str, object]
) -> None:
    """Keeps what standing opt-outs name of the records for which ``condition`` holds, which are to go."""
    column, field = _PLACES[kind]
    rows = connection.execute(
        f"select distinct on ({column}) {column}, customer, since, record, master, wrapped"
        f" from identities join persons using (customer) where {condition}"
        f" and {column} in (select {column} from public.standing_opt_outs)",
        given,
    ).fetchall()
    records = [
        opened(
            record, key=ring.unwrap(wrapped, bound_to=customer, master=master), customer=customer, since=since
        )
        for _, customer, since, record, master, wrapped in rows
    ]
    tokens = [row[0] for row in rows]
    keep(
        connection,
        ring,
        kind,
        dict(zip(tokens, unpacked(tokens, records, [field])[field].to_pylist(), strict=True)),
    )


def kept(connection: Connection, ring: KeyRing, kind: Kept) -> pa.Table:
    """Columns: token, value. Raises VaultError when one was changed."""
    rows = connection.execute("select token, sealed from opted_out where kind = %s", (kind,)).fetchall()
    cipher = _cipher(ring)
    try:
        values = [
            cipher.decrypt(sealed[:NONCE], sealed[NONCE:], _binding(kind, token)).decode()
            for token, sealed in rows
        ]
    except InvalidTag as error:
        raise VaultError(
            "vault: a number that stands in an opt-out was changed; restore the database from its backup"
        ) from error
    tokens = pa.array([token for token, _ in rows], pa.string())
    return pa.table({"token": tokens, "value": pa.array(values, pa.string())})


def let_go(connection: Connection) -> None:
    """Forgets what no opt-out names any more."""
    # A number is kept before its opt-out is entered: the youngest may be waiting for theirs.
    gone = connection.execute(
        "delete from opted_out where at < now() - interval '1 day' and (kind, token) not in ("
        " select 'phone', number from public.standing_opt_outs where number is not null union all"
        " select 'customer', customer from public.standing_opt_outs where customer is not null)"
        " returning kind, token"
    ).fetchall()
    for kind, token in gone:
        connection.execute(
            "delete from first_tokens t where kind = %s and token = %s and not exists"
            f" (select from identities i where i.{_PLACES[kind][0]} = t.token)",
            (kind, token),
        )


def _cipher(ring: KeyRing) -> AESGCM:
    # A key of its own, of the one that outlives records: what is kept here is not of use to the others.
    info = b"longreach opted out"
    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=info).derive(ring.secret("erased")))


def _binding(kind: Kept, token: str) -> bytes:
    return f"{kind}|{token}".encode()
