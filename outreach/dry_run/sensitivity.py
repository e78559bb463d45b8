"""The smallest effect an experiment on these customers could show, and after how many days."""

import math
from dataclasses import dataclass

from base.errors import ExperimentError
from experiments.design import customers_needed, detectable_lift
from outreach.dry_run.collect import OPENING_DAYS

_NIGHTS = (1, 3, 7, 14, 30, 60, 90)
_UNSEEN = 0.001
_FEWEST_OPENINGS = 10


@dataclass(frozen=True, kw_only=True)
class Base:
    """The share of customers who reach the goal within its window unasked, and how that is known."""

    rate: float
    words: str


@dataclass(frozen=True, kw_only=True)
class After:
    """What can be shown after some nights: the smallest lift (a share), None where none at all could be."""

    nights: int
    days: int
    customers: int
    lift: float | None


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """What an experiment could show, with 95 % confidence, four times in five.

    ``held_out``: share of the exposed who receive nothing. ``after``: by nights of exposure; ``days`` adds
    the goal's window, for the last exposed need their time. The last entry is the whole pool. ``goal``: the
    lift among all exposed that the author expects; ``goal_customers`` and ``goal_days``: what showing it
    takes, days None where the pool is too small for it.
    """

    base: Base
    held_out: float
    window_days: int
    a_night: int | None
    pool: int
    after: tuple[After, ...]
    goal: float
    goal_customers: int | None
    goal_days: int | None


def rate_of_openings(*, opened: int, customers: int, window_days: int) -> float | None:
    """The share opening within ``window_days``, where ``opened`` of ``customers`` did in ``OPENING_DAYS``,
    as evenly over the days as over the people; None where too few did to tell.
    """
    if opened < _FEWEST_OPENINGS:
        return None
    share = min(opened / customers, 0.999)
    return -math.expm1(math.log1p(-share) * window_days / OPENING_DAYS)


def base_rate(
    *, seen: float | None, among_selected: float | None, among_all: float | None, product: str
) -> Base:
    """The best known of three: read from held-out customers, or from who opens unasked; else a guess."""
    if seen:
        return Base(rate=seen, words="seen in customers held out so far")
    unasked = f"take-up of {product} over the last {OPENING_DAYS} days, spread evenly"
    if among_selected:
        return Base(rate=among_selected, words=f"these customers' {unasked}")
    if among_all:
        return Base(rate=among_all, words=f"all long-tail customers' {unasked}; of these too few took it up")
    return Base(rate=_UNSEEN, words=f"a guess: hardly anybody took up {product} lately")


def sensitivity(
    *, base: Base, treated_share: float, window_days: int, a_night: int, pool: int, goal: float
) -> Sensitivity:
    """``a_night``: customers exposed a night, both arms; ``pool``: all who can ever be exposed."""
    held_out = 1 - treated_share
    whole = math.ceil(pool / a_night) if a_night else 0
    nights = [night for night in _NIGHTS if night < whole] + ([whole] if whole else [])
    needed = _needed(goal, held_out, base.rate)
    return Sensitivity(
        base=base,
        held_out=held_out,
        window_days=window_days,
        a_night=a_night,
        pool=pool,
        after=tuple(
            After(
                nights=night,
                days=night + window_days,
                customers=min(night * a_night, pool),
                lift=smallest_lift(min(night * a_night, pool), held_out=held_out, base=base.rate),
            )
            for night in nights
        ),
        goal=goal,
        goal_customers=needed,
        goal_days=(
            math.ceil(needed / a_night) + window_days if needed and a_night and needed <= pool else None
        ),
    )


def smallest_lift(customers: int, *, held_out: float, base: float) -> float | None:
    """The smallest lift that so many exposed customers show; None where they show none."""
    try:
        return detectable_lift(customers, holdout=held_out, base=base) if customers > 1 else None
    except ExperimentError:
        return None


def _needed(goal: float, held_out: float, base: float) -> int | None:
    try:
        return customers_needed(goal, holdout=held_out, base=base)
    except ExperimentError:
        return None
