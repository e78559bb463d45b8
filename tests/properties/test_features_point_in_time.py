"""What is not known at the business date changes no feature, and neither do order and partitioning.

One example is a world of 300 customers around edges of days and windows, so each tries every feature on
hundreds of cases.
"""

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from features.compiler import compile_features
from tests.features.world import World, both, features_of, frames, later, world

_a_few = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
_seeds = st.integers(0, 2**32 - 1)
# Leap days and turns of the year are where date arithmetic goes wrong.
_dates = st.one_of(
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.sampled_from([date(2024, 2, 29), date(2024, 12, 31), date(2025, 1, 1), date(2025, 2, 28)]),
)


@_a_few
@given(seed=_seeds, as_of=_dates)
def test_later_rows_change_no_feature(engine: SparkSession, seed: int, as_of: date) -> None:
    known = world(seed=seed, as_of=as_of)
    unknown = later(seed=seed + 1, as_of=as_of)
    before = features_of(engine, known, as_of=as_of)
    after = features_of(engine, both(known, unknown), as_of=as_of)
    pd.testing.assert_frame_equal(before, after, check_exact=True)


@_a_few
@given(seed=_seeds, as_of=_dates, parts=st.integers(2, 9))
def test_order_and_partitioning_change_no_feature(
    engine: SparkSession, seed: int, as_of: date, parts: int
) -> None:
    tables = world(seed=seed, as_of=as_of)
    before = features_of(engine, tables, as_of=as_of)
    shuffled = frames(engine, _shuffled(tables, seed))
    spread = {table: frame.repartition(parts) for table, frame in shuffled.items()}
    after = compile_features(as_of, spread).toPandas().sort_values("customer").set_index("customer")
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def _shuffled(tables: World, seed: int) -> World:
    rng = np.random.default_rng(seed)
    return {table: rows.take(rng.permutation(rows.num_rows)) for table, rows in tables.items()}
