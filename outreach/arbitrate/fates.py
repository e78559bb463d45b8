"""What became of every candidate, and why, in words: one of few texts a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from outreach.arbitrate.build import Field
from outreach.arbitrate.problem import WHOLE, Flags, Floats, Ints
from outreach.arbitrate.words import fate_of, full
from outreach.explore import Tries

_SPENT = 1e-9  # stands for a full limit without a price: below every price of a micro-yuan


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The choice as candidates see it.

    ``chosen``: a flag a candidate. ``row``: the row each was chosen with or would be best with, -1 for none.
    ``winner``: by unit the candidate chosen, -1 for none. ``used``: thousandths a limit.
    """

    chosen: Flags
    row: Ints
    winner: Ints
    prices: Floats
    used: Ints


def told(field: Field, tries: Tries, outcome: Outcome) -> tuple[pa.Array, pa.Array]:
    """The fate and the reason of every candidate.

    Passed over for room alone are the candidates that compete with more than what their unit got, or with
    anything where it got nothing: with room for all and no minimum they would have stood before it.
    """
    winner = outcome.winner[field.unit]
    chosen, treated = outcome.chosen, field.treated
    worthless = ~(field.worth > 0)
    above = ~chosen & ~worthless & _stands_above(field, tries, winner)
    limit = _tightest(field, outcome, np.flatnonzero(above))
    below = ~chosen & ~worthless & ~above
    won_by = np.where(winner >= 0, field.strategy.codes[winner], 0)
    same = field.customer.codes[winner] == field.customer.codes
    explored = tries.drawn[winner] & (winner >= 0)
    many = np.bincount(field.customer.codes, minlength=len(field.customer.words))[field.customer.codes]
    counts = range(int(many.max(initial=0)) + 1)
    names, nothing = field.strategy.words, np.zeros(len(chosen), dtype=np.int64)
    paid = above & (limit < 0)
    book = _Book(len(chosen))
    book.write(
        chosen & treated & tries.drawn,
        many,
        [f"drawn among {n} possible contacts with this customer, to learn what else works" for n in counts],
        "contact",
    )
    book.write(
        chosen & treated & ~tries.drawn,
        many,
        [f"worth most of {n} possible contacts with this customer" for n in counts],
        "contact",
    )
    book.write(
        chosen & ~treated,
        field.arm.codes,
        [
            f"would be contacted; held back ({arm}) so that the effect can be measured"
            for arm in field.arm.words
        ],
        "held_out",
    )
    book.write(worthless, nothing, ["costs at least what it is expected to bring"], "lower_value")
    book.write(
        below & same & ~explored,
        won_by,
        [f"{n} is worth more for this customer" for n in names],
        "lower_value",
    )
    book.write(
        below & same & explored,
        won_by,
        [f"{n} was drawn for this customer, to learn what else works" for n in names],
        "lower_value",
    )
    book.write(
        below & ~same, nothing, ["somebody with the same phone number is contacted that day"], "lower_value"
    )
    tight = above & (limit >= 0)
    full_ones, place = np.unique(limit[tight], return_inverse=True)
    key = nothing.copy()
    key[tight] = place
    book.write_each(tight, key, [_passed_over(field, outcome, int(each)) for each in full_ones])
    book.write(
        paid & (winner >= 0),
        won_by,
        [f"{n} was chosen for this customer, to meet tonight's minimums" for n in names],
        "strategy_limit",
    )
    book.write(
        paid & (winner < 0), nothing, ["tonight's limits, taken together, left no room for it"], "capacity"
    )
    return book.columns()


def _passed_over(field: Field, outcome: Outcome, place: int) -> tuple[str, str]:
    limit = field.declared[place]
    return fate_of(limit), full(limit, price=float(outcome.prices[place]))


def _stands_above(field: Field, tries: Tries, winner: Ints) -> Flags:
    """Whether a candidate stands before what its unit got: by its bid, then as first choice, then by luck."""
    before = np.where(winner >= 0, tries.bid[winner], -np.inf)
    tied = (tries.bid == before) & (winner >= 0)
    first, other = tries.put_forward, tries.put_forward[winner]
    luckier = (first & ~other) | ((first == other) & (field.luck < field.luck[winner]))
    return np.asarray((tries.bid > before) | (tied & luckier))


def _tightest(field: Field, outcome: Outcome, of: Ints) -> Ints:
    """The limit that takes most of each candidate's worth, a full one where none has a price; -1 for none.

    Of candidates outside ``of`` nothing is looked up.
    """
    found, most = np.full(len(field.worth), -1), np.zeros(len(of))
    highs = field.limits.high
    rows = outcome.row[of]
    for factor in field.rows:
        usage = factor.usage.tocoo()
        spent = _SPENT * (outcome.used[usage.col] + usage.data > highs[usage.col])
        takes = usage.data / WHOLE * np.maximum(outcome.prices[usage.col], 0.0) + spent
        order = np.lexsort((usage.col, takes, usage.row))
        last = np.flatnonzero(np.diff(usage.row[order], append=-1))
        limit, score = np.full(usage.shape[0], -1), np.zeros(usage.shape[0])
        limit[usage.row[order[last]]] = usage.col[order[last]]
        score[usage.row[order[last]]] = takes[order[last]]
        codes = factor.codes[rows]
        better = score[codes] > most
        found[of[better]] = limit[codes[better]]
        most[better] = score[codes[better]]
    return found


class _Book:
    """Texts and fates by row, kept as places among few words."""

    def __init__(self, rows: int) -> None:
        self._place = np.zeros(rows, dtype=np.int32)
        self._texts: list[str] = []
        self._fates: list[str] = []

    def write(self, rows: Flags, key: Ints, texts: Sequence[str], fate: str) -> None:
        """Gives ``rows`` the text that their key stands for, and the fate."""
        self.write_each(rows, key, [(fate, text) for text in texts])

    def write_each(self, rows: Flags, key: Ints, told: Sequence[tuple[str, str]]) -> None:
        """Gives ``rows`` the fate and the text that their key stands for."""
        self._place[rows] = len(self._texts) + key[rows]
        self._fates.extend(fate for fate, _ in told)
        self._texts.extend(text for _, text in told)

    def columns(self) -> tuple[pa.Array, pa.Array]:
        place: Any = pa.array(self._place)
        return tuple(
            pa.DictionaryArray.from_arrays(place, pa.array(words, pa.string())).cast(pa.string())
            for words in (self._fates, self._texts)
        )
