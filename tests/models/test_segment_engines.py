"""Sail and JVM Spark give every customer the same segment and the same distance, to the last bit."""

import numpy as np
import pandas as pd

from models.segment import Segmenter, score


def test_both_engines_score_alike(engine, jvm, tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.lognormal(5, 2, (400, 4)), columns=["aum", "inflow", "spend", "logins"])
    frame.loc[::7, "inflow"] = None
    frame["has_fund"] = rng.random(400) < 0.3
    model = Segmenter(5).fit(frame)
    frame.assign(customer=[f"c{n:03}" for n in range(400)]).to_parquet(tmp_path / "customers.parquet")
    by_sail = _scored(engine, tmp_path, model)
    by_spark = _scored(jvm, tmp_path, model)
    pd.testing.assert_frame_equal(by_sail, by_spark, check_exact=True)
    assert list(by_sail["segment"]) == [model.ids_[at] for at in model.predict(frame)]


def _scored(spark, folder, model) -> pd.DataFrame:
    customers = spark.read.parquet(str(folder / "customers.parquet"))
    return score(customers, model=model).toPandas().sort_values("customer", ignore_index=True)
