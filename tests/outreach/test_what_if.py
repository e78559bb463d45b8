"""What-if questions: what they do to a night's rooms, and how mistakes are answered."""

import unicodedata
from dataclasses import replace
from typing import Any, Literal

import pytest

from base.errors import SettingsError
from outreach.arbitrate.rooms import ChannelRoom, Floors, Rooms, SkillRoom, StrategyRoom
from outreach.arbitrate.what_if import changed, paused, read_change

ROOMS = Rooms(
    channels={
        "human_call": ChannelRoom(per_night=100, per_hour={9: 10, 10: 15}),
        "sms": ChannelRoom(per_night=1_000, budget=50.0),
    },
    strategies={
        "fund_first_plan": StrategyRoom(kind="fund", per_night=200, at_least=20, exposures=5),
        "loan_repeat": StrategyRoom(kind="loan", per_night=40, budget=12.5),
    },
    skills={"loans": SkillRoom(kinds=("loan",), channels=("human_call",), per_night=30, per_hour={9: 4})},
    floors=Floors(segments={"S01": 0.1}, managers={"desk 1": 0.2}, managers_of={"S01": "desk 1"}),
)
HOURS = {"human_call": range(9, 19), "sms": range(9, 20)}


def after(*texts: str) -> Rooms:
    return changed(ROOMS, [read_change(text, rooms=ROOMS, hours=HOURS) for text in texts])


def channel(name: str, **changes: Any) -> Rooms:
    return replace(ROOMS, channels={**ROOMS.channels, name: replace(ROOMS.channels[name], **changes)})


def strategy(name: str, **changes: Any) -> Rooms:
    return replace(ROOMS, strategies={**ROOMS.strategies, name: replace(ROOMS.strategies[name], **changes)})


@pytest.mark.parametrize(
    ("text", "rooms"),
    [
        ("human_call.capacity=+20%", channel("human_call", per_night=120, per_hour={9: 12, 10: 18})),
        ("human_call.capacity=50", channel("human_call", per_night=50, per_hour={9: 5, 10: 8})),
        ("human_call.capacity=-30", channel("human_call", per_night=70, per_hour={9: 7, 10: 10})),
        ("human_call.capacity=-500", channel("human_call", per_night=0, per_hour={9: 0, 10: 0})),
        ("human_call.capacity@10=+2", channel("human_call", per_hour={9: 10, 10: 17})),
        ("human_call.capacity@18=7", channel("human_call", per_hour={9: 10, 10: 15, 18: 7})),
        ("sms.capacity@19=7", channel("sms", per_hour={19: 7})),
        (
            " human_call . capacity ＝ ＋２０％ ",
            channel("human_call", per_night=120, per_hour={9: 12, 10: 18}),
        ),
        ("sms.budget=-50%", channel("sms", budget=25.0)),
        ("sms.budget=80.5", channel("sms", budget=80.5)),
        ("fund_first_plan.per_night=+50%", strategy("fund_first_plan", per_night=300)),
        ("fund_first_plan.at_least=150", strategy("fund_first_plan", at_least=150)),
        ("fund_first_plan.expose=+1", strategy("fund_first_plan", exposures=6)),
        ("fund_first_plan=paused", strategy("fund_first_plan", at_least=0, exposures=0)),
        ("loan_repeat.budget=+0.5", strategy("loan_repeat", budget=13.0)),
        ("S01.floor=0", replace(ROOMS, floors=replace(ROOMS.floors, segments={"S01": 0.0}))),
        ("S01.floor=20%", replace(ROOMS, floors=replace(ROOMS.floors, segments={"S01": 0.2}))),
        ("desk 1.floor=+400%", replace(ROOMS, floors=replace(ROOMS.floors, managers={"desk 1": 1.0}))),
    ],
)
def test_a_change_changes_what_it_names_alone(text: str, rooms: Rooms) -> None:
    assert after(text) == rooms


@pytest.mark.parametrize("name", ["客户经理（一）部", "李.四", "李", "ＶＩＰ"])
@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_names_are_found_as_they_are_typed(name: str, form: Literal["NFC", "NFKC"]) -> None:
    managers = {"客户经理（一）部": 0.1, "李": 0.1, "李.四": 0.1, "ＶＩＰ": 0.1}
    rooms = replace(ROOMS, floors=Floors(managers=managers))
    asked = read_change(f"{unicodedata.normalize(form, name)}.floor=0.3", rooms=rooms, hours=HOURS)
    assert changed(rooms, [asked]).floors.managers == managers | {name: 0.3}


def test_the_hours_of_a_skill_grow_with_it() -> None:
    assert after("loans.capacity=+100%").skills["loans"] == replace(
        ROOMS.skills["loans"], per_night=60, per_hour={9: 8}
    )


def test_room_where_there_was_none_is_open_at_every_hour() -> None:
    shut = channel("human_call", per_night=0, per_hour={9: 0, 10: 0})
    asked = read_change("human_call.capacity=40", rooms=shut, hours=HOURS)
    assert changed(shut, [asked]) == channel("human_call", per_night=40, per_hour={9: 40, 10: 40})


def test_changes_follow_one_another() -> None:
    both = after("sms.capacity=500", "sms.capacity=+10%")
    assert both == channel("sms", per_night=550)
    asked = [read_change(text, rooms=ROOMS, hours=HOURS) for text in ("loan_repeat=paused", "sms.capacity=1")]
    assert paused(asked) == {"loan_repeat"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("human_call", "write it like human_call.capacity"),
        ("", "write it like"),
        ("humancall.capacity=5", "there is human_call"),
        ("human_call=5", "human_call.capacity, human_call.budget"),
        ("human_call=paused", "there is capacity or budget"),
        ("human_call.paused=5", "no change of human_call 'paused'"),
        ("human_call.per_night=5", "there is capacity or budget"),
        ("fund_first_plan.capacity=5", "no change of fund_first_plan 'capacity'"),
        ("fund_first_pan.per_night=5", "there is fund_first_plan"),
        ("sms.capacity=many", "write 500 for what it becomes"),
        ("sms.capacity=nan", "write 500"),
        ("sms.capacity=1e99", "write 500"),
        ("sms.capacity=" + "9" * 400, "more than can be counted"),
        ("sms.capacity=20%", "write +20% for as much more"),
        ("sms.capacity@8=5", "they begin from 9 to 19"),
        ("sms.capacity@ten=5", "they begin from 9 to 19"),
        ("human_call.capacity@19=5", "they begin from 9 to 18"),
        ("loans.capacity@19=5", "they begin from 9 to 18"),
        ("fund_first_plan.per_night@10=5", "only capacity has hours"),
        ("sms.capacity@10=+5", "write the number that it becomes"),
        ("human_call.budget=+5%", "write the number that it becomes"),
        ("S01.floor=5", "a share goes from 0 to 1"),
        ("S01.floor=120%", "a share goes from 0 to 1"),
        ("desk 1.floor=+900%", "the floor of desk 1 would be 2"),
        ("sms.capacity=0.5", "capacity is counted; write a whole number"),
        ("fund_first_plan.expose=+1.5", "expose is counted; write a whole number"),
        (".capacity=5", "write it like"),
        ("fund_first_plan.per_night=19", "change the other one as well"),
    ],
)
def test_mistakes_are_answered_by_what_is_possible(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as told:
        after(text)
    assert said in str(told.value)
