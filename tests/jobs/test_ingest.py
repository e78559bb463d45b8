"""A night's intake of small hand-made deliveries: what is published, what is not, what survives a kill."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession
from sqlalchemy import func, select

from base.errors import QualityError, SourceError
from base.settings import Settings, load_settings
from jobs.ingest import ingest
from jobs.job import Night
from jobs.run import execute
from lake.store import Store
from lake.tables import (
    BALANCES,
    CONSENTS,
    CUSTOMERS,
    DELIVERED,
    NUMBERS,
    PERSONS,
    QUARANTINE,
    TRANSACTIONS,
)
from ledger.database import Ledger, open_ledger
from ledger.schema import QUALITY_RESULTS
from outreach.vault import Vault
from sources.source import open_source
from tests.sources.small_bank import FIRST, deliver_csv, deliver_parquet, tables, with_cell
from tests.sources.small_bank import NUMBERS as BANK_NUMBERS

ROOT = Path(__file__).parents[2]
WRITTEN = (*DELIVERED, NUMBERS, PERSONS, QUARANTINE)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One ledger for all tests here; homes differ."""
    home = tmp_path_factory.mktemp("ledger")
    with open_ledger(load_settings(home=home)) as opened:
        yield opened


@pytest.fixture
def night(tmp_path: Path, engine: SparkSession, ledger: Ledger) -> Night:
    """The first night of a home whose source is the bank's own files."""
    settings = load_settings(
        home=tmp_path / "home",
        source="files",
        database_url=ledger.engine.url.render_as_string(hide_password=False),
        vault={"keys_folder": ledger.settings.vault_folder / "keys"},
    )
    store = Store(settings.lake_folder, engine)
    return Night(
        as_of=FIRST, settings=settings, spark=engine, store=store, ledger=ledger, progress=lambda _: None
    )


def landing(settings: Settings, as_of: date = FIRST) -> Path:
    return settings.landing_folder / as_of.isoformat()


def digests(night: Night) -> dict[str, str]:
    return {table.name: night.store.digest(table, as_of=night.as_of) for table in WRITTEN}


def quarantined(night: Night) -> list[tuple[str, int, str]]:
    rows = night.store.read(QUARANTINE, as_of=night.as_of).toArrow().to_pylist()
    return sorted((row["source_table"], row["row"], row["reason"]) for row in rows)


def test_a_clean_night_holds_tokens_and_all_rows(night: Night) -> None:
    made = tables()
    deliver_csv(landing(night.settings), made)
    summary = execute(ingest, night)
    assert summary.written["transactions"] == 1000
    assert summary.written["customers"] == summary.written["numbers"] == 300
    assert summary.written["quarantine"] == 0
    tokens = dict(
        zip(
            BANK_NUMBERS,
            Vault(night.settings).tokens("customer", pa.array(BANK_NUMBERS)).to_pylist(),
            strict=True,
        )
    )
    kept = night.store.read(TRANSACTIONS, as_of=FIRST).toArrow().sort_by("transaction")
    delivered = made["transactions"].sort_by("transaction")
    assert kept["customer"].to_pylist() == [tokens[number] for number in delivered["customer_no"].to_pylist()]
    assert kept["amount_fen"].to_pylist() == delivered["amount_fen"].to_pylist()
    assert (
        pc.strftime(kept["occurred_at"].cast(pa.timestamp("s")), format="%F %T").to_pylist()
        == pc.strftime(delivered["occurred_at"].cast(pa.timestamp("s")), format="%F %T").to_pylist()
    )
    numbers = night.store.read(NUMBERS, as_of=FIRST).toArrow()
    assert set(numbers["kind"].to_pylist()) == {"mobile"}


def test_accounts_with_one_id_number_are_one_person_and_stay_so_when_one_ends(night: Night) -> None:
    made = tables()
    first = made["identities"]["id_number"][0].as_py()
    made["identities"] = with_cell(made["identities"], "id_number", 1, f" {first.lower()}")
    deliver_csv(landing(night.settings), made)
    assert execute(ingest, night).written["persons"] == 2
    vault = Vault(night.settings)
    accounts = vault.tokens("customer", pa.array(BANK_NUMBERS[:2])).to_pylist()
    person = vault.tokens("document", pa.array([first]))[0].as_py()
    found = night.store.read(PERSONS, as_of=FIRST).drop("as_of").toArrow().sort_by("customer").to_pylist()
    assert found == [{"customer": account, "person": person} for account in sorted(accounts)]
    second = replace(night, as_of=FIRST + timedelta(days=1))
    after = tables(as_of=second.as_of)
    for name, table in after.items():
        after[name] = table.filter(pc.not_equal(table["customer_no"], BANK_NUMBERS[1]))
    deliver_csv(landing(night.settings, second.as_of), after)
    assert execute(ingest, second).written["persons"] == 2


def test_the_same_night_again_changes_nothing_and_parquet_equals_csv(night: Night) -> None:
    deliver_csv(landing(night.settings), tables())
    execute(ingest, night)
    first = digests(night)
    execute(ingest, night)
    assert digests(night) == first
    for path in landing(night.settings).iterdir():
        path.unlink()
    deliver_parquet(landing(night.settings), tables())
    execute(ingest, night)
    assert digests(night) == first


def test_bad_rows_are_set_aside_and_the_rest_goes_on(night: Night) -> None:
    made = tables()
    made["transactions"] = with_cell(made["transactions"], "amount_fen", 4, -7)
    made["transactions"] = with_cell(made["transactions"], "customer_no", 8, "N999999")
    made["transactions"] = pa.concat_tables([made["transactions"], made["transactions"].slice(0, 1)])
    made["balances"] = with_cell(made["balances"], "balance_date", 2, FIRST + timedelta(days=1))
    deliver_parquet(landing(night.settings), made)
    execute(ingest, night)
    assert quarantined(night) == [
        ("balances", 3, "in the future"),
        ("transactions", 5, "below 0"),
        ("transactions", 9, "unknown customer"),
        ("transactions", 1001, "a second row of the same key"),
    ]
    assert night.store.read(TRANSACTIONS, as_of=FIRST).count() == 998
    with night.ledger.engine.connect() as connection:
        found = connection.execute(
            select(QUALITY_RESULTS.c.column_name, QUALITY_RESULTS.c.unexpected).where(
                QUALITY_RESULTS.c.as_of == FIRST, QUALITY_RESULTS.c.unexpected > 0
            )
        ).all()
    assert ("amount_fen", 1) in found
    assert ("transaction", 1) in found


def test_what_was_delivered_on_an_earlier_night_is_not_taken_twice(night: Night) -> None:
    deliver_parquet(landing(night.settings), tables())
    execute(ingest, night)
    second = replace(night, as_of=FIRST + timedelta(days=1))
    made = tables(second.as_of)
    again = tables()["transactions"].slice(17, 3)
    made["transactions"] = pa.concat_tables(
        [made["transactions"].slice(0, 500), again, made["transactions"].slice(500)]
    )
    deliver_parquet(landing(night.settings, second.as_of), made)
    execute(ingest, second)
    assert quarantined(second) == [
        ("transactions", row, "a second row of the same key") for row in (501, 502, 503)
    ]
    assert second.store.read(TRANSACTIONS, as_of=second.as_of).count() == 1000


def test_a_whole_delivery_sent_again_stops_the_night(night: Night) -> None:
    deliver_parquet(landing(night.settings), tables())
    execute(ingest, night)
    second = replace(night, as_of=FIRST + timedelta(days=1))
    deliver_parquet(landing(night.settings, second.as_of), tables())
    with pytest.raises(QualityError, match="a second row of the same key in "):
        execute(ingest, second)
    assert second.store.read(CUSTOMERS, as_of=second.as_of).count() == 0


def _no_consents(made: dict[str, pa.Table]) -> None:
    made["consents"] = made["consents"].set_column(
        3, "granted", pa.array([False] * made["consents"].num_rows)
    )


def _no_money(made: dict[str, pa.Table]) -> None:
    for name in [name for name in made["balances"].schema.names if name.endswith("_fen")]:
        place = made["balances"].schema.get_field_index(name)
        made["balances"] = made["balances"].set_column(place, name, pa.array([0] * 300, pa.int64()))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(_no_consents, "customers with a marketing consent"), (_no_money, "balances above nought")],
)
def test_figures_out_of_bounds_stop_the_night(
    night: Night, spoil: Callable[[dict[str, pa.Table]], None], words: str
) -> None:
    made = tables()
    spoil(made)
    deliver_parquet(landing(night.settings), made)
    with pytest.raises(QualityError, match=words):
        execute(ingest, night)
    assert not any(night.store.exists(table) for table in WRITTEN)


def test_a_stopped_night_publishes_nothing_but_its_findings(night: Night) -> None:
    made = tables()
    words = pa.array(["pigeon"] * 50 + ["app"] * 950)
    made["transactions"] = made["transactions"].set_column(5, "channel", words)
    deliver_parquet(landing(night.settings), made)
    with pytest.raises(QualityError, match="column channel is not one of the agreed words in 50 rows"):
        execute(ingest, night)
    assert not any(night.store.exists(table) for table in WRITTEN)
    page = night.settings.reports_folder / "data_docs" / FIRST.isoformat() / "transactions.html"
    assert "channel" in page.read_text(encoding="utf-8")
    deliver_parquet(landing(night.settings), tables())
    assert execute(ingest, night).written["transactions"] == 1000


def test_no_identifier_leaves_the_vault(night: Night) -> None:
    made = tables()
    made["identities"] = with_cell(made["identities"], "customer_no", 3, "N999999")
    deliver_csv(landing(night.settings), made)
    with pytest.raises(QualityError) as caught:
        execute(ingest, night)
    assert "N999999" not in str(caught.value)
    deliver_csv(landing(night.settings), tables())
    execute(ingest, night)
    people = tables()["identities"]
    secrets = [
        cell.encode() for name in ("customer_no", "name", "phone") for cell in people[name].to_pylist()
    ]
    home = night.settings.home
    for path in (path for path in home.rglob("*") if path.is_file()):
        inside = path.is_relative_to(home / "vault") or path.is_relative_to(home / "landing")
        raw = b"" if inside else path.read_bytes()
        assert not any(secret in raw for secret in secrets), path.name
    token = Vault(night.settings).tokens("customer", people["customer_no"])[0].as_py()
    matter = {"purpose": "complaint", "ticket": "CASE-1", "actor": "li", "ledger": night.ledger}
    assert Vault(night.settings).look(FIRST, token, **matter)["name"] == people["name"][0].as_py()


def test_the_erased_are_not_taken_in_again(night: Night) -> None:
    deliver_parquet(landing(night.settings), tables())
    execute(ingest, night)
    vault, erased = Vault(night.settings), tables()["transactions"]["customer_no"][0].as_py()
    token = vault.tokens("customer", pa.array([erased]))[0].as_py()
    matter = {"purpose": "person request", "ticket": "CASE-1", "actor": "li", "ledger": night.ledger}
    assert vault.erase([token], **matter) == 1
    try:
        execute(ingest, night)
        assert quarantined(night) == []
        for table in DELIVERED:
            if "customer" in table.names:
                here = night.store.read(table, as_of=FIRST)
                assert here.filter(here.customer.isNull() | (here.customer == token)).count() == 0
        assert night.store.read(CUSTOMERS, as_of=FIRST).count() == 299
        assert night.store.read(NUMBERS, as_of=FIRST).count() == 299
    finally:
        vault.lift(erased, **matter)


def test_a_customer_without_an_identity_is_known_by_the_number_alone(night: Night) -> None:
    made = tables()
    made["identities"] = made["identities"].slice(1)
    bare = tables()["identities"]["customer_no"][0].as_py()
    deliver_parquet(landing(night.settings), made)
    execute(ingest, night)
    token = Vault(night.settings).tokens("customer", pa.array([bare]))
    found = Vault(night.settings).take(
        FIRST, token, purpose="contact list", recipient="human_desk", ledger=night.ledger
    )
    assert found.to_pylist()[0] == {
        "customer": token[0].as_py(),
        "customer_no": bare,
        **dict.fromkeys(("name", "phone", "id_number")),
        "generated": False,
    }


def test_a_full_disk_is_told_and_the_next_run_succeeds(night: Night) -> None:
    deliver_parquet(landing(night.settings), tables())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(Exception, match=r"not staged|not written") as caught:
            ingest.function(night, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "free the disk" in str(caught.value)
    assert not any(night.store.exists(table) for table in WRITTEN)
    assert execute(ingest, night).written["transactions"] == 1000


def test_a_killed_run_leaves_nothing_that_hinders_the_next(night: Night) -> None:
    deliver_parquet(landing(night.settings), tables())
    script = (
        "import os, signal, sys\n"
        "from datetime import date\n"
        "from base.settings import load_settings\n"
        "from jobs.run import run\n"
        "def progress(text):\n"
        "    if text == 'taking in consents':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        f"run('ingest', as_of=date({FIRST.year}, {FIRST.month}, {FIRST.day}), progress=progress)\n"
    )
    database = night.ledger.engine.url.render_as_string(hide_password=False)
    given = {
        "HOME": str(night.settings.home),
        "LONGREACH_HOME": str(night.settings.home),
        "LONGREACH_SOURCE": "files",
        "LONGREACH_VAULT__KEYS_FOLDER": str(night.settings.vault.keys_folder),
    }
    environment = {**os.environ, **given, "LONGREACH_DATABASE_URL": database, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", script], env=environment, cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (night.settings.home / "staging").is_dir()
    assert not any(night.store.exists(table) for table in WRITTEN)
    with night.ledger.engine.begin() as connection:  # until PostgreSQL has seen that the killed one is gone
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("job ingest"))))
    assert execute(ingest, night).written["transactions"] == 1000


def test_a_missing_table_stops_before_anything_is_published(night: Night) -> None:
    folder = deliver_parquet(landing(night.settings), tables())
    (folder / "consents.parquet").unlink()
    with pytest.raises(SourceError, match=r"consents.csv or consents.parquet is missing"):
        execute(ingest, night)
    assert not any(night.store.exists(table) for table in WRITTEN)


def test_extracts_yaml_declares_what_the_bank_writes(night: Night) -> None:
    made = {name: table for name, table in tables().items() if name != "complaints"}
    made["customers"] = (
        made["customers"]
        .rename_columns(["客户号", *made["customers"].schema.names[1:]])
        .append_column("memo", pa.array(["x"] * 300))
    )
    cities = pc.replace_substring(made["customers"]["city"], "Köln", "杭州")
    made["customers"] = made["customers"].set_column(3, "city", cities)
    folder = deliver_csv(landing(night.settings), made, encoding="gbk")
    (folder.parent / "extracts.yaml").write_text(
        "every: {encoding: gbk}\n"
        "tables:\n  customers: {columns: {customer_no: 客户号}, ignored: [memo]}\n"
        "not_delivered: [complaints]\n",
        encoding="utf-8",
    )
    written = execute(ingest, night).written
    assert written["customers"] == 300
    assert written["complaints"] == 0
    assert written["consents"] == 1200
    cities = night.store.read(CUSTOMERS, as_of=FIRST).select("city").distinct().toPandas()["city"]
    assert set(cities) == {"上海", "杭州", None}
    assert night.store.read(BALANCES, as_of=FIRST).count() == 300
    assert night.store.read(CONSENTS, as_of=FIRST).count() == 1200


@pytest.mark.parametrize(("source", "customers"), [("uci", 41_188), ("berka", 1_479)])
def test_public_data_come_in_without_a_rejected_row(
    night: Night, shared_data: Path, source: str, customers: int
) -> None:
    settings = load_settings(home=night.settings.home, source=source, data=shared_data)
    first = replace(night, settings=settings, as_of=open_source(settings).default_first_night)
    written = execute(ingest, first).written
    assert written["customers"] == written["numbers"] == customers
    assert written["quarantine"] == 0
