"""Funnels of up to three layers: what a document may say of them, and how it is told what it may not."""

from typing import Any

import pytest
from pydantic import ValidationError

from strategies.document import Strategy, Way
from strategies.links import layers_of
from strategies.spoken import WORDS

OPENER = {"name": "短信", "channel": "sms"}
HOT = {"name": "hot", "channel": "human_call", "after": "短信", "when": ["interested"]}
WARM = {"name": "warm", "channel": "ai_call", "after": ["短信"], "when": ["delivered", "opened"]}
LAST = {"name": "last", "channel": "human_call", "after": ["hot", "warm"], "when": "no_answer"}


def branching(*touches: dict[str, Any], **more: Any) -> Strategy:
    document = {
        "name": "branching",
        "title": "分支 · Branches",
        "kind": "deposit",
        "manager": "林晓岚",
        "who": "aum_now > 0",
        "offer": "定期",
        "funnel": [{"script": "您好", "expected_lift": 0.01} | touch for touch in touches],
        "goal": {"product": "deposit", "window_days": 10, "value": 100},
        "limits": {"per_night": 10},
    }
    return Strategy.model_validate(document | more)


def _refused(*touches: dict[str, Any], **more: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        branching(*touches, **more)
    (error,) = caught.value.errors()
    return error["msg"].removeprefix("Value error, ")


def test_branches_make_layers_and_ways() -> None:
    strategy = branching(OPENER, HOT, WARM, LAST)
    assert [[touch.name for touch in layer] for layer in strategy.layers()] == [
        ["短信"],
        ["hot", "warm"],
        ["last"],
    ]
    assert strategy.ways() == (
        Way(1, "interested", 2),
        Way(1, "delivered", 3),
        Way(1, "opened", 3),
        Way(2, "no_answer", 4),
        Way(3, "no_answer", 4),
    )


def test_what_is_left_out_makes_a_chain() -> None:
    strategy = branching(
        {"channel": "sms"},
        {"channel": "ai_call", "when": ["opened"]},
        {"channel": "human_call", "when": ["interested"]},
    )
    assert [touch.name for touch in strategy.funnel] == ["touch 1", "touch 2", "touch 3"]
    assert strategy.ways() == (Way(1, "opened", 2), Way(2, "interested", 3))
    assert strategy.ends() == {"converted", "refused", "complained"}
    assert (strategy.cool_off_days, strategy.caps.per_customer, strategy.caps.total) == (None, None, None)


def test_a_document_read_back_is_the_same() -> None:
    strategy = branching(OPENER, HOT, WARM, LAST, exits=["hung_up"], cool_off_days=90)
    assert Strategy.model_validate(strategy.model_dump()) == strategy
    assert Strategy.model_validate_json(strategy.model_dump_json()) == strategy


@pytest.mark.parametrize(
    ("touches", "words"),
    [
        (
            (OPENER, HOT | {"after": "warm"}, WARM | {"after": "hot"}),
            "touch 2 (hot) -> touch 3 (warm) -> touch 2 (hot) is a circle",
        ),
        ((OPENER, HOT | {"after": ["短信", "hot"]}), "touch 2 (hot) -> touch 2 (hot) is a circle"),
        (
            (OPENER, HOT | {"after": "colder"}),
            "touch 2 (hot): no touch is called 'colder'; there are: 短信, hot",
        ),
        ((OPENER, HOT | {"after": []}), "nothing leads to touch 2 (hot)"),
        ((OPENER, HOT | {"name": "短信"}), "two touches are called '短信'"),
        (
            (OPENER, HOT | {"after": "warm"}, WARM),
            "touch 2 (hot) comes after touch 3 (warm), which stands below it",
        ),
        (
            (OPENER, HOT, WARM | {"when": ["opened", "interested"]}),
            "touch 2 (hot) and touch 3 (warm) both come after touch 1 (短信) on 'interested'",
        ),
        (
            (OPENER, HOT, LAST | {"after": "hot"}, WARM | {"after": "last"}),
            "a funnel has at most 3 layers; touch 4 (warm) would come after the last",
        ),
        ((OPENER | {"after": "短信"},), "touch 1 (短信) opens the funnel, so it has no 'after'"),
        ((OPENER, HOT | {"when": ["refused"]}), "touch 2 (hot): refused ends the journey"),
        ((OPENER, HOT | {"when": []}), "touch 2 (hot) needs 'when': the results of 短信 that lead on"),
    ],
)
def test_what_cannot_be_walked_is_refused_by_name(touches: tuple[dict[str, Any], ...], words: str) -> None:
    assert words in _refused(*touches)


def test_the_slowest_way_must_fit_the_window() -> None:
    slow = WARM | {"wait_days": 7}
    assert branching(OPENER, HOT, slow, LAST | {"wait_days": 2})
    assert "the touches take 10 days" in _refused(OPENER, HOT, slow, LAST | {"wait_days": 3})


def test_an_exit_cannot_lead_on() -> None:
    assert branching(OPENER, HOT, exits=["opened", "not_delivered"]).ends() >= {"opened", "refused"}
    assert "touch 2 (hot) waits for 'interested', but 'exits'" in _refused(OPENER, HOT, exits="interested")


def test_a_cap_may_not_cut_the_funnel_short() -> None:
    assert branching(OPENER, HOT, WARM, LAST, caps={"per_customer": 3, "total": 1000})
    assert "3 layers, but caps.per_customer is 2" in _refused(
        OPENER, HOT, WARM, LAST, caps={"per_customer": 2}
    )


def test_touches_in_a_circle_have_no_layer() -> None:
    strategy = branching(OPENER, HOT, WARM, LAST)
    looped = [
        touch.model_copy(update={"after": ("last",)}) if touch.name == "hot" else touch
        for touch in strategy.funnel
    ]
    assert layers_of(looped) == (1, 0, 2, 0)


def test_the_least_is_no_more_than_the_most() -> None:
    told = _refused(OPENER, limits={"per_night": 10, "at_least": 11})
    assert told == "at_least is 11, but per_night only 10; lower one or raise the other"
    limits = branching(OPENER, limits={"per_night": 10, "at_least": 10, "budget": 2.5}).limits
    assert (limits.at_least, limits.budget) == (10, 2.5)
    assert branching(OPENER).limits.at_least == 0


@pytest.mark.parametrize(
    "more",
    [
        {"limits": {"per_night": 10, "at_least": -1}},
        {"limits": {"per_night": 10, "budget": 0}},
        {"limits": {"per_night": 10, "budget": float("nan")}},
        {"limits": {"per_night": 10, "budget": float("inf")}},
        {"experiment": {"expose": -1}},
    ],
)
def test_limits_that_are_no_amounts_are_refused(more: dict[str, Any]) -> None:
    assert _refused(OPENER, **more)


def test_limits_are_said_in_both_languages() -> None:
    strategy = branching(OPENER, limits={"per_night": 1_000, "at_least": 40, "budget": 2_500})
    assert (
        "at most 1,000 contacts a night; at least 40 where they can be had; at most 2,500 yuan a night"
        in (WORDS["en"].terms_of(strategy)[-1])
    )
    assert "每晚最多联系 1,000 人；至少 40 人；每晚费用不超过 2,500 元" in WORDS["zh"].terms_of(strategy)[-1]
