"""Tokens of values, the same for good: who was known under an earlier token key keeps the first token."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from outreach.vault.keyring import KeyRing
from outreach.vault.store import Connection, copy_out
from outreach.vault.tokens import KINDS, VERSIONS, Kind

_FIRST = pa.schema({"made": pa.int64(), "token": pa.string()})


def tokens_of(
    connection: Connection, ring: KeyRing, kind: Kind, values: pa.Array | pa.ChunkedArray
) -> pa.StringArray:
    """One token a value, null for null; equal values get equal tokens."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    distinct = whole.cast(pa.string()).dictionary_encode()
    key = ring.token_key()
    made = key.heads(kind, distinct.dictionary.cast(pa.binary()).to_pylist())
    tokens = key.text(made)
    if KINDS[kind].lasting and key.version != VERSIONS[0]:
        tokens = _as_first_given(connection, kind, made, tokens)
    return tokens.take(distinct.indices)


def documents(id_numbers: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """ID numbers in the one way of writing that their tokens are made of; null where there is none."""
    plain = pc.utf8_upper(pc.utf8_trim_whitespace(id_numbers))
    return pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.string()), plain)


def _as_first_given(
    connection: Connection, kind: Kind, made: NDArray[np.int64], tokens: pa.StringArray
) -> pa.StringArray:
    first = copy_out(
        connection,
        "select made, token from first_tokens where kind = %(kind)s and made = any(%(made)s)",
        _FIRST,
        kind=kind,
        made=made.tolist(),
    )
    places = pc.index_in(pa.array(made), value_set=first["made"].combine_chunks())
    return pc.coalesce(first["token"].combine_chunks().take(places), tokens)
