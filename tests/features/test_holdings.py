"""The spans of balances agree with walking through the days one by one."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession

from lake.tables import BALANCES
from lake.tables.words import ASSET_CLASSES
from tests.features.world import features_of, world

AS_OF = date(2026, 7, 1)


def test_means_extremes_and_changes_agree_with_a_walk_through_the_days(engine: SparkSession) -> None:
    tables = world(seed=21, as_of=AS_OF, customers=200)
    made = features_of(engine, tables, as_of=AS_OF)
    records = tables[BALANCES].to_pandas()
    records["fen"] = records[[f"{asset}_fen" for asset in ASSET_CLASSES]].sum(axis=1)
    for name, theirs in records.groupby("customer"):
        walked = _walk(theirs)
        for feature, expected in walked.items():
            assert np.isclose(made.loc[name, feature], expected, rtol=1e-12), (name, feature)


def _walk(records: pd.DataFrame) -> dict[str, float]:
    """Features of one customer from the daily assets in yuan; days before the first record are missing."""
    last = records.sort_values(["balance_date", "known_at"]).groupby("balance_date")["fen"].last() / 100
    days = pd.Index([AS_OF - timedelta(days=back) for back in range(500, -1, -1)])
    daily = last.reindex(days).ffill()
    moves = last.diff().abs()
    recent = moves[moves.index > AS_OF - timedelta(days=180)].dropna()
    mean = daily[-180:].mean()
    then = daily.fillna(0).iloc[-181]
    return {
        "aum_now": daily.iloc[-1],
        "aum_mean_90d": daily[-90:].mean(),
        "aum_min_90d": daily[-90:].min(),
        "aum_max_90d": daily[-90:].max(),
        "aum_peak_365d": daily[-365:].max(),
        "aum_change_30d": daily.iloc[-1] - daily.fillna(0).iloc[-31],
        "aum_change_90d": daily.iloc[-1] - daily.fillna(0).iloc[-91],
        "aum_trend_180d": (daily.iloc[-1] - then) / max(then, 1),
        "aum_volatility_180d": recent.mean() / mean if len(recent) and mean > 0 else 0,
    }
