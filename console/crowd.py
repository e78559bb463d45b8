"""The customers of the last night: a sample of them answers while somebody types, all of them on demand.

The sample is drawn once a night by a generator seeded with the date. What it counts is told for all customers
with its 95 % interval (Wilson, 1927). Every count is rounded at random before it is told (console.cell_key).
"""

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil, floor, sqrt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from console.cell_key import Words, rounded, summed, told
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
_COUNTING = 2
"""Counts among everybody at the same time; the others wait."""
_Z = 1.959964
_SEGMENT = "segment"
_KEY = "cell key"
_AT_ONCE = 8
"""Columns read together for the sample: of each a page is held, and its dictionary."""
_RULES = 500
"""Rules tried together: every comparison of theirs takes room."""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Of the customers of one rule: how many another selects as well.

    ``of_these`` and ``of_theirs``: as shares of all whom the one and the other select, of what may be told.
    """

    name: str
    customers: int
    of_these: float
    of_theirs: float


@dataclass(frozen=True, kw_only=True)
class Count:
    """Of ``of`` customers a rule selects ``count``; ``low`` to ``high`` with 95 % confidence.

    All are to tens, and null where nobody is selected, or too few to tell. ``each``: how many are left after
    each of the rule's joined conditions, in their order. ``among``: how many of those selected each of the
    other rules selects that were asked about. Each as it would be told alone: parts need not add up.
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

    ``told``: how many they are, as may be told. ``known``: segment and cell key of each row of the features,
    in their order; the segment is null outside the long tail. ``sample`` has both as well. ``others``: whom
    of the sample rules select that are asked about with every other rule.
    """

    as_of: date
    customers: int
    told: int
    known: pa.RecordBatch
    sample: pa.RecordBatch
    others: dict[str, Words] = field(default_factory=dict)

    def also(self, other: str) -> Words:
        """Whom of the sample the rule selects, worked out once."""
        if other not in self.others:
            self.others[other] = _bits([parse(other, FEATURES).condition], self)
        return self.others[other]


class Crowd:
    """Counts customers by rule; may be asked from several threads."""

    def __init__(self, lake: Glance, *, sample: int = SAMPLE) -> None:
        self._lake, self._most, self._lock = lake, sample, threading.Lock()
        self._counting = threading.Semaphore(_COUNTING)
        self._last: _People | None = None
        self._book_lock = threading.Lock()
        self._book: tuple[_People, Hashable, tuple[str, ...], Words] | None = None

    def estimate(self, text: str, *, among: Sequence[str] = ()) -> Count:
        """Counted in the sample; ``among``: other rules, to be counted in those selected.

        Raises RuleError for a rule that does not read, Refusal without a night.
        """
        rules, people = _cumulated(text), self._at_hand()
        bits, keys = _bits(rules, people), people.sample[_KEY].to_numpy()
        found = _told_of(bits, keys)
        within = [one for other in among for one in _told_of(people.also(other) & bits[-1:], keys)]
        if people.sample.num_rows == people.customers:
            return _exact(found, within, people)
        low, high = (None, None) if found[-1] is None else _wilson(found[-1], people)
        return Count(
            as_of=people.as_of,
            of=people.told,
            exact=False,
            count=_of_all(found[-1], people),
            low=low,
            high=high,
            each=tuple(_of_all(one, people) for one in found),
            among=tuple(_of_all(one, people) for one in within),
        )

    def count(self, text: str, *, among: Sequence[str] = ()) -> Count:
        """Counted among everybody, once a night for each rule. Raises as ``estimate``; also while the night
        is being written."""

        def counted() -> Count:
            with self._counting:
                return self._counted(text, among)

        key = ("count", text, tuple(among))
        return self._lake.remembered(key, (CUSTOMER_FEATURES, CUSTOMER_SEGMENTS), counted)

    def _counted(self, text: str, among: Sequence[str]) -> Count:
        rules, people = _cumulated(text), self._people()
        others = [parse(other, FEATURES).condition for other in among]
        needed = compile_rules([*rules, *others], as_of=people.as_of).columns
        found, within = _both_told(rules, among, self._everybody(people, needed), people.as_of)
        return _exact(found, within, people)

    def shared(
        self, text: str, *, book: Hashable, rules: Callable[[], Mapping[str, Condition]], most: int
    ) -> tuple[Shared, ...]:
        """Which of other rules, by name, select most of the same customers of the sample, most first.

        Those are left out that share too few to tell.
        ``book`` changes whenever ``rules`` would; these are asked for, and tried, once for each. Raises as
        ``estimate``.
        """
        rule, people = parse(text, FEATURES).condition, self._at_hand()
        with self._book_lock:
            if self._book is None or self._book[0] is not people or self._book[1] != book:
                others = rules()
                bits = _bits(list(others.values()), people) if others else np.zeros((0, 0), np.uint64)
                self._book = (people, book, tuple(others), bits)
            _, _, names, theirs = self._book
        if not names:
            return ()
        own, keys = _bits([rule], people), people.sample[_KEY].to_numpy()
        both = np.array([np.bitwise_count(each & own).sum(dtype=np.int64) for each in theirs])
        first = np.argsort(-both, kind="stable")[:most]
        (these,), shared = _told_of(own, keys), _told_of(theirs[first] & own, keys)
        found = [
            Shared(
                name=names[place],
                customers=_of_all(count, people) or 0,
                of_these=min(count / these, 1.0),
                of_theirs=min(count / whole, 1.0),
            )
            for place, count, whole in zip(first, shared, _told_of(theirs[first], keys), strict=True)
            if count is not None and these is not None and whole is not None
        ]
        return tuple(sorted(found, key=lambda one: -one.customers))

    def _at_hand(self) -> _People:
        """The last night's; while those of a new one are gathered for somebody, still those before."""
        last = self._last
        if not self._lock.acquire(blocking=last is None):
            assert last is not None
            return last
        try:
            return self._newest()
        finally:
            self._lock.release()

    def _people(self) -> _People:
        with self._lock:
            return self._newest()

    def _newest(self) -> _People:
        self._last = self._lake.remembered("crowd", (CUSTOMER_FEATURES, CUSTOMER_SEGMENTS), self._gathered)
        return self._last

    def _gathered(self) -> _People:
        known = [set(self._lake.dates(table)) for table in (CUSTOMER_FEATURES, CUSTOMER_SEGMENTS)]
        as_of = max(set.intersection(*known), default=None)
        if as_of is None:
            raise Refusal(
                "no customer has a segment yet; a night has to run first", "尚无客群：须先运行一次夜间作业"
            )
        known, customers = self._known(as_of)
        inside = known[_SEGMENT].is_valid()
        share = min(1.0, self._most / max(customers, 1))
        drawn = np.random.default_rng(as_of.toordinal()).random(len(known)) < share
        sample = self._drawn(as_of, pc.and_(pa.array(drawn), inside), known)
        keys = known[_KEY].filter(inside).to_numpy()
        whole = rounded(len(keys), int(keys.sum(dtype=np.uint64)))
        return _People(as_of=as_of, customers=customers, told=whole, known=known, sample=sample)

    def _known(self, as_of: date) -> tuple[pa.RecordBatch, int]:
        """Segment and key of each row of the features, in their order; and how many have a segment."""
        (keys, numbers), names = placed(self._lake, as_of)
        segments, all_keys = [], [np.zeros(0, np.uint64)]
        for batch in self._lake.batches(CUSTOMER_FEATURES, as_of=as_of, columns=("customer",)):
            own = keys_of(batch["customer"])
            places = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
            segments.append(pa.array(numbers[places], mask=keys[places] != own))
            all_keys.append(own)
        coded = pa.chunked_array(segments, pa.int16()).combine_chunks()
        named = pa.DictionaryArray.from_arrays(coded, pa.array(names, pa.string()))
        return pa.RecordBatch.from_pydict({_SEGMENT: named, _KEY: np.concatenate(all_keys)}), len(keys)

    def _drawn(self, as_of: date, chosen: pa.BooleanArray, known: pa.RecordBatch) -> pa.RecordBatch:
        """All that is known of those chosen, some columns after the others."""
        schema = CUSTOMER_FEATURES.arrow_schema()
        names = [name for name in schema.names if name != "customer"]
        own = known.filter(chosen)
        columns = {_SEGMENT: own[_SEGMENT].dictionary_decode(), _KEY: own[_KEY]}
        for first in range(0, len(names), _AT_ONCE):
            some = tuple(names[first : first + _AT_ONCE])
            batches = self._lake.batches(CUSTOMER_FEATURES, as_of=as_of, columns=some)
            parts = [batch.filter(those) for batch, those in _beside(batches, chosen)]
            whole = pa.Table.from_batches(parts, pa.schema([schema.field(name) for name in some]))
            columns |= {name: whole[name].combine_chunks() for name in some}
        return pa.RecordBatch.from_pydict(columns)

    def _everybody(self, people: _People, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The long tail, a batch at a time, with these columns."""
        wanted = tuple(name for name in columns if name != _SEGMENT) or ("customer",)
        batches = self._lake.batches(CUSTOMER_FEATURES, as_of=people.as_of, columns=wanted)
        for batch, known in _beside(batches, people.known):
            inside = known[_SEGMENT].is_valid()
            own = known.filter(inside)
            segments = own[_SEGMENT].dictionary_decode()
            yield batch.filter(inside).append_column(_SEGMENT, segments).append_column(_KEY, own[_KEY])


def _bits(rules: Sequence[Condition], people: _People) -> Words:
    """Whom of the sample each rule selects: rules x words."""
    found = np.empty((len(rules), -(-people.sample.num_rows // 64)), np.uint64)
    for first in range(0, len(rules), _RULES):
        some = slice(first, first + _RULES)
        found[some] = compile_rules(rules[some], as_of=people.as_of).bits_of_few(people.sample)
    return found


def _beside(
    batches: Iterable[pa.RecordBatch], column: pa.Array | pa.RecordBatch
) -> Iterator[tuple[pa.RecordBatch, Any]]:
    """Each batch with its part of the column, or columns. Raises Refusal where they are not as long."""
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


def _both_told(
    rules: Sequence[Condition], among: Sequence[str], batches: Iterable[pa.RecordBatch], as_of: date
) -> tuple[list[int | None], list[int | None]]:
    """How many each of the rules selects, and each of the others of those whom the last one selects."""
    within = [And((rules[-1], parse(other, FEATURES).condition)) for other in among]
    program = compile_rules([*rules, *within], as_of=as_of)
    counts, sums = np.zeros(len(program.roots), np.int64), np.zeros(len(program.roots), np.uint64)
    for batch in batches:
        found = summed(program.bits_of_few(batch), batch[_KEY].to_numpy())
        counts, sums = counts + found[0], sums + found[1]
    shown = [told(int(count), int(key)) for count, key in zip(counts, sums, strict=True)]
    return shown[: len(rules)], shown[len(rules) :]


def _told_of(bits: Words, keys: Words) -> list[int | None]:
    """Of the sample, how many are in each selection."""
    return [told(int(count), int(key)) for count, key in zip(*summed(bits, keys), strict=True)]


def _exact(found: Sequence[int | None], within: Sequence[int | None], people: _People) -> Count:
    count = found[-1]
    return Count(
        as_of=people.as_of,
        of=people.told,
        exact=True,
        count=count,
        low=count,
        high=count,
        each=tuple(found),
        among=tuple(within),
    )


def _of_all(found: int | None, people: _People) -> int | None:
    """What was told of the sample, for everybody, to tens."""
    if found is None:
        return None
    return min(int(round(found * people.customers / people.sample.num_rows, -1)), people.told)


def _wilson(found: int, people: _People) -> tuple[int, int]:
    """Between how many of everybody lie, with 95 % confidence, of whom so many are in the sample; to tens."""
    of = people.sample.num_rows
    share, weight = min(found / of, 1.0), _Z**2 / of
    middle, half = share + weight / 2, _Z * sqrt(share * (1 - share) / of + weight / (4 * of))
    low, high = ((middle + sign * half) / (1 + weight) * people.customers for sign in (-1, 1))
    return 10 * floor(low / 10), min(10 * ceil(high / 10), people.told)
