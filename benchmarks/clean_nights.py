"""Nights of a large bank, and the search of everything they wrote for identifiers of its customers.

``python -m benchmarks.clean_nights [--customers N]`` prints one JSON line a figure. Two nights are run by
command and one by a real Airflow; then people ask for lists, answers and exports. The search shares nothing
with the scanner: it knows every identifier of everybody in many spellings, opens what is packed or sealed,
and looks into every file and every table of every database, the vault's too. Only the bank's own extracts,
and the world that is made up to deliver them, are no part of the house. At the end a leak is planted in every
kind of output, and all is searched once more.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from base.settings import Settings, load_settings
from benchmarks.figure import Figure, at_least, exactly, show, told
from ledger.database import database_url, open_ledger
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files
from tests.e2e.airflow_home import open_airflow
from tests.e2e.leaks import INSIDE, delivered_identities, leaks_in_database, leaks_in_folder, recipients_keys
from tests.e2e.own_words import own_text
from tests.e2e.plants import AIRFLOW, FILES, TABLES, beside, people_to_plant, plant_all, unfound
from tests.e2e.wanted import Wanted

CUSTOMERS = 100_000
BY_COMMAND = (date(2026, 7, 1), date(2026, 7, 2))
BY_AIRFLOW = date(2026, 7, 3)
_ROOT = Path(__file__).parents[1]
_PATIENCE = 3_600  # seconds that Airflow is given for the night
_EXTRACTS = 3  # files at least, in which the search must find somebody


def measure(*, customers: int) -> Iterator[Figure]:
    """What is found of ``customers`` in the traces of their nights, and in planted ones."""
    with tempfile.TemporaryDirectory(prefix="longreach-clean-") as folder:
        settings = load_settings(home=Path(folder) / "home", synthetic={"customers": customers})
        settings.home.mkdir()
        yield from _nights(settings)
        outside = Path(folder) / "outside.csv"
        _ask(settings, outside=outside)
        started = time.perf_counter()
        people = _everybody(settings)
        wanted = Wanted.of(people, own_text=own_text())
        yield at_least("people searched for", people.num_rows, "people", goal=customers)
        yield told("names not searched for, being words of the house", wanted.unsearched, "names")
        yield told("spellings made of all their identifiers", time.perf_counter() - started, "s")
        with open_ledger(settings):
            yield from _searched(settings, wanted)
            others = set(wanted.found_in(outside.read_bytes())) - {"customer_no"}
            yield exactly("more than customer numbers for others' diallers", len(others), "kinds", goal=0)
            yield from _planted(settings, wanted, people)


def _nights(settings: Settings) -> Iterator[Figure]:
    with open_ledger(settings) as ledger:
        put_live(ledger, read_files([OWN_BOOK]))
    started = time.perf_counter()
    for night in BY_COMMAND:
        _command(settings, f"night-{night}.log", "night", "--as-of", night.isoformat())
    yield told(
        f"{len(BY_COMMAND)} nights of {settings.synthetic.customers:,} customers by command",
        time.perf_counter() - started,
        "s",
    )
    started = time.perf_counter()
    key = BY_AIRFLOW.isoformat()
    with open_airflow(settings, environment=_environment(settings)) as airflow:
        airflow.switch_on("ingest")
        airflow.trigger("ingest", key=key)
        airflow.wait_for("learn", keys=[key], seconds=_PATIENCE)
    yield told("one more by Airflow, with its start", time.perf_counter() - started, "s")


def _ask(settings: Settings, *, outside: Path) -> None:
    """What people ask for in the morning, and exports; ``outside``: the file for diallers of others."""
    (settings.home / "exports").mkdir()
    customer, night = _contacted(settings)[0], BY_AIRFLOW.isoformat()
    phone = next(person.phone for person in people_to_plant(_everybody(settings), own_text=""))
    person = ("--purpose", "person request", "--ticket", "CASE-1", "--as-of", night)
    for asked in (
        ("why", "--all", "--to", str(settings.home / "exports" / "why.csv")),
        ("why", customer),
        ("person", "find", "--by", "phone", *person),
        ("person", "export", customer, "--to", str(settings.home / "exports" / "person"), *person),
        ("opt-outs", "add", "--by", "phone", "--source", "hotline"),
        ("plan", "--json"),
        ("strategies", "list"),
        ("experiments", "list", "--json"),
        ("experiments", "portfolio", "--json"),
        ("experiments", "holdouts", "--export", "global", "--to", str(outside)),
        ("releases", "show", night),
        ("audit", "verify"),
        ("alerts",),
        ("retention", "--as-of", night, "--dry-run"),
    ):
        _command(settings, "asked.log", *asked, typed=phone)


def _searched(settings: Settings, wanted: Wanted) -> Iterator[Figure]:
    started = time.perf_counter()
    leaks = _search(settings, wanted, outside=INSIDE)
    yield told("search of all they wrote", time.perf_counter() - started, "s")
    _say(leaks)
    size = sum(path.stat().st_size for path in _files(settings))
    yield told("files searched", sum(1 for _ in _files(settings)), "files")
    yield told("size of these files", size / 1e6, "MB")
    yield exactly("places outside the vault that hold an identifier", len(leaks), "places", goal=0)
    extracts = leaks_in_folder(settings.landing_folder, wanted, keys={})
    found = {leak.partition(".parquet")[0] for leak in extracts}
    yield at_least(
        "the same search where identifiers are, in the extracts", len(found), "files", goal=_EXTRACTS
    )


def _planted(settings: Settings, wanted: Wanted, people: pa.Table) -> Iterator[Figure]:
    plants = (*FILES, *TABLES, *AIRFLOW)
    plant_all(settings, people_to_plant(people, own_text=own_text()), plants=plants)
    # What is planted in tables lies in the database's own files too.
    leaks = _search(settings, wanted, outside=(*INSIDE, "ledger"))
    lost = unfound(leaks, plants=plants)
    _say([f"not found: {kind}" for kind in lost])
    _say(others := beside(leaks, plants=plants))
    yield exactly("planted leaks found", len(plants) - len(lost), "leaks", goal=len(plants))
    yield exactly("leaks found that were not planted", len(others), "leaks", goal=0)


def _search(settings: Settings, wanted: Wanted, *, outside: tuple[str, ...]) -> list[str]:
    keys = recipients_keys(settings.home)
    address = database_url(settings).render_as_string(hide_password=False)
    leaks = leaks_in_database(address, wanted, keys=keys)
    return leaks + leaks_in_folder(settings.home, wanted, outside=outside, keys=keys)


def _files(settings: Settings) -> Iterator[Path]:
    for path in settings.home.rglob("*"):
        if path.is_file() and path.relative_to(settings.home).parts[0] not in INSIDE:
            yield path


def _everybody(settings: Settings) -> pa.Table:
    return delivered_identities(settings.landing_folder / BY_AIRFLOW.isoformat())


def _contacted(settings: Settings) -> list[str]:
    """Tokens of customers on the last night's lists."""
    folder = settings.lake_folder / "contact_lists" / f"as_of={BY_AIRFLOW}"
    files = sorted(folder.glob("*.parquet"))
    tokens: list[str] = pq.ParquetFile(files[0]).read(["customer"])["customer"].to_pylist()
    return tokens


def _command(settings: Settings, log: str, *arguments: str, typed: str = "") -> None:
    with (settings.home / log).open("ab") as words:
        done = subprocess.run(
            [sys.executable, "-c", "from jobs.command import main; main()", *arguments],
            cwd=_ROOT,
            env={**os.environ, **_environment(settings)},
            input=f"{typed}\n".encode(),
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # at a terminal it would ask there
            check=False,
        )
    if done.returncode != 0:
        last = (settings.home / log).read_text(encoding="utf-8")[-2_000:]
        raise RuntimeError(f"longreach {' '.join(arguments)} ended with {done.returncode}: {last}")


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "LONGREACH_HOME": str(settings.home),
        "LONGREACH_SYNTHETIC__CUSTOMERS": str(settings.synthetic.customers),
    }


def _say(lines: list[str]) -> None:
    for line in lines:
        print(f"  {line}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    show(measure(customers=parser.parse_args().customers))


if __name__ == "__main__":
    main()
