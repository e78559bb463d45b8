"""Whom rules select, as bits: one rule that is being tried, and the whole live book to lay it over."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from features.declaration import Feature
from outreach.dry_run.audience import PIECE, Audience, Flags
from strategies.document import Strategy
from strategies.evaluate import compile_rules
from strategies.rule import parse
from strategies.tree import Condition

Bits = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]
Item = TypeVar("Item")

_WORD = 64
_RULES_AT_A_TIME = 128


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
    bits = select([parse(strategy.who, features).condition for strategy in strategies], audience)
    everybody = np.full(bits.shape[1], ~np.uint64(0), dtype=np.uint64)
    return Book(strategies=tuple(strategies), bits=bits, customers=shared(bits, everybody))


def select(rules: Sequence[Condition], audience: Audience) -> Bits:
    """Whom each rule selects, rules x words: customer i is bit i % 64 of word i // 64."""
    program = compile_rules(rules, as_of=audience.as_of)
    bits = np.zeros((len(rules), -(-len(audience) // _WORD)), dtype=np.uint64)

    def fill(start: int) -> None:
        piece = program.bits(audience.known.slice(start, PIECE))
        bits[:, start // _WORD : start // _WORD + piece.shape[1]] = piece

    _side_by_side(fill, range(0, len(audience), PIECE))
    return bits


def flags(bits: Bits, customers: int) -> Flags:
    """One rule's bits as one flag a customer."""
    return np.unpackbits(bits.view(np.uint8), bitorder="little")[:customers].view(np.bool_)


def shared(bits: Bits, selected: Bits) -> Counts:
    """How many of the ``selected`` each rule of ``bits`` selects too."""
    counts = np.zeros(len(bits), dtype=np.int64)

    def count(first: int) -> None:
        rules = slice(first, first + _RULES_AT_A_TIME)
        counts[rules] = np.bitwise_count(bits[rules] & selected).sum(axis=1, dtype=np.int64)

    _side_by_side(count, range(0, len(bits), _RULES_AT_A_TIME))
    return counts


def _side_by_side(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """On all cores: neither the evaluator nor numpy holds the interpreter's lock for long."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for done in threads.map(work, items):
            assert done is None
