"""The customers of the last night: a sample of them answers while somebody types, all of them on demand.

The sample is drawn once a night by a generator seeded with the date. What it counts is told for all customers
with its 95 % interval (Wilson, 1927).
"""

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from console.moves import keys_of, placed
from console.words import Refusal
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
_AT_ONCE = 8
"""Columns read together for the sample: of each a page is held, and its dictionary."""
_RULES = 500
"""Rules tried together: every comparison of theirs takes room."""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Of the customers of one rule: how many another selects as well; null where that may not be told.

    ``of_these`` and ``of_theirs``: as shares of all whom the one and the other select.
    """

    name: str
    customers: int | None
    of_these: float | None
    of_theirs: float | None


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


@dataclass(frozen=True, kw_only=True)
class _People:
    """Everybody of a night: ``customers`` in the long tail, some of them with all that is known.

    ``segments``: of each row of the features, in their order; null outside the long tail.
    """

    as_of: date
    customers: int
    segments: pa.DictionaryArray
    sample: pa.RecordBatch


class Crowd:
    """Counts customers by rule; may be asked from several threads."""

    def __init__(self, lake: Glance, *, sample: int = SAMPLE) -> None:
        self._lake, self._most, self._lock = lake, sample, threading.Lock()
        self._book_lock = threading.Lock()
        self._book: tuple[object, tuple[str, ...], npt.NDArray[np.uint64]] | None = None

    def estimate(self, text: str, *, among: Sequence[str] = ()) -> Count:
        """Counted in the sample; ``among``: other rules, to be counted in those selected.

        Raises RuleError for a rule that does not read, Refusal without a night.
        """
        rules, people = _cumulated(text), self._people()
        sample, customers, as_of = people.sample, people.customers, people.as_of
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
            each=tuple(one or None for one in _left(told, of=customers)),
            among=_parts([round(one * scale) for one in within], of=told[-1]),
        )

    def count(self, text: str, *, among: Sequence[str] = ()) -> Count:
        """Counted among everybody. Raises as ``estimate``; also while the night is being written."""
        rules, people = _cumulated(text), self._people()
        others = [parse(other, FEATURES).condition for other in among]
        needed = compile_rules([*rules, *others], as_of=people.as_of).columns
        found, within = _both_counted(rules, among, self._everybody(people, needed), people.as_of)
        return _exact(found, within, of=people.customers, as_of=people.as_of)

    def shared(
        self, text: str, *, book: Hashable, rules: Callable[[], Mapping[str, Condition]], most: int
    ) -> tuple[Shared, ...]:
        """Which of other rules, by name, select most of the same customers of the sample, most first.

        ``book`` changes whenever ``rules`` would; these are asked for, and tried, once for each. Raises as
        ``estimate``.
        """
        rule, people = parse(text, FEATURES).condition, self._people()
        with self._book_lock:
            if self._book is None or self._book[0] != (people.as_of, book):
                others = rules()
                bits = _bits(list(others.values()), people) if others else np.zeros((0, 0), np.uint64)
                self._book = ((people.as_of, book), tuple(others), bits)
            _, names, theirs = self._book
        if not names:
            return ()
        own = _bits([rule], people)[0]
        both = np.array([np.bitwise_count(each & own).sum(dtype=np.int64) for each in theirs])
        these, scale = int(np.bitwise_count(own).sum()), people.customers / max(people.sample.num_rows, 1)
        first = [place for place in np.argsort(-both, kind="stable")[:most] if both[place]]
        told = _parts([round(both[place] * scale) for place in first], of=round(these * scale))
        return tuple(
            Shared(
                name=names[place],
                customers=count,
                of_these=None if count is None else float(both[place] / these),
                of_theirs=None
                if count is None
                else float(both[place] / np.bitwise_count(theirs[place]).sum()),
            )
            for place, count in zip(first, told, strict=True)
        )

    def _people(self) -> _People:
        with self._lock:
            return self._lake.remembered("crowd", (CUSTOMER_FEATURES, CUSTOMER_SEGMENTS), self._gathered)

    def _gathered(self) -> _People:
        known = [set(self._lake.dates(table)) for table in (CUSTOMER_FEATURES, CUSTOMER_SEGMENTS)]
        as_of = max(set.intersection(*known), default=None)
        if as_of is None:
            raise Refusal(
                "no customer has a segment yet; a night has to run first", "尚无客群：须先运行一次夜间作业"
            )
        segments, customers = self._segments(as_of)
        share = min(1.0, self._most / max(customers, 1))
        drawn = np.random.default_rng(as_of.toordinal()).random(len(segments)) < share
        chosen = pc.and_(pa.array(drawn), segments.is_valid())
        sample = self._drawn(as_of, chosen, segments)
        return _People(as_of=as_of, customers=customers, segments=segments, sample=sample)

    def _segments(self, as_of: date) -> tuple[pa.DictionaryArray, int]:
        """The segment of each row of the features, in their order; and how many have one."""
        (keys, numbers), names = placed(self._lake, as_of)
        found = []
        for batch in self._lake.batches(CUSTOMER_FEATURES, as_of=as_of, columns=("customer",)):
            own = keys_of(batch["customer"])
            places = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
            found.append(pa.array(numbers[places], mask=keys[places] != own))
        coded = pa.chunked_array(found, pa.int16()).combine_chunks()
        return pa.DictionaryArray.from_arrays(coded, pa.array(names, pa.string())), len(keys)

    def _drawn(self, as_of: date, chosen: pa.BooleanArray, segments: pa.DictionaryArray) -> pa.RecordBatch:
        """All that is known of those chosen, some columns after the others."""
        schema = CUSTOMER_FEATURES.arrow_schema()
        names = [name for name in schema.names if name != "customer"]
        columns = {_SEGMENT: segments.filter(chosen).dictionary_decode()}
        for first in range(0, len(names), _AT_ONCE):
            some = tuple(names[first : first + _AT_ONCE])
            batches = self._lake.batches(CUSTOMER_FEATURES, as_of=as_of, columns=some)
            own = [batch.filter(those) for batch, those in _beside(batches, chosen)]
            whole = pa.Table.from_batches(own, pa.schema([schema.field(name) for name in some]))
            columns |= {name: whole[name].combine_chunks() for name in some}
        return pa.RecordBatch.from_pydict(columns)

    def _everybody(self, people: _People, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The long tail, a batch at a time, with these columns."""
        wanted = tuple(name for name in columns if name != _SEGMENT) or ("customer",)
        batches = self._lake.batches(CUSTOMER_FEATURES, as_of=people.as_of, columns=wanted)
        for batch, segments in _beside(batches, people.segments):
            known = segments.is_valid()
            own = segments.filter(known).dictionary_decode()
            yield batch.filter(known).append_column(_SEGMENT, own)


def _bits(rules: Sequence[Condition], people: _People) -> npt.NDArray[np.uint64]:
    """Whom of the sample each rule selects: rules x words."""
    found = np.empty((len(rules), -(-people.sample.num_rows // 64)), np.uint64)
    for first in range(0, len(rules), _RULES):
        some = slice(first, first + _RULES)
        found[some] = compile_rules(rules[some], as_of=people.as_of).bits_of_few(people.sample)
    return found


def _beside(batches: Iterable[pa.RecordBatch], column: pa.Array) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
    """Each batch with its part of the column. Raises Refusal where the column is not as long."""
    first = 0
    for batch in batches:
        yield batch, column.slice(first, batch.num_rows)
        first += batch.num_rows
    if first != len(column):
        raise Refusal(
            "the night is being written just now; ask again in a moment", "夜间数据正在写入，请稍后再试"
        )


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
        found += np.bitwise_count(program.bits_of_few(batch)).sum(axis=1, dtype=np.int64)
    return [int(one) for one in found]


def _exact(found: Sequence[int], within: Sequence[int], *, of: int, as_of: date) -> Count:
    told = _left(found, of=of)
    count = told[-1]
    return Count(
        as_of=as_of,
        of=of,
        exact=True,
        count=count,
        low=count,
        high=count,
        each=told,
        among=_parts(within, of=found[-1]),
    )


def _left(found: Sequence[int], *, of: int) -> tuple[int | None, ...]:
    """Counts each of which is part of the one before, the last one above all.

    Without those of fewer than ten, those that leave fewer than ten of all out, and those that would tell by
    how few the next one is smaller.
    """
    told: list[int | None] = []
    following = None
    for one in reversed(found):
        few = any(
            0 < each < SMALLEST for each in (one, of - one, one - (one if following is None else following))
        )
        told.append(None if few else one)
        following = following if few else one
    return tuple(reversed(told))


def _parts(within: Sequence[int], *, of: int) -> tuple[int | None, ...]:
    """Parts of a count, without those that tell of fewer than ten, or that all but fewer than ten are in."""
    return tuple(None if 0 < part < SMALLEST or 0 < of - part < SMALLEST else part for part in within)


def _wilson(count: int, of: int) -> tuple[float, float]:
    share, weight = count / of, _Z**2 / of
    middle, half = share + weight / 2, _Z * sqrt(share * (1 - share) / of + weight / (4 * of))
    return max((middle - half) / (1 + weight), 0.0), min((middle + half) / (1 + weight), 1.0)
