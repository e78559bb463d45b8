"""The night's readouts: what every strategy did, overall, by segment, and pooled, from the cells alone."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits

from evaluation.aggregates import DRAW, Metrics
from evaluation.compare import Terms, View, estimates, is_scored, lift_of, only, with_interval
from evaluation.findings.finding import dropped_flaws, findings
from evaluation.findings.gather import gather, ratio_evidence
from evaluation.findings.values import is_foreign
from evaluation.holdouts import FREE, HELD, Draws, draws, uneven
from evaluation.metrics.metric import Metric, load_metrics
from evaluation.strata import (
    ANY,
    Groups,
    group,
    lay_out,
    moments,
    only_reached,
    without,
)
from evaluation.words import say
from experiments.discoveries import q_values
from experiments.heterogeneity import heterogeneity_p
from experiments.sample_ratio import p_value
from experiments.shrinkage import shrink
from experiments.statistics import Difference, slope, slope_of
from lake.tables import READOUTS, SEGMENT_READOUTS
from lake.tables.words import TREATED

_POOLED = ("kind", "segment", "channel", "manager", "all")


@dataclass(frozen=True, kw_only=True)
class Readings:
    """The rows of READOUTS, SEGMENT_READOUTS and EXPERIMENT_FINDINGS."""

    readouts: pd.DataFrame
    segments: pd.DataFrame
    findings: pd.DataFrame


def readouts(
    exposed: pa.Table,
    *,
    entered: pa.Table,
    holdouts: pa.Table,
    terms: Terms,
    metrics: Metrics | None = None,
) -> Readings:
    """Everything that is read of a night.

    ``exposed`` is :func:`aggregates.cells` of exposures, ``entered`` :func:`aggregates.entry_cells` of
    entries, ``holdouts`` :func:`aggregates.holdout_cells`. No number but counts is given of a strategy with a
    grave finding, and pooled levels leave it out; none of a holdout that does not hold as many as were drawn.
    """
    declared = load_metrics() if metrics is None else metrics
    read = {name: metric for name, metric in declared.items() if not is_foreign(metric.unit)}
    kept = without(exposed, dropped_flaws())
    layout, in_segments = lay_out(kept), lay_out(kept, by=(*DRAW, "segment"))
    found = findings(gather(exposed, layout, in_segments, metrics=declared))
    broken = frozenset(found.loc[found["grave"], "strategy"])
    segments = View("exposed", in_segments, broken)
    exposures = View("exposed", layout, broken)
    views = (
        exposures,
        View("entered", lay_out(without(entered, dropped_flaws())), broken),
        View("contacted", lay_out(only_reached(kept)), broken),
    )
    asked = tuple(read.items())
    tasks = [
        *(partial(_of_segments, segments, *each, terms) for each in asked),
        *(partial(_of_strategies, view, *each, terms) for view in views for each in asked),
        *(
            partial(_pooled, segments if level == "segment" else exposures, level, *each, terms)
            for level in _POOLED
            for each in asked
        ),
    ]
    # Metrics and levels side by side: faster than each by itself on all processors.
    with threadpool_limits(limits=1), ThreadPoolExecutor(os.cpu_count()) as threads:
        made = list(threads.map(lambda task: task(), tasks))
    by_segment, rows = dict(zip(read, made, strict=False)), made[len(asked) :]
    above = draws(without(holdouts, dropped_flaws()))
    rows += [_of_holdout(*drawn, *each, terms) for each in asked for drawn in above.items()]
    frame = _with_heterogeneity(pd.concat(rows, ignore_index=True), by_segment)
    return Readings(
        readouts=say(
            frame.reindex(columns=list(READOUTS.names)),
            found,
            uneven_holdouts=uneven(above),
            metrics=read,
            caveat=terms.caveat,
        ),
        segments=_hidden(by_segment, terms),
        findings=found,
    )


def _of_strategies(view: View, name: str, metric: type[Metric], terms: Terms) -> pd.DataFrame:
    """Rows of the level 'strategy': all treated arms together and, where there are more than one, each."""
    groups = group(view.layout.keys, "strategy")
    ratio_p = np.nan if view.name == "contacted" else p_value(ratio_evidence(view.layout, groups))
    frame = view.compare(groups, name, metric, ANY, terms)
    rows = [
        _portfolio(
            frame.assign(arm="any", sample_ratio_p=ratio_p, name=groups.keys["strategy"]), metric, terms
        )
    ]
    counts = np.stack([groups.total(each) for each in view.layout.sums["customers"].T], axis=1)
    several = (counts[:, 1:ANY] > 0).sum(axis=1) > 1
    for arm, variant in enumerate(TREATED, start=1) if view.name == "exposed" else ():
        there = several & (counts[:, arm] > 0)
        if there.any():
            chosen = Groups(keys={"strategy": groups.keys["strategy"][there]}, members=groups.members[there])
            frame = view.compare(chosen, name, metric, arm, terms)
            rows.append(_portfolio(frame.assign(arm=variant, name=chosen.keys["strategy"]), metric, terms))
    told = pd.concat(rows, ignore_index=True).astype({"name": object})
    return told.assign(level="strategy", view=view.name)


def _portfolio(frame: pd.DataFrame, metric: type[Metric], terms: Terms) -> pd.DataFrame:
    """What can only be said of all together: false discoveries, and effects without the luck of the best."""
    found = Difference(**{name: frame[name].to_numpy(dtype=float) for name in Difference.__annotations__})
    n, m = (frame[name].to_numpy(dtype=float) for name in ("customers", "control_customers"))
    scored = is_scored(metric)
    steeper = slope(found, n, m) if scored else slope_of(found, confidence=terms.confidence)
    shrunk = shrink(found.lift, found.error, slope=steeper, confidence=terms.confidence)
    return frame.assign(
        q_value=q_values(frame["always_p"].to_numpy()),
        shrunk_lift=shrunk.mean,
        shrunk_low=shrunk.low,
        shrunk_high=shrunk.high,
    )


def _of_segments(view: View, name: str, metric: type[Metric], terms: Terms) -> pd.DataFrame:
    groups = group(view.layout.keys, "strategy", "segment")
    frame = view.compare(groups, name, metric, ANY, terms, watched=False)
    n, m = (frame[name].to_numpy(dtype=float) for name in ("customers", "control_customers"))
    freedom = n + m - 2 if is_scored(metric) else np.minimum(n, m) - 1
    return _portfolio(frame, metric, terms).assign(freedom=freedom, **groups.keys)


def _with_heterogeneity(frame: pd.DataFrame, by_segment: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    frame["heterogeneity_p"] = np.nan
    of_all = (frame["level"] == "strategy") & (frame["view"] == "exposed") & (frame["arm"] == "any")
    for name, rows in by_segment.items():
        groups = group({"strategy": rows["strategy"].array}, "strategy")
        told = (groups.gather(rows[column].to_numpy()) for column in ("lift", "error", "freedom"))
        p = heterogeneity_p(*told)
        found = pd.Series(p, index=groups.keys["strategy"].astype(object))
        asked = of_all & (frame["metric"] == name)
        frame.loc[asked, "heterogeneity_p"] = frame.loc[asked, "name"].map(found)
    return frame


def _pooled(view: View, level: str, name: str, metric: type[Metric], terms: Terms) -> pd.DataFrame:
    """Rows of a level above: the weighted means of its strategies' lifts, weights their treated customers."""
    everything = pd.Categorical(np.full(len(view.sound), "all", dtype=object))
    keys = {**view.layout.keys, "all": everything}
    sound = np.flatnonzero(view.sound)
    groups = group({name: column[sound] for name, column in keys.items()}, level)
    groups = Groups(keys=groups.keys, members=np.append(sound, -1)[groups.members])
    frame = view.compare(groups, name, metric, ANY, terms)
    names = groups.keys[level].astype(object)
    return frame.assign(level=level, name=names, view="exposed", arm="any")


def _of_holdout(holdout: str, drawn: Draws, name: str, metric: type[Metric], terms: Terms) -> pd.DataFrame:
    """First exposures under a holdout: customers who were not held against those who were, within draws."""
    treated, held = moments(drawn.sums, name, FREE), moments(drawn.sums, name, HELD)
    n, m = treated.array("n"), held.array("n")
    told = (n > 1) & (m > 1)
    own = only(told, lift_of(metric, treated, held, terms))
    whole = Groups(keys={}, members=np.arange(len(n))[None])
    joined = whole.pooled(own, n=n, control_n=m, scored=is_scored(metric), confidence=terms.confidence)
    sizes = whole.total(n * told), whole.total(m * told)
    frame = estimates(metric, with_interval(joined), *sizes, terms, watched=True)
    counts = drawn.sums["customers"].sum(axis=0).astype(np.int64)
    return frame.assign(
        level="holdout",
        name=holdout,
        metric=name,
        view="exposed",
        arm="any",
        customers=counts[FREE],
        control_customers=counts[HELD],
        sample_ratio_p=float(p_value(drawn.evidence())),
    )


def _hidden(by_segment: Mapping[str, pd.DataFrame], terms: Terms) -> pd.DataFrame:
    """SEGMENT_READOUTS; nothing but counts where the source cannot tell what held-out customers did."""
    columns = list(SEGMENT_READOUTS.names)
    segments = pd.concat([rows.reindex(columns=columns) for rows in by_segment.values()], ignore_index=True)
    if terms.caveat:
        lifts = [name for name in columns if SEGMENT_READOUTS[name].type == "double"]
        segments[lifts] = np.nan
    return segments.astype({"strategy": object, "segment": object})
