"""Who is contacted tonight: prices from a softened dual, then a decision where units are still open."""

from dataclasses import dataclass, replace

import numpy as np

from base.errors import ArbitrationError
from outreach.arbitrate.certificate import Certificate, bound_of, lost_by
from outreach.arbitrate.decide import Decided, decide
from outreach.arbitrate.descent import exact_prices, lowest
from outreach.arbitrate.dual import Market, market_of
from outreach.arbitrate.evaluator import Choice, Evaluator, InProcess
from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import WHOLE, Flags, Floats, Ints, Limits, Problem
from outreach.arbitrate.units import units_of

_THREADS = 2
_RELAXATIONS = 3  # times that minima are lowered and all is solved again
_ROUNDS = 4  # of exact prices and who is held back at them
_AWAY = 30.0  # of the scale: a price of a minimum that no contact could be worth


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
    """The night's choice; the same whatever the order of rows and units and the number of threads.

    ``start``: prices to begin from, such as last night's, CNY a whole unit of each limit.

    Raises ArbitrationError where a worth is infinite or a starting price is missing or no number.
    """
    market = market_of(problem)
    units = units_of(problem, threads=threads)
    evaluator = InProcess(of=units, codes=market.usage.shape[0], threads=threads)
    answer = search(evaluator, market, problem.limits, start=start, threads=threads)
    row = evaluator.rows(market.table(answer.prices))
    row[answer.places] = -1
    chosen = np.zeros(problem.rows, dtype=np.bool_)
    chosen[units.row[row[row >= 0]]] = True
    chosen[answer.rows] = True
    return Solution(
        chosen=chosen, prices=answer.prices, certificate=answer.certificate, relaxed=answer.relaxed
    )


def search(
    evaluator: Evaluator,
    market: Market,
    limits: Limits,
    *,
    start: Floats | None,
    threads: int = _THREADS,
) -> Answer:
    """Prices, the open units' rows and the certificate; see ``solve``."""
    _check(start, limits)
    free = evaluator.choose(market.table(np.zeros(len(limits))))
    scale = free.surplus / MICRO / max(evaluator.units, 1) or 1.0
    prices, passes = lowest(evaluator, market, scale=scale, start=start, threads=threads)
    prices, decided = _decided(evaluator, market, limits, prices, scale=scale)
    asked = limits.low
    for _ in range(_RELAXATIONS):
        if not decided.missed.any():
            break
        limits = replace(limits, low=_possible(limits, decided, prices, scale))
        market = replace(market, low=limits.low / WHOLE)
        prices, more = lowest(evaluator, market, scale=scale, start=None, threads=threads)
        prices, decided = _decided(evaluator, market, limits, prices, scale=scale)
        passes += more
    # What is still missed counts as impossible too, so that the certificate speaks of what was solved.
    limits = replace(limits, low=np.where(decided.missed, decided.used, limits.low))
    market = replace(market, low=limits.low / WHOLE)
    return Answer(
        prices=prices,
        rows=decided.units.row[decided.taken],
        places=decided.units.place,
        certificate=_certificate(
            evaluator, market, limits, prices, decided, free=free, passes=int(passes), warm=start is not None
        ),
        relaxed=tuple(
            Relaxation(limit=int(each), asked=int(asked[each]), possible=int(limits.low[each]))
            for each in np.flatnonzero(limits.low < asked)
        ),
    )


def _decided(
    evaluator: Evaluator, market: Market, limits: Limits, prices: Floats, *, scale: float
) -> tuple[Floats, Decided]:
    """The choice at these prices or, where few units are open, at the exact ones; and the prices it is of.

    Who is held back depends on prices, and room for them changes prices: so this goes round a few times, and
    of what was met the choice closest to its bound stands.
    """
    decided = decide(evaluator, market, limits, prices, scale=scale)
    best = prices, decided
    least = _distance(evaluator, market, prices, decided)
    for _ in range(_ROUNDS):
        exact = exact_prices(evaluator, market.widened(decided.held), prices, scale=scale)
        if exact is None or np.array_equal(exact, prices):
            break
        prices, decided = exact, decide(evaluator, market, limits, exact, scale=scale)
        distance = _distance(evaluator, market, prices, decided)
        if distance <= least:
            best, least = (prices, decided), distance
    return best


def _distance(evaluator: Evaluator, market: Market, prices: Floats, decided: Decided) -> tuple[int, float]:
    """How many minima a choice misses, and how far it is from its bound."""
    bound = bound_of(evaluator, market.widened(decided.held), prices)
    return int(decided.missed.sum()), bound - decided.value / MICRO


def _possible(limits: Limits, decided: Decided, prices: Floats, scale: float) -> Ints:
    """Minima lowered to what they got: those alone whose price ran away, if any did, for the others may have
    been missed for their sake."""
    away = decided.missed & (prices < -_AWAY * scale)
    return np.where(away if away.any() else decided.missed, decided.used, limits.low)


def _check(start: Floats | None, limits: Limits) -> None:
    if start is None:
        return
    if len(start) != len(limits):
        raise ArbitrationError(
            f"there are {len(start)} prices to begin from, but {len(limits)} limits: one each"
        )
    bad = np.flatnonzero(~np.isfinite(start))
    if len(bad):
        raise ArbitrationError(
            f"the price to begin from of {limits.names[bad[0]]} is {start[bad[0]]}: state a number"
        )


def _certificate(
    evaluator: Evaluator,
    market: Market,
    limits: Limits,
    prices: Floats,
    decided: Decided,
    *,
    free: Choice,
    passes: int,
    warm: bool,
) -> Certificate:
    value = decided.value / MICRO
    bound = bound_of(evaluator, market.widened(decided.held), prices)
    if value > bound:
        raise ArbitrationError(
            f"the choice is worth {value:,.6f} CNY, more than its bound of {bound:,.6f}: one of the two is "
            "wrong, so there is no plan; keep the night's candidates and report it"
        )
    return Certificate(
        value=value,
        contact_value=decided.contact_value / MICRO,
        bound=bound,
        unconstrained=free.value / MICRO,
        violations=int(((decided.used > limits.high) | (decided.used < limits.low)).sum()),
        used=decided.used,
        lost=lost_by(evaluator, market, prices, whole=(free.value - decided.value) / MICRO),
        passes=passes,
        warm=warm,
    )
