"""The night's returns: called where the night's lifts are read."""

import pandas as pd
from pyspark.sql import DataFrame

from evaluation.returns import belongings, contacts_made, returns
from jobs.job import Night
from outreach.channels.channel import load_channels
from strategies.book import ever_live


def reckon(
    night: Night,
    *,
    readouts: pd.DataFrame,
    segment_readouts: pd.DataFrame,
    findings: pd.DataFrame,
    lists: DataFrame,
    assignments: DataFrame,
) -> pd.DataFrame:
    """RETURNS_TABLE's columns of the night.

    Parameters: READOUTS', SEGMENT_READOUTS' and EXPERIMENT_FINDINGS' columns of the night; CONTACT_LISTS and
    ASSIGNMENTS of the nights until it.
    """
    return returns(
        readouts,
        segment_readouts,
        contacts_made(lists, assignments, as_of=night.as_of),
        belongings(assignments, as_of=night.as_of),
        distrusted=set(findings.loc[findings["grave"].astype(bool), "strategy"]),
        costs={name: channel.cost for name, channel in load_channels().items()},
        values={strategy.name: strategy.goal.value for strategy in ever_live(night.ledger)},
        confidence=night.settings.experiments.confidence,
    )
