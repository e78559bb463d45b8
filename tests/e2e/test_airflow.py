"""One key goes through all six DAGs of a real Airflow; the same key again changes no table."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from base.registry import instances
from base.settings import Settings, load_settings
from lake.store import Store
from lake.table import Table
from tests.e2e.airflow_home import Airflow, open_airflow

NIGHT = date(2026, 7, 1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("airflow") / "home"
    return load_settings(home=folder, source="synthetic", synthetic={"customers": 1000, "first_night": NIGHT})


@pytest.fixture(scope="module")
def airflow(home: Settings) -> Iterator[Airflow]:
    environment = {
        "LONGREACH_SOURCE": "synthetic",
        "LONGREACH_SYNTHETIC__CUSTOMERS": str(home.synthetic.customers),
        "LONGREACH_SYNTHETIC__FIRST_NIGHT": home.synthetic.first_night.isoformat(),
    }
    with open_airflow(home, environment=environment) as opened:
        opened.switch_on("ingest")
        yield opened


def digests(home: Settings, engine: SparkSession) -> dict[str, str]:
    """Fingerprints of all tables that hold anything."""
    store = Store(home.lake_folder, engine)
    tables = instances("lake.tables", Table)
    return {name: store.digest(table, as_of=NIGHT) for name, table in tables.items() if store.exists(table)}


def test_one_key_goes_through_all_six_dags_and_again_changes_no_table(
    airflow: Airflow, home: Settings, engine: SparkSession
) -> None:
    key = NIGHT.isoformat()
    airflow.trigger("ingest", key=key)
    airflow.wait_for("learn", keys=[key], seconds=400)
    once = digests(home, engine)
    assert {"customers", "customer_features", "customer_segments", "plan", "readouts"} <= set(once)

    airflow.trigger("ingest", key=key)
    airflow.wait_for("learn", keys=[key, key], seconds=400)
    assert digests(home, engine) == once

    stages = [run["dag_id"] for run in airflow.runs() if run["partition_key"] == key]
    assert stages == ["ingest", "features", "segments", "decide", "release", "learn"] * 2
