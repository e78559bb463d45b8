"""First exposures under holdouts above strategies, by the share that each holdout held when it drew them.

Customers of different draws are never poured together: a share that was raised lets more of the later ones,
who are other people, into the held.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from evaluation.aggregates import HOLDOUT_CELL
from evaluation.findings.finding import FALSE_ALARMS
from evaluation.strata import numbers
from experiments.discoveries import discovered_by_evidence
from experiments.holdouts import shares
from experiments.moments import Floats
from experiments.sample_ratio import evidence

HELD, FREE = 0, 1


@dataclass(frozen=True, kw_only=True)
class Draws:
    """The draws of one holdout: ``shares`` held, NaN where none was recorded, and ``sums`` (see aggregates),
    arrays (draws, 2): of the held, of the others."""

    shares: Floats
    sums: Mapping[str, Floats]

    def evidence(self) -> float:
        """Log evidence that not as many are held as were drawn; NaN where no share is known."""
        known = np.isfinite(self.shares)
        drawn = np.column_stack([self.shares, 1 - self.shares])[known]
        found = evidence(self.sums["customers"][known], drawn).sum()
        return float(found) if known.any() else np.nan


def uneven(found: Mapping[str, Draws]) -> frozenset[str]:
    """Holdouts that do not hold as many as were drawn: of those called so, FALSE_ALARMS at most are not."""
    logs = [drawn.evidence() for drawn in found.values()]
    return frozenset(itertools.compress(found, discovered_by_evidence(logs, FALSE_ALARMS)))


def draws(cells: pa.Table) -> dict[str, Draws]:
    """Every holdout's draws from :func:`aggregates.holdout_cells`, in the order of names."""
    covering = [shares(names) for names in cells["covered_by"].to_pylist()]
    first_in, holding = (
        [frozenset(filter(None, (names or "").split(","))) for names in cells[column].to_pylist()]
        for column in ("first_in", "held_by")
    )
    values = {name: numbers(cells[name]) for name in cells.column_names[len(HOLDOUT_CELL) :]}
    found = {}
    for holdout in sorted(frozenset().union(*first_in)):
        inside = np.array([holdout in names for names in first_in])
        free = np.array([holdout not in names for names in holding])[inside]
        share = np.array([drawn.get(holdout, np.nan) for drawn in covering])[inside]
        drawn, draw = np.unique(share, return_inverse=True)
        place = 2 * draw + np.where(free, FREE, HELD)
        sums = {
            name: np.bincount(place, each[inside], 2 * len(drawn)).astype(np.float64).reshape(-1, 2)
            for name, each in values.items()
        }
        found[holdout] = Draws(shares=drawn, sums=sums)
    return found
