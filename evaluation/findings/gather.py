"""Gathers what findings look at, from the cells."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evaluation.aggregates import Metrics
from evaluation.findings.finding import Facts
from evaluation.strata import ANY, CONTROL, Groups, Layout, group, moments
from experiments.moments import Floats, Moments
from experiments.sample_ratio import CONCENTRATION, evidence
from lake.tables.words import TREATED

# What is missing is often missing from one arm alone, so the alternative is sought far from the drawn shares.
_FAR = 20.0


def gather(cells: pa.Table, layout: Layout, by_segment: Layout, *, metrics: Metrics) -> Facts:
    """``cells`` are those of all exposures; ``layout`` and ``by_segment`` those whose exposures count."""
    strategies = sorted(cells["strategy"].unique().cast(pa.string()).to_pylist())
    groups = group(layout.keys, "strategy")
    places = np.searchsorted(strategies, np.asarray(groups.keys["strategy"], dtype=np.str_))

    def spread(values: Floats) -> Floats:
        found = np.zeros(len(strategies))
        found[places] = values
        return found

    def arm(metric: str, number: int) -> Moments:
        entries = vars(moments(layout.sums, metric, number))
        given = {name: values for name, values in entries.items() if values is not None}
        return Moments(**{name: spread(groups.total(values)) for name, values in given.items()})

    customers = layout.sums["customers"]
    return Facts(
        strategies=strategies,
        treated=spread(groups.total(customers[:, ANY])),
        held=spread(groups.total(customers[:, CONTROL])),
        flawed=_flawed(cells, strategies),
        contaminated=_contaminated(cells, strategies),
        draws=spread(_draws(by_segment)),
        ratio=spread(ratio_evidence(layout, groups)),
        missing={name: spread(_missing(layout, groups, name)) for name in metrics},
        negative={
            name: spread(_negative(by_segment, name))
            for name, metric in metrics.items()
            if metric.never_negative
        },
        arms={name: (arm(name, ANY), arm(name, CONTROL)) for name in metrics},
        metrics=metrics,
    )


def ratio_evidence(layout: Layout, groups: Groups) -> Floats:
    """Log evidence, a group each, that the arms are not as large as they were drawn; draws add up."""
    counts, shares = layout.sums["customers"][:, :ANY], layout.shares
    drawn = _treated_share(layout)
    # A variant that nobody has been drawn into yet is seen in what is left over.
    known = np.nan_to_num(shares)
    known[:, CONTROL] = 1 - drawn
    rest = 1 - known.sum(axis=1, keepdims=True)
    every_arm = evidence(
        np.column_stack([counts, np.zeros(len(counts))]), np.column_stack([known, np.maximum(rest, 0.0)])
    )
    # Where the variants' shares were changed and the holdout was not, only the holdout can be checked.
    both = _two(layout.sums["customers"], drawn)
    found = np.where(rest[:, 0] > -1e-9, every_arm, both)
    return groups.total(np.where(_is_known(layout), found, 0.0))


def _missing(layout: Layout, groups: Groups, metric: str) -> Floats:
    """The same of the customers of whom the metric is not known."""
    missing = layout.sums["customers"] - layout.sums[f"{metric}_n"]
    found = _two(missing, _treated_share(layout), concentration=_FAR)
    return groups.total(np.where(_is_known(layout), found, 0.0))


def _two(counts: Floats, treated_share: Floats, *, concentration: float = CONCENTRATION) -> Floats:
    shares = np.column_stack([1 - treated_share, treated_share])
    return evidence(counts[:, [CONTROL, ANY]], shares, concentration=concentration)


def _treated_share(layout: Layout) -> Floats:
    return np.asarray(layout.keys["treatment_share"], dtype=np.float64)


def _is_known(layout: Layout) -> NDArray[np.bool_]:
    """Whether the shares of the draw were recorded; before they were, they did not tell holdouts apart."""
    return np.asarray(np.isfinite(layout.shares).any(axis=1))


def _draws(by_segment: Layout) -> Floats:
    """The most draws that any segment of a strategy has seen."""
    segments = group(by_segment.keys, "strategy", "segment")
    strategies = group(segments.keys, "strategy")
    draws = (segments.members >= 0).sum(axis=1).astype(np.float64)
    return np.asarray(np.nanmax(strategies.gather(draws), axis=1))


def _negative(by_segment: Layout, metric: str) -> Floats:
    """Of every strategy the customers in those arms of its segments whose sum is below zero."""
    below = by_segment.sums[f"{metric}_sum"][:, :ANY] < 0
    customers = by_segment.sums["customers"][:, :ANY]
    return group(by_segment.keys, "strategy").total(np.sum(customers * below, axis=1))


def _flawed(cells: pa.Table, strategies: list[str]) -> Mapping[str, Floats]:
    flawed = pc.not_equal(cells["flaw"].cast(pa.string()), "")
    rows = cells.filter(flawed).select(["strategy", "flaw", "customers"]).to_pandas()
    return {
        str(flaw): _by_strategy(of_flaw, "customers", strategies)
        for flaw, of_flaw in rows.groupby("flaw", observed=True)
    }


def _contaminated(cells: pa.Table, strategies: list[str]) -> Floats:
    held = pc.invert(pc.is_in(cells["arm"].cast(pa.string()), value_set=pa.array(TREATED)))
    rows = cells.filter(pc.and_(held, pc.greater(cells["listed"], 0)))
    return _by_strategy(rows.select(["strategy", "listed"]).to_pandas(), "listed", strategies)


def _by_strategy(rows: pd.DataFrame, count: str, strategies: list[str]) -> Floats:
    summed = rows.groupby("strategy", observed=True)[count].sum()
    return summed.reindex(strategies, fill_value=0).to_numpy(dtype=np.float64)
