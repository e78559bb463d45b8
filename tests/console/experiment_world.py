"""Nights of made-up experiments in a lake: customers come every night, and some strategies work."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from deltalake import write_deltalake

from evaluation.novelty import closed_lifts, weekly
from evaluation.verdicts import verdicts
from experiments.discoveries import q_values
from experiments.moments import Moments
from experiments.sequences import scored_sequence
from experiments.shrinkage import shrink
from experiments.statistics import difference
from lake.table import Table
from lake.tables import EXPERIMENT_FINDINGS, READOUTS, RETURNS_TABLE, SEGMENT_READOUTS, VERDICTS_TABLE, WEEKLY

HOLDOUT, BASE, PER_NIGHT = 0.15, 0.03, 3_000
GUARDRAILS = {"complained": 0.001}


def fill(
    lake: Path,
    nights: Sequence[date],
    *,
    lifts: dict[str, float],
    harm: Sequence[str] = (),
    broken: Sequence[str] = (),
    few: Sequence[str] = (),
) -> None:
    """Writes what each of ``nights`` read of the strategies that ``lifts`` names, with their true effects.

    Those in ``harm`` make more complain; of those in ``broken`` the arms are not as drawn; of those in
    ``few`` one arm has fewer than ten customers.
    """
    names = list(lifts)
    rng = np.random.default_rng(7)
    counts = {"converted": np.zeros((2, len(names))), "complained": np.zeros((2, len(names)))}
    rates = {
        "converted": (np.array([BASE + lifts[name] for name in names]), BASE),
        "complained": (np.array([0.02 if name in harm else 0.001 for name in names]), 0.001),
    }
    few_of = np.array([name in few for name in names])
    sizes = np.zeros((2, len(names)))
    cells: list[dict[str, Any]] = []
    for number, night in enumerate(nights, start=1):
        more = np.stack([np.full(len(names), round(PER_NIGHT * share)) for share in (1 - HOLDOUT, HOLDOUT)])
        more[1] = np.where(few_of, 4 if number == 1 else 0, more[1])
        sizes += more
        for metric, (treated, held) in rates.items():
            counts[metric][0] += rng.binomial(more[0].astype(int), treated)
            counts[metric][1] += rng.binomial(more[1].astype(int), held)
        cells += [
            {
                "strategy": name,
                "week": (number - 1) // 7 + 1,
                "treatment_share": 1 - HOLDOUT,
                "treated": arm == 0,
                "customers": int(more[arm, place]),
                "converted": int(rng.binomial(int(more[arm, place]), BASE)),
            }
            for place, name in enumerate(names)
            for arm in (0, 1)
        ]
        _write_night(lake, night, names, sizes, counts, pd.DataFrame(cells), broken)


def _write_night(
    lake: Path,
    night: date,
    names: Sequence[str],
    sizes: Any,
    counts: dict[str, Any],
    cells: pd.DataFrame,
    broken: Sequence[str],
) -> None:
    read = pd.concat([_read(names, metric, sizes, hits) for metric, hits in counts.items()])
    of_all = read[read["metric"] == "converted"].nlargest(1, "lift")
    above = [
        of_all.assign(level=level, name=name, customers=customers, control_customers=left_alone)
        for level, name, customers, left_alone in (
            ("all", "all", 90_000, 15_000),
            ("kind", "fund", 90_000, 15_000),
            ("manager", "周立成", 60_000, 10_000),
            ("manager", "林晓岚", 9, 5_000),
            ("manager", "江 南", 30_000, 5_000),
            ("channel", "sms", 90_000, 15_000),
            ("holdout", "global", 120_000, 2_400),
        )
    ]
    numbers = [
        name for name in READOUTS.names if READOUTS[name].type == "double" and name != "sample_ratio_p"
    ]
    read.loc[read["name"].isin(broken), numbers] = np.nan
    read.loc[read["name"].isin(broken), "sample_ratio_p"] = 1e-9
    found = pd.DataFrame(
        [
            {
                "strategy": name,
                "kind": "sample_ratio",
                "grave": True,
                "rows": None,
                "words": "Arms are uneven.",
            }
            for name in broken
        ],
        columns=list(EXPERIMENT_FINDINGS.names),
    )
    readouts = pd.concat([read, *above])
    judged = verdicts(
        readouts,
        found,
        closed=closed_lifts(pd.DataFrame(), confidence=0.95),
        terms=pd.DataFrame({"strategy": list(names), "pays": 0.0, "per_night": float(PER_NIGHT)}),
        guardrails=GUARDRAILS,
        false_discovery=0.05,
        confidence=0.95,
    )
    for table, rows in (
        (READOUTS, readouts),
        (SEGMENT_READOUTS, _segments(read)),
        (EXPERIMENT_FINDINGS, found),
        (VERDICTS_TABLE, judged),
        (WEEKLY, weekly(cells, confidence=0.95)),
        (RETURNS_TABLE, _returns(names)),
    ):
        _write(lake, table, rows, night)


def _read(names: Sequence[str], metric: str, sizes: Any, hits: Any) -> pd.DataFrame:
    treated, held = (Moments(n=sizes[arm], total=hits[arm], squares=hits[arm]) for arm in (0, 1))
    found = difference(treated, held, binary=True)
    sure = scored_sequence(found, sizes[0], sizes[1])
    likely = shrink(found.lift, found.error)
    return pd.DataFrame(
        {
            "level": "strategy",
            "name": list(names),
            "metric": metric,
            "view": "exposed",
            "arm": "any",
            "customers": sizes[0].astype("int64"),
            "control_customers": sizes[1].astype("int64"),
            "compared": sizes[0],
            **{name: getattr(found, name) for name in found.__annotations__},
            "always_low": sure.low,
            "always_high": sure.high,
            "always_p": sure.p_value,
            "shrunk_lift": likely.mean,
            "shrunk_low": likely.low,
            "shrunk_high": likely.high,
            "q_value": q_values(sure.p_value),
            "sample_ratio_p": 1.0,
            "detectable_lift": 2.8 * found.error,
            "heterogeneity_p": 0.4,
            "words": "",
        }
    )


def _segments(read: pd.DataFrame) -> pd.DataFrame:
    goals = read[read["metric"] == "converted"].rename(columns={"name": "strategy"})
    parts = [
        goals.assign(
            segment=segment,
            customers=(goals["customers"] * share).astype("int64"),
            control_customers=(goals["control_customers"] * share).astype("int64"),
        )
        for segment, share in (("S01", 0.6), ("S02", 0.39), ("S03", 0.01))
    ]
    return pd.concat(parts)


def _returns(names: Sequence[str]) -> pd.DataFrame:
    rows = [("all", "all", len(names)), *(("strategy", name, 1) for name in names)]
    numbers = {
        "cost": 900.0,
        "conversions": 30.0,
        "aum": 5_000.0,
        "value": 3_600.0,
        "return_per_contact": 0.9,
    }
    ends = {f"{name}_{end}": value for name, value in numbers.items() for end in ("low", "high")}
    return pd.DataFrame(
        [
            {"level": level, "name": name, "strategies": many, "left_out": 0, "customers": 3_000}
            | {"contacts": 3_000, **numbers, **ends, "words": "Pays."}
            for level, name, many in rows
        ]
    )


def _write(lake: Path, table: Table, rows: pd.DataFrame, night: date) -> None:
    whole = rows.reindex(columns=list(table.names))
    content = pa.Table.from_pandas(whole, schema=table.arrow_schema(), preserve_index=False)
    dated = content.append_column("as_of", pa.array([night] * len(content), pa.date32()))
    write_deltalake(str(lake / table.name), dated, mode="append", partition_by=["as_of"])
