"""The customers of the last night: a sample of them answers while somebody types, all of them on demand.

The sample is drawn once a night by a generator seeded with the date. What it counts is told for all customers
with its 95 % interval (Wilson, 1927).
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from base.errors import ConsoleError
from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from lake.glance import Glance
from lake.tables import CUSTOMER_SEGMENTS
from strategies.evaluate import compile_rules
from strategies.rule import parse
from strategies.tree import And, Condition

SAMPLE = 50_000
SMALLEST = 10
_Z = 1.959964
_SEGMENT = "segment"


@dataclass(frozen=True, kw_only=True)
class Count:
    """Of ``of`` customers a rule selects ``count``; ``low`` to ``high`` with 95 % confidence.

    All three are null where fewer than ten are selected, or all but fewer than ten. ``each``: how many are
    left after each of the rule's joined conditions, in their order, as far as they may be told. ``among``:
    how many of those selected each of the other rules selects that were asked about.
    """

    as_of: date
    of: int
    exact: bool
    count: int | None
    low: int | None
    high: int | None
    each: tuple[int | None, ...]
    among: tuple[int | None, ...] = ()


class Crowd:
    """Counts customers by rule; may be asked from several threads."""

    def __init__(self, lake: Glance, *, sample: int = SAMPLE) -> None:
        self._lake, self._most, self._lock = lake, sample, threading.Lock()
        self._kept: tuple[date, pa.RecordBatch, int] | None = None

    def estimate(self, text: str, *, among: Sequence[str] = ()) -> Count:
        """Counted in the sample; ``among``: other rules, to be counted in those selected.

        Raises RuleError for a rule that does not read, ConsoleError without a night.
        """
        rules, as_of = _cumulated(text), self._night()
        sample, customers = self._sample(as_of)
        found, within = _both_counted(rules, among, [sample], as_of)
        if sample.num_rows == customers:
            return _exact(found, within, of=customers, as_of=as_of)
        low, high = _wilson(found[-1], sample.num_rows)
        scale = customers / sample.num_rows
        told = [round(one * scale) for one in found]
        hidden = found[-1] == 0 or told[-1] < SMALLEST
        return Count(
            as_of=as_of,
            of=customers,
            exact=False,
            count=None if hidden else told[-1],
            low=None if hidden else max(round(low * customers), found[-1]),
            high=None if hidden else round(high * customers),
            each=tuple(None if one < SMALLEST else one for one in told),
            among=_parts([round(one * scale) for one in within], of=told[-1]),
        )

    def count(self, text: str, *, among: Sequence[str] = ()) -> Count:
        """Counted among everybody. Raises as ``estimate``."""
        rules, as_of = _cumulated(text), self._night()
        others = [parse(other, FEATURES).condition for other in among]
        needed = compile_rules([*rules, *others], as_of=as_of).columns
        segments = self._segments(as_of)
        batches = (_with_segments(batch, segments) for batch in self._features(as_of, needed))
        found, within = _both_counted(rules, among, batches, as_of)
        return _exact(found, within, of=segments.num_rows, as_of=as_of)

    def _night(self) -> date:
        dates = self._lake.dates(CUSTOMER_SEGMENTS)
        if not dates:
            raise ConsoleError("no customer has a segment yet; a night has to run first")
        return dates[-1]

    def _sample(self, as_of: date) -> tuple[pa.RecordBatch, int]:
        with self._lock:
            if self._kept is None or self._kept[0] != as_of:
                self._kept = (as_of, *self._drawn(as_of))
            return self._kept[1], self._kept[2]

    def _drawn(self, as_of: date) -> tuple[pa.RecordBatch, int]:
        segments = self._segments(as_of)
        share = min(1.0, self._most / max(segments.num_rows, 1))
        draw = np.random.default_rng(as_of.toordinal())
        columns = tuple(name for name in CUSTOMER_FEATURES.names if name != "customer")
        kept = []
        for batch in self._features(as_of, columns):
            chosen = pa.array(draw.random(batch.num_rows) < share)
            kept.append(_with_segments(batch.filter(chosen), segments))
        table = pa.Table.from_batches(kept).combine_chunks()
        return table.to_batches()[0], segments.num_rows

    def _segments(self, as_of: date) -> pa.Table:
        return self._lake.read(CUSTOMER_SEGMENTS, as_of=as_of, columns=("customer", _SEGMENT))

    def _features(self, as_of: date, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        wanted = ("customer", *(name for name in columns if name not in ("customer", _SEGMENT)))
        return self._lake.batches(CUSTOMER_FEATURES, as_of=as_of, columns=wanted)


def _cumulated(text: str) -> list[Condition]:
    """The rule after its first condition, its first two, and so on; the whole rule last."""
    rule = parse(text, FEATURES).condition
    parts = rule.parts if isinstance(rule, And) else (rule,)
    return [And(parts[:number]) if number > 1 else parts[0] for number in range(1, len(parts) + 1)]


def _both_counted(
    rules: Sequence[Condition], among: Sequence[str], batches: Iterable[pa.RecordBatch], as_of: date
) -> tuple[list[int], list[int]]:
    """How many each of the rules selects, and each of the others of those whom the last one selects."""
    within = [And((rules[-1], parse(other, FEATURES).condition)) for other in among]
    counts = _counted([*rules, *within], batches, as_of)
    return counts[: len(rules)], counts[len(rules) :]


def _counted(rules: Sequence[Condition], batches: Iterable[pa.RecordBatch], as_of: date) -> list[int]:
    program = compile_rules(rules, as_of=as_of)
    found = np.zeros(len(rules), np.int64)
    for batch in batches:
        found += np.bitwise_count(program.bits(batch)).sum(axis=1, dtype=np.int64)
    return [int(one) for one in found]


def _with_segments(batch: pa.RecordBatch, segments: pa.Table) -> pa.RecordBatch:
    """The batch's customers of the long tail, with their segments."""
    places = pc.index_in(batch["customer"], value_set=segments["customer"].combine_chunks())
    known = pc.is_valid(places)
    own = segments[_SEGMENT].combine_chunks().take(places.filter(known))
    return batch.filter(known).append_column(_SEGMENT, own)


def _exact(found: Sequence[int], within: Sequence[int], *, of: int, as_of: date) -> Count:
    told = [one if one == 0 or one >= SMALLEST else None for one in found]
    count = told[-1]
    return Count(
        as_of=as_of,
        of=of,
        exact=True,
        count=count,
        low=count,
        high=count,
        each=tuple(told),
        among=_parts(within, of=found[-1]),
    )


def _parts(within: Sequence[int], *, of: int) -> tuple[int | None, ...]:
    """Parts of a count, without those that tell of fewer than ten, or that all but fewer than ten are in."""
    return tuple(None if 0 < part < SMALLEST or 0 < of - part < SMALLEST else part for part in within)


def _wilson(count: int, of: int) -> tuple[float, float]:
    share, weight = count / of, _Z**2 / of
    middle, half = share + weight / 2, _Z * sqrt(share * (1 - share) / of + weight / (4 * of))
    return max((middle - half) / (1 + weight), 0.0), min((middle + half) / (1 + weight), 1.0)
