"""No identifier of any customer is in anything that a night wrote outside the vault."""

import gzip
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from base.settings import Settings, load_settings
from ledger.audit import record
from ledger.database import database_url, open_ledger
from tests.e2e.leaks import (
    INSIDE,
    Wanted,
    delivered_identities,
    leaks_in_database,
    leaks_in_folder,
    own_text,
)
from tests.strategies.book_world import make_live

NIGHT = date(2026, 7, 1)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What a night left behind, and who must not be found in it."""

    settings: Settings
    identities: pa.Table
    wanted: Wanted
    leaks: list[str]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    home = tmp_path_factory.mktemp("night") / "home"
    home.mkdir()
    with open_ledger(load_settings(home=home)) as ledger:
        make_live(ledger)
    environment = {**os.environ, "LONGREACH_HOME": str(home), "LONGREACH_SYNTHETIC__CUSTOMERS": "1000"}
    call = "from jobs.command import main; main()"
    command = [sys.executable, "-c", call, "night", "--as-of", NIGHT.isoformat()]
    with (home / "night.log").open("wb") as log:
        night = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    assert night.returncode == 0, (home / "night.log").read_text()[-3000:]
    settings = load_settings(home=home, synthetic={"customers": 1000})
    identities = delivered_identities(settings.landing_folder / NIGHT.isoformat())
    wanted = Wanted.of(identities, own_text=own_text())
    with open_ledger(settings):
        leaks = leaks_in_database(address(settings), wanted)
    leaks += leaks_in_folder(home, wanted, outside=INSIDE)
    return Aftermath(settings=settings, identities=identities, wanted=wanted, leaks=leaks)


def address(settings: Settings) -> str:
    return database_url(settings).render_as_string(hide_password=False)


def test_the_night_did_its_whole_work(aftermath: Aftermath) -> None:
    home = aftermath.settings.home
    assert any((home / "outbox").glob("*/*-2026-07-01-1.sealed"))
    assert list((home / "inbox" / "2026-07-01").glob("*.parquet"))
    assert any((home / "reports").rglob("*.html"))
    assert aftermath.identities.num_rows >= 1000


def test_nearly_all_names_are_searched_for(aftermath: Aftermath) -> None:
    names = len(aftermath.identities["name"].drop_null().unique())
    searched = len(aftermath.wanted.short_names) + sum(map(len, aftermath.wanted.names.values()))
    assert searched > 0.98 * names


def test_no_identifier_is_found(aftermath: Aftermath) -> None:
    assert aftermath.leaks == []


def test_the_landing_zone_and_the_plan_to_find_them_work(aftermath: Aftermath) -> None:
    """What is known to hold identifiers is found by the same search."""
    inside = leaks_in_folder(aftermath.settings.landing_folder, aftermath.wanted, outside=())
    for how in ("customer number", "a name"):
        assert any(how in leak for leak in inside)


@pytest.mark.parametrize("field", ["customer_no", "name", "phone", "id_number"])
@pytest.mark.parametrize("form", ["text", "gz", "parquet", "dictionary", "json"])
def test_a_planted_leak_is_found(aftermath: Aftermath, tmp_path: Path, field: str, form: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(aftermath.settings.outbox_folder, copy)
    assert leaks_in_folder(copy, aftermath.wanted, outside=()) == []
    value = next(v for v in aftermath.identities[field].drop_null().to_pylist() if v not in own_text())
    plant(copy / "ai_dialler", value, form)
    leaks = leaks_in_folder(copy, aftermath.wanted, outside=())
    assert leaks
    assert all(leak.startswith("ai_dialler/planted") for leak in leaks)


def plant(folder: Path, value: str, form: str) -> None:
    if form == "text":
        (folder / "planted.log").write_text(f"row 7: {value} done")
    elif form == "json":
        (folder / "planted.json").write_text(f'{{"who": "{value}"}}')
    elif form == "gz":
        (folder / "planted.gz").write_bytes(gzip.compress(f"a,{value},b".encode()))
    else:
        values = pa.array(["x", value] * 50)
        column = values.dictionary_encode() if form == "dictionary" else values
        pq.write_table(pa.table({"c": column}), folder / "planted.parquet", compression="zstd")


def test_a_leak_planted_in_the_database_is_found(aftermath: Aftermath) -> None:
    """Last, because it stays in the database's own files."""
    phone = next(v for v in aftermath.identities["phone"].drop_null().to_pylist() if len(v) == 11)
    with open_ledger(aftermath.settings) as ledger:
        record(ledger, actor="test", action="plant", subject="x", detail={"who": phone})
        leaks = leaks_in_database(address(aftermath.settings), aftermath.wanted)
    assert leaks == ["longreach.public.audit: a phone, ID or customer number"]
