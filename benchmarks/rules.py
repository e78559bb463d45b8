"""A book of 4,000 rules over a million customers and over ten, beside DuckDB and Spark, and lake to lake;
then dry runs beside that book, and the checks of it.

``python -m benchmarks.rules`` prints one JSON line a figure. It works in a folder of its own, which it
removes at the end; about 8 GiB of disk. Without a Java runtime the figures of Spark are left out.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from base.settings import load_settings
from benchmarks import checks, dry_run
from benchmarks.big_book import TODAY, make_book, make_customers
from benchmarks.figure import Figure, apart, at_least, at_most, show
from benchmarks.jvm_spark import java_is_here
from benchmarks.rules_engines import CORES, Found, Integers, by_duckdb, by_spark, found
from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from lake.session import open_engine
from lake.store import Store
from lake.table import Table
from lake.tables import CANDIDATES, CUSTOMER_SEGMENTS
from strategies.candidates import selected
from strategies.document import Strategy
from strategies.evaluate import Program, compile_rules
from strategies.rule import parse
from strategies.tree import Condition

CUSTOMERS = 1_000_000
TIMES_LARGER = 10
# Spark needs some minutes for a million; both are measured on these rows, in the same run.
ROWS_FOR_SPARK = 100_000

PAIRS = Table(
    name="pairs",
    doc="First touches that the rules of the book allow.",
    grain=("customer", "strategy", "step"),
    delivery="derived",
    columns=tuple(CANDIDATES[name] for name in ("customer", "strategy", "step")),
)
_PIECE = 16_384
_SEED = 1
_TIMES = 3


def measure(folder: Path, *, customers: int) -> Iterator[Figure]:
    """The figures of mass evaluation; each part in a process of its own, one after the other."""
    yield from apart(_beside_duckdb, customers)
    if java_is_here():
        yield from apart(_beside_spark, folder / "spark", min(customers, ROWS_FOR_SPARK))
    else:
        print("no Java runtime is here: the figures of Spark are left out", file=sys.stderr)
    many = TIMES_LARGER * customers
    seconds, pairs, gibibytes = apart(_in_memory, many)
    yield at_most(f"rules over {many:,} customers in memory", seconds, "seconds", goal=40)
    yield at_most(f"rules over {many:,} customers in memory, peak memory", gibibytes, "GiB", goal=8)
    for rows, goal in ((customers, 12), (many, 120)):
        home = folder / f"lake_{rows}"
        apart(_fill_lake, home, rows)
        seconds, written, gibibytes = apart(_lake_to_lake, home)
        shutil.rmtree(home)
        yield at_most(f"rules over {rows:,} customers, Delta to Delta", seconds, "seconds", goal=goal)
        yield at_most(f"rules over {rows:,} customers, Delta to Delta, peak memory", gibibytes, "GiB", goal=8)
    same = float(written == pairs)
    yield at_least(f"rules over {many:,} customers, as many pairs in Delta as in memory", same, "yes", goal=1)


def _beside_duckdb(rows: int) -> list[Figure]:
    customers, rules = make_customers(rows, seed=_SEED), list(_conditions(make_book().strategies).values())
    ours, theirs = _ours(customers, rules), by_duckdb(customers, rules, as_of=TODAY)
    name = f"{len(rules):,} rules over {rows:,} customers in memory"
    each = len(ours.pairs) / rows
    return [
        at_least(f"{name}, matches a customer", each, "rules", goal=20),
        at_most(f"{name}, matches a customer", each, "rules", goal=80),
        at_most(name, ours.seconds, "seconds", goal=4),
        *_beside(name, ours, theirs, engine="DuckDB", goal=15),
    ]


def _beside_spark(folder: Path, rows: int) -> list[Figure]:
    customers, rules = make_customers(rows, seed=_SEED), list(_conditions(make_book().strategies).values())
    theirs = by_spark(customers, rules, as_of=TODAY, folder=folder)
    name = f"{len(rules):,} rules over {rows:,} customers in memory"
    return list(_beside(name, _ours(customers, rules), theirs, engine="Spark SQL columns", goal=100))


def _beside(name: str, ours: Found, theirs: Found, *, engine: str, goal: float) -> Iterator[Figure]:
    times = theirs.seconds / ours.seconds
    same = float(np.array_equal(ours.pairs, theirs.pairs))
    yield at_least(f"{name}, {engine}", theirs.seconds, "seconds", goal=goal * ours.seconds)
    yield at_least(f"{name}, {engine} against ours", times, "times", goal=goal)
    yield at_least(f"{name}, {engine} the same pairs as ours", same, "yes", goal=1)


def _ours(customers: pa.Table, rules: Sequence[Condition]) -> Found:
    """The median of a few runs after one that loads the compiled loops; compiling the rules is counted."""
    seconds = []
    for _ in range(1 + _TIMES):
        started = time.perf_counter()
        pairs = _evaluated(compile_rules(rules, as_of=TODAY), customers)
        seconds.append(time.perf_counter() - started)
    rows = np.concatenate([piece * _PIECE + rows for piece, (rows, _) in enumerate(pairs)])
    return found(float(np.median(seconds[1:])), rows, np.concatenate([rules for _, rules in pairs]))


def _evaluated(program: Program, customers: pa.Table) -> list[tuple[Integers, Integers]]:
    with ThreadPoolExecutor(CORES) as threads:
        return list(threads.map(program.pairs, _pieces(customers)))


def _in_memory(rows: int) -> tuple[float, int, float]:
    """Seconds, pairs and peak GiB, where the pairs are taken piece by piece; here they are counted."""
    program = compile_rules(list(_conditions(make_book().strategies).values()), as_of=TODAY)
    customers = pa.concat_tables(piece.select(program.columns) for piece in _bank(rows))
    program.pairs(_pieces(customers)[0].slice(0, 1))
    started = time.perf_counter()
    with ThreadPoolExecutor(CORES) as threads:
        pairs = sum(threads.map(lambda piece: len(program.pairs(piece)[0]), _pieces(customers)))
    return time.perf_counter() - started, pairs, _peak()


def _fill_lake(home: Path, rows: int) -> None:
    raw = home / "raw"
    raw.mkdir(parents=True)
    for number, piece in enumerate(_bank(rows)):
        pq.write_table(piece, raw / f"{number}.parquet", compression="lz4")
    with open_engine(load_settings(spark_remote=None)) as engine:
        store = Store(home / "lake", engine)
        bank = engine.read.parquet(str(raw))
        store.write(CUSTOMER_FEATURES, bank.drop("segment"), as_of=TODAY)
        segments = bank.selectExpr("customer", "segment", "'v1' as version", "0D as distance")
        store.write(CUSTOMER_SEGMENTS, segments, as_of=TODAY)
    shutil.rmtree(raw)


def _lake_to_lake(home: Path) -> tuple[float, int, float]:
    """Seconds, pairs and peak GiB from the texts of the rules and two tables to the third."""
    book = make_book().strategies
    with open_engine(load_settings(spark_remote=None)) as engine:
        store = Store(home / "lake", engine)
        started = time.perf_counter()
        segments = store.read(CUSTOMER_SEGMENTS, as_of=TODAY).select("customer", "segment")
        customers = store.read(CUSTOMER_FEATURES, as_of=TODAY).join(segments, on="customer")
        pairs = selected(customers, strategies=_conditions(book), carried=("customer",), as_of=TODAY)
        rows = store.write(PAIRS, pairs, as_of=TODAY)
        return time.perf_counter() - started, rows, _peak()


def _conditions(book: Sequence[Strategy]) -> dict[str, Condition]:
    return {strategy.name: parse(strategy.who, FEATURES).condition for strategy in book}


def _bank(rows: int) -> Iterator[pa.Table]:
    """The customers, a million at a time."""
    for first in range(0, rows, CUSTOMERS):
        yield make_customers(min(CUSTOMERS, rows - first), seed=_SEED, first=first)


def _pieces(customers: pa.Table) -> list[pa.RecordBatch]:
    pieces: list[pa.RecordBatch] = customers.to_batches(max_chunksize=_PIECE)
    return pieces


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Measures everything at the size asked for; the goals are those of the full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    customers = parser.parse_args().customers
    folder = Path(tempfile.mkdtemp(prefix="bench-rules-"))
    try:
        show(measure(folder, customers=customers))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(dry_run.figures())
    show(checks.figures())


if __name__ == "__main__":
    main()
