"""What a passed-over contact is told to be short by is what its own value must grow by."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from outreach.arbitrate.rooms import ChannelRoom, Rooms, StrategyRoom
from tests.outreach.rooms import decided

NAMES = ("savers", "funds", "loans")
CUSTOMERS = 400
CHOSEN = ("contact", "held_out")


def _night(seed: int) -> pa.Table:
    """Three candidates a customer, over two channels and three hours; half were passed over last night."""
    rng = np.random.default_rng(seed)
    many = CUSTOMERS * len(NAMES)
    return pa.table(
        {
            "customer": [f"c{n // len(NAMES)}" for n in range(many)],
            "number": pa.nulls(many, pa.string()),
            "person": pa.nulls(many, pa.string()),
            "strategy": list(NAMES) * CUSTOMERS,
            "step": pa.array(np.ones(many), pa.int32()),
            "channel": rng.choice(["ai_call", "human_call"], many),
            "segment": ["S01"] * many,
            "arm": rng.choice(["treatment", "treatment", "control"], many),
            "value": rng.uniform(0.2, 10, many),
            "cost": np.full(many, 0.5),
            "hour": pa.array(rng.integers(9, 12, many), pa.int32()),
            "last_fate": pa.array(rng.choice(["capacity", "lower_value"], many), pa.string()),
        }
    )


def _rooms(*, hour_costs: float, stay_put: float) -> Rooms:
    return Rooms(
        channels={
            "ai_call": ChannelRoom(per_night=100, per_hour={9: 30, 10: 40, 11: 50}),
            "human_call": ChannelRoom(per_night=80),
        },
        strategies={name: StrategyRoom(kind="deposit", per_night=1_000) for name in NAMES},
        hours_away=1,
        hour_costs=hour_costs,
        stay_put=stay_put,
    )


def _raised(night: pa.Table, at: int, by: float) -> pa.Table:
    value = night["value"].to_numpy().copy()
    value[at] += by
    return night.set_column(night.column_names.index("value"), "value", pa.array(value))


def _passed_over(plan: list[dict[str, Any]], seed: int) -> list[int]:
    """Some of those that were not chosen."""
    others = [at for at, row in enumerate(plan) if row["fate"] not in CHOSEN]
    return [int(at) for at in np.random.default_rng(seed).choice(others, 8, replace=False)]


@pytest.mark.parametrize(("hour_costs", "stay_put"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.25), (0.3, 0.25)])
def test_whoever_is_worth_that_much_more_is_chosen(hour_costs: float, stay_put: float) -> None:
    """But for a few, since one more who wants room moves its price."""
    rooms, chosen = _rooms(hour_costs=hour_costs, stay_put=stay_put), []
    for seed in range(3):
        night = _night(seed)
        plan = decided(night, rooms).plan.to_pylist()
        for at in _passed_over(plan, seed):
            after = decided(_raised(night, at, plan[at]["short_by"] + 0.1), rooms).plan
            chosen.append(after["fate"][at].as_py() in CHOSEN)
    assert np.mean(chosen) >= 0.9


@pytest.mark.parametrize(("hour_costs", "stay_put"), [(0.0, 0.0), (0.3, 0.25)])
def test_whoever_is_worth_less_than_that_is_not(hour_costs: float, stay_put: float) -> None:
    rooms, chosen = _rooms(hour_costs=hour_costs, stay_put=stay_put), []
    for seed in range(3):
        night = _night(seed)
        plan = decided(night, rooms).plan.to_pylist()
        for at in _passed_over(plan, seed):
            after = decided(_raised(night, at, 0.8 * plan[at]["short_by"] - 0.1), rooms).plan
            chosen.append(after["fate"][at].as_py() in CHOSEN)
    assert np.mean(chosen) <= 0.1


def test_nothing_is_promised_where_another_was_drawn() -> None:
    """Whatever the others of the customer were worth, the drawn one would compete with it."""
    night = _night(9)
    plan = decided(night, _rooms(hour_costs=0.0, stay_put=0.0), share=0.5).plan.to_pylist()
    drawn = {
        row["customer"] for row in plan if row["fate"] == "contact" and row["reason"].startswith("drawn")
    }
    theirs = [row for row in plan if row["customer"] in drawn]
    assert len(drawn) > 5
    assert all(row["short_by"] is None for row in theirs)
    assert any("was drawn for this customer" in row["reason"] for row in theirs)
