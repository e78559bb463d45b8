"""The contacts that a dry run foretells are those that arbitration would choose."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach import coded
from outreach.arbitrate.plan import Decision, arbitrate
from outreach.arbitrate.rooms import ChannelRoom, Rooms, StrategyRoom
from outreach.dry_run.competition import compete, net_values
from outreach.dry_run.market import Market
from outreach.explore import Exploration
from tests.outreach.dry_run_world import AS_OF, audience_of, own, people, prices


def nowhere(many: int) -> coded.Words:
    return coded.Words(codes=np.zeros(many, dtype=np.int64), words=("S01",))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 60))
def test_contacts_are_those_that_arbitration_would_choose(seed: int, room: int, limit: int) -> None:
    """All are treated, and whoever loses a contact had no other: then nothing is left to luck or knock-on."""
    rng = np.random.default_rng(seed)
    # What decides are differences of values: halves, so that none of them equals another's value.
    many, net = 80, rng.permutation(200) + np.where(np.arange(200) < 100, 0.0, 0.5)
    channel = rng.choice(["sms", "push"], many)
    # Own candidates are the first forty; only the others', or those of the other channel, are planned for.
    planned = (np.arange(many) >= 40) | ((channel == "push") & (rng.random(many) < 0.5))
    strategy = own("card_saver_benefit")
    others = [(f"c{at}", "other", channel[at], net[at]) for at in np.flatnonzero(planned)]
    ours = [(f"c{at}", strategy.name, "sms", net[100 + at]) for at in range(40)]
    rooms = Rooms(
        channels={"sms": ChannelRoom(per_night=room), "push": ChannelRoom(per_night=many)},
        strategies={
            "other": StrategyRoom(kind="loan", per_night=many),
            strategy.name: StrategyRoom(kind="card", per_night=limit),
        },
    )

    def decide(rows: list[tuple[str, str, str, float]]) -> Decision:
        columns = dict(
            zip(("customer", "strategy", "channel", "value"), zip(*rows, strict=True), strict=True)
        )
        same = {"step": 1, "segment": "S01", "arm": "treatment", "cost": 0.0, "hour": 9}
        table = pa.table({**columns, **{name: [value] * len(rows) for name, value in same.items()}})
        for name in ("number", "person", "last_fate"):
            table = table.append_column(name, pa.nulls(len(rows), pa.string()))
        nobody = Exploration(share=0.0, salt="x")
        return arbitrate(table, rooms=rooms, day=AS_OF, exploration=nobody)

    def chosen(decision: Decision) -> list[dict[str, Any]]:
        return [row for row in decision.plan.to_pylist() if row["fate"] == "contact"]

    tonight = decide(others)
    before = {row["customer"]: row for row in chosen(tonight)}
    after = [row for row in chosen(decide(others + ours)) if row["strategy"] == strategy.name]
    market = Market(rooms=rooms, prices=prices(tonight.limits))
    table = people().slice(0, many)
    rows = [before.get(f"c{at}") for at in range(many)]
    left = pa.array([row and row["value"] - row["shadow_price"] for row in rows], pa.float64())
    passed_over = {row["customer"]: row for row in tonight.plan.to_pylist() if row["fate"] != "contact"}
    missed = [passed_over.get(f"c{at}") for at in range(many)]
    for name, values in (
        ("planned_strategy", pa.array([row and row["strategy"] for row in rows], pa.string())),
        ("planned_channel", pa.array([row and row["channel"] for row in rows], pa.string())),
        ("planned_net", pa.array([row and row["value"] for row in rows], pa.float64())),
        ("planned_left", left),
        ("planned_margin", left),
        ("planned_treated", pa.array([row is not None for row in rows])),
        ("short_by_sms", pa.array([row and row["short_by"] for row in missed], pa.float64())),
        ("short_of_sms", pa.array([row and row["strategy"] for row in missed], pa.string())),
    ):
        table = table.set_column(table.column_names.index(name), name, values)
    own_places, own_net = np.arange(40, dtype=np.int32), net[100:140].astype(np.float64)
    found = compete(
        own_places,
        own_net,
        market.left(own_net, strategy, cost=0.0, segment=nowhere(40), hour=np.full(40, 9)),
        audience_of(table),
        strategy,
        room=room,
        limit=limit,
        treated_share=1.0,
    )
    assert found.exposed == len(after)


def test_net_value_is_worth_times_reach_less_cost() -> None:
    strategy = own("card_saver_benefit", priority=2.0)
    net = net_values(strategy, cost=0.05, reach=np.array([1.0, 0.25]))
    whole = strategy.goal.value * 2.0 * strategy.funnel[0].expected_lift
    assert net.tolist() == pytest.approx([whole - 0.05, whole / 4 - 0.05])
