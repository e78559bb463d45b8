"""Draws the rows of made-up nights, each unit's from the seed and its number alone."""

import numba
import numpy as np

from outreach.arbitrate.problem import Bits, Codes, Flags, Floats, Ints

HOURS_A_DAY = 10
AI, HUMAN, SMS = 0, 1, 2


@numba.njit(nogil=True, cache=True, parallel=True)
def draw_rows(
    seed: np.uint64,
    rows: int,
    held_back: float,
    popularity: Floats,
    level: Floats,
    kind: Ints,
    skill: Ints,
    lines: Ints,
    gateways: Ints,
    asked: Floats,
    cost: Floats,
    typical: Floats,
    worth: Floats,
    luck: Bits,
    treated: Flags,
    strategy: Codes,
    place: Codes,
    unit_luck: Bits,
) -> None:
    """Fills the last six: a row's worth (CNY), luck, arm, proposal and place, and each unit's luck."""
    for unit in numba.prange(len(unit_luck)):
        state = _mixed(_mixed(seed + np.uint64(1)) + np.uint64(unit) * np.uint64(0x9E3779B97F4A7C15))
        unit_luck[unit] = _mixed(state)
        state = _next(state)
        goodness = 0.8 * _bell(_mixed(state))
        state = _next(state)
        line = lines[int(_share(_mixed(state)) * len(lines))]
        state = _next(state)
        gateway = gateways[int(_share(_mixed(state)) * len(gateways))]
        state = _next(state)
        answers = np.searchsorted(asked, _share(_mixed(state)) * asked[-1])
        proposal, liking, held = 0, 0.0, False
        for row in range(unit * rows, (unit + 1) * rows):
            state = _next(state)
            # Every other row offers the same proposal at another hour.
            if row == unit * rows or _share(_mixed(state)) < 0.5:
                state = _next(state)
                proposal = np.searchsorted(popularity, _share(_mixed(state)) * popularity[-1])
                state = _next(state)
                liking = 0.6 * _bell(_mixed(state))
                state = _next(state)
                held = _share(_mixed(state)) < held_back
            state = _next(state)
            hour = answers
            if _share(_mixed(state)) < 0.5:
                state = _next(state)
                hour = np.searchsorted(asked, _share(_mixed(state)) * asked[-1])
            queue = skill[proposal]
            if kind[proposal] == AI:
                queue = line
            elif kind[proposal] == SMS:
                queue = gateway
            at = queue * HOURS_A_DAY + hour
            state = _next(state)
            reached = (1.0 if hour == answers else 0.7) * np.exp(0.2 * _bell(_mixed(state)))
            gain = typical[kind[proposal]] * np.exp(goodness + level[proposal] + liking) * reached
            state = _next(state)
            luck[row] = _mixed(state)
            worth[row] = gain - cost[at]
            treated[row] = not held
            strategy[row] = proposal
            place[row] = at


@numba.njit(nogil=True, cache=True)
def _mixed(number: np.uint64) -> np.uint64:
    """The finisher of splitmix64."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


@numba.njit(nogil=True, cache=True)
def _next(state: np.uint64) -> np.uint64:
    return state + np.uint64(0x9E3779B97F4A7C15)


@numba.njit(nogil=True, cache=True)
def _share(bits: np.uint64) -> float:
    """Bits as a number above 0 and below 1."""
    return (np.float64(bits >> np.uint64(11)) + 0.5) / 9007199254740992.0


@numba.njit(nogil=True, cache=True)
def _bell(bits: np.uint64) -> float:
    """A standard normal number (Box and Muller's transform of two halves of the bits)."""
    first = (np.float64(bits >> np.uint64(32)) + 0.5) / 4294967296.0
    second = np.float64(bits & np.uint64(0xFFFFFFFF)) / 4294967296.0
    return float(np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second))
