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
    book = _Book(len(outcome.chosen))
    _write_chosen(book, field, tries, outcome)
    worthless = ~(field.worth > 0)
    nothing = np.zeros(len(worthless), dtype=np.int64)
    book.write(worthless, nothing, ["costs at least what it is expected to bring"], "lower_value")
    winner = outcome.winner[field.unit]
    above = _stands_above(field, tries, winner)
    others = ~outcome.chosen & ~worthless
    _write_passed_over(book, field, outcome, winner, others & above)
    _write_outdone(book, field, tries, winner, others & ~above)
    return book.columns()


def _write_chosen(book: "_Book", field: Field, tries: Tries, outcome: Outcome) -> None:
    made, held_back = outcome.chosen & field.treated, outcome.chosen & ~field.treated
    many = np.bincount(field.customer.codes, minlength=len(field.customer.words))[field.customer.codes]
    counts = range(int(many.max(initial=0)) + 1)
    most = np.full(len(field.customer.words), -np.inf)
    np.fmax.at(most, field.customer.codes, field.net)
    by_worth = field.net >= most[field.customer.codes]
    drawn = [
        f"drawn among {n} possible contacts with this customer, to learn what else works" for n in counts
    ]
    book.write(made & tries.drawn, many, drawn, "contact")
    plain = [_worth_most(n) for n in counts]
    book.write(made & ~tries.drawn & by_worth, many, plain, "contact")
    priced = [f"{text}, after the price of room" for text in plain]
    book.write(made & ~tries.drawn & ~by_worth, many, priced, "contact")
    book.write(
        held_back,
        field.arm.codes,
        [
            f"would be contacted; held back ({arm}) so that the effect can be measured"
            for arm in field.arm.words
        ],
        "held_out",
    )


def _worth_most(of: int) -> str:
    if of == 1:
        return "the only possible contact with this customer"
    return f"worth most of {of} possible contacts with this customer"


def _write_outdone(book: "_Book", field: Field, tries: Tries, winner: Ints, rows: Flags) -> None:
    """Of ``rows`` that another contact of their unit, ``winner``, was worth more than."""
    names, won_by = field.strategy.words, field.strategy.codes[winner]
    own = field.customer.codes[winner] == field.customer.codes
    drawn = tries.drawn[winner]
    book.write(
        rows & own & ~drawn,
        won_by,
        [f"{name} is worth more for this customer" for name in names],
        "lower_value",
    )
    book.write(
        rows & own & drawn,
        won_by,
        [f"{name} was drawn for this customer, to learn what else works" for name in names],
        "lower_value",
    )
    told = ["somebody with the same phone number is contacted that day"]
    book.write(rows & ~own, np.zeros(len(rows), dtype=np.int64), told, "lower_value")


def _write_passed_over(book: "_Book", field: Field, outcome: Outcome, winner: Ints, rows: Flags) -> None:
    """Of ``rows`` for which there was no room, or that a minimum went before."""
    limit = _tightest(field, outcome, np.flatnonzero(rows))
    tight, loose = rows & (limit >= 0), rows & (limit < 0)
    found, place = np.unique(limit[tight], return_inverse=True)
    key = np.zeros(len(rows), dtype=np.int64)
    key[tight] = place
    book.write_each(tight, key, [_no_room(field, outcome, int(each)) for each in found])
    book.write(
        loose & (winner >= 0),
        field.strategy.codes[winner],
        [f"{name} was chosen for this customer, to meet tonight's minimums" for name in field.strategy.words],
        "strategy_limit",
    )
    together = ["tonight's limits, taken together, left no room for it"]
    book.write(loose & (winner < 0), np.zeros(len(rows), dtype=np.int64), together, "capacity")


def _no_room(field: Field, outcome: Outcome, place: int) -> tuple[str, str]:
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
