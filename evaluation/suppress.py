"""Small cells: counts of fewer than ten people are not shown, nor what would let them be worked out."""

import pandas as pd

SMALLEST = 10


def suppress(counts: pd.DataFrame, *, count: str, within: list[str]) -> pd.DataFrame:
    """The frame with ``count`` as nullable integers, small cells null.

    Where exactly one cell of a group (rows equal in ``within``; all rows if empty) is hidden, its smallest
    neighbour is hidden too: with the group's total known, a lone hidden cell is no secret.
    """
    shown = counts.copy()
    shown[count] = shown[count].astype("Int64")
    groups = shown.groupby(within, dropna=False).groups.values() if within else [shown.index]
    for index in groups:
        cells = shown.loc[index, count]
        small = cells[(cells > 0) & (cells < SMALLEST)].index
        if len(small) == 1:
            others = cells[cells >= SMALLEST].sort_values(kind="stable").index
            small = small.append(others[:1])
        shown.loc[small, count] = pd.NA
    return shown


def shown(count: int) -> str:
    """A count as a report may show it."""
    return f"{count:,}" if count == 0 or count >= SMALLEST else f"under {SMALLEST}"
