"""Rules 7 and 23: what is kept goes on time, and not before the law lets it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession
from sklearn.dummy import DummyRegressor
from sqlalchemy import func, select
from typer.testing import CliRunner

from base.errors import LedgerError
from base.settings import Retention, load_settings
from jobs.command import app
from jobs.locks import beside_others
from jobs.matter import HELD_OUT
from jobs.retention import Cutoffs, Gone, apply_retention, table_cutoffs
from lake.tables import CONSENTS, CONTACT_LISTS, CONTACTS, CUSTOMERS, NUMBERS, OUTCOMES
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from ledger.schema import RELEASE_CONTENT, RELEASED_CONTACTS, RELEASES
from models.shelf import Fit, open_shelf
from tests.outreach.release_world import NIGHT, House, make_house


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, engine: SparkSession, ledger: Ledger) -> House:
    """A night that has been released and answered by nobody."""
    made = make_house(tmp_path_factory.mktemp("house") / "home", engine=engine, ledger=ledger)
    made.release()
    return made


def after(house: House, days: int, *, dry_run: bool = False) -> list[Gone]:
    return apply_retention(replace(house.night, as_of=NIGHT + timedelta(days=days)), dry_run=dry_run)


def count(house: House, table: object) -> int:
    with house.night.ledger.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def test_rule_23_each_sort_goes_in_its_turn_and_not_before(house: House) -> None:
    sealed, held_out = house.settings.outbox_folder, house.settings.home / HELD_OUT / f"global-{NIGHT}.csv"
    held_out.parent.mkdir()
    held_out.write_text("customer_no\nC000000000\n")
    assert after(house, 31) == []
    assert count(house, RELEASED_CONTACTS)

    would = after(house, 32, dry_run=True)
    assert {one.name for one in would} == {"release_content", "released_contacts", "files"}
    assert count(house, RELEASED_CONTACTS)
    assert any(sealed.glob("*/*.sealed"))
    assert held_out.exists()

    assert after(house, 32) == would
    assert count(house, RELEASE_CONTENT) == count(house, RELEASED_CONTACTS) == 0
    assert not any(sealed.glob("*/*.sealed"))
    assert not held_out.exists()
    assert house.night.store.dates(NUMBERS) == (NIGHT,)
    assert after(house, 32) == []

    went = {one.name for one in after(house, 31 * 7)}
    assert went == {NUMBERS.name, CUSTOMERS.name}
    assert house.night.store.dates(CONTACT_LISTS) == (NIGHT,)

    assert CONTACT_LISTS.name in {one.name for one in after(house, 366 * 3 + 1)}
    assert house.night.store.dates(CONTACT_LISTS) == ()
    assert count(house, RELEASES), "the record that data were given stays"
    assert trail(house.night.ledger, action="retention applied", last=1)


def test_models_go_by_the_night_and_what_airflow_noted_by_the_calendar(house: House) -> None:
    shelf, frame = open_shelf(house.settings), pd.DataFrame({"aum": [1.0, 2.0, 3.0, 4.0]})
    for fitted in (NIGHT, NIGHT + timedelta(days=30)):
        fit = Fit(
            model=DummyRegressor().fit(frame, frame["aum"]),
            as_of=fitted,
            example=frame,
            data=frame,
            parameters={},
            metrics={},
        )
        shelf.add("value", fit, promote=True)
    log = house.settings.home / "airflow" / "logs" / "1.log"
    log.parent.mkdir(parents=True)
    log.write_text("")
    assert not {"models", "airflow"} & {one.store for one in after(house, 200, dry_run=True)}
    os.utime(log, (0, 0))
    would = {(one.store, one.count) for one in after(house, 300, dry_run=True)}
    assert {("models", 1), ("airflow", 1)} <= would


def test_what_protects_people_is_kept_for_good() -> None:
    kept = table_cutoffs(Cutoffs.of(Retention(), as_of=NIGHT))  # type: ignore[call-arg]
    assert not {CONTACTS, OUTCOMES} & set(kept)


def test_the_command_deletes_nothing_beside_a_job(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREACH_HOME", str(ledger.settings.home))
    monkeypatch.setattr("jobs.locks.LONGEST_WAIT", 0)
    asked = ["retention", "--as-of", (NIGHT + timedelta(days=400)).isoformat()]
    with beside_others("release", ledger, progress=house.night.progress):
        refused = CliRunner().invoke(app, asked)
        assert isinstance(refused.exception, LedgerError), refused.output
        told = CliRunner().invoke(app, [*asked, "--dry-run"])
        assert told.output.endswith("would go\n"), told.output


def test_rule_23_nothing_is_kept_shorter_than_the_law_asks_for() -> None:
    cutoffs = Cutoffs.of(Retention(), as_of=date(2026, 8, 31))  # type: ignore[call-arg]
    assert cutoffs.evidence <= date(2026, 8, 31) - timedelta(days=30)
    assert cutoffs.consent <= date(2026, 3, 31)
    assert cutoffs.logs == date(2026, 2, 28)
    assert cutoffs.given == date(2023, 8, 31)
    assert table_cutoffs(cutoffs)[CONSENTS] == cutoffs.consent
    for name, less in (
        ("call_evidence_days", 29),
        ("consent_proof_months", 4),
        ("log_months", 5),
        ("processor_record_years", 2),
    ):
        with pytest.raises(ValidationError):
            Retention(**{name: less})
