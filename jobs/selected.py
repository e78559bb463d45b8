"""How many customers strategies select, without the engine: it takes longer to start than this."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from lake.glance import Glance
from lake.tables import CUSTOMER_SEGMENTS
from strategies.document import Strategy
from strategies.evaluate import compile_rules
from strategies.rule import parse

_ROWS = 2**20
"""Customers looked up together: each time, all who have a segment are laid out anew to be found."""


def selected_by(strategies: Sequence[Strategy], *, lake: Glance, as_of: date) -> dict[str, int]:
    """How many of the long tail of ``as_of`` each strategy selects, by name.

    Holds the columns that the rules read, of a million customers: for a whole book, all features.
    """
    rules = {strategy.name: parse(strategy.who, FEATURES).condition for strategy in strategies}
    program = compile_rules(list(rules.values()), as_of=as_of)
    counts = np.zeros(len(rules), np.int64)
    for batch in _long_tail(lake, program.columns, as_of):
        counts += np.bitwise_count(program.bits_soonest(batch)).sum(axis=1, dtype=np.int64)
    return dict(zip(rules, counts.tolist(), strict=True))


def _long_tail(lake: Glance, columns: Sequence[str], as_of: date) -> Iterator[pa.RecordBatch]:
    segments = lake.read(CUSTOMER_SEGMENTS, as_of=as_of, columns=("customer", "segment"))
    wanted = ("customer", *(name for name in columns if name != "segment"))
    for known in _together(lake.batches(CUSTOMER_FEATURES, as_of=as_of, columns=wanted)):
        places = pc.index_in(known["customer"], value_set=segments["customer"])
        for batch in known.append_column("segment", segments["segment"].take(places)).to_batches():
            yield batch.filter(batch["segment"].is_valid())


def _together(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(one.num_rows for one in held) >= _ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)
