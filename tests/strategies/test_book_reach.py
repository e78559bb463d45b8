"""The book against the synthetic bank: every strategy speaks to a fair share of the long tail, or to all."""

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from base.settings import load_settings
from features.catalogue import FEATURES
from features.compiler import READS, compile_features
from lake.table import Table
from lake.tables import NUMBERS
from sources.synthetic.bank import SyntheticBank
from strategies.folder import read_folder
from strategies.rule import parse
from strategies.sql import sql

NIGHT = date(2026, 7, 1)
LOW, HIGH = 0.01, 0.30


@pytest.fixture(scope="module")
def long_tail(engine: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """Features of the long tail of 4,000 synthetic customers."""
    home = tmp_path_factory.mktemp("reach")
    folder = SyntheticBank(load_settings(home=home, synthetic={"customers": 4_000})).deliver(NIGHT)
    frames = {read.table: _delivered(engine, folder, read.table) for read in READS}
    features = compile_features(NIGHT, frames).where("aum_now < 50000")
    return engine.createDataFrame(features.toArrow())


def _delivered(engine: SparkSession, folder: Path, table: Table) -> DataFrame:
    if table is NUMBERS:
        everybody = _delivered(engine, folder, next(r.table for r in READS if r.table.name == "customers"))
        return everybody.select(
            "customer", F.lit("n").alias("number"), F.lit("mobile").alias("kind"), "as_of"
        )
    files = list(folder.glob(f"{table.name}.parquet"))
    if not files:
        return engine.createDataFrame([], table.spark_schema()).withColumn("as_of", F.lit(NIGHT))
    rows = engine.read.parquet(str(files[0])).withColumnRenamed("customer_no", "customer")
    return rows.withColumn("as_of", F.lit(NIGHT))


def test_every_strategy_speaks_to_a_fair_share(long_tail: DataFrame) -> None:
    book = read_folder()
    shares = (
        long_tail.withColumn("segment", F.lit("S01"))
        .select(
            *(
                F.avg(
                    F.coalesce(F.expr(sql(parse(s.who, FEATURES).condition, as_of=NIGHT)), F.lit(False)).cast(
                        "int"
                    )
                ).alias(s.name)
                for s in book
            )
        )
        .toArrow()
        .to_pylist()[0]
    )
    general = {strategy.name for strategy in book if not parse(strategy.who, FEATURES).personal}
    assert {shares.pop(name) for name in general} == {1.0}
    outside = {name: round(share, 3) for name, share in shares.items() if not LOW <= share <= HIGH}
    assert outside == {}
