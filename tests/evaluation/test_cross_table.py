"""What is hidden in a table with known totals cannot be worked out from what is shown."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evaluation.cross_table import hidden_both_ways
from evaluation.suppress import few

TABLES = hnp.arrays(
    np.int64,
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    elements=st.one_of(st.just(0), st.integers(1, 12), st.integers(10, 400)),
)


def worked_out(counts: np.ndarray, hidden: np.ndarray) -> list[int]:  # type: ignore[type-arg]
    """The hidden cells that the totals of rows and columns fix, by linear algebra."""
    cells = np.argwhere(hidden)
    totals = np.zeros((sum(counts.shape), len(cells)))
    for place, (row, column) in enumerate(cells):
        totals[row, place] = totals[counts.shape[0] + column, place] = 1
    if not len(cells):
        return []
    _, sizes, free = np.linalg.svd(totals)
    open_ways = free[(sizes > 1e-9).sum() :]
    fixed = np.abs(open_ways).max(axis=0, initial=0) < 1e-9
    return [int(counts[tuple(cell)]) for cell, known in zip(cells, fixed, strict=True) if known]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TABLES)
def test_few_people_are_hidden_and_stay_so(counts: np.ndarray) -> None:  # type: ignore[type-arg]
    hidden = hidden_both_ways(counts)
    assert hidden[few(counts)].all()
    assert not hidden[counts == 0].any()
    for cell in np.argwhere(few(counts)):
        row, column = cell
        alone = [
            not ((counts > 0) & ~hidden)[row].any(),
            not ((counts > 0) & ~hidden)[:, column].any(),
        ]
        # Where a whole row and column are hidden their totals are those of few people, and not told either.
        if not all(alone):
            assert int(counts[row, column]) not in _fixed_at(counts, hidden, row, column)


def _fixed_at(counts: np.ndarray, hidden: np.ndarray, row: int, column: int) -> list[int]:  # type: ignore[type-arg]
    cells = [tuple(cell) for cell in np.argwhere(hidden)]
    totals = np.zeros((sum(counts.shape), len(cells)))
    for place, (one, other) in enumerate(cells):
        totals[one, place] = totals[counts.shape[0] + other, place] = 1
    _, sizes, ways = np.linalg.svd(totals)
    free = ways[(sizes > 1e-9).sum() :]
    place = cells.index((row, column))
    return [] if np.abs(free[:, place]).max(initial=0) > 1e-9 else [int(counts[row, column])]
