"""What the six DAGs share: the business date they carry, their patience, and who says it when one is late."""

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from airflow.sdk import (
    CronPartitionTimetable,
    DeadlineAlert,
    DeadlineReference,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    SyncCallback,
    get_current_context,
)

from base import errors
from base.scrub import scrubbed

log = logging.getLogger(__name__)

# Midnight in the bank and no other hour: a key typed by hand and the last day of a back-fill mean it too.
# Switched on later, ingest waits for the next one: Airflow takes a plain False for "within a tenth of a day".
EVERY_MIDNIGHT = CronPartitionTimetable(
    "0 0 * * *",
    timezone="Asia/Shanghai",
    run_offset=-1,
    run_immediately=timedelta(0),
    key_format="%Y-%m-%d",
)

# An extract that is missing or wrong is delivered, or delivered again, later in the night.
UNTIL_DELIVERED = {"retries": 20, "retry_delay": timedelta(minutes=15)}

# A second look at the same rows, documents or settings finds the same fault, so these fail at once; a missing
# extract, a busy database or a full disk may mend itself.
HOPELESS = [
    errors.DeclarationError,
    errors.ExperimentError,
    errors.ModelError,
    errors.QualityError,
    errors.ScheduleError,
    errors.SettingsError,
    errors.StrategyError,
    errors.VaultError,
]


def night(*, done_within: timedelta, paused: bool = False) -> dict[str, Any]:
    """What all six DAGs pass to ``DAG(...)``; ``done_within`` counts from when the run is queued.

    One run at a time, so that dates enter a stage in the order in which they left the one before.
    ``max_active_runs`` counts back-fills apart, hence the second limit, which counts everything. A DAG that
    is switched off when its asset is updated never hears of it, so only the first one starts ``paused``.
    """
    return {
        "catchup": False,
        "is_paused_upon_creation": paused,
        "max_active_runs": 1,
        "tags": ["longreach"],
        "deadline": DeadlineAlert(
            name=f"done within {done_within}",
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=done_within,
            callback=SyncCallback(f"{__name__}.{report_late.__name__}"),
        ),
        "default_args": {
            "max_active_tis_per_dag": 1,
            "retries": 3,
            "retry_delay": timedelta(minutes=5),
            "retry_policy": ExceptionRetryPolicy([RetryRule(HOPELESS, RetryAction.FAIL)]),
        },
    }


@scrubbed()
def work(job: str) -> None:
    """Runs the job for the business date of the running DAG run."""
    from jobs.run import run

    run(job, as_of=as_of())


def as_of() -> date:
    """The business date that the running task's DAG run carries as its partition key.

    Raises ScheduleError when the run carries none or something that is not a date.
    """
    context = get_current_context()
    key = context.get("partition_key")
    run = f"run {context['run_id']!r} of {context['dag'].dag_id!r}"
    if key is None:
        raise errors.ScheduleError(f"{run} carries no partition key; trigger it with one, like 2026-07-01")
    try:
        return date.fromisoformat(key)
    except ValueError:
        raise errors.ScheduleError(
            f"{run} carries the partition key {key!r}, which is no date; trigger it with one like 2026-07-01"
        ) from None


def report_late(context: Mapping[str, Any]) -> None:
    """Says in the log that a run missed its deadline; Airflow's own pages show it as missed too."""
    run, deadline = context["dag_run"], context["deadline"]
    log.error(
        "%s for %s missed its deadline, %s", run["dag_id"], run["partition_key"], deadline["deadline_time"]
    )
