"""Who is contacted tonight: prices from a softened dual, then a walk over the units that are still open."""

from dataclasses import dataclass

import numpy as np

from outreach.arbitrate.certificate import Certificate, bound_of, lost_by
from outreach.arbitrate.dual import Market, market_of, minimise
from outreach.arbitrate.evaluator import Choice, Evaluator, InProcess, Units, units_of
from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import WHOLE, Flags, Floats, Ints, Limits, Problem
from outreach.arbitrate.repair import walk

_SAMPLED = ((64, (0.3, 0.1), 15_000), (8, (0.1,), 15_000))  # share, heats, least units drawn
_COLD, _WARM, _LAST = (0.1, 0.03, 0.01), (0.01,), (0.003, 0.001, 0.0003)
_NEAR = 16.0  # heats of the last full pass within which a rival keeps a unit open
_STEPS, _STOP = 8, 1e-6
_THREADS = 2


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """A minimum that cannot be met: what was asked and the most that is possible, thousandths."""

    limit: int
    asked: int
    possible: int


@dataclass(frozen=True, kw_only=True)
class Solution:
    """``chosen``: one a row of the problem. ``prices``: CNY a whole unit of each limit, below zero where a
    minimum pays. ``relaxed``: minima that cannot be met; all else holds."""

    chosen: Flags
    prices: Floats
    certificate: Certificate
    relaxed: tuple[Relaxation, ...]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is found without ever seeing all rows: prices of the units that are settled (at most one row
    each, the best at ``anchor``) and the rows of those that were open."""

    anchor: Floats
    prices: Floats
    rows: Ints
    places: Ints
    certificate: Certificate
    relaxed: tuple[Relaxation, ...]


def solve(problem: Problem, *, start: Floats | None = None, threads: int = _THREADS) -> Solution:
    """The night's choice, in any order of rows and units the same.

    ``start``: prices to begin from, such as last night's, CNY a whole unit of each limit.

    Raises ArbitrationError where a worth is infinite or a starting price is no number.
    """
    market = market_of(problem)
    units = units_of(problem, threads=threads)
    evaluator = InProcess(of=units, codes=market.usage.shape[0], threads=threads)
    answer = search(evaluator, market, problem.limits, start=start)
    row = evaluator.rows(market.table(answer.anchor))
    row[answer.places] = -1
    chosen = np.zeros(problem.rows, dtype=np.bool_)
    chosen[units.row[row[row >= 0]]] = True
    chosen[answer.rows] = True
    return Solution(
        chosen=chosen, prices=answer.prices, certificate=answer.certificate, relaxed=answer.relaxed
    )


def search(evaluator: Evaluator, market: Market, limits: Limits, *, start: Floats | None) -> Answer:
    """Prices, the open units' rows and the certificate; see ``solve``."""
    free = evaluator.choose(market.table(np.zeros(len(limits))))
    scale = free.surplus / MICRO / max(evaluator.units, 1) or 1.0
    heats: tuple[float, ...]
    if start is None:
        prices, passes = _from_samples(evaluator, market, scale)
        heats = _COLD
    else:
        prices, passes = start, 0.0
        heats = _WARM
    for heat in heats:
        held = evaluator.choose(market.table(prices)).held
        prices, more = minimise(
            evaluator, market.widened(held), prices, heat=heat * scale, steps=_STEPS, stop=_STOP
        )
        passes += more + 1
    anchor = prices
    table = market.table(anchor)
    units, settled = _open(evaluator, market, limits, table, within=_NEAR * heats[-1] * scale)
    prices = _polish(units, settled, market, anchor, scale)
    room, need = limits.high.copy(), limits.low.copy()
    used_settled = _thousandths(market, settled, limits)
    room -= used_settled
    need -= used_settled
    usage = (market.usage * WHOLE).astype(np.int64)
    surplus = units.worth - market.table(prices)[units.codes].sum(axis=1)
    choice = walk(units, surplus=surplus, usage=usage, every_arm=limits.every_arm, room=room, need=need)
    rows = choice[choice >= 0]
    used = limits.high - room
    value = settled.value + int(np.rint(units.worth[rows] * MICRO).astype(np.int64).sum())
    contacts = rows[~units.held[rows]]
    contact_value = settled.contact_value + int(np.rint(units.worth[contacts] * MICRO).astype(np.int64).sum())
    held_rows = rows[units.held[rows]]
    held = settled.held + np.bincount(units.codes[held_rows].ravel(), minlength=len(settled.held))
    bound = bound_of(evaluator, market.widened(held), prices)
    passes += 2
    certificate = Certificate(
        value=value / MICRO,
        contact_value=contact_value / MICRO,
        bound=max(bound, value / MICRO),
        unconstrained=free.value / MICRO,
        violations=int(((used > limits.high) | (used < limits.low)).sum()),
        used=used,
        lost=lost_by(evaluator, market, prices, whole=(free.value - value) / MICRO),
        passes=int(passes),
        warm=start is not None,
    )
    return Answer(
        anchor=anchor,
        prices=prices,
        rows=units.row[rows],
        places=units.place,
        certificate=certificate,
        relaxed=(),
    )


def _from_samples(evaluator: Evaluator, market: Market, scale: float) -> tuple[Floats, float]:
    prices, passes = np.zeros(market.usage.shape[1]), 0.0
    for share, heats, least in _SAMPLED:
        if evaluator.units < share * least:
            continue
        sample = evaluator.sample(share)
        for heat in heats:
            held = sample.choose(market.table(prices)).held
            prices, more = minimise(
                sample, market.share(share).widened(held), prices, heat=heat * scale, steps=_STEPS, stop=_STOP
            )
            passes += (more + 1) / share
    return prices, passes


def _open(
    evaluator: Evaluator, market: Market, limits: Limits, table: Floats, *, within: float
) -> tuple[Units, Choice]:
    """The units to decide one by one: as many as it takes for all others to fit."""
    wanted = np.zeros(len(table), dtype=np.bool_)
    while True:
        units, settled = evaluator.contested(table, within, wanted)
        over = _thousandths(market, settled, limits) > limits.high
        if not over.any():
            return units, settled
        within *= 4


def _thousandths(market: Market, choice: Choice, limits: Limits) -> Ints:
    """What contacts use of every limit."""
    usage = (market.by_limit * WHOLE).astype(np.int64)
    return np.where(limits.every_arm, usage @ choice.used, usage @ (choice.used - choice.held))


def _polish(units: Units, settled: Choice, market: Market, prices: Floats, scale: float) -> Floats:
    inside = InProcess(of=units, codes=len(settled.used), threads=_THREADS)
    for heat in _LAST:
        held = inside.choose(market.table(prices)).held + settled.held
        left = market.widened(held).less(settled.used)
        prices, _ = minimise(inside, left, prices, heat=heat * scale, steps=_STEPS, stop=_STOP)
    return prices
