"""Small cells: counts of fewer than ten people are not shown, nor what would let them be worked out."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SMALLEST = 10
NOT_TOLD = "not told"


def suppress(counts: pd.DataFrame, *, count: str, within: list[str]) -> pd.DataFrame:
    """The frame with ``count`` as nullable integers, null in the rows that :func:`hidden` names."""
    shown = counts.copy()
    shown[count] = shown[count].astype("Int64")
    shown.loc[hidden(counts, counts=[count], within=within), count] = pd.NA
    return shown


def hidden(rows: pd.DataFrame, *, counts: Sequence[str], within: list[str]) -> NDArray[np.bool_]:
    """Which rows may not show their counts: those of few people, and more where these could be worked out.

    With the total of a group (rows equal in ``within``; all rows if empty) known, the others tell what the
    hidden ones come to. Where that is few people as well, the smallest neighbour is hidden too.
    """
    people = {count: rows[count].fillna(0).to_numpy(dtype=np.int64) for count in counts}
    found = np.logical_or.reduce([few(number) for number in people.values()])
    groups = rows.groupby(within, dropna=False).indices.values() if within else [np.arange(len(rows))]
    for places in groups:
        if not found[places].any():
            continue
        for number in people.values():
            own = number[places]
            others = places[~found[places] & (own > 0)]
            if few(own[found[places]].sum()) and len(others):
                found[others[np.argmin(number[others])]] = True
    return np.asarray(found)


def few(count: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether so many people are too few to be shown; nobody is not."""
    return np.asarray((count > 0) & (count < SMALLEST))


def tells_few(share: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether a share of ``of`` people is that of few, or of all but few."""
    counted = np.round(share * of)
    return np.asarray(few(counted) | few(of - counted))


def recorded(count: float) -> float | str:
    """A count as a line of the trail may keep it: the number, or in words that it is few."""
    return shown(count) if few(np.asarray(count)) else count


def recorded_by_reason(counts: Mapping[str, int]) -> dict[str, int | str]:
    """Counts of people by reason, as a line of the trail may keep them.

    Where what is not told could be worked out from the total, the smallest of the others is not told either.
    """
    rows = pd.DataFrame({"count": list(counts.values())}, index=list(counts))
    away = hidden(rows, counts=["count"], within=[])
    return {why: NOT_TOLD if hide else count for (why, count), hide in zip(counts.items(), away, strict=True)}


def shown(count: float) -> str:
    """A count as a report may show it."""
    return f"under {SMALLEST}" if few(np.asarray(count)) else f"{count:,.0f}"
