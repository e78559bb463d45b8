"""The log of decisions is put together as it was drawn, and tells what other weights would have brought."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from base.errors import ExperimentError
from jobs.policy_value import decisions, value_of_log
from lake.tables import PLAN
from tests.outreach.rooms import decided, rooms

NIGHT = date(2026, 7, 1)
WINDOW = 7
CUSTOMERS = 6_000
EFFECT = {"first": 0.02, "second": 0.15}
TREATMENT = 0.8


def _candidates(rng: np.random.Generator, *, values: list[float]) -> pa.Table:
    names, count = list(EFFECT), CUSTOMERS * 2
    return pa.table(
        {
            "customer": np.repeat([f"c{n}" for n in range(CUSTOMERS)], 2),
            "number": pa.nulls(count, pa.string()),
            "person": pa.nulls(count, pa.string()),
            "strategy": names * CUSTOMERS,
            "step": pa.array(np.ones(count), pa.int32()),
            "channel": ["sms"] * count,
            "segment": ["S01"] * count,
            "arm": np.where(rng.random(count) < TREATMENT, "treatment", "control"),
            "value": np.tile(values, CUSTOMERS),
            "cost": np.ones(count),
            "hour": pa.array(np.full(count, 10), pa.int32()),
        }
    )


def _night(
    candidates: pa.Table,
    rng: np.random.Generator,
    *,
    limits: dict[str, int] | None = None,
    last_prices: dict[str, float] | None = None,
) -> dict[str, pd.DataFrame]:
    """One night, with room for all unless ``limits`` say so by strategy, and what came of it."""
    count = len(candidates)
    room = rooms({"sms": count}, limits or dict.fromkeys(EFFECT, count))
    plan = decided(candidates, room, share=0.4, salt="log", last_prices=last_prices).plan.to_pandas()
    chosen = plan[plan["fate"].isin(["contact", "held_out"])]
    treated = chosen["arm"] == "treatment"
    chance = 0.1 + chosen["strategy"].map(EFFECT) * treated
    measured = chosen[["customer", "strategy", "arm"]].assign(
        first_exposed=NIGHT + timedelta(days=1),
        window_days=WINDOW,
        treatment_share=TREATMENT,
        converted=(rng.random(len(chosen)) < chance).astype(np.int64),
        as_of=NIGHT + timedelta(days=WINDOW + 4),
    )
    begun = chosen[["customer", "strategy"]].assign(as_of=NIGHT)
    return {"plan": plan.assign(as_of=NIGHT), "assignments": begun, "measured": measured}


@pytest.fixture(scope="module")
def world() -> dict[str, pd.DataFrame]:
    """The author's best, "first", moves fewer customers than "second" does."""
    rng = np.random.default_rng(7)
    return _night(_candidates(rng, values=[3.0, 2.0]), rng)


def _log(engine: SparkSession, world: dict[str, pd.DataFrame], **weights: float) -> pd.DataFrame:
    frames: dict[str, DataFrame] = {name: engine.createDataFrame(frame) for name, frame in world.items()}
    return decisions(**frames, weights=weights).toPandas().sort_values("customer", ignore_index=True)


def test_every_decision_is_logged_once_with_what_came_of_it(
    engine: SparkSession, world: dict[str, pd.DataFrame]
) -> None:
    log = _log(engine, world)
    assert len(log) == CUSTOMERS == log["customer"].nunique()
    assert (log["would_be"] == "first").all()
    shares = log.groupby("strategy")["propensity"].unique().map(lambda found: found.tolist()).to_dict()
    assert shares == {"first": [pytest.approx(0.8)], "second": [pytest.approx(0.2)]}
    assert (log["strategy"] == "second").mean() == pytest.approx(0.2, abs=0.02)
    assert log["converted"].notna().all()


def test_other_weights_are_worth_what_their_choice_adds(
    engine: SparkSession, world: dict[str, pd.DataFrame]
) -> None:
    log = _log(engine, world, second=2.0)
    assert (log["would_be"] == "second").all()
    found = value_of_log(log, confidence=0.99)
    for estimate in found.estimates.values():
        assert estimate.low <= EFFECT["second"] <= estimate.high
        assert estimate.low > EFFECT["first"]
    assert found.finding is None
    assert set(PLAN.names) <= set(world["plan"].columns)


def test_weights_that_leave_nothing_bring_nothing(
    engine: SparkSession, world: dict[str, pd.DataFrame]
) -> None:
    found = value_of_log(_log(engine, world, first=0.0, second=0.0), confidence=0.95)
    assert {one.value for one in found.estimates.values()} == {0.0}
    assert found.finding is None


def test_decisions_of_which_something_is_unknown_are_left_out(
    engine: SparkSession, world: dict[str, pd.DataFrame]
) -> None:
    plan, assignments = world["plan"].copy(), world["assignments"]
    plan.loc[(plan["customer"] == "c1") & (plan["strategy"] == "second"), "step"] = 2
    plan.loc[(plan["customer"] == "c2") & (plan["strategy"] == "second"), "arm"] = "portfolio_holdout"
    before = pd.DataFrame(
        {"customer": ["c3"], "strategy": ["never"], "as_of": [NIGHT - timedelta(days=9)]}
    ).assign(strategy="second")
    others = assignments[assignments["customer"] != "c3"]
    changed = world | {"plan": plan, "assignments": pd.concat([others, before])}
    left = set(_log(engine, world)["customer"]) - set(_log(engine, changed)["customer"])
    assert left == {"c1", "c2", "c3"}


def test_nights_whose_windows_are_open_are_not_valued(
    engine: SparkSession, world: dict[str, pd.DataFrame]
) -> None:
    early = world["measured"].assign(as_of=NIGHT + timedelta(days=WINDOW + 3))
    with pytest.raises(ExperimentError, match=r"no night is old enough.*from 2026-07-12 on"):
        _log(engine, world | {"measured": early})


def test_that_nothing_is_fully_known_is_said(engine: SparkSession, world: dict[str, pd.DataFrame]) -> None:
    held = world["plan"].assign(arm="global_holdout")
    log = _log(engine, world | {"plan": held})
    assert log.empty
    with pytest.raises(ExperimentError, match="of no decision everything is known"):
        value_of_log(log, confidence=0.95)


def test_weights_that_change_nothing_choose_what_the_night_chose(
    engine: SparkSession,
) -> None:
    """All of one value: the night's luck put one of them first."""
    candidates = _candidates(np.random.default_rng(3), values=[3.0, 3.0])
    log = _log(engine, _night(candidates, np.random.default_rng(4)))
    best = log["propensity"] > 0.5
    assert 0.4 < (log.loc[best, "strategy"] == "first").mean() < 0.6
    assert (log["would_be"] == log["strategy"]).equals(best)


def test_where_room_has_a_price_the_log_values_what_is_tried_at_it(engine: SparkSession) -> None:
    """The better strategy has room for a third. Its price of the night before decides what goes first: hardly
    anything put forward runs out, and other weights are valued at what they add.
    """
    rng = np.random.default_rng(11)
    candidates = _candidates(rng, values=[3.0, 4.0])
    spread = np.where(np.arange(CUSTOMERS * 2) % 2, rng.uniform(0, 6, CUSTOMERS * 2), 0.0)
    candidates = candidates.set_column(
        candidates.schema.get_field_index("value"),
        "value",
        pa.array(candidates["value"].to_numpy() + spread),
    )
    limits = {"first": CUSTOMERS, "second": int(CUSTOMERS / 3 * TREATMENT)}
    room = rooms({"sms": CUSTOMERS * 2}, limits)
    before = decided(candidates, room, day=NIGHT).limits.to_pylist()
    prices = {row["name"]: row["price"] for row in before}
    assert prices["strategy.second"] > 4
    blind = _night(candidates, np.random.default_rng(12), limits=limits)
    world = _night(candidates, np.random.default_rng(12), limits=limits, last_prices=prices)
    ran_out = {
        name: 1 - plan["fate"].isin(["contact", "held_out"])[plan["put_forward"]].mean()
        for name, plan in (("blind", blind["plan"]), ("priced", world["plan"]))
    }
    assert ran_out["priced"] < 0.1 < 0.3 < ran_out["blind"]
    log = _log(engine, world)
    second = (log["would_be"] == "second").mean()
    assert 0.2 < second < 1 / 3  # those drawn take some of its room
    found = value_of_log(log, confidence=0.99)
    truth = EFFECT["second"] * second + EFFECT["first"] * (1 - second)
    for estimate in found.estimates.values():
        assert estimate.low <= truth <= estimate.high
    assert found.finding is None
    only_first = value_of_log(_log(engine, world, second=0.0), confidence=0.99)
    for estimate in only_first.estimates.values():
        assert estimate.low <= EFFECT["first"] <= estimate.high
