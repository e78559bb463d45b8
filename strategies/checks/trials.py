"""Customers on whom a book is tried: for every rule some who satisfy it, if anybody does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from strategies.checks.prover import Prover
from strategies.checks.samples import ROWS, Samples
from strategies.evaluate import compile_rules
from strategies.tree import Condition

Bits = npt.NDArray[np.uint64]

# Of the customers made for a rule so many are kept, to try all others on.
_KEPT = 16
# Rules evaluated together on the customers made for them: enough to share what they have in common, not so
# many that most of the work is about each other's customers.
_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class Trials:
    """``customers`` of whom many satisfy a rule. Those made for rule r are, with others', rows 64 ``own[r]``
    to 64 ``own[r]`` + 63.
    """

    customers: pa.RecordBatch
    own: npt.NDArray[np.int64]


def make_trials(
    rules: Sequence[Condition], *, samples: Samples, prover: Prover, as_of: date, seed: int
) -> Trials:
    """Customers for every rule: drawn near its thresholds, or proved where no such draw satisfies it."""
    made = samples.around(rules, seed=seed)
    satisfied = _satisfied(made, rules, as_of=as_of)
    best = (
        np.argsort(~satisfied, axis=1, kind="stable")[:, :_KEPT] + np.arange(len(rules))[:, np.newaxis] * ROWS
    )
    unlucky = np.flatnonzero(~satisfied.any(axis=1))
    proved = {place: prover.example([rules[place]]) for place in unlucky.tolist()}
    examples = {place: customer for place, customer in proved.items() if customer is not None}
    own = np.arange(len(rules))
    own[list(examples)] = len(rules) + np.arange(len(examples))
    return Trials(
        customers=pa.concat_batches(
            [made.take(pa.array(best.ravel())), samples.like(list(examples.values()), rows=_KEPT, seed=seed)]
        ),
        own=own * _KEPT // 64,
    )


def _satisfied(made: pa.RecordBatch, rules: Sequence[Condition], *, as_of: date) -> npt.NDArray[np.bool_]:
    """Which of the ``ROWS`` customers made for each rule satisfy it: rules x rows."""
    own = np.zeros(len(rules), dtype=np.uint64)
    for start in range(0, len(rules), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        program = compile_rules(rules[some], as_of=as_of)
        own[some] = np.diagonal(program.bits_soonest(made.slice(start * ROWS, _AT_ONCE * ROWS)))
    bits = (own[:, np.newaxis] >> np.arange(ROWS, dtype=np.uint64)) & np.uint64(1)
    return bits.astype(np.bool_)
