"""Who is contacted tonight: prices from a softened dual, then a walk over the units that are still open."""

from dataclasses import dataclass

import numpy as np

from outreach.arbitrate.certificate import Certificate, bound_of, lost_by
from outreach.arbitrate.dual import Market, Range, market_of, minimise
from outreach.arbitrate.evaluator import Choice, Evaluator, InProcess, Units, units_of
from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import WHOLE, Flags, Floats, Ints, Limits, Problem
from outreach.arbitrate.quantile import strike
from outreach.arbitrate.repair import walk

# Heats as shares of what the mean unit would bring if nothing were scarce, and when to stop at each.
_COOLING = ((0.1, 1e-3), (0.03, 3e-4), (0.01, 3e-4))
_LAST_OF_ALL, _FINE = 0.01, 3e-5  # the last heat at which all units are asked
_POLISH = ((0.003, 3e-6), (0.001, 3e-6))
_SAMPLE = 32_768  # least units that a sample has
_SMALL = 64  # contacts a limit has in the sample, below which its price there says little
_NEAR = 10.0  # heats of the last full pass within which a rival keeps a unit in the search
_OPEN = 0.02
_STEPS, _ROUNDS = 30, 6
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
    """What is found without ever seeing all rows: prices, at which every unit that is settled takes its
    best row, the rows that open units take, and these units' places."""

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
    row = evaluator.rows(market.table(answer.prices))
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
    if start is None:
        prices, passes = _cold(evaluator, market, scale)
    else:
        prices, passes = _lowered(evaluator, market, start, heat=_LAST_OF_ALL * scale, stop=_FINE)
    prices = _polished(evaluator, market, prices, scale=scale)
    units, settled = _open(evaluator, market, limits, prices, within=_OPEN * scale)
    room = limits.high - _thousandths(market, settled, limits)
    need = limits.low - _thousandths(market, settled, limits)
    usage = (market.usage * WHOLE).astype(np.int64)
    surplus = units.worth - market.table(prices)[units.codes].sum(axis=1)
    unpaid = units.worth - market.table(np.maximum(prices, 0))[units.codes].sum(axis=1)
    choice = walk(
        units, surplus=surplus, unpaid=unpaid, usage=usage, every_arm=limits.every_arm, room=room, need=need
    )
    rows = choice[choice >= 0]
    used = limits.high - room
    value = settled.value + int(np.rint(units.worth[rows] * MICRO).astype(np.int64).sum())
    contacts = rows[~units.held[rows]]
    contact_value = settled.contact_value + int(np.rint(units.worth[contacts] * MICRO).astype(np.int64).sum())
    held_rows = rows[units.held[rows]]
    held = settled.held + np.bincount(units.codes[held_rows].ravel(), minlength=len(settled.held))
    bound = bound_of(evaluator, market.widened(held), prices)
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
        prices=prices, rows=units.row[rows], places=units.place, certificate=certificate, relaxed=()
    )


def _cold(evaluator: Evaluator, market: Market, scale: float) -> tuple[Floats, float]:
    """Prices from nothing: a sample cools down first, where there are many units, then all do."""
    share = 1
    while evaluator.units >= 2 * share * _SAMPLE:
        share *= 2
    sample, prices, passes = evaluator.sample(share), np.zeros(market.usage.shape[1]), 0.0
    for heat, stop in _COOLING:
        prices, more = _lowered(sample, market.share(share), prices, heat=heat * scale, stop=stop)
        passes += more / share
    if share > 1:
        held = evaluator.choose(market.table(prices)).held
        small = market.contacts < _SMALL * share
        prices = strike(evaluator, market.widened(held), prices, small=small, scale=scale)
        passes += 2
    prices, more = _lowered(evaluator, market, prices, heat=_LAST_OF_ALL * scale, stop=_FINE)
    return prices, passes + more


def _lowered(
    evaluator: Evaluator,
    market: Market,
    prices: Floats,
    *,
    heat: float,
    stop: float,
    within: Range | None = None,
) -> tuple[Floats, float]:
    """Prices of the least dual at a heat, where those who would be held back add to the room."""
    held = evaluator.choose(market.table(prices)).held
    prices, passes = minimise(
        evaluator, market.widened(held), prices, heat=heat, steps=_STEPS, stop=stop, within=within
    )
    return prices, passes + 1.0


def _polished(evaluator: Evaluator, market: Market, prices: Floats, *, scale: float) -> Floats:
    """Prices at the lowest heats, from the units alone that a near rival keeps open.

    No price goes so far that a unit left out could change its mind; where one wants to, all units are asked
    again from there.
    """
    wanted = np.zeros(market.usage.shape[0], dtype=np.bool_)
    near = _NEAR * _LAST_OF_ALL * scale
    reach = near / 4 / np.maximum(market.largest, 1 / WHOLE)
    for _ in range(_ROUNDS):
        units, settled = evaluator.contested(market.table(prices), near, wanted)
        inside = InProcess(of=units, codes=market.usage.shape[0], threads=_THREADS)
        left = market.widened(settled.held).less(settled.used)
        within = Range(least=prices - reach, most=prices + reach)
        for heat, stop in _POLISH:
            prices, _ = _lowered(inside, left, prices, heat=heat * scale, stop=stop, within=within)
        if ((prices > within.least) & (prices < within.most)).all():
            break
    return prices


def _open(
    evaluator: Evaluator, market: Market, limits: Limits, prices: Floats, *, within: float
) -> tuple[Units, Choice]:
    """The units to decide one by one: as many as it takes for all others to fit."""
    wanted = np.zeros(market.usage.shape[0], dtype=np.bool_)
    while True:
        units, settled = evaluator.contested(market.table(prices), within, wanted)
        if (_thousandths(market, settled, limits) <= limits.high).all():
            return units, settled
        within *= 2


def _thousandths(market: Market, choice: Choice, limits: Limits) -> Ints:
    """What contacts use of every limit."""
    usage = (market.by_limit * WHOLE).astype(np.int64)
    return np.where(limits.every_arm, usage @ choice.used, usage @ (choice.used - choice.held))
