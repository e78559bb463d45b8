"""Minimums and floors that bind take as many, and as good ones, of those held back as of the others."""

from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from outreach.arbitrate.rooms import ChannelRoom, Floors, Rooms, StrategyRoom
from tests.outreach.rooms import DAY, decided

NIGHTS = 40
CUSTOMERS = 1_200
LEAST = 60
SHARE = 0.15
ROOMS = Rooms(
    channels={"ai_call": ChannelRoom(per_night=180), "sms": ChannelRoom(per_night=100)},
    strategies={
        "savers": StrategyRoom(kind="deposit", per_night=10_000),
        "funds": StrategyRoom(kind="fund", per_night=10_000, at_least=LEAST),
    },
    floors=Floors(segments={"S02": SHARE}),
)


@cache
def _nights() -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a candidate of every night, funds and S02 being worth much less; and the limits' rows."""
    rng = np.random.default_rng(20260703)
    found, limits = [], []
    for night in range(NIGHTS):
        customer = np.repeat(np.arange(CUSTOMERS), 2)
        strategy = np.tile(["savers", "funds"], CUSTOMERS)
        segment = np.where(rng.random(CUSTOMERS) < 0.25, "S02", "S01")[customer]
        held = rng.random(len(customer)) < 0.3
        worth = rng.gamma(2, 5, len(customer))
        worth = worth / np.where(strategy == "funds", 3, 1) / np.where(segment == "S02", 3, 1) + 1
        table = pa.table(
            {
                "customer": [f"c{n}" for n in customer],
                "number": pa.nulls(len(customer), pa.string()),
                "person": pa.nulls(len(customer), pa.string()),
                "strategy": strategy,
                "step": pa.array(np.ones(len(customer)), pa.int32()),
                "channel": np.where(rng.random(len(customer)) < 0.6, "ai_call", "sms"),
                "segment": segment,
                "arm": np.where(held, "control", "treatment"),
                "value": worth,
                "cost": np.full(len(customer), 0.5),
                "hour": pa.array(np.full(len(customer), 10), pa.int32()),
            }
        )
        decision = decided(table, ROOMS, day=DAY + timedelta(days=night))
        chosen = np.isin(np.asarray(decision.plan["fate"].to_pylist()), ("contact", "held_out"))
        rows = {"strategy": strategy, "segment": segment, "held": held, "chosen": chosen, "value": worth}
        found.append(pd.DataFrame(rows))
        limits.append(decision.limits.to_pandas())
    return pd.concat(found), pd.concat(limits)


def test_the_minimums_bind_and_hold() -> None:
    _, limits = _nights()
    for name in ("strategy.funds", "segment.S02"):
        rows = limits[limits["name"] == name]
        assert (rows["used"] >= rows["low"]).all()
        assert (rows["price"] < 0).mean() > 0.9
    assert limits["relaxed_from"].isna().all()


def test_as_many_of_those_held_back_are_chosen() -> None:
    rows, _ = _nights()
    for _, part in rows.groupby(["strategy", "segment"]):
        table = pd.crosstab(part["held"], part["chosen"])
        assert stats.chi2_contingency(table, correction=False).pvalue > 0.005


def test_those_held_back_are_worth_as_much() -> None:
    rows, _ = _nights()
    for _, part in rows[rows["chosen"]].groupby(["strategy", "segment"]):
        held, made = part.loc[part["held"], "value"], part.loc[~part["held"], "value"]
        assert stats.ttest_ind(held, made, equal_var=False).pvalue > 0.005
