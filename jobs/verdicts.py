"""The night's verdicts, and the guardrails that act on them: called where the night's lifts are read."""

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from evaluation.metrics.metric import load_metrics
from evaluation.novelty import closed_lifts
from evaluation.verdicts import harmed, verdicts
from jobs.guardrails import stop_harmful
from jobs.job import Night
from outreach.channels.channel import load_channels
from strategies.book import ever_live


def judge(
    night: Night,
    *,
    readouts: pd.DataFrame,
    findings: pd.DataFrame,
    closed_cells: pd.DataFrame,
    exposed: DataFrame,
) -> pd.DataFrame:
    """The verdicts (VERDICTS_TABLE's columns) of the night; harmful strategies are switched off on the way.

    Parameters: READOUTS' and EXPERIMENT_FINDINGS' columns of the night; what ``novelty.weekly_cells``
    counted; ASSIGNMENTS of the nights until it.
    """
    guardrails = {metric.name: metric.margin for metric in load_metrics().values() if metric.guardrail}
    level, confidence = night.settings.experiments.false_discovery, night.settings.experiments.confidence
    worse = harmed(readouts, findings, guardrails=guardrails, false_discovery=level)
    for name in stop_harmful(night.ledger, worse, as_of=night.as_of):
        night.progress(f"{name} does harm: switched off by its guardrails")
    return verdicts(
        readouts,
        findings,
        closed=closed_lifts(closed_cells, confidence=confidence),
        terms=_terms(night, exposed),
        guardrails=guardrails,
        false_discovery=level,
        confidence=confidence,
    )


def _terms(night: Night, exposed: DataFrame) -> pd.DataFrame:
    """What ``evaluation.verdicts`` asks of every strategy: which lift pays, how many customers a night."""
    channels = load_channels()
    pays = pd.DataFrame(
        # Later touches cost too, so that less than this surely does not pay.
        [
            (one.name, channels[one.funnel[0].channel].cost / one.goal.value)
            for one in ever_live(night.ledger)
        ],
        columns=["strategy", "pays"],
    )
    nights = F.date_diff(F.lit(night.as_of), F.min("first_exposed")) + 1
    pace = exposed.groupBy("strategy").agg((F.count("*") / nights).alias("per_night"))
    return pays.merge(pace.toPandas(), on="strategy", how="outer")
