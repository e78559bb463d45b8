"""No identifier of any customer is in anything that a night wrote outside the vault."""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from base.settings import Settings, load_settings
from ledger.database import database_url, open_ledger
from tests.e2e.leaks import INSIDE, delivered_identities, leaks_in_database, leaks_in_folder, recipients_keys
from tests.e2e.own_words import own_text
from tests.e2e.plants import FILES, TABLES, beside, people_to_plant, plant_all, unfound
from tests.e2e.spellings import of_code, of_name
from tests.e2e.wanted import Wanted
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
    return Aftermath(
        settings=settings,
        identities=identities,
        wanted=wanted,
        leaks=search(settings, wanted, outside=INSIDE),
    )


def search(settings: Settings, wanted: Wanted, *, outside: tuple[str, ...]) -> list[str]:
    keys = recipients_keys(settings.home)
    with open_ledger(settings):
        leaks = leaks_in_database(address(settings), wanted, keys=keys)
    return leaks + leaks_in_folder(settings.home, wanted, outside=outside, keys=keys)


def address(settings: Settings) -> str:
    return database_url(settings).render_as_string(hide_password=False)


def test_the_night_did_its_whole_work(aftermath: Aftermath) -> None:
    home = aftermath.settings.home
    assert any((home / "outbox").glob("*/*-2026-07-01-1.sealed"))
    assert list((home / "inbox" / "2026-07-01").glob("*.parquet"))
    assert any((home / "reports").rglob("*.html"))
    assert aftermath.identities.num_rows >= 1000


def test_nearly_all_names_are_searched_for(aftermath: Aftermath) -> None:
    assert aftermath.wanted.names > 900
    assert aftermath.wanted.unsearched < 0.005 * aftermath.wanted.names


def test_no_identifier_is_found(aftermath: Aftermath) -> None:
    assert aftermath.leaks == []


def test_what_is_known_to_hold_identifiers_is_found_by_the_same_search(aftermath: Aftermath) -> None:
    leaks = leaks_in_folder(aftermath.settings.landing_folder, aftermath.wanted, keys={})
    for how in ("customer_no", "phone", "id_number", "name", "name by itself"):
        assert any(
            leak.endswith(f"identities.parquet, column {how.partition(' ')[0]}: {how}") for leak in leaks
        )


@pytest.mark.parametrize("field", ["customer_no", "phone", "id_number", "name"])
def test_every_spelling_is_found_wherever_it_stands(aftermath: Aftermath, field: str) -> None:
    values = aftermath.identities[field].drop_null().to_pylist()
    value = next(value for value in values if len(value) > 2 and value not in own_text())
    for how, spelt in of_name(value) if field == "name" else of_code(value):
        if len(spelt) >= 8:
            for before in (b"", b"x", b"\xff\n1,"):
                found = aftermath.wanted.found_in(before + spelt + b" ...")
                assert f"{field} {how}".rstrip() in found, (field, how)


@pytest.mark.parametrize("before", [2**22 - 11, 2**22 - 5, 2**22 - 1, 2**22])
def test_what_lies_across_two_pieces_of_a_long_content_is_found(aftermath: Aftermath, before: int) -> None:
    phone = next(v for v in aftermath.identities["phone"].drop_null().to_pylist() if len(v) == 11)
    assert aftermath.wanted.found_in(b"x" * before + phone.encode()) == ["phone"]


@pytest.mark.parametrize("text", ["客户：{}，12元", "尊敬的{}女士，您好", '"who","{}"', "a\t{}\tb"])
def test_a_name_of_two_signs_is_found_by_itself_and_not_as_a_piece_of_words(
    aftermath: Aftermath, text: str
) -> None:
    names = aftermath.identities["name"].drop_null().to_pylist()
    short = next(name for name in names if len(name) == 2 and name not in own_text())
    assert aftermath.wanted.found_in(text.format(short).encode()) == ["name by itself"]
    assert aftermath.wanted.found_in(f"存款{short}业务".encode()) == []
    assert aftermath.wanted.found_in(b"\xff\0" + short.encode() + b"\0") == []


def test_what_is_stored_as_a_number_is_an_identifier_as_a_whole_only(aftermath: Aftermath) -> None:
    phone = int(next(v for v in aftermath.identities["phone"].drop_null().to_pylist() if len(v) == 11))
    assert aftermath.wanted.found_in(np.array([1, phone])) == ["phone"]
    assert aftermath.wanted.found_in(np.array([phone * 10, 10**17 + phone])) == []


def test_a_planted_leak_of_every_kind_of_output_is_found_and_nothing_else(aftermath: Aftermath) -> None:
    people = people_to_plant(aftermath.identities, own_text=own_text())
    plants = (*FILES, *TABLES)
    with open_ledger(aftermath.settings):
        plant_all(aftermath.settings, people, plants=plants)
    # What is planted in tables lies in the database's own files too.
    leaks = search(aftermath.settings, aftermath.wanted, outside=(*INSIDE, "ledger"))
    assert unfound(leaks, plants=plants) == []
    assert beside(leaks, plants=plants) == []
