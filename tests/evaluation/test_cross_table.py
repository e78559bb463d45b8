"""What is hidden in a table with known totals cannot be worked out from what is shown."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from evaluation.cross_table import hidden_both_ways, hidden_cells
from evaluation.suppress import few

TABLES = hnp.arrays(
    np.int64,
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    elements=st.one_of(st.just(0), st.integers(1, 12), st.integers(10, 400)),
)
Cell = tuple[int, int]


def fixed(hidden: NDArray[np.bool_]) -> set[Cell]:
    """The hidden cells that the totals of rows and columns fix, by linear algebra."""
    cells = [(row, column) for row, column in np.argwhere(hidden).tolist()]
    if not cells:
        return set()
    totals = np.zeros((sum(hidden.shape), len(cells)))
    for place, (row, column) in enumerate(cells):
        totals[row, place] = totals[hidden.shape[0] + column, place] = 1
    _, sizes, ways = np.linalg.svd(totals)
    free = np.abs(ways[(sizes > 1e-9).sum() :]).max(axis=0, initial=0) > 1e-9
    return {cell for cell, moves in zip(cells, free, strict=True) if not moves}


def around(counts: NDArray[np.int64], cell: Cell) -> set[Cell]:
    """The cells with anybody in them that hang together with this one by rows and columns."""
    block, left = {cell}, {(row, column) for row, column in np.argwhere(counts).tolist()}
    while more := {one for one in left - block if any(one[0] == b[0] or one[1] == b[1] for b in block)}:
        block |= more
    return block


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TABLES)
def test_few_people_are_hidden_and_stay_so(counts: NDArray[np.int64]) -> None:
    hidden = hidden_both_ways(counts)
    assert hidden[few(counts)].all()
    assert not hidden[counts == 0].any()
    for cell in fixed(hidden):
        if few(counts)[cell]:
            # Only the totals themselves tell of it then: nothing of what hangs together with it is shown.
            assert all(hidden[one] for one in around(counts, cell))
    for axis in (0, 1):
        for place in np.flatnonzero(few(np.where(hidden, counts, 0).sum(axis=1 - axis))):
            line = counts.take(place, axis=axis) > 0
            assert hidden.take(place, axis=axis)[line].all()


def test_no_more_is_hidden_than_closes_the_cycle() -> None:
    counts = np.array([[900, 40, 3], [50, 800, 20], [60, 30, 700]])
    hidden = hidden_both_ways(counts)
    assert np.argwhere(hidden).tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
    assert not hidden_both_ways(np.array([[900, 40], [50, 800]])).any()


def test_what_two_totals_tell_together_is_hidden() -> None:
    # With S1A, S1B and S2A hidden, S2's total tells S2A, and with it A's total tells the three of S1A.
    contacts = [("S1", "A", 3), ("S1", "B", 12), ("S1", "C", 40)]
    contacts += [("S2", "A", 15), ("S2", "B", 30), ("S2", "C", 50)]
    cells = pd.DataFrame(contacts, columns=["segment", "strategy", "contacts"])
    hidden = hidden_cells(cells, known=["S1", "S2"], known_across=["A", "B", "C"])
    assert hidden.tolist() == [True, True, False, True, True, False]


def test_a_line_whose_total_is_not_known_shows_nothing_and_hides_no_more_than_it_must() -> None:
    contacts = [("S1", "A", 40), ("S1", "B", 60), ("S1", "few", 4), ("S1", "beside", 11), ("S2", "A", 50)]
    cells = pd.DataFrame([*contacts, ("S2", "B", 70)], columns=["segment", "strategy", "contacts"])
    hidden = hidden_cells(cells, known=["S1", "S2"], known_across=["A", "B"])
    assert hidden.tolist() == [False, False, True, True, False, False]
    assert not hidden_cells(cells[:0], known=[], known_across=[]).any()
