"""Nights of a large bank, and the search of everything they wrote for identifiers of its customers.

``python -m benchmarks.clean_nights [--customers N]`` prints one JSON line a figure. The search is written
apart from the scanner: it knows no disguises, but every identifier of everybody, and looks into every file,
table and dump outside the vault.
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

from base.settings import load_settings
from benchmarks.figure import Figure, at_least, exactly, show, told
from ledger.database import database_url, open_ledger
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files
from tests.e2e.leaks import (
    INSIDE,
    Wanted,
    delivered_identities,
    leaks_in_database,
    leaks_in_folder,
    own_text,
)

CUSTOMERS = 100_000
NIGHTS = (date(2026, 7, 1), date(2026, 7, 2))
_ROOT = Path(__file__).parents[1]


def measure(*, customers: int) -> Iterator[Figure]:
    """What is found of ``customers`` in the traces of their nights, and in planted ones."""
    with tempfile.TemporaryDirectory(prefix="longreach-clean-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        settings = load_settings(home=home, synthetic={"customers": customers})
        with open_ledger(settings) as ledger:
            put_live(ledger, read_files([OWN_BOOK]))
        started = time.perf_counter()
        for night in NIGHTS:
            _night(home, night, customers=customers)
        yield told(f"{len(NIGHTS)} nights of {customers:,} customers", time.perf_counter() - started, "s")
        started = time.perf_counter()
        people = delivered_identities(settings.landing_folder / NIGHTS[-1].isoformat())
        wanted = Wanted.of(people, own_text=own_text())
        with open_ledger(settings):
            leaks = leaks_in_database(database_url(settings).render_as_string(hide_password=False), wanted)
        leaks += leaks_in_folder(home, wanted, outside=INSIDE)
        planted = leaks_in_folder(settings.landing_folder, wanted, outside=())
        yield told("the search of all they wrote", time.perf_counter() - started, "s")
        for leak in leaks:
            print(f"  {leak}", file=sys.stderr)
        yield at_least("people searched for", people.num_rows, "people", goal=customers)
        yield at_least(
            "the same search where identifiers are, in the extracts", len(planted), "places", goal=3
        )
        yield exactly("places outside the vault that hold an identifier", len(leaks), "places", goal=0)


def _night(home: Path, as_of: date, *, customers: int) -> None:
    environment = {
        **os.environ,
        "LONGREACH_HOME": str(home),
        "LONGREACH_SYNTHETIC__CUSTOMERS": str(customers),
    }
    call = "from jobs.command import main; main()"
    with (home / f"night-{as_of}.log").open("wb") as log:
        subprocess.run(
            [sys.executable, "-c", call, "night", "--as-of", as_of.isoformat()],
            cwd=_ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    show(measure(customers=parser.parse_args().customers))


if __name__ == "__main__":
    main()
