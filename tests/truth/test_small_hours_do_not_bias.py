"""Hours with room for a few calls take as many, and as good ones, of those held back as of the others."""

from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from outreach.arbitrate.rooms import ChannelRoom, Rooms, StrategyRoom
from tests.outreach.rooms import DAY, decided

NIGHTS = 60
CANDIDATES = 1_000
HOURS = range(9, 19)
ROOMS = Rooms(
    channels={"human_call": ChannelRoom(per_night=24, per_hour=dict.fromkeys(HOURS, 3))},
    strategies={"savers": StrategyRoom(kind="deposit", per_night=10_000)},
    hours_away=1,
    hour_costs=0.05,
)


@cache
def _nights() -> pd.DataFrame:
    """One row a candidate of every night: whether he is held back, was chosen, and what he is worth."""
    rng = np.random.default_rng(20260702)
    found = []
    for night in range(NIGHTS):
        held = rng.random(CANDIDATES) < 0.3
        table = pa.table(
            {
                "customer": [f"c{n}" for n in range(CANDIDATES)],
                "number": pa.nulls(CANDIDATES, pa.string()),
                "person": pa.nulls(CANDIDATES, pa.string()),
                "strategy": ["savers"] * CANDIDATES,
                "step": pa.array(np.ones(CANDIDATES), pa.int32()),
                "channel": ["human_call"] * CANDIDATES,
                "segment": ["S01"] * CANDIDATES,
                "arm": np.where(held, "control", "treatment"),
                "value": rng.gamma(2, 5, CANDIDATES) + 1,
                "cost": np.full(CANDIDATES, 0.5),
                "hour": pa.array(rng.choice(HOURS, CANDIDATES), pa.int32()),
            }
        )
        plan = decided(table, ROOMS, day=DAY + timedelta(days=night)).plan
        chosen = np.isin(np.asarray(plan["fate"].to_pylist()), ("contact", "held_out"))
        found.append(pd.DataFrame({"held": held, "chosen": chosen, "value": table["value"].to_numpy()}))
    return pd.concat(found)


def test_every_night_uses_its_room() -> None:
    nights = _nights()
    assert (nights["chosen"] & ~nights["held"]).sum() == NIGHTS * 24


def test_as_many_of_those_held_back_are_chosen() -> None:
    nights = _nights()
    table = pd.crosstab(nights["held"], nights["chosen"])
    assert stats.chi2_contingency(table, correction=False).pvalue > 0.01


def test_those_held_back_are_worth_as_much() -> None:
    nights = _nights()
    chosen = nights[nights["chosen"]]
    held, made = chosen.loc[chosen["held"], "value"], chosen.loc[~chosen["held"], "value"]
    assert stats.ttest_ind(held, made, equal_var=False).pvalue > 0.01
    assert abs(held.mean() - made.mean()) < 1.0
