"""Prints, as JSON, what Airflow makes of the DAGs. Run in a process of its own, with a home of its own."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.execution_time.context import set_current_context
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from base.errors import ScheduleError
from dags.night import as_of

ROOT = Path(__file__).parents[2]


def main() -> None:
    bag = DagBag(dag_folder=str(ROOT), bundle_path=ROOT, bundle_name="longreach", safe_mode=False)
    facts = {
        "errors": bag.import_errors,
        "dags": {name: describe(dag) for name, dag in bag.dags.items()},
        "heavy": sorted({"pyspark", "pysail", "mlflow", "pandas", "sklearn", "jobs"} & set(sys.modules)),
        "january": january(bag.dags["ingest"]),
        "first_waits": [first_wait(bag.dags["ingest"], hour) for hour in range(24)],
        "dates": {key: date_of(key, bag.dags["ingest"]) for key in ("2026-07-01", "20260701x", None)},
    }
    print(json.dumps(facts))


def describe(dag) -> dict:
    read_back = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    condition = getattr(read_back.timetable, "asset_condition", None)
    return {
        "file": Path(dag.fileloc).name,
        "partitioned": read_back.timetable.partitioned,
        "reads": [key.name for key, _ in condition.iter_assets()] if condition else [],
        "makes": [outlet.name for task in dag.tasks for outlet in task.outlets],
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "paused": dag.is_paused_upon_creation,
        "deadlines": len(read_back.deadline or []),
        "doc": dag.doc_md,
        "tasks": {task.task_id: describe_task(task) for task in dag.tasks},
    }


def describe_task(task) -> dict:
    return {
        "sensor": getattr(task, "mode", None),
        "wait": getattr(task, "timeout", None),
        "limit": task.execution_timeout and task.execution_timeout.total_seconds(),
        "retries": task.retries,
        "delay": task.retry_delay.total_seconds(),
        "policy": task.retry_policy is not None,
        "at_once": task.max_active_tis_per_dag,
        "after": sorted(task.upstream_task_ids),
    }


def january(dag) -> list:
    """Keys and moments that a back-fill from the first to the last of January makes."""
    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    infos = timetable.iter_partition_dagrun_infos(
        earliest=datetime(2026, 1, 1, tzinfo=UTC), latest=datetime(2026, 1, 31, tzinfo=UTC)
    )
    return [
        [info.partition_key, timetable.resolve_partition_date(info.partition_key) == info.partition_date]
        for info in infos
    ]


def first_wait(dag, hour) -> float:
    """Hours until the first night begins, of a DAG switched on at a quarter past that hour of the world."""
    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    now = datetime(2026, 7, 1, hour, 15, tzinfo=UTC)
    with patch("airflow.timetables.trigger.utcnow", lambda: now):
        info = timetable.next_dagrun_info_v2(
            last_dagrun_info=None, restriction=TimeRestriction(earliest=None, latest=None, catchup=False)
        )
    return (info.run_after - now).total_seconds() / 3600


def date_of(key, dag) -> str:
    context = {"partition_key": key, "run_id": "by hand", "dag": dag}
    with set_current_context(context):
        try:
            return as_of().isoformat()
        except ScheduleError as error:
            return str(error)


if __name__ == "__main__":
    main()
