"""The features job on a large bank: embedded Sail beside JVM Spark, on the same Parquet and cores.

``python -m benchmarks.features_engines FOLDER [CUSTOMERS]`` prints one JSON line a figure. The folder keeps
the made-up bank, so a second run measures only.
"""

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from base.settings import load_settings
from benchmarks.big_bank import write_big_bank
from benchmarks.jvm_spark import open_jvm_spark
from features.compiler import CUSTOMER_FEATURES, READS, compile_features
from lake.session import open_engine
from lake.store import Store
from lake.tables import TRANSACTIONS

AS_OF = date(2026, 7, 1)
CUSTOMERS = 1_000_000
SPARK_MEMORY = "8g"

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of a benchmark: what was measured, what was wanted."""

    figure: str
    value: float
    unit: str
    goal: float
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One engine's run: wall time, peak memory of this process (0: it ran elsewhere), the table's digest."""

    seconds: float
    gibibytes: float
    digest: str


def measure(folder: Path, *, customers: int = CUSTOMERS) -> list[Figure]:
    """Both engines, one after the other, each in a process of its own."""
    _apart(_make_bank, folder, customers)
    sail = _apart(_run, folder, None)
    with open_jvm_spark(folder / "jvm", memory=SPARK_MEMORY) as address:
        spark = _apart(_run, folder, address)
    times = spark.seconds / sail.seconds
    same = float(sail.digest == spark.digest)
    return [
        _at_most("features on Sail", sail.seconds, "seconds", goal=180),
        _at_most("features on Sail, peak memory", sail.gibibytes, "GiB", goal=10),
        _at_least("features on JVM Spark, against Sail", times, "times", goal=3),
        _at_least("features on JVM Spark the same table as on Sail", same, "yes", goal=1),
    ]


def _make_bank(folder: Path, customers: int) -> None:
    with open_engine(load_settings(spark_remote=None)) as engine:
        store = Store(folder / "lake", engine, table_format="parquet")
        if not store.exists(TRANSACTIONS):
            write_big_bank(store, as_of=AS_OF, customers=customers)


def _run(folder: Path, address: str | None) -> Measured:
    with open_engine(load_settings(spark_remote=address)) as engine:
        raw = Store(folder / "lake", engine, table_format="parquet")
        made = Store(folder / ("spark" if address else "sail"), engine, table_format="parquet")
        started = time.monotonic()
        frames = {read.table: raw.read(read.table, as_of=AS_OF, scope=read.scope) for read in READS}
        made.write(CUSTOMER_FEATURES, compile_features(AS_OF, frames), as_of=AS_OF)
        seconds = time.monotonic() - started
        peak = 0.0 if address else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        return Measured(seconds=seconds, gibibytes=peak, digest=made.digest(CUSTOMER_FEATURES, as_of=AS_OF))


def _apart(work: Callable[..., Result], *given: object) -> Result:
    # A process of its own, so that memory is counted for this work alone.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)


def _at_most(name: str, value: float, unit: str, *, goal: float) -> Figure:
    return Figure(figure=name, value=round(value, 2), unit=unit, goal=goal, holds=value <= goal)


def _at_least(name: str, value: float, unit: str, *, goal: float) -> Figure:
    return Figure(figure=name, value=round(value, 2), unit=unit, goal=goal, holds=value >= goal)


def main() -> None:
    folder = Path(sys.argv[1])
    customers = int(sys.argv[2]) if len(sys.argv) > 2 else CUSTOMERS
    for figure in measure(folder, customers=customers):
        print(json.dumps(asdict(figure)))


if __name__ == "__main__":
    main()
