"""Exploration keeps customers' chances, logs the probabilities it draws with, and does not look at arms."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from lake.tables.words import TREATED
from outreach.explore import Exploration, explore
from tests.outreach.rooms import decided, rooms

SALT = "2026-07-02"
Floats = NDArray[np.float64]
NAMES = ("a", "b", "c", "d")
ROOMY = {"push": 10**6}
UNBOUND = dict.fromkeys(NAMES, 10**6)


def _night(*, customers: int, seed: int) -> pa.Table:
    """Four candidates a customer; now and then one is not worth its cost."""
    chance = np.random.default_rng(seed)
    rows = customers * len(NAMES)
    arms = chance.choice(["treatment", "control"], rows, p=[0.7, 0.3])
    return pa.table(
        {
            "customer": np.repeat([f"c{n}" for n in range(customers)], len(NAMES)),
            "number": pa.nulls(rows, pa.string()),
            "person": pa.nulls(rows, pa.string()),
            "strategy": list(NAMES) * customers,
            "step": np.ones(rows, dtype=np.int32),
            "channel": ["push"] * rows,
            "segment": ["S01"] * rows,
            "arm": arms,
            "value": chance.choice([0.5, 2.0, 3.0, 4.0, 9.0], rows),
            "cost": np.ones(rows),
            "hour": np.full(rows, 10, dtype=np.int32),
        }
    )


def _explored(night: pa.Table, *, share: float, salt: str = SALT, expense: Floats | None = None) -> pa.Table:
    """The night with what each candidate is tried as."""
    worth = night["value"].to_numpy() - night["cost"].to_numpy()
    tries = explore(
        night,
        worth=worth,
        expense=np.zeros(len(worth)) if expense is None else expense,
        exploration=Exploration(share=share, salt=salt),
    )
    columns = {"put_forward": tries.put_forward, "drawn": tries.drawn, "bid": tries.bid}
    for name, column in columns.items():
        night = night.append_column(name, pa.array(column))
    return night.append_column("propensity", pa.array(tries.propensity, pa.float64(), from_pandas=True))


def _by_row(table: pa.Table) -> dict[tuple[str, str], dict[str, object]]:
    return {(row["customer"], row["strategy"]): row for row in table.to_pylist()}


def test_one_worthwhile_candidate_a_customer_is_put_forward() -> None:
    found = _explored(_night(customers=2_000, seed=1), share=0.3).to_pandas()
    worth = found[found["value"] > found["cost"]]
    assert (worth.groupby("customer")["put_forward"].sum() == 1).all()
    assert not found.loc[found["value"] <= found["cost"], "put_forward"].any()
    assert found.loc[found["value"] <= found["cost"], "propensity"].isna().all()
    assert np.allclose(worth.groupby("customer")["propensity"].sum(), 1)


def test_bids_are_the_net_values_with_two_places_changed() -> None:
    found = _explored(_night(customers=2_000, seed=1), share=0.5).to_pandas()
    found["net"] = found["value"] - found["cost"]
    for _, own in found.groupby("customer"):
        assert sorted(own["bid"]) == sorted(own["net"])
        if own["put_forward"].any():
            assert own.loc[own["put_forward"], "bid"].item() == own["net"].max()


def test_candidates_are_put_forward_as_often_as_their_propensity_says() -> None:
    night = _night(customers=300, seed=2)
    nights = [_explored(night, share=0.4, salt=f"night {n}") for n in range(300)]
    # What is best among equals changes from night to night, and the propensity with it.
    expected = np.sum([one["propensity"].fill_null(0).to_numpy() for one in nights], axis=0)
    shares = np.stack([one["propensity"].fill_null(0).to_numpy() for one in nights])
    seen = np.sum([one["put_forward"].to_numpy() for one in nights], axis=0)
    spread = np.sqrt((shares * (1 - shares)).sum(axis=0))
    certain = spread == 0
    assert (seen[certain] == expected[certain]).all()
    distance = (seen[~certain] - expected[~certain]) / spread[~certain]
    assert abs(distance.mean()) < 0.05
    assert distance.std() == pytest.approx(1, abs=0.1)


def test_without_exploration_the_best_goes_first() -> None:
    found = _explored(_night(customers=500, seed=3), share=0.0)
    assert found["bid"].to_pylist() == [
        value - cost
        for value, cost in zip(found["value"].to_pylist(), found["cost"].to_pylist(), strict=True)
    ]
    assert set(found["propensity"].drop_null().to_pylist()) == {0.0, 1.0}


def test_neither_arms_nor_the_order_of_rows_play_a_part() -> None:
    night = _night(customers=1_000, seed=4)
    turned = night.take(pa.array(np.random.default_rng(0).permutation(night.num_rows)))
    other = night.set_column(
        night.schema.get_field_index("arm"), "arm", pa.array(["control"] * night.num_rows)
    )
    found = _by_row(_explored(night, share=0.3))
    for changed in (turned, other):
        again = _by_row(_explored(changed, share=0.3))
        for key, row in found.items():
            assert {name: again[key][name] for name in ("put_forward", "propensity", "bid")} == {
                name: row[name] for name in ("put_forward", "propensity", "bid")
            }


def test_exploring_serves_as_many_and_says_so() -> None:
    night = _night(customers=2_000, seed=5)
    plans = {
        share: decided(night, rooms({"push": 600}, UNBOUND), share=share).plan.to_pandas()
        for share in (0.0, 0.3)
    }
    for plan in plans.values():
        assert (plan["fate"] == "contact").sum() == 600
    drawn = plans[0.3]["reason"].str.contains("to learn what else works")
    assert drawn.any()
    assert not plans[0.0]["reason"].str.contains("to learn what else works").any()


def test_with_room_for_all_the_one_put_forward_is_chosen_in_every_arm() -> None:
    night = _night(customers=1_000, seed=6)
    plan = decided(night, rooms(ROOMY, UNBOUND), share=0.3).plan
    chosen = Counter()
    for row in plan.to_pylist():
        assert row["put_forward"] == (row["fate"] in ("contact", "held_out"))
        if row["put_forward"]:
            assert (row["fate"] == "contact") == (row["arm"] in TREATED)
            chosen[row["fate"]] += 1
    assert min(chosen.values()) > 100


def test_nobody_is_a_night_too() -> None:
    found = _explored(_night(customers=10, seed=1).slice(0, 0), share=0.3)
    assert found.num_rows == 0
    assert found["propensity"].type == pa.float64()
