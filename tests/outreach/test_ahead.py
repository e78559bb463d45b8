"""Room kept for the calls that tonight's contacts lead to: how much, with which chance, and for when."""

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from outreach.arbitrate.ahead import (
    PRIOR_CONTACTS,
    USUAL_CHANCE,
    Returned,
    allowed_load,
    free_load,
    loads,
    under_way,
)
from outreach.arbitrate.rooms import ChannelRoom, Load, Rooms
from strategies.document import Goal, Limits, Strategy, Touch

DAY = date(2026, 7, 2)
SCARCE = ("human_call",)


def funnel(name: str, *, wait_days: int = 1) -> Strategy:
    """An AI call that leads to an agent's where the customer is interested, and a text that never does."""
    return Strategy(
        name=name,
        title=name,
        kind="fund",
        manager="周立成",
        who="aum_now >= 0",
        offer="一款基金。",
        funnel=(
            Touch(name="robot", channel="ai_call", script="您好。", expected_lift=0.02),
            Touch(
                name="agent",
                channel="human_call",
                script="您好。",
                expected_lift=0.1,
                wait_days=wait_days,
                after=("robot",),
                when=("interested", "heard_out"),
            ),
        ),
        goal=Goal(product="fund", window_days=20, value=100),
        limits=Limits(per_night=10),
    )


@pytest.mark.parametrize("quantile", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("room", [0, 1, 7, 120, 4_000])
def test_the_load_is_the_largest_that_fits_with_the_asked_probability(room: int, quantile: float) -> None:
    load = float(allowed_load(room, quantile=quantile))
    assert stats.poisson.cdf(room, load) == pytest.approx(quantile, abs=1e-9)
    assert stats.poisson.cdf(room, load * 1.01) < quantile


def test_calls_from_many_different_chances_fit_as_often_as_promised() -> None:
    rng = np.random.default_rng(11)
    room, quantile = 40, 0.9
    chances = rng.beta(1, 3, 2_000)
    chances = chances[np.cumsum(chances) <= float(allowed_load(room, quantile=quantile))]
    calls = (rng.random((20_000, len(chances))) < chances).sum(axis=1)
    assert (calls <= room).mean() >= quantile - 0.01


def test_a_chance_is_the_touchs_own_as_far_as_it_is_known() -> None:
    book = [funnel("known"), funnel("new")]
    came_back = [
        Returned("known", 1, DAY, "interested", 300),
        Returned("known", 1, DAY, "no_answer", 700),
        Returned("known", 1, DAY, None, 5_000),
        Returned("gone", 1, DAY, "interested", 9_000),
    ]
    known, new = loads(book, came_back, scarce=SCARCE)
    assert known.chance == pytest.approx(0.3)  # its own and its channel's
    assert new.chance == pytest.approx(0.3)  # its channel's alone
    assert (new.strategy, new.step, new.channel, new.days) == ("new", 1, "human_call", 1)
    other = [*came_back, Returned("new", 1, DAY, "refused", 1_000)]
    known, new = loads(book, other, scarce=SCARCE)
    channel = 300 / 2_000
    assert new.chance == pytest.approx(PRIOR_CONTACTS * channel / (1_000 + PRIOR_CONTACTS))
    assert channel < known.chance < 0.3


def test_where_nothing_is_known_the_usual_chance_stands_in() -> None:
    (load,) = loads([funnel("new")], [], scarce=SCARCE)
    assert load.chance == pytest.approx(USUAL_CHANCE)


def test_only_ways_to_scarce_channels_are_loads() -> None:
    assert loads([funnel("new")], [], scarce=("sms",)) == ()


def test_calls_under_way_are_counted_on_the_day_they_are_due() -> None:
    book = [funnel("slow", wait_days=3)]
    made = [
        Returned("slow", 1, DAY - timedelta(days=1), "interested", 4),
        Returned("slow", 1, DAY - timedelta(days=1), "no_answer", 50),
        Returned("slow", 1, DAY - timedelta(days=2), None, 10),
        Returned("slow", 1, DAY - timedelta(days=3), "interested", 99),  # due on the day itself
        Returned("slow", 2, DAY - timedelta(days=1), "interested", 99),  # leads nowhere
    ]
    expected = [Load(strategy="slow", step=1, channel="human_call", days=3, chance=0.25)]
    found = under_way(book, made, expected, scarce=SCARCE, day=DAY)
    assert found == {("human_call", 2): 4.0, ("human_call", 1): 2.5}


def test_what_is_under_way_takes_room_off_first() -> None:
    load = Load(strategy="s", step=1, channel="human_call", days=1, chance=0.5)
    rooms = Rooms(
        channels={"human_call": ChannelRoom(per_night=20)},
        strategies={},
        loads=(load,),
        under_way={("human_call", 1): 4.0},
        reserve=0.9,
    )
    whole = float(allowed_load(20, quantile=0.9))
    assert free_load(rooms) == {("human_call", 1): pytest.approx(whole - 4)}
    full = Rooms(channels=rooms.channels, strategies={}, loads=(load,), under_way={("human_call", 1): 90.0})
    assert free_load(full) == {("human_call", 1): 0.0}
