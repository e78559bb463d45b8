"""All readouts of 5,000 strategies from 20 million exposures, table to table; the statistics by themselves,
and beside tea-tasting; how honest they are; and the uplift learners, on the Hillstrom data and in the engine.

``python -m benchmarks.experiments`` prints one JSON line a figure. It works in a folder of its own, which it
removes at the end; about 6 GiB of disk.
"""

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from base.settings import Settings, load_settings
from benchmarks import calibration, hillstrom, statistics_pass, uplift_scores
from benchmarks.big_experiments import (
    AS_OF,
    BALANCES_EACH,
    CROWDED_OUT,
    MANAGERS,
    OPEN_NIGHTS,
    SEGMENTS,
    STRATEGIES,
    Night,
    delivered,
)
from benchmarks.figure import Figure, apart, at_most, exactly, show
from evaluation.metrics.metric import load_metrics
from jobs.measure import READS, measure
from jobs.run import open_house
from jobs.staging import laid_down_rows
from lake.table import Table
from lake.tables import (
    CONTACT_LISTS,
    ENTRIES,
    MEASURED_ENTRIES,
    OUTCOMES,
    READOUTS,
    SEGMENT_READOUTS,
)
from lake.tables.words import CHANNELS, PRODUCTS

EXPOSURES = 20_000_000
PER_CUSTOMER = 4
OPEN_SHARE = 0.1
CLOSED_NIGHTS = 30
# One of every kind: shares, an amount, its ratio, a change with a covariate, and a guardrail.
FIVE = ("converted", "amount", "amount_per_opening", "aum_change", "opted_out")


def measure_readouts(folder: Path, *, exposures: int) -> Iterator[Figure]:
    """Seconds and memory from the tables to READOUTS and SEGMENT_READOUTS, and how many rows they have."""
    home = folder / "home"
    apart(_fill_lake, home, exposures)
    alone = f"{exposures:,} exposures"
    both = f"{alone} and {round(exposures * (1 + CROWDED_OUT)):,} entries"
    held = f"{round(OPEN_SHARE * 100)} % under observation, {BALANCES_EACH} balances a customer"
    for metrics, entered in ((FIVE, False), (FIVE, True), (tuple(load_metrics()), True)):
        seconds, rows, gibibytes = apart(_read_out, home, metrics, entered)
        name = (
            f"readouts of {STRATEGIES:,} strategies in {len(metrics)} metrics, Delta to Delta, "
            f"from {both if entered else alone}"
        )
        yield at_most(f"{name}, {held}", seconds, "seconds", goal=30)
        yield at_most(f"{name}, peak memory", gibibytes, "GiB", goal=8)
        yield exactly(f"{name}, rows", rows, "rows", goal=len(metrics) * _rows_a_metric(entered=entered))


def _rows_a_metric(*, entered: bool) -> int:
    """Of READOUTS and SEGMENT_READOUTS: every strategy as exposed, contacted, perhaps ``entered``, and in its
    two treated arms; every strategy's segments; the levels above; and the global holdout."""
    above = len(PRODUCTS) + SEGMENTS + len(CHANNELS) + MANAGERS + 1
    return STRATEGIES * (4 + entered) + STRATEGIES * SEGMENTS + above + 1


def _fill_lake(home: Path, exposures: int) -> None:
    customers = exposures // PER_CUSTOMER
    with open_house(_settings(home), as_of=AS_OF) as house:

        def keep(table: Table, rows: pa.Table, night: date) -> None:
            path = home / "raw.parquet"
            pq.write_table(rows, path, compression="lz4")
            house.store.write(table, house.spark.read.parquet(str(path)), as_of=night)
            path.unlink()

        for back in range(1, OPEN_NIGHTS + 1):
            night = AS_OF - timedelta(days=back)
            one = Night(night, rows=round(exposures * OPEN_SHARE) // OPEN_NIGHTS, customers=customers)
            for table, rows in (*one.begun(), (CONTACT_LISTS, one.lists()), (OUTCOMES, one.outcomes())):
                keep(table, rows, night)
        for back in range(CLOSED_NIGHTS):
            night = AS_OF - timedelta(days=OPEN_NIGHTS + 1 + back)
            one = Night(night, rows=round(exposures * (1 - OPEN_SHARE)) // CLOSED_NIGHTS, customers=customers)
            for table, rows in one.begun():
                keep(table, rows, night)
            # Measured when the window and the days for late postings were over.
            for table, rows in one.measured():
                keep(table, rows, night + timedelta(days=OPEN_NIGHTS))
        for table, rows in delivered(customers=customers):
            keep(table, rows, AS_OF)


def _read_out(home: Path, metrics: tuple[str, ...], entered: bool) -> tuple[float, int, float]:
    with open_house(_settings(home), as_of=AS_OF) as house:
        asked = {name: load_metrics()[name] for name in metrics}
        started = time.perf_counter()
        frames = {read.table: house.store.read(read.table, as_of=AS_OF, scope=read.scope) for read in READS}
        if not entered:  # a bank whose lists have room for everybody
            frames |= {table: frames[table].limit(0) for table in (ENTRIES, MEASURED_ENTRIES)}
        found = measure(house, frames, outcomes=OUTCOMES.arrow_schema().empty_table(), metrics=asked)
        rows = 0
        for table, made in (
            (READOUTS, found.readings.readouts),
            (SEGMENT_READOUTS, found.readings.segments),
        ):
            kept = laid_down_rows(house, made, job="learn", table=table)
            rows += house.store.write(table, kept, as_of=AS_OF)
        return time.perf_counter() - started, rows, _peak()


def _settings(home: Path) -> Settings:
    return load_settings(home=home, spark_remote=None)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Measures everything at the size asked for; the goals are those of the full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exposures", type=int, default=EXPOSURES)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-experiments-"))
    try:
        show(measure_readouts(folder, exposures=given.exposures))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(statistics_pass.figures())
    show(calibration.figures())
    show(hillstrom.figures(given.data))
    show(uplift_scores.figures())


if __name__ == "__main__":
    main()
