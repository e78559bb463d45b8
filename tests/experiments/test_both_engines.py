"""Arms, rules, candidates and positions are the same on the embedded engine and on JVM Spark."""

from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from base.settings import Contact
from experiments.assign import assign, with_draw
from features.compiler import CUSTOMER_FEATURES
from lake.tables import OUTCOMES, PLAN, POSITIONS
from lake.tables.words import ARMS, RESULTS
from strategies.candidates import match
from strategies.folder import read_folder
from strategies.funnel import merged, positions
from tests.experiments.arm_world import ABOVE
from tests.experiments.arm_world import BOOK as RICH_BOOK
from tests.strategies.journeys import BOOK as FUNNELS
from tests.strategies.journeys import Row, frame

BOOK = read_folder()
CUSTOMERS = 600
RECORDED = "customer string, strategy string, arm string, first_exposed date"


def _customers() -> pa.Table:
    """Customers whose features are drawn over the range where rules decide, a fifth of them missing."""
    rng = np.random.default_rng(23)
    columns: dict[str, pa.Array] = {"customer": pa.array([f"A{n:05d}" for n in range(CUSTOMERS)])}
    for field in list(CUSTOMER_FEATURES.arrow_schema())[1:]:
        missing = rng.random(CUSTOMERS) < 0.2
        if pa.types.is_boolean(field.type):
            values = rng.random(CUSTOMERS) < 0.5
        elif pa.types.is_integer(field.type):
            values = rng.integers(0, 40, CUSTOMERS)
        elif pa.types.is_date(field.type):
            values = np.datetime64("2026-07-01", "D") - rng.integers(0, 400, CUSTOMERS)
        elif CUSTOMER_FEATURES[field.name].unit == "share":
            values = rng.random(CUSTOMERS)
        else:
            values = rng.integers(-100_000, 4_000_000, CUSTOMERS) / 100
        columns[field.name] = pa.array(values, mask=missing).cast(field.type)
    return pa.table(columns)


def _decided(spark: SparkSession) -> list[dict[str, object]]:
    people = spark.createDataFrame(_customers())
    candidates = match(
        people,
        segments=people.select("customer", F.lit("S01").alias("segment")),
        non_personalised=people.filter("customer like '%7'").select("customer"),
        positions=_begun(spark),
        strategies=BOOK,
        as_of=date(2026, 7, 20),
        costs={"push": 0.01, "sms": 0.05, "ai_call": 0.5, "human_call": 8.0},
        window=Contact(),  # type: ignore[call-arg]
    )
    nobody = spark.createDataFrame([], RECORDED)
    drawn = assign(candidates, strategies=BOOK, recorded=nobody, settings=ABOVE)
    return drawn.orderBy("customer", "strategy", "step").toArrow().to_pylist()


def _drawn(spark: SparkSession) -> list[dict[str, object]]:
    """Every kind of arm, with the draw it came from, some of it recorded before."""
    rows = [
        (f"A{n:05d}", strategy.name, 1 + n % 2, ("S01", "S03", None)[n % 3])
        for n in range(CUSTOMERS)
        for strategy in RICH_BOOK
    ]
    recorded = [
        (f"A{n:05d}", RICH_BOOK[0].name, arm, date(2026, 7, day))
        for n in range(50)
        for arm, day in (("control", 3), ("treatment_b", 2))
    ]
    assigned = assign(
        spark.createDataFrame(rows, "customer string, strategy string, step int, segment string"),
        strategies=RICH_BOOK,
        recorded=spark.createDataFrame(
            recorded, "customer string, strategy string, arm string, first_exposed date"
        ),
        settings=ABOVE,
    )
    found = with_draw(assigned, strategies=RICH_BOOK, settings=ABOVE)
    return found.orderBy("customer", "strategy", "step").toArrow().to_pylist()


def _begun(spark: SparkSession) -> DataFrame:
    longest = max(BOOK, key=lambda strategy: len(strategy.funnel)).name
    rows = [(f"A{n:05d}", longest, date(2026, 7, 18), 2 if n % 2 else None) for n in range(100)]
    return spark.createDataFrame(rows, "customer string, strategy string, first_exposed date, step int")


def _stood(spark: SparkSession) -> list[dict[str, object]]:
    """Where made-up customers stand in funnels, with answers late, twice and to nothing that is known."""
    rng = np.random.default_rng(29)
    plan, outcomes = list[Row](), list[Row]()
    for number in range(1500):
        night = date(2026, 7, 1) + timedelta(days=int(rng.integers(0, 15)))
        row: Row = {
            "customer": f"A{number % 1000:05d}",
            "strategy": FUNNELS[number % len(FUNNELS)].name,
            "step": int(rng.choice([1, 1, 2, 3])),
            "as_of": night,
        }
        if rng.random() < 0.8:
            plan.append(row | {"fate": "held_out" if number % 9 == 0 else "contact"})
        for _ in range(int(rng.integers(0, 3))):
            late = night + timedelta(days=int(rng.integers(1, 9)))
            told = {"result": str(rng.choice(RESULTS[:8])), "happened_at": datetime.combine(late, time(12))}
            outcomes.append(row | told | {"contact_day": night + timedelta(days=1)})
    touches = merged(frame(spark, POSITIONS, []), frame(spark, PLAN, plan), frame(spark, OUTCOMES, outcomes))
    stands = positions(touches, strategies=FUNNELS, as_of=date(2026, 7, 14))
    return [
        *touches.orderBy("customer", "strategy", "step", "contact_day").toArrow().to_pylist(),
        *stands.orderBy("customer", "strategy").toArrow().to_pylist(),
    ]


def test_candidates_arms_and_positions_are_the_same_on_jvm_spark(
    engine: SparkSession, jvm: SparkSession
) -> None:
    embedded, drawn, stood = _decided(engine), _drawn(engine), _stood(engine)
    assert _decided(jvm) == embedded
    assert _drawn(jvm) == drawn
    assert _stood(jvm) == stood
    assert len(embedded) > 1000
    assert {row["arm"] for row in embedded} == {"treatment", "control", "global_holdout"}
    assert {row["arm"] for row in drawn} == set(ARMS) - {"treatment_c"}
    assert {row["step"] for row in embedded} == {1, 2}
    assert {row["step"] for row in stood if "last_step" in row} >= {None, 2, 3}
