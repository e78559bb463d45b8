"""What the dry run foretells of a strategy, beside what a night makes of it once it is live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lake.tables.words import CHANNELS
from outreach import coded
from outreach.arbitrate.plan import Decision, arbitrate
from outreach.arbitrate.rooms import ChannelRoom, Load, Rooms, SkillRoom, StrategyRoom
from outreach.channels.channel import load_channels
from outreach.dry_run.audience import Planned, Words
from outreach.dry_run.competition import compete
from outreach.dry_run.market import Market
from outreach.explore import Exploration
from strategies.document import Strategy
from strategies.folder import read_folder
from tests.outreach.dry_run_world import prices

DAY = date(2026, 7, 2)
PEOPLE = 3_000
HOURS = range(9, 20)
COSTS = {name: channel.cost for name, channel in load_channels().items()}
ROOM = {"push": PEOPLE // 10, "sms": PEOPLE // 20, "ai_call": PEOPLE // 10, "human_call": PEOPLE // 40}
WORTH = {"push": 1.0, "sms": 2.0, "ai_call": 5.0, "human_call": 30.0}
LIVE = {f"live_{place}": CHANNELS[place % len(CHANNELS)] for place in range(20)}
TRIED = read_folder()[0]

Row = dict[str, Any]


@dataclass(frozen=True)
class Chosen:
    """As much of an audience as competition looks at."""

    planned: Planned


def rooms(**changes: Any) -> Rooms:
    """Calls are bound by the hour; ``changes`` of Rooms."""
    channels = {
        name: ChannelRoom(
            per_night=room,
            per_hour=dict.fromkeys(HOURS, 1 + room // 9) if name.endswith("call") else {},
        )
        for name, room in ROOM.items()
    }
    strategies = {name: StrategyRoom(kind="loan", per_night=PEOPLE) for name in LIVE}
    strategies[TRIED.name] = StrategyRoom(kind=TRIED.kind, per_night=PEOPLE)
    plain: Row = {"channels": channels, "strategies": strategies, "hours_away": 1, "hour_costs": 0.05}
    return Rooms(**{**plain, **changes})


def candidates(*, own: int, channel: str, scale: float) -> list[Row]:
    """Six possible contacts of each customer, and those of the tried strategy; worth goes with the person."""
    rng = np.random.default_rng(7)
    taste = rng.lognormal(0.0, 0.5, PEOPLE)
    names = list(LIVE)
    asked = [
        (person, names[at]) for person in range(PEOPLE) for at in rng.choice(len(names), 6, replace=False)
    ]
    asked += [(int(person), TRIED.name) for person in rng.permutation(PEOPLE)[:own]]
    by = {**LIVE, TRIED.name: channel}
    return [
        {
            "customer": f"c{person}",
            "strategy": name,
            "step": 1,
            "channel": by[name],
            "segment": "S01",
            "arm": "treatment",
            "value": WORTH[by[name]]
            * taste[person]
            * float(rng.lognormal(0.0, 0.7))
            * (scale if name == TRIED.name else 1.0),
            "cost": COSTS[by[name]],
            "hour": int(rng.integers(HOURS[0], HOURS[-1] + 1)),
            "number": None,
            "person": None,
            "last_fate": None,
        }
        for person, name in asked
    ]


def decided(rows: Sequence[Row], night: Rooms) -> Decision:
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("customer", "strategy", "channel", "segment", "arm")),
            *((name, pa.string()) for name in ("number", "person", "last_fate")),
            *((name, pa.int32()) for name in ("step", "hour")),
            *((name, pa.float64()) for name in ("value", "cost")),
        ]
    )
    table = pa.Table.from_pylist(list(rows), schema=schema)
    return arbitrate(table, rooms=night, day=DAY, exploration=Exploration(share=0.0, salt="x"))


def contacts(decision: Decision) -> list[Row]:
    return [row for row in decision.plan.to_pylist() if row["fate"] == "contact"]


def planned(decision: Decision) -> Planned:
    """The night's contacts as an audience knows them, customers in their order."""
    found = {int(row["customer"][1:]): row for row in contacts(decision)}

    def words(name: str) -> Words:
        known = tuple(sorted({row[name] for row in found.values()}))
        codes = [known.index(found[person][name]) if person in found else -1 for person in range(PEOPLE)]
        return Words(codes=np.array(codes, dtype=np.int32), words=known)

    net, left, margin = (np.full(PEOPLE, -np.inf) for _ in range(3))
    for person, row in found.items():
        net[person] = row["value"] - row["cost"]
        left[person] = margin[person] = net[person] - row["shadow_price"]
    short_by = {channel: np.full(PEOPLE, np.inf) for channel in CHANNELS}
    for row in decision.plan.to_pylist():
        person = int(row["customer"][1:])
        if row["short_by"] is not None:
            nearest = short_by[row["channel"]]
            nearest[person] = min(nearest[person], row["short_by"])
            if person in found and row["channel"] != found[person]["channel"]:
                margin[person] = min(margin[person], row["short_by"])
    return Planned(
        strategy=words("strategy"),
        channel=words("channel"),
        net=net,
        left=left,
        margin=margin,
        treated=net > -np.inf,
        short_by=short_by,
        short_of={
            channel: Words(codes=np.where(np.isfinite(short), 0, -1).astype(np.int32), words=("others",))
            for channel, short in short_by.items()
        },
    )


def over(channel: str) -> Strategy:
    first = TRIED.funnel[0].model_copy(update={"channel": channel})
    return TRIED.model_copy(update={"funnel": (first, *TRIED.funnel[1:])})


@pytest.mark.parametrize("own", [150, 2_500], ids=["small", "large"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_contacts_foretold_are_those_the_night_would_make(own: int, channel: str) -> None:
    night = rooms()
    rows = candidates(own=own, channel=channel, scale=2.0)
    ours = [row for row in rows if row["strategy"] == TRIED.name]
    before = decided([row for row in rows if row["strategy"] != TRIED.name], night)
    made = sum(row["strategy"] == TRIED.name for row in contacts(decided(rows, night)))
    net = np.array([row["value"] - row["cost"] for row in ours])
    market = Market(rooms=night, prices=prices(before.limits))
    left = market.left(
        net,
        over(channel),
        cost=COSTS[channel],
        segment=coded.Words(codes=np.zeros(own, dtype=np.int64), words=("S01",)),
        hour=np.array([row["hour"] for row in ours]),
    )
    found = compete(
        np.array([int(row["customer"][1:]) for row in ours], dtype=np.int32),
        net,
        left,
        Chosen(planned=planned(before)),  # type: ignore[arg-type]
        over(channel),
        room=market.room(channel),
        limit=PEOPLE,
        treated_share=1.0,
    )
    assert made > 15
    assert found.exposed == pytest.approx(made, rel=0.03, abs=1)


def test_room_is_paid_for_wherever_it_is_scarce() -> None:
    """Skill, money, hours and the calls that may follow cost; the strategy's own limits do not."""
    night = rooms(
        skills={"loans": SkillRoom(kinds=(TRIED.kind,), channels=("human_call",), per_night=5)},
        loads=(Load(strategy=TRIED.name, step=1, channel="human_call", days=1, chance=0.25),),
        hours_away=1,
        hour_costs=0.5,
    )
    dear = {
        "channel.human_call": 4.0,
        "channel.human_call@10": 2.0,
        "channel.human_call@11": 0.5,
        "budget.human_call": 0.125,
        "skill.loans": 1.0,
        "ahead.human_call+1": 8.0,
        f"strategy.{TRIED.name}": 100.0,
        "strategy.live_0": 100.0,
        "channel.sms": 100.0,
    }
    net = np.array([20.0, 2.0, 2.0, 20.0])
    left = Market(rooms=night, prices=dear).left(
        net,
        over("human_call"),
        cost=8.0,
        segment=coded.Words(codes=np.zeros(4, dtype=np.int64), words=("S01",)),
        hour=np.array([10, 10, 15, 19]),
    )
    everywhere = 4.0 + 8.0 * 0.125 + 1.0 + 8.0 * 0.25
    # At a neighbouring hour half the worth is gone: worth it for who brings 2 at 10:00, from 2 - 2 to 1 - 0.
    assert left.tolist() == pytest.approx(
        [20.0 - 2.0 - everywhere, 1.0 - everywhere, 2.0 - everywhere, 20.0 - everywhere]
    )
