"""What checks look at: the book read once, and which rules lie inside which others."""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from strategies.checks.domains import Declared, domain
from strategies.checks.prover import Prover
from strategies.checks.samples import Samples
from strategies.checks.trials import Bits, make_trials
from strategies.document import Strategy
from strategies.evaluate import Program, compile_rules
from strategies.rule import parse
from strategies.tree import Condition, Kind, Name, Not

_KINDS: dict[str, Kind] = {"boolean": "flag", "string": "text", "date": "date"}
_SEGMENT = Name("segment", "text")
# Made-up customers among whom somebody is sought of whom a rule is false: hardly a rule needs more.
_FEW = 1_024


@dataclass(frozen=True, eq=False)
class Entry:
    """A strategy of the book and its rule as read."""

    strategy: Strategy
    condition: Condition

    @property
    def name(self) -> str:
        return self.strategy.name


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What an experiment of the book can come to.

    ``customers``: how many each strategy selects, by name. ``power(customers, holdout, lift)``: the
    probability that so many customers, both arms together, show the lift.
    """

    customers: Mapping[str, int]
    power: Callable[[int, float, float], float]


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the checks are told beside the book.

    ``today``: contacts are made from this day on. ``segments``: those of today; None leaves that check out,
    as does ``sizes``. ``global_holdout``: share of all customers whom nobody contacts.
    """

    today: date
    segments: frozenset[str] | None = None
    global_holdout: float = 0.02
    sizes: Sizes | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """The book, read and tried on made-up customers. ``asked``: the entries that findings must concern.

    Whom each rule selects of ``customers``: number ``i`` is bit i % 64 of word i // 64 in ``bits`` (entries x
    words); in Fortran's order, since mostly all rules are asked of one word. Word ``own[e]`` holds the
    customers made for entry e, and others.
    """

    told: Circumstances
    features: Mapping[str, Declared]
    entries: tuple[Entry, ...]
    asked: tuple[Entry, ...]
    prover: Prover
    samples: Samples
    program: Program
    customers: pa.RecordBatch
    bits: Bits
    own: npt.NDArray[np.int64]

    def beside(self, strategy: Strategy) -> "Facts":
        """The book as it was read with ``strategy`` in it, and asked about that one; one of its name goes."""
        kept = np.array([entry.name != strategy.name for entry in self.entries], dtype=np.bool_)
        entry = Entry(strategy, parse(strategy.who, self.features).condition)
        alone = compile_rules([entry.condition], as_of=self.told.today)
        trials = make_trials(
            [entry.condition], samples=self.samples, prover=self.prover, as_of=self.told.today, seed=1
        )
        return replace(
            self,
            entries=(*itertools.compress(self.entries, kept), entry),
            asked=(entry,),
            bits=_beside(
                self.bits[kept],
                self.program.bits_soonest(trials.customers)[kept],
                alone,
                (self.customers, trials.customers),
            ),
            own=np.append(self.own[kept], self.bits.shape[1] + trials.own),
        )

    def about(self, names: Collection[str]) -> "Facts":
        """The same book, asked about the strategies of these names only."""
        return replace(self, asked=tuple(entry for entry in self.entries if entry.name in names))

    def selects_somebody(self, entry: Entry) -> bool:
        """Whether some customer is known to satisfy the rule."""
        return bool(self.bits[self._place[entry]].any())

    def may_select_everybody(self) -> Iterator[Entry]:
        """Entries asked about whose rule is false of no made-up customer."""
        denied = compile_rules([Not(entry.condition) for entry in self.asked], as_of=self.told.today)
        bits = denied.bits_soonest(self.customers.slice(0, _FEW))
        return (entry for entry, false_of in zip(self.asked, bits, strict=True) if not false_of.any())

    def pairs(self, may: Callable[[Strategy, Strategy], bool]) -> Iterator[tuple[Entry, Entry]]:
        """Pairs (inner, outer) of which ``may`` holds, one of them asked about: every customer of inner is
        proved to be one of outer's, and there are such customers.
        """
        asked = set(self.asked)
        others = self.asked if len(asked) < len(self.entries) else ()
        guesses = itertools.chain(
            ((inner, outer) for inner in self.asked for outer in self.around(inner)),
            ((inner, outer) for outer in others for inner in self.within(outer) if inner not in asked),
        )
        for inner, outer in guesses:
            allowed = may(inner.strategy, outer.strategy)
            if allowed and self.prover.inside(inner.condition, outer.condition):
                yield inner, outer

    def around(self, inner: Entry) -> tuple[Entry, ...]:
        """Entries whose rule no made-up customer of ``inner`` fails; the proof is still to be had.

        None where nobody is known to satisfy ``inner``: such a rule would be within any.
        """
        if inner not in self._found_around:
            place = self._place[inner]
            mine, word = self.bits[place], self.own[place]
            words = np.flatnonzero(mine)
            left = np.flatnonzero((mine[word] & ~self.bits[:, word]) == 0) if words.size else words
            left = left[((mine[words] & ~self.bits[np.ix_(left, words)]) == 0).all(axis=1)]
            self._found_around[inner] = tuple(self.entries[other] for other in left if other != place)
        return self._found_around[inner]

    def within(self, outer: Entry) -> Iterator[Entry]:
        """Entries none of whose own made-up customers fails the rule of ``outer``; still to be proved."""
        place = self._place[outer]
        own = self.bits[np.arange(len(self.entries)), self.own]
        left = np.flatnonzero((own != 0) & ((own & ~self.bits[place, self.own]) == 0))
        return (self.entries[other] for other in left if other != place)

    @cached_property
    def _found_around(self) -> dict[Entry, tuple[Entry, ...]]:
        return {}

    @cached_property
    def _place(self) -> dict[Entry, int]:
        return {entry: place for place, entry in enumerate(self.entries)}


def read_book(book: Sequence[Strategy], *, features: Mapping[str, Declared], told: Circumstances) -> Facts:
    """Reads every rule of ``book`` and tries it on customers made up around the book's thresholds.

    Raises RuleError for a rule that does not read.
    """
    entries = tuple(Entry(each, parse(each.who, features).condition) for each in book)
    rules = [entry.condition for entry in entries]
    known = [Name(each.name, _KINDS.get(each.type, "number")) for each in features.values()]
    samples = Samples(rules, domains={name: domain(name, features) for name in [*known, _SEGMENT]})
    program = compile_rules(rules, as_of=told.today)
    prover = Prover(features, segments=told.segments, as_of=told.today)
    trials = make_trials(rules, samples=samples, prover=prover, as_of=told.today, seed=0)
    return Facts(
        told=told,
        features=features,
        entries=entries,
        asked=entries,
        prover=prover,
        samples=samples,
        program=program,
        customers=trials.customers,
        bits=np.asfortranarray(program.bits_soonest(trials.customers)),
        own=trials.own,
    )


def _beside(bits: Bits, more: Bits, alone: Program, trials: tuple[pa.RecordBatch, pa.RecordBatch]) -> Bits:
    """``bits`` with the words ``more`` beside them, and the rule of ``alone`` below, on all ``trials``."""
    rules, words = bits.shape
    joined = np.empty((rules + 1, words + more.shape[1]), dtype=np.uint64, order="F")
    joined[:rules, :words], joined[:rules, words:] = bits, more
    joined[rules, :words], joined[rules, words:] = (alone.bits_soonest(each)[0] for each in trials)
    return joined
