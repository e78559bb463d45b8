"""How many of the selected policy would not let through, and which rule speaks first."""

from dataclasses import dataclass

import numpy as np

from outreach.dry_run.audience import FREE, Audience, Bytes, Ints
from outreach.policy.pressure import OtherJourney
from outreach.policy.product import SwitchedOff
from outreach.policy.rule import policy_rules, reasons


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Customers whom a policy rule, the first to speak of them, forbids to contact."""

    rule: str
    reason: str
    customers: int | None


@dataclass(frozen=True, kw_only=True)
class TouchPolicy:
    """What policy says tonight of one touch: to the selected who may begin, were it their first contact."""

    step: int
    channel: str
    asked: int
    allowed: int | None
    losses: tuple[Loss, ...]


def verdict(
    audience: Audience, asked: Ints, *, channel: str, kind: str, strategy: str, switched_off: bool
) -> Bytes:
    """For the customers ``asked``, by place: the place of the first policy rule that forbids a first touch
    of ``strategy``; FREE for none.

    What depends on the strategy alone is put in here: the rule that comes first has the lower place.
    """
    found = audience.verdicts[channel, kind][asked]
    journey = audience.journey.codes[asked]
    elsewhere = (journey != audience.journey.code("")) & (journey != audience.journey.code(strategy))
    found = np.where(elsewhere, np.minimum(found, _place(OtherJourney.name)), found)
    return np.minimum(found, _place(SwitchedOff.name)) if switched_off else found


def touch_policy(verdicts: Bytes, *, step: int, channel: str) -> TouchPolicy:
    """Counts the verdicts: rules that forbid anybody, most customers first."""
    counts = np.bincount(verdicts, minlength=FREE + 1)
    told = list(reasons().items())
    return TouchPolicy(
        step=step,
        channel=channel,
        asked=len(verdicts),
        allowed=int(counts[FREE]),
        losses=tuple(
            Loss(rule=told[place][0], reason=told[place][1], customers=int(counts[place]))
            for place in np.argsort(-counts[:FREE], kind="stable")
            if counts[place]
        ),
    )


def _place(name: str) -> np.int8:
    return np.int8([rule.name for rule in policy_rules()].index(name))
