"""What is kept of a person is found in every store, handed out whole, and gone when it is erased."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from pyspark.sql import SparkSession
from sqlalchemy import select
from typer.testing import CliRunner

from base.errors import LedgerError, RoleError, StoreError, VaultError
from base.settings import load_settings
from jobs.command import app
from jobs.locks import beside_others
from jobs.matter import HELD_OUT, Matter
from jobs.person import erase, export, find, whereabouts
from jobs.person_data import tables
from lake.store import Store
from lake.tables import CONTACTS, NUMBERS
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from ledger.schema import OPT_OUTS
from outreach.vault import Vault
from tests.outreach.release_world import NIGHT, House, make_house

MATTER = Matter(purpose="person request", ticket="CASE-1024", actor="carla")
LATER = datetime.combine(NIGHT + timedelta(days=2), datetime.min.time(), UTC)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, engine: SparkSession, ledger: Ledger) -> House:
    """A night that has been released, so that lists, feed and outbox hold everybody. Two customers share a
    phone each; every test erases somebody of its own."""
    made = make_house(tmp_path_factory.mktemp("house") / "home", engine=engine, ledger=ledger)
    made.release()
    return made


def places(house: House, customer: str) -> set[tuple[str, str]]:
    found = whereabouts(house.settings, [customer], as_of=NIGHT, matter=MATTER)
    return {(one.store, one.name.split()[0]) for one in found}


def test_rule_7_a_person_is_found_by_number_in_every_store(house: House) -> None:
    found = find(house.settings, "138 0000 0010", by="phone", matter=MATTER)
    assert set(found) == set(house.customers[20:22])
    held = places(house, house.customers[20])
    assert {store for store, _ in held} == {"lake", "ledger", "outbox"}
    assert {("lake", "plan"), ("lake", "contact_lists"), ("ledger", "released_contacts")} <= held


def test_rule_7_a_person_is_handed_out_masked_unless_asked_in_full(house: House, tmp_path: Path) -> None:
    customer = house.customers[21]
    for full, shown in ((False, "138****0010"), (True, "13800000010")):
        folder = tmp_path / f"full {full}"
        found = export(house.settings, [customer], to=folder, full=full, as_of=NIGHT, matter=MATTER)
        (who,) = json.loads((folder / "identity.json").read_text())
        assert who["phone"] == shown
        assert len(list(folder.glob("*.csv"))) == len(found) > 4
        assert customer in (folder / "lake_plan.csv").read_text()
        words = "".join(file.read_text() for file in folder.iterdir())
        assert not any(other in words for other in house.customers if other != customer)


def test_whom_the_bank_contacted_before_is_found_as_others_are(house: House) -> None:
    """The bank numbers its own contacts; lists name theirs by tokens."""
    store, customer = house.night.store, house.customers[20]
    moment = datetime.combine(NIGHT, datetime.min.time(), UTC)
    row = {
        **{"contact": 206330000000000000, "customer": customer, "channel": "sms", "purpose": "service"},
        **{"product": "deposit", "result": "opened", "contacted_at": moment, "known_at": moment},
    }
    made = pa.Table.from_pylist([row], CONTACTS.arrow_schema())
    store.write(CONTACTS, store.frame(CONTACTS, made), as_of=NIGHT)
    assert {("lake", "contacts"), ("lake", "contact_lists")} <= places(house, customer)


def test_a_folder_that_holds_something_is_not_filled(house: House, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear customer")
    with pytest.raises(StoreError, match="not empty"):
        export(house.settings, house.customers[20:21], to=tmp_path, full=False, as_of=NIGHT, matter=MATTER)


def test_nobody_is_looked_for_without_a_ticket(house: House) -> None:
    with pytest.raises(VaultError, match="ticket"):
        find(house.settings, "13800000010", by="phone", matter=replace(MATTER, ticket=""))


def test_rule_7_erased_is_erased_everywhere_and_what_stays_is_named(house: House) -> None:
    gone, other = house.customers[0], house.customers[1]
    before = places(house, other)
    done = erase(house.settings, [gone], at=LATER, matter=MATTER)
    kept = {(one.store, one.name.split()[0]) for one in done if one.kept}
    assert places(house, gone) == kept
    assert {name for store, name in kept if store == "ledger"} >= {"opt_outs", "revocations"}
    assert all(one.why for one in done if one.kept)
    assert all(one.until for one in done if one.kept and one.store == "outbox")
    assert places(house, other) == before
    assert find(house.settings, "13800000000", by="phone", matter=MATTER) == (other,)
    erased = Vault(house.settings).erased(pa.array(["C000000000", "C000000001"]))
    assert erased.to_pylist() == [True, False]
    files = [file for file in house.settings.lake_folder.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if gone.encode() in file.read_bytes()]


def test_rule_7_customer_numbers_of_holdouts_go_with_whoever_is_erased(house: House) -> None:
    folder = house.settings.home / HELD_OUT
    folder.mkdir()
    for name in ("global", "young"):
        (folder / f"{name}-{NIGHT}.csv").write_text("customer_no\nC000000006\n")
    done = erase(house.settings, house.customers[6:7], at=LATER, matter=MATTER)
    gone = [one.name for one in done if one.store == "holdouts"]
    assert gone == [f"global-{NIGHT}.csv", f"young-{NIGHT}.csv"]
    assert not list(folder.iterdir())


def test_as_long_as_a_list_is_in_use_its_dialler_can_be_told(house: House) -> None:
    gone = house.customers[2]
    tonight = LATER - timedelta(days=2)
    done = {one.name: one for one in erase(house.settings, [gone], at=tonight, matter=MATTER)}
    assert done["released_contacts"].kept == 1
    assert done["released_contacts"].until == NIGHT + timedelta(days=1)
    assert done["revocations"].kept == 1
    done = {one.name: one for one in erase(house.settings, [gone], at=LATER, matter=MATTER)}
    assert (done["released_contacts"].erased, done["released_contacts"].kept) == (1, 0)


def test_an_interrupted_erasure_is_finished_by_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = house.customers[4]

    def fails(*_: object, **__: object) -> int:
        raise VaultError("vault: PostgreSQL does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "erase", fails)
        with pytest.raises(VaultError):
            erase(house.settings, [gone], at=LATER, matter=MATTER)
    assert gone in find(house.settings, "13800000002", by="phone", matter=MATTER)
    done = erase(house.settings, [gone], at=LATER, matter=MATTER)
    assert [one.erased for one in done if one.store == "vault"] == [1]
    with house.night.ledger.engine.connect() as connection:
        own = select(OPT_OUTS.c.id).where(OPT_OUTS.c.customer == gone, OPT_OUTS.c.source == "erasure")
        assert len(connection.execute(own).all()) == 1


def test_nobody_is_erased_while_a_night_runs(house: House, ledger: Ledger) -> None:
    with (
        beside_others("decide", ledger, progress=house.night.progress),
        pytest.raises(LedgerError, match="wait for it to end"),
    ):
        erase(house.settings, house.customers[20:21], at=LATER, matter=MATTER)


def test_every_request_is_on_the_trail_without_a_number(house: House) -> None:
    find(house.settings, "13800000003", by="phone", matter=MATTER)
    erase(house.settings, house.customers[6:7], at=LATER, matter=MATTER)
    lines = trail(house.night.ledger, last=200)
    assert {"vault.find", "vault.erase", "person.erased"} <= {str(line["action"]) for line in lines}
    assert "13800000003" not in json.dumps(lines, default=str)


def test_an_erased_row_cannot_be_read_by_time_travel(engine: SparkSession, tmp_path: Path) -> None:
    store = Store(tmp_path / "lake", engine, table_format="delta")
    rows = [{"customer": f"a{n:011d}", "number": None, "kind": "none"} for n in range(100)]
    numbers = pa.Table.from_pylist(rows, NUMBERS.arrow_schema())
    for day in (NIGHT, NIGHT + timedelta(days=1)):
        store.write(NUMBERS, store.frame(NUMBERS, numbers), as_of=day)
    gone = str(rows[0]["customer"])
    assert store.erase(NUMBERS, [gone]) == 2
    assert store.read(NUMBERS, as_of=NIGHT).count() == 99
    newest = DeltaTable(store.folder / NUMBERS.name).version()
    assert gone not in {one for version in range(newest + 1) for one in customers_at(store, version)}
    files = [file for file in (store.folder / NUMBERS.name).rglob("*") if file.is_file()]
    assert not [file for file in files if gone.encode() in file.read_bytes()]
    assert store.erase(NUMBERS, [gone]) == 0
    store.write(NUMBERS, store.frame(NUMBERS, numbers.slice(1)), as_of=NIGHT)
    assert store.read(NUMBERS, as_of=NIGHT).count() == 99


def customers_at(store: Store, version: int) -> list[str]:
    """Those that can be read of an earlier version; none where it is gone."""
    try:
        table = DeltaTable(store.folder / NUMBERS.name, version=version).to_pyarrow_table()
    except (DeltaError, OSError):
        return []
    return [str(one) for one in table["customer"].to_pylist()]


def test_at_the_command_line_the_number_is_asked_for_and_a_role_is_needed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = house.settings
    monkeypatch.setenv("LONGREACH_HOME", str(settings.home))
    monkeypatch.setenv("LONGREACH_DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("LONGREACH_TABLE_FORMAT", "parquet")
    monkeypatch.setenv("LONGREACH_VAULT__KEYS_FOLDER", str(settings.vault.keys_folder))
    asked = ["person", "find", "--by", "customer-no", "--purpose", "person request", "--ticket", "CASE-7"]
    asked += ["--as-of", NIGHT.isoformat(), "--json"]
    told = CliRunner().invoke(app, [*asked, "--as", "carla"], input="C000000030\n")
    assert told.exit_code == 0, told.output
    assert f'"{house.customers[30]}"' in told.output
    assert '"contact_lists"' in told.output
    monkeypatch.setenv("LONGREACH_ROLES", '{"carla": ["compliance"]}')
    refused = CliRunner().invoke(app, [*asked, "--as", "otto"], input="C000000030\n")
    assert isinstance(refused.exception, RoleError)


def test_every_table_with_a_token_is_looked_into() -> None:
    names = {table.name for table in tables()}
    assert {"customers", "customer_features", "contact_lists", "outcomes", "numbers"} <= names
    assert "readouts" not in names
