"""The features job on a large bank: embedded Sail beside JVM Spark, on the same Parquet and cores.

``python -m benchmarks.features_engines FOLDER [CUSTOMERS]`` prints one JSON line a figure. The folder keeps
the made-up bank, so a second run only measures.
"""

import resource
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from base.settings import load_settings
from benchmarks.big_bank import write_big_bank
from benchmarks.figure import Figure, apart, at_least, at_most, show
from benchmarks.jvm_spark import open_jvm_spark
from features.compiler import CUSTOMER_FEATURES, READS, compile_features
from lake.session import open_engine
from lake.store import Store
from lake.tables import OUTCOMES

AS_OF = date(2026, 7, 1)
CUSTOMERS = 1_000_000
SPARK_MEMORY = "8g"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One engine's run: wall time, peak memory of this process (0: it ran elsewhere), the table's digest."""

    seconds: float
    gibibytes: float
    digest: str


def measure(folder: Path, *, customers: int = CUSTOMERS) -> list[Figure]:
    """Both engines, one after the other, each in a process of its own."""
    folder = folder / f"{customers}_customers"
    apart(_make_bank, folder, customers)
    sail = apart(_run, folder, None)
    with open_jvm_spark(folder / "jvm", memory=SPARK_MEMORY) as address:
        spark = apart(_run, folder, address)
    same = float(sail.digest == spark.digest)
    return [
        at_most("features on Sail", sail.seconds, "seconds", goal=180),
        at_most("features on Sail, peak memory", sail.gibibytes, "GiB", goal=10),
        at_least("features on JVM Spark", spark.seconds, "seconds", goal=3 * sail.seconds),
        at_least("features on JVM Spark, against Sail", spark.seconds / sail.seconds, "times", goal=3),
        at_least("features on JVM Spark the same table as on Sail", same, "yes", goal=1),
    ]


def _make_bank(folder: Path, customers: int) -> None:
    with open_engine(load_settings(spark_remote=None)) as engine:
        store = Store(folder / "lake", engine, table_format="parquet")
        if not store.exists(OUTCOMES):  # the last that is written
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


def main() -> None:
    folder = Path(sys.argv[1])
    customers = int(sys.argv[2]) if len(sys.argv) > 2 else CUSTOMERS
    show(measure(folder, customers=customers))


if __name__ == "__main__":
    main()
