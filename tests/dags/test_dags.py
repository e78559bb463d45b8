"""What Airflow makes of the DAGs, read from a real DAG bag of this tree."""

import ast
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NIGHT = ("ingest", "features", "segments", "decide", "release", "learn")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return told("facts.py", AIRFLOW_HOME=str(tmp_path_factory.mktemp("airflow")))


def told(file: str, **environment: str) -> dict[str, Any]:
    """What a file beside this one prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name(file)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_airflow_finds_the_six_dags_in_this_tree_and_nothing_else(facts: dict[str, Any]) -> None:
    assert facts["errors"] == {}
    assert {name: dag["file"] for name, dag in facts["dags"].items()} == {
        name: f"{name}.py" for name in NIGHT
    }


def test_reading_the_dags_loads_no_engine_and_no_job(facts: dict[str, Any]) -> None:
    assert facts["heavy"] == []


def test_each_dag_waits_for_the_one_asset_that_the_dag_before_makes(facts: dict[str, Any]) -> None:
    dags = [facts["dags"][name] for name in NIGHT]
    assert all(dag["partitioned"] for dag in dags)
    assert dags[0]["reads"] == []
    for before, after in pairwise(dags):
        assert len(after["reads"]) == 1
        assert before["makes"] == after["reads"]


def test_only_the_first_dag_starts_switched_off(facts: dict[str, Any]) -> None:
    assert [name for name in NIGHT if facts["dags"][name]["paused"]] == ["ingest"]


@pytest.mark.parametrize("name", NIGHT)
def test_nights_take_turns_and_have_a_deadline(facts: dict[str, Any], name: str) -> None:
    dag = facts["dags"][name]
    assert (dag["max_active_runs"], dag["catchup"], dag["deadlines"]) == (1, False, 1)
    assert dag["doc"].strip()


@pytest.mark.parametrize("name", NIGHT)
def test_each_task_is_tried_again_and_has_a_time_limit(facts: dict[str, Any], name: str) -> None:
    for task in facts["dags"][name]["tasks"].values():
        assert task["retries"] >= 1
        assert task["delay"] >= 60
        assert task["policy"]
        assert task["at_once"] == 1
        if task["sensor"]:
            assert task["sensor"] == "reschedule"  # a slot is not held while waiting
            assert task["wait"] <= 2 * 24 * 3600
        else:
            assert task["limit"] is not None


def test_a_night_waits_for_its_turn_and_for_its_outcomes(
    facts: dict[str, Any],
) -> None:
    tasks = {name: facts["dags"][name]["tasks"] for name in NIGHT}
    assert tasks["ingest"]["ingest"]["after"] == ["turn"]
    assert tasks["decide"]["decide"]["after"] == ["turn"]
    assert tasks["release"]["approval"]["after"] == ["freeze"]
    assert tasks["release"]["release"]["after"] == ["approval"]
    assert tasks["learn"]["learn"]["after"] == ["outcomes"]
    assert tasks["learn"]["retention"]["after"] == ["learn"]


def test_a_back_fill_of_a_month_makes_one_run_a_day_from_the_first_to_the_last(facts: dict[str, Any]) -> None:
    keys = [key for key, _ in facts["january"]]
    assert keys == [f"2026-01-{day:02d}" for day in range(1, 32)]


def test_switched_on_at_whatever_hour_the_first_night_begins_at_the_next_midnight(
    facts: dict[str, Any],
) -> None:
    """Of the bank, eight hours before the world's; never at once, for a night that nobody asked for."""
    assert facts["first_waits"] == [(15.75 - hour) % 24 for hour in range(24)]


def test_a_key_typed_by_hand_stands_for_the_same_night_as_a_back_filled_one(facts: dict[str, Any]) -> None:
    assert all(same for _, same in facts["january"])


def test_the_business_date_is_the_partition_key_or_a_clear_error(facts: dict[str, Any]) -> None:
    dates = facts["dates"]
    assert dates["2026-07-01"] == "2026-07-01"
    assert "by hand" in dates["20260701x"]
    assert "20260701x" in dates["20260701x"]
    assert "no partition key" in dates["null"]


@pytest.mark.parametrize("name", NIGHT)
def test_a_dag_file_is_short_and_imports_only_airflow_and_the_night(name: str) -> None:
    text = (ROOT / "dags" / f"{name}.py").read_text()
    assert len(text.splitlines()) < 25
    tree = ast.parse(text)
    at_import = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert at_import <= {"datetime", "airflow.sdk", "dags.night"}
    anywhere = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert all(module.startswith("jobs.") for module in anywhere - at_import)


def test_airflows_menu_leads_to_the_console_where_the_settings_have_it(tmp_path: Path) -> None:
    facts = told(
        "menu.py",
        AIRFLOW_HOME=str(tmp_path),
        AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "dags" / "menu"),
        LONGREACH_CONSOLE__PUBLIC_URL="https://longreach.bank.example",
    )
    assert facts["errors"] == {}
    assert facts["heavy"] == []
    (plugin,) = [one for one in facts["plugins"] if one["name"] == "longreach_console"]
    assert plugin["external_views"] == [
        {"name": "Longreach", "href": "https://longreach.bank.example", "destination": "nav"}
    ]


def test_one_file_turns_airflows_context_into_the_business_date() -> None:
    files = [path.name for path in (ROOT / "dags").glob("*.py") if "get_current_context" in path.read_text()]
    assert files == ["night.py"]
