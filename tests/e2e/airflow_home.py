"""A real Airflow to test against: the processes of ``make up`` in a folder and on ports of their own."""

import json
import os
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from base.settings import Settings
from jobs.up import airflow, free_port, running


@contextmanager
def open_airflow(settings: Settings, *, environment: Mapping[str, str]) -> Iterator["Airflow"]:
    """Airflow up and reachable; all its processes are gone when the block is left, whatever happened."""
    service = airflow(settings, port=free_port())
    wishes = {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        # Read again after a back-fill, ingest would be due for last night, a night nobody asks for here.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
    }
    with running(service, environment={**os.environ, **wishes, **environment}):
        yield Airflow(service.address, token=_ask(f"{service.address}/auth/token")["access_token"])


@dataclass(frozen=True)
class Airflow:
    """The few words of Airflow's REST interface that a test needs."""

    address: str
    token: str

    def switch_on(self, dag: str) -> None:
        self._say("PATCH", f"dags/{dag}", {"is_paused": False})

    def trigger(self, dag: str, *, key: str) -> None:
        self._say("POST", f"dags/{dag}/dagRuns", {"logical_date": None, "partition_key": key})

    def back_fill(self, dag: str, *, first: str, last: str) -> None:
        """All nights from first to last, those that are done once more."""
        dates = {"from_date": f"{first}T00:00:00Z", "to_date": f"{last}T00:00:00Z"}
        how = {"max_active_runs": 1, "reprocess_behavior": "completed"}
        self._say("POST", "backfills", {"dag_id": dag, **dates, **how})

    def runs(self) -> list[dict[str, Any]]:
        """All runs of all DAGs, in the order in which they were made."""
        runs: list[dict[str, Any]] = self._say("GET", "dags/~/dagRuns?limit=100&order_by=id")["dag_runs"]
        return runs

    def wait_for(self, dag: str, *, keys: list[str], seconds: int) -> None:
        """Waits until ``dag`` has succeeded once for each of ``keys``, a key counting as often as it stands.

        Raises AssertionError, with the task's own words, when any run has failed or time is up.
        """
        pause = threading.Event()
        for _ in range(seconds):
            runs = self.runs()
            for run in runs:
                assert run["state"] != "failed", self._last_words(run)
            done = [
                run["partition_key"] for run in runs if run["dag_id"] == dag and run["state"] == "success"
            ]
            if all(done.count(key) >= keys.count(key) for key in keys):
                return
            pause.wait(1)
        states = [(run["dag_id"], run["partition_key"], run["state"]) for run in self.runs()]
        raise AssertionError(f"{dag} has not succeeded for {keys} within {seconds} s: {states}")

    def _last_words(self, run: dict[str, Any]) -> str:
        path = f"dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances"
        words = [f"{run['dag_id']} failed for {run['partition_key']}"]
        for task in self._say("GET", path)["task_instances"]:
            log = self._say("GET", f"{path}/{task['task_id']}/logs/{max(task['try_number'], 1)}")["content"]
            words += [json.dumps(line)[:3000] for line in log if "error_detail" in line]
        return "\n".join(words)

    def _say(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return _ask(f"{self.address}/api/v2/{path}", method=method, token=self.token, body=body)


def _ask(url: str, *, method: str = "GET", token: str = "", body: dict[str, Any] | None = None) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, headers=headers, data=content)
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.loads(reply.read())
