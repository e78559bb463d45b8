"""Seconds in which the engine scores a million customers by the uplift champions of every product."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import functions as F

from base.settings import load_settings
from benchmarks.figure import Figure, at_least, show
from lake.session import open_engine
from lake.tables.words import PRODUCTS
from models.uplift import DRLearner, TLearner, XLearner, score

CUSTOMERS = 1_000_000
FEATURES = tuple(f"feature_{number}" for number in range(20))
_LEARNT_FROM = 20_000


def figures() -> Iterator[Figure]:
    """One figure a learner, each with a model of every product; nothing was promised of them."""
    rng = np.random.default_rng(6)
    known = pd.DataFrame(rng.normal(size=(_LEARNT_FROM, len(FEATURES))), columns=list(FEATURES))
    treated = rng.integers(0, 2, _LEARNT_FROM)
    converted = rng.random(_LEARNT_FROM) < 0.05 + 0.02 * treated * (known["feature_0"] > 0)
    with tempfile.TemporaryDirectory() as folder, open_engine(load_settings(spark_remote=None)) as spark:
        path = Path(folder) / "customers.parquet"
        pq.write_table(_customers(rng), path)
        rows = spark.read.parquet(str(path))
        for learner in (TLearner, XLearner, DRLearner):
            model = learner().fit(known, converted.astype(float), treatment=treated)
            started = time.perf_counter()
            scored = score(rows, models=dict.fromkeys(PRODUCTS, model), keys=["customer"])
            count = scored.agg(F.count("uplift")).collect()[0][0]
            seconds = time.perf_counter() - started
            name = f"uplift of {count:,} customers by {learner.__name__}, {len(FEATURES)} features"
            yield at_least(name, seconds, "s", goal=0.0)


def _customers(rng: np.random.Generator) -> pa.Table:
    features = {name: rng.normal(size=CUSTOMERS) for name in FEATURES}
    kinds = np.array(list(PRODUCTS))[rng.integers(0, len(PRODUCTS), CUSTOMERS)]
    return pa.table({"customer": pa.array(np.arange(CUSTOMERS)).cast(pa.string()), "kind": kinds, **features})


def main() -> None:
    show(figures())


if __name__ == "__main__":
    main()
