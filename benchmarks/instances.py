"""Made-up nights of outbound contact, of any size, to measure arbitration on.

They imitate a bank's night, and nothing in them comes from one. Customers good for one proposal are good for
all; some proposals are worth more than others, and a human call more than a message; worths have a heavy tail
and some rows cost more than they bring. A few proposals suit very many customers and most suit few (Zipf).
Customers have an hour at which they answer, and most share the same hours. AI lines belong to regions, human
agents to skills, message gateways to carriers; capacities do not follow demand. AI calls cause human calls
tomorrow, and each kind of channel has a budget. A unit's rows depend on the seed and the unit's number alone.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from benchmarks.drawing import AI, HOURS_A_DAY, HUMAN, SMS, draw_rows
from benchmarks.walk import Walk
from outreach.arbitrate.problem import (
    NO_HIGH,
    NO_LOW,
    WHOLE,
    Factor,
    Floats,
    Ints,
    Limits,
    Problem,
)

KINDS = ("ai_call", "human_call", "sms")
# Of the proposals, of the queues (lines, skills, gateways) and of the contacts a night has room for.
_PROPOSALS, _QUEUES, _ROOM = (0.5, 0.2, 0.3), (0.4, 0.4, 0.2), (0.45, 0.15, 0.4)
_COST = np.array([0.3, 8.0, 0.05])  # CNY a contact, more in the evening
_TYPICAL = np.array([2.5, 18.0, 0.7])  # CNY the median contact brings
_ASKED = np.array(
    [0.09, 0.13, 0.12, 0.06, 0.05, 0.07, 0.08, 0.09, 0.15, 0.16]
)  # when people like to be asked
_STAFFED = np.array([0.09, 0.12, 0.12, 0.09, 0.06, 0.11, 0.12, 0.12, 0.1, 0.07])  # when there is room


@dataclass(frozen=True, kw_only=True)
class _Bank:
    """Proposals and places (queue x hour), before any customer is drawn."""

    popularity: Floats
    level: Floats
    kind: Ints
    queue: Ints
    ahead: Floats
    queues: Ints
    place_kind: Ints


def instance(
    units: int,
    *,
    rows: int = 15,
    strategies: int = 4_000,
    hours: int = 200,
    tightness: float = 0.1,
    minima: float = 0.25,
    held_back: float = 0.0,
    seed: int = 0,
) -> Problem:
    """A night for ``units`` customers with ``rows`` candidates each; see the module for what it imitates.

    ``hours``: channel-hours, a multiple of ten and at least 30. ``tightness``: share of units there is room
    for. ``minima``: share of strategies, half at most, with a minimum; a plan that was drawn reaches all of
    them together, so they can be met. ``held_back``: share of rows in a control group.
    """
    bank = _bank(strategies, hours=hours, seed=seed)
    problem = _with_rows(bank, units=units, rows=rows, tightness=tightness, held_back=held_back, seed=seed)
    used = _use_of_a_drawn_plan(problem)
    rng = np.random.default_rng([seed, 2])
    # A plan drawn without a look at worth serves poor proposals well, so these minima bind where it hurts.
    poorest = np.argsort(bank.level, kind="stable")[: strategies // 2]
    asked = rng.choice(poorest, min(round(minima * strategies), len(poorest)), replace=False)
    low = problem.limits.low.copy()
    low[asked] = np.floor(used[asked] / WHOLE * rng.uniform(0.7, 1.0, len(asked))).astype(np.int64) * WHOLE
    return replace(problem, limits=replace(problem.limits, low=low))


def hard_case(units: int = 1_000_000, *, rows: int = 15, proposals: int = 500, seed: int = 0) -> Problem:
    """One minimum on the rarest of ``proposals``: as many contacts as it could have if it came first."""
    problem = instance(
        units, rows=rows, strategies=proposals, hours=200, tightness=0.3, minima=0.0, seed=seed
    )
    rarest = proposals - 1
    limits = problem.limits
    high = limits.high.copy()
    high[rarest] = NO_HIGH
    problem = replace(problem, limits=replace(limits, high=high))
    alone = replace(problem, treated=problem.factors[0].codes == rarest)
    low = limits.low.copy()
    low[rarest] = _use_of_a_drawn_plan(alone)[rarest]
    return replace(problem, limits=replace(problem.limits, low=low))


def _bank(strategies: int, *, hours: int, seed: int) -> _Bank:
    rng = np.random.default_rng([seed, 1])
    queues = np.repeat(
        np.arange(3), np.diff(np.round(np.cumsum((0.0, *_QUEUES)) * hours / HOURS_A_DAY)).astype(int)
    )
    kind = rng.choice(3, strategies, p=_PROPOSALS)
    # Each human proposal needs one skill; AI calls pass those who want more on to one.
    queue = rng.choice(np.flatnonzero(queues == HUMAN), strategies)
    popularity = 1.0 / np.arange(1, strategies + 1)
    return _Bank(
        popularity=popularity / popularity.sum(),
        level=rng.normal(0.0, 0.5, strategies),
        kind=kind,
        queue=queue,
        ahead=np.where(kind == AI, rng.uniform(0.05, 0.2, strategies), 0.0),
        queues=queues,
        place_kind=np.repeat(queues, HOURS_A_DAY),
    )


def _with_rows(
    bank: _Bank, *, units: int, rows: int, tightness: float, held_back: float, seed: int
) -> Problem:
    many = units * rows
    worth, luck, treated = np.empty(many), np.empty(many, np.uint64), np.empty(many, np.bool_)
    strategy, place = np.empty(many, np.int32), np.empty(many, np.int32)
    unit_luck = np.empty(units, np.uint64)
    draw_rows(
        np.uint64(seed),
        rows,
        held_back,
        np.cumsum(bank.popularity),
        bank.level,
        bank.kind,
        bank.queue,
        np.flatnonzero(bank.queues == AI),
        np.flatnonzero(bank.queues == SMS),
        np.cumsum(_ASKED),
        _place_costs(bank),
        _TYPICAL,
        worth,
        luck,
        treated,
        strategy,
        place,
        unit_luck,
    )
    limits, touches, places = _limits(bank, room=tightness * units, seed=seed)
    return Problem(
        starts=np.arange(units + 1, dtype=np.int64) * rows,
        unit_luck=unit_luck,
        worth=worth,
        luck=luck,
        treated=treated,
        factors=(
            Factor(name="touch", codes=strategy, usage=touches),
            Factor(name="place", codes=place, usage=places),
        ),
        limits=limits,
    )


def _place_costs(bank: _Bank) -> Floats:
    evening = np.tile(np.where(np.arange(HOURS_A_DAY) >= 8, 1.25, 1.0), len(bank.queues))
    costs: Floats = _COST[bank.place_kind] * evening
    return costs


def _limits(bank: _Bank, *, room: float, seed: int) -> tuple[Limits, sparse.csr_array, sparse.csr_array]:
    """Limits in the order strategies, channel-hours, budgets, tomorrow's calls a skill; and who uses what."""
    rng = np.random.default_rng([seed, 3])
    strategies, places = len(bank.kind), len(bank.place_kind)
    skills = np.flatnonzero(bank.queues == HUMAN)
    share = np.array(_ROOM)[bank.queues] / np.bincount(bank.queues, minlength=3)[bank.queues]
    share = share * rng.lognormal(0.0, 0.25, len(share))
    seats = np.outer(share / share.sum(), _STAFFED / _STAFFED.sum()).ravel() * room
    quota = bank.popularity**0.8 * rng.lognormal(0.0, 0.5, strategies)
    quota = np.maximum(1.0, 1.6 * room * quota / quota.sum())
    spent = np.bincount(bank.place_kind, weights=seats * _place_costs(bank), minlength=3)
    load = np.bincount(
        bank.queue, weights=bank.ahead * np.where(bank.kind == AI, quota, 0.0), minlength=len(bank.queues)
    )[skills]
    calls = load * rng.uniform(0.3, 0.9, len(skills))
    high = np.concatenate(
        [
            np.round(quota) * WHOLE,
            np.maximum(1.0, np.round(seats)) * WHOLE,
            np.round(0.97 * spent * WHOLE),
            np.round(np.maximum(1.0, calls) * WHOLE),
        ]
    ).astype(np.int64)
    names = (
        *(f"strategy.s{number:04d}" for number in range(strategies)),
        *(
            f"channel.{KINDS[kind]}.{at // HOURS_A_DAY}@{9 + at % HOURS_A_DAY}"
            for at, kind in enumerate(bank.place_kind)
        ),
        *(f"budget.{kind}" for kind in KINDS),
        *(f"ahead.human_call.{skill}" for skill in skills),
    )
    limits = Limits(
        names=names, low=np.full(len(high), NO_LOW), high=high, every_arm=np.zeros(len(high), np.bool_)
    )
    calling = np.flatnonzero(bank.kind == AI)
    first_ahead = strategies + places + len(KINDS)
    touches = _usage(
        rows=np.concatenate([np.arange(strategies), calling]),
        columns=np.concatenate(
            [np.arange(strategies), first_ahead + np.searchsorted(skills, bank.queue[calling])]
        ),
        amounts=np.concatenate([np.ones(strategies), bank.ahead[calling]]),
        shape=(strategies, len(high)),
    )
    at = np.arange(places)
    there = _usage(
        rows=np.concatenate([at, at]),
        columns=strategies + np.concatenate([at, places + bank.place_kind]),
        amounts=np.concatenate([np.ones(places), _place_costs(bank)]),
        shape=(places, len(high)),
    )
    return limits, touches, there


def _usage(*, rows: Ints, columns: Ints, amounts: Floats, shape: tuple[int, int]) -> sparse.csr_array:
    thousandths = np.round(amounts * WHOLE).astype(np.int64)
    return sparse.csr_array((thousandths, (rows, columns)), shape=shape)


def _use_of_a_drawn_plan(problem: Problem) -> Ints:
    """What each limit has used after every unit took its first treated row that still had room.

    Units and rows are drawn alike, so their own order is a random one.
    """
    plan = Walk(problem)
    plan.take(np.flatnonzero(problem.treated).astype(np.uint32))
    return plan.used
