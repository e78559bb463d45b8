"""The last step: the night as one page a person can look at."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sqlalchemy import select

from base.settings import Settings
from evaluation.experiment_sections import Terms
from evaluation.experiment_summary import summarise_experiments
from evaluation.report import Context, write_report
from evaluation.summary import summarise
from jobs.job import Frames, Night, job
from jobs.planted import planted_effects
from jobs.portfolio import channel_pairs
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CANDIDATES,
    CERTIFICATES,
    CONTACT_LISTS,
    CUSTOMER_SEGMENTS,
    CUSTOMERS,
    EXPERIMENT_FINDINGS,
    LIMITS,
    OUTCOMES,
    PLAN,
    QUARANTINE,
    READOUTS,
    RETURNS_TABLE,
    SEGMENT_CATALOG,
    VERDICTS_TABLE,
    WEEKLY,
)
from ledger.audit import trail
from ledger.database import Ledger
from ledger.schema import QUALITY_RESULTS
from outreach.channels.channel import capacities, load_channels
from outreach.policy.rule import reasons
from sources.source import open_source
from strategies.book import ever_live


@job(
    reads=(
        CUSTOMERS.at,
        CUSTOMER_SEGMENTS.until,
        SEGMENT_CATALOG.at,
        CANDIDATES.at,
        PLAN.at,
        CERTIFICATES.at,
        LIMITS.at,
        CONTACT_LISTS.until,
        ASSIGNMENTS.before,
        OUTCOMES.until,
        READOUTS.until,
        VERDICTS_TABLE.at,
        EXPERIMENT_FINDINGS.at,
        RETURNS_TABLE.at,
        WEEKLY.at,
        QUARANTINE.at,
    ),
    writes=(),
)
def report(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Writes the night's report, one HTML page."""
    earlier = F.col("as_of") < F.lit(night.as_of)
    tonight = {**frames, **{table: frames[table].filter(~earlier) for table in (CONTACT_LISTS, OUTCOMES)}}
    summary = summarise(tonight, as_of=night.as_of)
    experiments = summarise_experiments(frames, as_of=night.as_of)
    customers = frames[CUSTOMERS].count()
    source = open_source(night.settings)
    context = Context(
        source=source.name,
        source_doc=(source.__doc__ or "").strip().splitlines()[0],
        source_caveat=source.caveat,
        capacities=capacities(night.settings, customers=customers),
        seconds={name: channel.seconds for name, channel in load_channels().items()},
        rule_docs=reasons(),
        terms=_terms(night),
        quality=_quality(night.ledger, night.as_of),
        planted=planted_effects(
            source,
            frames[CONTACT_LISTS].filter(earlier),
            frames[ASSIGNMENTS],
            experiments.readouts,
            as_of=night.as_of,
        ),
        refused_outcomes=_newest(night.ledger, "outcomes taken in", night.as_of).get("refused", {}),
        stopped=_newest(night.ledger, "lists released", night.as_of).get("dropped", {}),
    )
    path = write_report(summary, experiments, context, report_path(night.settings, night.as_of))
    night.progress(f"report: {path}")
    return {}


def _terms(night: Night) -> Terms:
    strategies = ever_live(night.ledger)
    settings = night.settings.experiments
    return Terms(
        titles={strategy.name: strategy.title for strategy in strategies},
        values={strategy.name: strategy.goal.value for strategy in strategies},
        pairs=channel_pairs(strategies),
        confidence=settings.confidence,
        false_discovery=settings.false_discovery,
    )


def report_path(settings: Settings, as_of: date) -> Path:
    """Where the night's page lies."""
    return settings.reports_folder / f"{as_of.isoformat()}.html"


def _quality(ledger: Ledger, as_of: date) -> pd.DataFrame:
    table = QUALITY_RESULTS.c
    columns = (table.table_name, table.expectation, table.column_name, table.success, table.unexpected)
    query = select(*columns).where(table.as_of == as_of).order_by(table.id)
    with ledger.engine.connect() as connection:
        rows = connection.execute(query).all()
    return pd.DataFrame(rows, columns=[column.name for column in columns])


def _newest(ledger: Ledger, action: str, as_of: date) -> dict[str, Any]:
    """The detail of the night's newest line of this action in the trail; nothing where there is none."""
    lines = [line for line in trail(ledger, action=action) if line["subject"] == as_of.isoformat()]
    return dict(lines[0]["detail"]) if lines else {}
