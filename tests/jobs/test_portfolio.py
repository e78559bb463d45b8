"""Which strategies' channels may be set against each other: those that a layer's draw told apart."""

from typing import Any

from evaluation.head_to_head import Pair
from jobs.portfolio import channel_pairs
from strategies.document import Strategy


def _strategy(name: str, channel: str, slots: tuple[int, int] | None, **changes: Any) -> Strategy:
    layer = {"layer": {"name": "calls", "from": slots[0], "to": slots[1]}} if slots else {}
    document = {
        "name": name,
        "title": "Money that lies idle",
        "kind": "deposit",
        "manager": "desk 1",
        "who": "aum_now >= 1000 and\n  aum_now < 50000",
        "offer": "A deposit",
        "funnel": [{"channel": channel, "script": "Good day.", "expected_lift": 0.02}],
        "goal": {"product": "deposit", "window_days": 14, "value": 100},
        "experiment": layer,
        "limits": {"per_night": 100},
        **changes,
    }
    return Strategy.model_validate(document)


MACHINE = _strategy("by_machine", "ai_call", (1, 50))


def test_the_same_rule_in_disjoint_slots_on_other_channels_is_a_pair() -> None:
    people = _strategy("by_people", "human_call", (51, 100), who="aum_now >= 1000 and aum_now < 50000")
    wanted = [Pair("calls", "by_machine", "ai_call", "by_people", "human_call")]
    assert channel_pairs([MACHINE, people]) == wanted
    assert channel_pairs([people, MACHINE]) == wanted


def test_whatever_else_differs_is_no_pair() -> None:
    others = [
        _strategy("no_layer", "human_call", None),
        _strategy("same_channel", "ai_call", (51, 100)),
        _strategy("other_rule", "human_call", (51, 100), who="aum_now >= 2000 and aum_now < 50000"),
        _strategy("same_slots", "human_call", (50, 100)),
        _strategy(
            "other_goal",
            "human_call",
            (51, 100),
            goal={"product": "deposit", "window_days": 20, "value": 100},
        ),
        _strategy(
            "other_layer",
            "human_call",
            None,
            experiment={"layer": {"name": "words", "from": 51, "to": 100}},
        ),
    ]
    for other in others:
        assert channel_pairs([MACHINE, other]) == []
