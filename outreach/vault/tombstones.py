"""Who was erased and may not come back, remembered by keyed digests of customer numbers alone."""

import hmac
from collections.abc import Sequence

import pyarrow as pa

from outreach.vault.keyring import KeyRing
from outreach.vault.store import Connection


def is_erased(connection: Connection, ring: KeyRing, numbers: pa.Array | pa.ChunkedArray) -> pa.BooleanArray:
    """Whether each customer number is one that was erased."""
    found = {bytes(digest) for (digest,) in connection.execute("select digest from tombstones")}
    if not found:
        return pa.array([False] * len(numbers), pa.bool_())
    return pa.array([digest in found for digest in _digests(ring, numbers.to_pylist())], pa.bool_())


def bury(connection: Connection, ring: KeyRing, numbers: Sequence[str]) -> None:
    """Remembers that these customer numbers were erased."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into tombstones (digest) values (%s) on conflict do nothing",
            [(digest,) for digest in _digests(ring, numbers)],
        )


def lift(connection: Connection, ring: KeyRing, number: str) -> bool:
    """Lets a customer number come back; whether it was erased."""
    done = connection.execute("delete from tombstones where digest = %s", _digests(ring, [number]))
    return done.rowcount == 1


def _digests(ring: KeyRing, numbers: Sequence[str]) -> list[bytes]:
    key = ring.secret("erased")
    return [hmac.digest(key, number.encode(), "sha256") for number in numbers]
