"""A key goes through all six DAGs of a real Airflow; a back-fill over it changes nothing and adds a night."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from base.settings import Settings, load_settings
from jobs.run import STEPS, find_job
from lake.store import Store
from ledger.database import database_url, open_ledger
from tests.e2e.airflow_home import Airflow, open_airflow
from tests.e2e.leaks import (
    INSIDE,
    Wanted,
    delivered_identities,
    leaks_in_database,
    leaks_in_folder,
    own_text,
)
from tests.strategies.book_world import make_live

NIGHT, NEXT = date(2026, 7, 1), date(2026, 7, 2)


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
    with open_ledger(home) as ledger:
        make_live(ledger)
    with open_airflow(home, environment=environment) as opened:
        opened.switch_on("ingest")
        yield opened


@pytest.fixture(scope="module")
def once(airflow: Airflow, home: Settings, engine: SparkSession) -> dict[str, str]:
    """Fingerprints of the night after its key has gone through all six DAGs for the first time."""
    airflow.trigger("ingest", key=NIGHT.isoformat())
    airflow.wait_for("learn", keys=[NIGHT.isoformat()], seconds=400)
    return digests(home, engine, NIGHT)


def digests(home: Settings, engine: SparkSession, as_of: date) -> dict[str, str]:
    """Fingerprints of the night in all tables that the six jobs write."""
    store = Store(home.lake_folder, engine)
    tables = [table for step in STEPS for table in find_job(step).writes]
    assert all(store.exists(table) for table in tables)
    return {table.name: store.digest(table, as_of=as_of) for table in tables}


def test_a_key_goes_through_all_six_dags_and_a_back_fill_changes_nothing_of_it(
    airflow: Airflow, home: Settings, engine: SparkSession, once: dict[str, str]
) -> None:
    night, following = NIGHT.isoformat(), NEXT.isoformat()
    airflow.back_fill("ingest", first=night, last=following)
    airflow.wait_for("learn", keys=[night, night, following], seconds=400)
    assert digests(home, engine, NIGHT) == once
    assert set(digests(home, engine, NEXT)) == set(once)

    stages = {
        key: [run["dag_id"] for run in airflow.runs() if run["partition_key"] == key]
        for key in (night, following)
    }
    assert stages == {night: [*STEPS, *STEPS], following: [*STEPS]}


@pytest.mark.usefixtures("airflow", "once")
def test_no_identifier_is_in_logs_and_database_of_airflow_nor_anywhere_else(home: Settings) -> None:
    assert any((home.home / "airflow" / "logs").rglob("*.log"))
    landing = home.landing_folder / NIGHT.isoformat()
    wanted = Wanted.of(delivered_identities(landing), own_text=own_text())
    address = database_url(home, "airflow").render_as_string(hide_password=False)
    assert leaks_in_database(address, wanted) == []
    assert leaks_in_folder(home.home, wanted, outside=INSIDE) == []
