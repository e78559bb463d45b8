"""Small cells of a table of people whose rows and columns have totals that somebody knows."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.suppress import few

Counts = NDArray[np.int64]
Hidden = NDArray[np.bool_]

_OTHERS = ""
"""The lines whose totals are not known, as one: no name is empty."""


def hidden_cells(cells: pd.DataFrame, *, known: Collection[str], known_across: Collection[str]) -> Hidden:
    """Which rows of ``cells`` (a name, a name across, people) may not show their counts.

    ``known``, ``known_across``: the names whose totals somebody knows. Nothing is shown of the others: what
    they come to together is known, and their cells would tell the totals.
    """
    line, across, count = (cells[name] for name in cells.columns)
    told = cells.assign(
        line=line.where(line.isin(known), _OTHERS), across=across.where(across.isin(known_across), _OTHERS)
    )
    table = told.pivot_table(index="line", columns="across", values=count.name, aggfunc="sum", fill_value=0)
    found = hidden_both_ways(table.to_numpy(np.int64))
    places = (
        table.index.get_indexer(pd.Index(told["line"])),
        table.columns.get_indexer(pd.Index(told["across"])),
    )
    return np.asarray(found[places] | (told["line"] == _OTHERS) | (told["across"] == _OTHERS))


def hidden_both_ways(counts: Counts) -> Hidden:
    """Which cells may not show their counts, though the totals of all rows and columns are known.

    ``counts``: people, by row and column. Few people are hidden. Others are hidden with them, the smallest of
    the row or the column first, until what is hidden in no row or column comes to few, and no cell of few is
    the rest of anything: it then lies on a cycle of hidden cells, round which people can be shifted without
    a change of any total (as in Gusfield, A graph theoretic approach to statistical data security, 1988).
    """
    found = few(counts.astype(np.float64))
    while True:
        cell = _told_by_a_total(counts, found) or _told_by_the_rest(counts, found)
        if cell is None:
            return found
        found[cell] = True


def _told_by_a_total(counts: Counts, found: Hidden) -> tuple[int, int] | None:
    """The next cell to be hidden for a row or column in which what is hidden comes to few people."""
    for axis in (1, 0):
        sums = np.where(found, counts, 0).sum(axis=axis)
        for place in np.flatnonzero(few(sums.astype(np.float64))):
            line = [(int(place), other) for other in range(counts.shape[axis])]
            cell = _smallest(line if axis else [one[::-1] for one in line], counts, found)
            if cell is not None:
                return cell
    return None


def _told_by_the_rest(counts: Counts, found: Hidden) -> tuple[int, int] | None:
    """The next cell to be hidden for one of few people that lies on no cycle of hidden cells.

    The smallest that closes a cycle through it; where no single one does, the smallest that leads on.
    """
    every = [(row, column) for row, column in np.argwhere(counts > 0).tolist()]
    doubtful = found & few(counts.astype(np.float64)) & ~_on_squares(found)
    for row, column in np.argwhere(doubtful).tolist():
        others = found.copy()
        others[row, column] = False
        rows, columns = _reached(others, from_row=row)
        if columns[column]:
            continue
        far_columns, far_rows = _reached(others.T, from_row=column)
        closing = [
            cell
            for cell in every
            if (rows[cell[0]] and far_columns[cell[1]]) or (far_rows[cell[0]] and columns[cell[1]])
        ]
        leading = [cell for cell in every if (rows | far_rows)[cell[0]] or (columns | far_columns)[cell[1]]]
        cell = _smallest(closing, counts, found) or _smallest(leading, counts, found)
        if cell is not None:
            return cell
    return None


def _on_squares(hidden: Hidden) -> Hidden:
    """Which cells lie on a cycle of four: of a large table nearly all that lie on one, found at once."""
    cells = hidden.astype(np.float32)
    twice = (cells @ cells.T) >= 2
    np.fill_diagonal(twice, False)
    return np.asarray(hidden & (twice.astype(np.float32) @ cells > 0))


def _smallest(cells: list[tuple[int, int]], counts: Counts, found: Hidden) -> tuple[int, int] | None:
    """The cell of the fewest people, but some, that is still shown."""
    shown = [cell for cell in cells if counts[cell] > 0 and not found[cell]]
    return min(shown, key=lambda cell: counts[cell]) if shown else None


def _reached(hidden: Hidden, *, from_row: int) -> tuple[Hidden, Hidden]:
    """The rows and columns that hang together with the row by hidden cells."""
    rows = np.zeros(hidden.shape[0], bool)
    rows[from_row] = True
    while True:
        columns = np.asarray(hidden[rows].any(axis=0))
        reached = np.asarray(rows | hidden[:, columns].any(axis=1))
        if reached.sum() == rows.sum():
            return rows, columns
        rows = reached
