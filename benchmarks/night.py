"""One night of a large bank, the features on two engines side by side, and the propensity model.

``python -m benchmarks.night --data FOLDER`` prints one JSON line a figure. It works in a folder of its own,
which it removes at the end; about 15 GiB of disk.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from base.settings import Settings, load_settings
from benchmarks import features_engines, propensity
from benchmarks.figure import Figure, apart, at_least, at_most, show
from jobs.run import execute, find_job, open_house
from lake.store import Store
from lake.tables import CONTACT_LISTS, TRANSACTIONS
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files

CUSTOMERS = 1_000_000
TRANSACTIONS_EACH = 40.0
TIMED = ("features", "segments", "decide", "release")


def measure_night(home: Path, *, customers: int) -> Iterator[Figure]:
    """A whole first night on the synthetic bank: the time of ``features`` to ``release``, and the memory."""
    settings = _settings(home, customers)
    apart(_ingest, settings)
    seconds, gibibytes, transactions, contacts = apart(_night, settings)
    for step, taken in seconds.items():
        print(f"  {step}: {taken:.1f} s", file=sys.stderr)
    yield at_least("transactions of the night's bank", transactions, "rows", goal=0.98 * 40 * customers)
    yield at_most("night, features to release", sum(seconds.values()), "seconds", goal=600)
    yield at_most("night, features to release, peak memory", gibibytes, "GiB", goal=12)
    yield at_least("contacts released", contacts, "rows", goal=1)


def _settings(home: Path, customers: int) -> Settings:
    return load_settings(
        home=home,
        source="synthetic",
        spark_remote=None,
        synthetic={"customers": customers, "transactions_per_customer": TRANSACTIONS_EACH},
    )


def _ingest(settings: Settings) -> None:
    with open_house(settings, as_of=settings.synthetic.first_night) as house:
        put_live(house.ledger, read_files([OWN_BOOK]))
        execute(find_job("ingest"), house)


def _night(settings: Settings) -> tuple[dict[str, float], float, int, int]:
    seconds = {}
    with open_house(settings, as_of=settings.synthetic.first_night) as house:
        for step in TIMED:
            started = time.monotonic()
            execute(find_job(step), house)
            seconds[step] = time.monotonic() - started
        store: Store = house.store
        counts = [store.read(table, as_of=house.as_of).count() for table in (TRANSACTIONS, CONTACT_LISTS)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return seconds, peak, counts[0], counts[1]


def main() -> None:
    """Measures everything at the size asked for; the goals are those of the full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="bench-night-"))
    try:
        show(measure_night(home / "home", customers=given.customers))
        shutil.rmtree(home / "home")
        show(features_engines.measure(home / "engines", customers=given.customers))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if (given.data / "uci_bank_marketing").is_dir():
        show(propensity.measure(given.data))
    else:
        print(
            f"the propensity figures need {given.data}/uci_bank_marketing, which is not there",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
