"""Figures of whole tables: tonight's postings against the four weeks before."""

from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from lake.tables import CUSTOMERS, TRANSACTIONS
from quality.figures import figures
from quality.findings import validate
from quality.gate import Tally
from tests.sources.small_bank import FIRST


def postings(engine: SparkSession, days_ago: range, a_day: int) -> DataFrame:
    noon = datetime(FIRST.year, FIRST.month, FIRST.day, 12)  # noqa: DTZ001
    moments = [noon - timedelta(days=day) for day in days_ago for _ in range(a_day)]
    return engine.createDataFrame(pa.table({"known_at": pa.array(moments, pa.timestamp("us", tz="UTC"))}))


@pytest.mark.parametrize(("tonight", "met"), [(100, True), (10, True), (4, False), (2600, False)])
def test_a_night_far_from_the_usual_volume_fails(engine: SparkSession, tonight: int, met: bool) -> None:
    usual = postings(engine, range(1, 29), 100)
    today = postings(engine, range(1), tonight)
    found = figures({TRANSACTIONS: today}, {TRANSACTIONS: usual}, as_of=FIRST)
    (result,) = validate([Tally(TRANSACTIONS, delivered=tonight)], found, as_of=FIRST)
    assert result.findings[-1].success is met


def test_too_little_history_says_nothing(engine: SparkSession) -> None:
    few = postings(engine, range(1, 29), 2)
    today = postings(engine, range(1), 1)
    assert figures({TRANSACTIONS: today}, {TRANSACTIONS: few}, as_of=FIRST) == ()
    assert figures({TRANSACTIONS: today}, {}, as_of=FIRST) == ()
    assert figures({CUSTOMERS: today}, {}, as_of=FIRST) == ()
