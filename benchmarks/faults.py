"""Mistakes such as managers make, put into a book on purpose: each kind in several guises.

A planter is given a sound strategy and its guise's number, and returns the faulty ones: one that takes the
sound one's place, or as many as come beside it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lake.tables.words import PRODUCTS
from strategies.blank import OFFER, SCRIPT
from strategies.document import Limits, Strategy, Touch, Valid
from strategies.experiment import Experiment, Layer

TODAY = date(2026, 7, 1)
"""A day on which the book is in use."""

GUISES = 3
"""How many times each kind is planted."""

_SCRIPT = "想了解更多吗？"
_CONTRADICTIONS = (
    "age < 25岁 and age >= 60岁",
    "days_since_login is null and days_since_login < 30天",
    "aum_now + demand_now < 100元 and aum_now >= 200元 and demand_now >= 0元",
)
_TRUISMS = (
    "transactions_90d >= 0",
    "资产总额 >= 1000元 or not 资产总额 > 5000元",
    "age < 60岁 or age >= 30岁 or has_card",
)
# True of everybody, though it takes a proof to see.
_NOTHINGS = ("tenure_days >= 0天", "(has_card or not has_card)", "(age < 200岁 or age is null)")
_NARROWINGS = ("tenure_days >= 100天", "products_held < 6", "持有资产类别数 < 8")


@dataclass(frozen=True)
class Fault:
    """How a kind of mistake is planted. ``beside``: the sound strategy stays, as it is or as ``prepared``,
    and is concerned too.
    """

    plant: Callable[[Strategy, int], Sequence[Strategy]]
    beside: bool = False
    prepared: Callable[[Strategy], Strategy] = lambda sound: sound


def _nobody(base: Strategy, guise: int) -> list[Strategy]:
    return [_changed(base, who=f"{base.who} and {_CONTRADICTIONS[guise]}")]


def _everybody(base: Strategy, guise: int) -> list[Strategy]:
    return [_changed(base, who=_TRUISMS[guise], priority=0.1)]


def _no_segment(base: Strategy, guise: int) -> list[Strategy]:
    return [_changed(base, who=re.sub(r"'S\d\d'", f"'S{guise + 70}'", base.who, count=1))]


def _shadowed(base: Strategy, guise: int) -> list[Strategy]:
    limits = Limits(per_night=max(1, base.limits.per_night // 2))
    who = f"{base.who} and {_NARROWINGS[guise]}"
    return [_changed(base, who=who, priority=base.priority / 2, limits=limits)]


def _collision(base: Strategy, guise: int) -> list[Strategy]:
    return [_changed(base, who=f"{_NOTHINGS[guise]} and {base.who}", limits=Limits(per_night=77))]


def _copies(base: Strategy, _: int) -> list[Strategy]:
    return [_changed(base, manager="钱一诺")]


def _held_out(base: Strategy, _: int) -> list[Strategy]:
    others = [product for product in PRODUCTS if product != base.kind][:5]
    return [
        _changed(
            base,
            kind=product,
            goal=base.goal.model_copy(update={"product": product, "value": base.goal.value + 10 * place}),
            experiment=Experiment(holdout=0.44),
        )
        for place, product in enumerate(others, start=1)
    ]


def _never_reached(base: Strategy, guise: int) -> list[Strategy]:
    first, second, result, days = (
        ("sms", "ai_call", "heard_out", 1),
        ("ai_call", "sms", "opened", 1),
        ("push", "ai_call", "opened", 30),
    )[guise]
    return [_changed(base, funnel=(_touch(base, 1, first), _touch(base, 2, second, 1, result, days)))]


def _loop(base: Strategy, guise: int) -> list[Strategy]:
    first = base.funnel[:1] if guise else ()
    place = len(first) + 1
    again = _touch(base, place, "ai_call", place + 1, "no_answer")
    return [_changed(base, funnel=(*first, again, _touch(base, place + 1, "sms", place, "no_answer")))]


def _out_of_date(base: Strategy, guise: int) -> list[Strategy]:
    if guise:
        return [_changed(base, valid=Valid(end=TODAY - timedelta(days=guise)))]
    late = (_touch(base, 1, "push"), _touch(base, 2, "sms", 1, "delivered", 2))
    return [_changed(base, funnel=late, valid=Valid(end=TODAY + timedelta(days=1)))]


def _too_small(base: Strategy, guise: int) -> list[Strategy]:
    if guise:
        return [
            _changed(base, limits=Limits(per_night=1), valid=Valid(end=TODAY + timedelta(days=60 * guise)))
        ]
    faint = tuple(touch.model_copy(update={"expected_lift": 0.0001}) for touch in base.funnel)
    return [_changed(base, funnel=faint)]


def _unwritten(base: Strategy, guise: int) -> list[Strategy]:
    if guise:
        first = base.funnel[0].model_copy(update={"script": list(SCRIPT.values())[guise - 1]})
        return [_changed(base, funnel=(first, *base.funnel[1:]))]
    return [_changed(base, offer=OFFER["zh"])]


def _in_a_layer(base: Strategy) -> Strategy:
    return _changed(base, experiment=Experiment(layer=Layer(name=base.name, first=1, last=60)))


def _shared_slots(base: Strategy, guise: int) -> list[Strategy]:
    """On another channel, so that the two share slots and nothing else."""
    channel = "sms" if base.funnel[0].channel == "push" else "push"
    first = (60, 1, 20)[guise]
    layer = Layer(name=base.name, first=first, last=80)
    return [_changed(base, experiment=Experiment(layer=layer), funnel=(_touch(base, 1, channel),))]


FAULTS: Mapping[str, Fault] = {
    "nobody": Fault(_nobody),
    "everybody": Fault(_everybody),
    "no_segment": Fault(_no_segment),
    "shadowed": Fault(_shadowed, beside=True),
    "collision": Fault(_collision, beside=True),
    "copies": Fault(_copies, beside=True),
    "held_out": Fault(_held_out, beside=True),
    "never_reached": Fault(_never_reached),
    "loop": Fault(_loop),
    "out_of_date": Fault(_out_of_date),
    "too_small": Fault(_too_small),
    "shared_slots": Fault(_shared_slots, beside=True, prepared=_in_a_layer),
    "unwritten": Fault(_unwritten),
}
"""Every kind of mistake, as the checks call it."""


def _changed(base: Strategy, **changes: object) -> Strategy:
    """The strategy with changes, unchecked: some of these mistakes a document is refused for."""
    return base.model_copy(update=changes)


def _touch(
    base: Strategy, place: int, channel: str, after: int | None = None, when: str = "", days: int = 1
) -> Touch:
    return Touch(
        name=f"touch {place}",
        channel=channel,
        script=_SCRIPT,
        expected_lift=base.funnel[0].expected_lift,
        wait_days=days,
        after=() if after is None else (f"touch {after}",),
        when=(when,) if when else (),
    )
