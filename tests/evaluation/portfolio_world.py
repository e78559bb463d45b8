"""A portfolio of strategies with known effects, read out as a night would."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from evaluation.experiment_summary import EVERYTHING, ExperimentSummary
from evaluation.verdicts import verdicts
from experiments.discoveries import q_values
from experiments.moments import Moments
from experiments.sequences import scored_sequence
from experiments.shrinkage import shrink
from experiments.statistics import difference, slope
from lake.table import Table
from lake.tables import EXPERIMENT_FINDINGS, READOUTS, RETURNS_TABLE, VERDICTS_TABLE, WEEKLY

AS_OF = date(2026, 7, 31)
SHARE = 0.8


def empty(table: Table) -> pd.DataFrame:
    return pd.DataFrame(table.arrow_schema().empty_table().to_pandas())


def effects(strategies: int, *, real: float = 0.1, seed: int = 1) -> np.ndarray:
    """True lifts: most strategies do nothing, a share ``real`` of them gains one to four points."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(strategies) < real, rng.uniform(0.01, 0.04, strategies), 0.0)


def readouts(lifts: np.ndarray, *, people: int = 20_000, seed: int = 2) -> pd.DataFrame:
    """READOUTS' columns of one conversion experiment a strategy, named s0000 and on."""
    rng = np.random.default_rng(seed)
    treated = np.full(len(lifts), round(people * SHARE))
    held = people - treated
    hits, control_hits = rng.binomial(treated, 0.04 + lifts), rng.binomial(held, 0.04)
    found = difference(
        Moments(n=treated, total=hits, squares=hits),
        Moments(n=held, total=control_hits, squares=control_hits),
        binary=True,
    )
    always = scored_sequence(found, treated, held)
    shrunk = shrink(found.lift, found.error, slope=slope(found, treated, held))
    frame = pd.DataFrame(
        {
            "name": [f"s{number:04}" for number in range(len(lifts))],
            "customers": treated,
            "control_customers": held,
            **{
                c: getattr(found, c)
                for c in ("mean", "control_mean", "lift", "low", "high", "p_value", "error")
            },
            "always_low": always.low,
            "always_high": always.high,
            "always_p": always.p_value,
            "q_value": q_values(always.p_value),
            "shrunk_lift": shrunk.mean,
            "shrunk_low": shrunk.low,
            "shrunk_high": shrunk.high,
        }
    ).assign(level="strategy", metric="converted", view="exposed", arm="any", words="read")
    return frame.reindex(columns=list(READOUTS.names))


def advice(read: pd.DataFrame, findings: pd.DataFrame | None = None) -> pd.DataFrame:
    return verdicts(
        read,
        empty(EXPERIMENT_FINDINGS) if findings is None else findings,
        terms=pd.DataFrame({"strategy": read["name"], "pays": 0.002, "per_night": 100.0}),
        closed=read.rename(columns={"name": "strategy"}),
        guardrails={},
        false_discovery=0.05,
        confidence=0.95,
    )


def summary(read: pd.DataFrame, findings: pd.DataFrame | None = None) -> ExperimentSummary:
    """The night's summary: three nights of history of the first strategies, two touches each."""
    whole = read[:1].assign(level="all", name="all")
    nights = [
        rows.assign(as_of=AS_OF - timedelta(days=back))
        for back in (2, 1, 0)
        for rows in (whole.assign(name=EVERYTHING), read[:5])
    ]
    stages = ("sent", "reached", "interested", "converted")
    touches = [
        (name, step, stage, round(4_000 / step / (place + 1) ** 2))
        for name in (EVERYTHING, *read["name"][:5])
        for step in (1, 2)
        for place, stage in enumerate(stages)
    ]
    return ExperimentSummary(
        readouts=pd.concat([read, whole], ignore_index=True),
        history=pd.concat(nights, ignore_index=True),
        verdicts=advice(read, findings) if len(read) else empty(VERDICTS_TABLE),
        findings=empty(EXPERIMENT_FINDINGS) if findings is None else findings,
        returns=empty(RETURNS_TABLE),
        weekly=empty(WEEKLY),
        touches=pd.DataFrame(touches, columns=["strategy", "step", "stage", "contacts"]).astype(
            {"contacts": "Int64"}
        ),
        drawn=pd.DataFrame({"strategy": read["name"], "drawn": SHARE}),
    )
