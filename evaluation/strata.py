"""The cells of all experiments, laid out as arrays for the statistics: one entry an experiment's draw.

Customers of different draws (other shares, another channel, another goal) are never poured together: those of
an older one have been watched longer. Each draw is compared within itself, and the differences are joined.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evaluation.aggregates import CELL, DRAW
from experiments.moments import Floats, Moments
from experiments.statistics import Difference, pool
from lake.tables.words import TREATED

Codes = NDArray[np.int64]
CONTROL = 0
ANY = len(TREATED) + 1
ARMS = ("control", *TREATED)
_SUMS = {
    "n": "n",
    "sum": "total",
    "squares": "squares",
    "x_sum": "covariate_total",
    "x_squares": "covariate_squares",
    "product": "product",
    "gains": "gains",
    "gain_squares": "gain_squares",
}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Sums of every entry and arm.

    ``keys``: what an entry is, by column, one value an entry. ``sums``: by name (see aggregates) arrays
    (entries, 6): control, the treated arms, and all treated together. ``shares``: (entries, 5) shares drawn
    into control and the treated arms, NaN where not known.
    """

    keys: Mapping[str, pd.Categorical]
    sums: Mapping[str, Floats]
    shares: Floats


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Entries gathered by what they have in common: ``keys``, one value a group and column, and ``members``
    (groups, most members) by number, -1 where a group has fewer."""

    keys: Mapping[str, pd.Categorical]
    members: Codes

    def gather(self, values: Floats) -> Floats:
        """The entries' values as (groups, most members), NaN where there is no member."""
        return np.append(values, np.nan)[self.members]

    def total(self, values: Floats) -> Floats:
        """The sum over every group's members."""
        return np.asarray(np.nansum(self.gather(values), axis=1))

    def pooled(
        self,
        found: Difference,
        *,
        n: Floats,
        control_n: Floats,
        scored: bool,
        confidence: float,
        weights: Floats | None = None,
    ) -> Difference:
        """Every group's members joined as ``pool`` does; a group of one is what its member is."""
        gathered = {name: self.gather(values) for name, values in vars(found).items()}
        if self.members.shape[1] == 1:
            return Difference(**{name: values[:, 0] for name, values in gathered.items()})
        joined = pool(
            Difference(**gathered),
            n=self.gather(n),
            control_n=self.gather(control_n),
            scored=scored,
            weights=None if weights is None else self.gather(weights),
            confidence=confidence,
        )
        alone = (self.members >= 0).sum(axis=1) == 1
        return Difference(
            **{name: np.where(alone, gathered[name][:, 0], values) for name, values in vars(joined).items()}
        )


def lay_out(cells: pa.Table, *, by: tuple[str, ...] = DRAW) -> Layout:
    """The cells as entries that differ in ``by``. Customers in holdouts above the strategy are not in it."""
    arm = _places(cells["arm"], ARMS)
    there = np.flatnonzero(arm >= 0)
    columns = {name: _categorical(cells[name])[there] for name in by}
    _, first, entry = np.unique(_codes(columns.values()), return_index=True, return_inverse=True)
    entries, arms = len(first), len(ARMS)
    place = entry * arms + arm[there]
    sums = {
        name: _with_all_treated(
            np.bincount(place, numbers(cells[name])[there], entries * arms).astype(float), arms
        )
        for name in cells.column_names
        if name not in CELL
    }
    shares = np.full(entries * arms, np.nan)
    shares[place] = numbers(cells["arm_share"])[there]
    return Layout(
        keys={name: column[first] for name, column in columns.items()},
        sums=sums,
        shares=shares.reshape(entries, arms),
    )


def group(keys: Mapping[str, pd.Categorical], *by: str) -> Groups:
    """Entries by the columns ``by``, groups in the order of their names; those with a null are left out."""
    columns = {name: keys[name] for name in by}
    known = np.flatnonzero(np.logical_and.reduce([column.codes >= 0 for column in columns.values()]))
    codes = _codes(column[known] for column in columns.values())
    _, first, groups, counts = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(groups, kind="stable")
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    members = np.full((len(counts), counts.max(initial=1)), -1, dtype=np.int64)
    members[groups[order], rank] = known[order]
    return Groups(keys={name: column[known[first]] for name, column in columns.items()}, members=members)


def moments(sums: Mapping[str, Floats], metric: str, arm: int) -> Moments:
    """One metric in one arm (last axis of the sums); a share's squares are its sum."""
    found = {
        field: sums[f"{metric}_{name}"][..., arm]
        for name, field in _SUMS.items()
        if f"{metric}_{name}" in sums
    }
    return Moments(**{"squares": found["total"], **found})


def without(cells: pa.Table, flaws: frozenset[str]) -> pa.Table:
    """The cells but for those of exposures with one of the flaws."""
    flawed = _places(cells["flaw"], tuple(sorted(flaws))) >= 0
    return cells.filter(pa.array(~flawed)) if flawed.any() else cells


def only_reached(cells: pa.Table) -> pa.Table:
    """The treated whose contact came through, and all of control."""
    held_out = pc.equal(cells["arm"].cast(pa.string()), "control")
    return cells.filter(pc.or_(cells["contacted"], held_out))


def _with_all_treated(sums: Floats, arms: int) -> Floats:
    table = np.empty((len(sums) // arms, arms + 1))
    table[:, :arms] = sums.reshape(-1, arms)
    # Columns added to each other: a sum along a short axis takes several times as long.
    table[:, arms] = sum(table[:, arm] for arm in range(1, arms))
    return table


def _categorical(column: pa.ChunkedArray) -> pd.Categorical:
    """The column with its values in order; null where it is."""
    encoded = _encoded(column)
    values = encoded.dictionary.to_numpy(zero_copy_only=False)
    order = np.argsort(values, kind="stable")
    places = np.append(np.argsort(order), -1)  # the last stands for null
    indices = np.asarray(pc.fill_null(encoded.indices, len(values)), dtype=np.int64)
    return pd.Categorical.from_codes(places[indices], categories=values[order])


def _codes(columns: Iterable[pd.Categorical]) -> Codes:
    """One number a row, alike where all columns are, in their order."""
    codes = np.zeros(1, dtype=np.int64)
    for column in columns:
        codes = codes * (len(column.categories) + 1) + column.codes + 1
    return codes


def _places(column: pa.ChunkedArray, values: tuple[str, ...]) -> Codes:
    encoded = _encoded(column)
    found = pc.index_in(encoded.dictionary, value_set=pa.array(values, pa.string()))
    places = np.append(np.asarray(pc.fill_null(found, -1), dtype=np.int64), -1)  # the last stands for null
    return np.asarray(places[np.asarray(pc.fill_null(encoded.indices, len(places) - 1))], dtype=np.int64)


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    whole = column.combine_chunks()
    return whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()


def numbers(column: pa.ChunkedArray) -> Floats:
    """A column of numbers; sums of nothing are 0, a share that is not known NaN."""
    found = pc.cast(column, pa.float64())
    return np.asarray(pc.fill_null(found, np.nan if column.type == pa.float64() else 0.0), dtype=np.float64)
