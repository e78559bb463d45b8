"""Whom rules select, as bits: one rule that is being tried, and the whole live book to lay it over."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.declaration import Feature
from outreach.dry_run.audience import Audience, Flags, Ints
from strategies.document import Strategy
from strategies.evaluate import compile_rules
from strategies.rule import Rule, parse

Bits = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]

_WORD = 64
# Customers that one thread takes at a time: whole words.
_PIECE = 1_024 * _WORD
# Words of bits that arrays compare while the compiler of the loops is loaded, and less.
_LOADING = 2**22


@dataclass(frozen=True, kw_only=True)
class Book:
    """The live strategies and whom each selects: ``bits`` (strategies x words), an eighth of a byte each.

    ``customers``: how many each selects.
    """

    strategies: tuple[Strategy, ...]
    bits: Bits
    customers: Counts


def lay_out(strategies: Sequence[Strategy], audience: Audience, *, features: Mapping[str, Feature]) -> Book:
    """The book evaluated over the whole audience, once. Raises RuleError where a rule does not read."""
    bits = select([parse(strategy.who, features) for strategy in strategies], audience)
    everybody = np.full(bits.shape[1], ~np.uint64(0), dtype=np.uint64)
    return Book(strategies=tuple(strategies), bits=bits, customers=shared(bits, everybody))


def select(rules: Sequence[Rule], audience: Audience) -> Bits:
    """Whom each rule selects, rules x words: customer i is bit i % 64 of word i // 64.

    A rule that asks anything about a customer selects nobody of whom nothing may be read.
    """
    program = compile_rules([rule.condition for rule in rules], as_of=audience.as_of)
    bits = np.zeros((len(rules), -(-len(audience) // _WORD)), dtype=np.uint64)

    def fill(start: int) -> None:
        piece = program.bits_soonest(audience.known.slice(start, _PIECE))
        bits[:, start // _WORD : start // _WORD + piece.shape[1]] = piece

    # The evaluator's loops do not hold the interpreter's lock.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for _ in threads.map(fill, range(0, len(audience), _PIECE)):
            pass
    bits[[rule.personal for rule in rules]] &= _packed(~audience.unread)
    return bits


def shared(bits: Bits, selected: Bits) -> Counts:
    """How many customers of the set ``selected`` are in each set of ``bits`` (sets x words) too."""
    if bits.size < _LOADING:
        counts: Counts = np.bitwise_count(bits & selected).sum(axis=1, dtype=np.int64)
        return counts
    from strategies.evaluate import kernel

    return kernel.shared(bits, selected)


def places(bits: Bits, customers: int) -> Ints:
    """The places of the customers that one rule's bits select, ascending."""
    found = np.unpackbits(bits.view(np.uint8), bitorder="little")[:customers]
    return np.flatnonzero(found).astype(np.int32)


def _packed(flags: Flags) -> Bits:
    """A bit a customer, in whole words."""
    whole = np.zeros(-(-len(flags) // _WORD) * _WORD, dtype=np.bool_)
    whole[: len(flags)] = flags
    return np.packbits(whole, bitorder="little").view(np.uint64)
