"""A key goes through all six DAGs of a real Airflow; a back-fill over it changes nothing and adds a night."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from sqlalchemy import Connection, create_engine, text

from base.settings import Settings, load_settings
from jobs.run import STEPS, find_job
from lake.store import Store
from ledger.database import database_url, open_ledger
from tests.e2e.airflow_home import Airflow, open_airflow
from tests.e2e.leaks import INSIDE, delivered_identities, leaks_in_database, leaks_in_folder, recipients_keys
from tests.e2e.own_words import own_text
from tests.e2e.plants import AIRFLOW, people_to_plant, plant_all, unfound
from tests.e2e.wanted import Wanted
from tests.strategies.book_world import make_live

PATIENCE = 600
"""Seconds that nights may take beside other tests."""
NIGHT, NEXT = date(2026, 7, 1), date(2026, 7, 2)
LONG_AGO, OLD = datetime(2020, 1, 1, tzinfo=UTC), Path("dag_id=learn") / "run_id=long ago" / "1.log"


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
        note_long_ago(home)
        opened.switch_on("ingest")
        yield opened


def note_long_ago(home: Settings) -> None:
    """A file of Airflow's log and a line of its database, both of 2020."""
    log = home.home / "airflow" / "logs" / OLD
    log.parent.mkdir(parents=True)
    log.write_text("long ago")
    os.utime(log, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    with airflow_database(home) as connection:
        connection.execute(text("insert into log (dttm, event) values (:at, 'long ago')"), {"at": LONG_AGO})


@contextmanager
def airflow_database(home: Settings) -> Iterator[Connection]:
    engine = create_engine(database_url(home, "airflow"))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def once(airflow: Airflow, home: Settings, engine: SparkSession) -> dict[str, str]:
    """Fingerprints of the night after its key has gone through all six DAGs for the first time."""
    airflow.trigger("ingest", key=NIGHT.isoformat())
    airflow.wait_for("learn", keys=[NIGHT.isoformat()], seconds=PATIENCE)
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
    airflow.wait_for("learn", keys=[night, night, following], seconds=PATIENCE)
    assert digests(home, engine, NIGHT) == once
    assert set(digests(home, engine, NEXT)) == set(once)

    stages = {
        key: [run["dag_id"] for run in airflow.runs() if run["partition_key"] == key]
        for key in (night, following)
    }
    assert stages == {night: [*STEPS, *STEPS], following: [*STEPS]}


@pytest.mark.usefixtures("once")
def test_what_airflow_noted_long_ago_went_with_the_night_and_nothing_newer(home: Settings) -> None:
    logs = home.home / "airflow" / "logs"
    assert not (logs / OLD).parent.exists()
    assert any(logs.rglob("*.log"))
    with airflow_database(home) as connection:
        first = connection.execute(text("select min(dttm) from log")).scalar_one()
    assert first > LONG_AGO


@pytest.mark.usefixtures("airflow", "once")
def test_no_identifier_is_in_logs_and_database_of_airflow_nor_anywhere_else(home: Settings) -> None:
    assert any((home.home / "airflow" / "logs").rglob("*.log"))
    people = delivered_identities(home.landing_folder / NIGHT.isoformat())
    wanted, keys = Wanted.of(people, own_text=own_text()), recipients_keys(home.home)
    address = database_url(home, "airflow").render_as_string(hide_password=False)
    assert leaks_in_database(address, wanted, keys=keys) == []
    assert leaks_in_folder(home.home, wanted, outside=INSIDE, keys=keys) == []

    plant_all(home, people_to_plant(people, own_text=own_text()), plants=AIRFLOW)
    assert unfound(leaks_in_database(address, wanted, keys=keys), plants=AIRFLOW) == []
