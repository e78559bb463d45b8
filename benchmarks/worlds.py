"""Made-up portfolios of experiments whose truth is known, as the sums a night's group-by would give."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from experiments.moments import Floats, Moments

Kind = Literal["share", "late share", "amount", "change"]

WINDOW_DAYS = 7
# Amounts are log-normal with this spread of the logarithm, in units of their median.
SPREAD = 1.2
# What is kept of an arm, night by night.
_SUMS = ("n", "total", "squares", "gains", "gain_squares")
# Share of customers whose balance moves anyway, either way, by normal amounts.
_MOVING = 0.4


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """Strategies' sizes and truths, one entry each: customers a day, shares held out, base rates, lifts."""

    daily: Floats
    holdout: Floats
    base: Floats
    lift: Floats


def portfolio(
    strategies: int, *, seed: int, days: int, real: float = 0.0, median: float = 2_000
) -> Portfolio:
    """Strategies of log-normal size (``median`` customers in all), 10 to 50 % held out, rates 0.5 to 5 %.

    A share ``real`` of them lifts the rate by 0.5 to 4 percentage points, the others by nothing.
    """
    rng = np.random.default_rng(seed)
    size = np.clip(rng.lognormal(np.log(median), 0.8, strategies), 300, 50_000)
    works = rng.random(strategies) < real
    return Portfolio(
        daily=size / days,
        holdout=rng.choice([0.1, 0.15, 0.2, 0.3, 0.5], strategies),
        base=rng.uniform(0.005, 0.05, strategies),
        lift=np.where(works, rng.uniform(0.005, 0.04, strategies), 0.0),
    )


def rare(strategies: int, *, rate: float) -> Portfolio:
    """Strategies that change nothing, 300 customers a day, the fewest held out that are permitted: 5 %."""
    same = np.ones(strategies)
    return Portfolio(daily=300 * same, holdout=0.05 * same, base=rate * same, lift=0 * same)


def nightly(world: Portfolio, kind: Kind, *, days: int, seed: int) -> Iterator[tuple[Moments, Moments]]:
    """Both arms' sums so far, a pair a night; arms are drawn customer by customer."""
    rng = np.random.default_rng(seed)
    sums = np.zeros((2, len(_SUMS), len(world.daily)))
    late = np.zeros((2, WINDOW_DAYS, len(world.daily)), dtype=np.int64)
    for _ in range(days):
        exposed = rng.poisson(world.daily)
        held = rng.binomial(exposed, world.holdout)
        for arm, (customers, rate) in enumerate(
            ((exposed - held, world.base + world.lift), (held, world.base))
        ):
            taken = rng.binomial(customers, rate)
            sums[arm, 0] += customers
            if kind == "late share":
                late[arm] += rng.multinomial(taken, np.full(WINDOW_DAYS, 1 / WINDOW_DAYS)).T
                sums[arm, 1:3] += late[arm, 0]
                late[arm] = np.roll(late[arm], -1, axis=0)
                late[arm, -1] = 0
            elif kind == "share":
                sums[arm, 1:3] += taken
            else:
                sums[arm, 1:] += np.tile(given(taken, rng)[:2], (2, 1))
                if kind == "change":
                    sums[arm, 1:] += _movements(rng.binomial(customers, _MOVING), rng)
        asked = _SUMS if kind == "change" else _SUMS[:3]
        treatment, control = (Moments(**dict(zip(asked, arm, strict=False))) for arm in sums.copy())
        yield treatment, control


def given(givers: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Sums, sums of squares and of cubes (3, strategies) of what so many ``givers`` give, log-normally."""
    return _powers(np.exp(rng.normal(0.0, SPREAD, givers.sum())), givers)


def _movements(moving: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Sums and sums of squares of normal movements, then those of the positive ones (4, strategies)."""
    values = rng.normal(0.0, 1.0, moving.sum())
    return np.concatenate([_powers(each, moving)[:2] for each in (values, np.maximum(values, 0.0))])


def _powers(values: Floats, counts: NDArray[np.int64]) -> Floats:
    """Sums of the values' first three powers; they belong to one strategy after another."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return np.stack([np.bincount(owner, values**power, minlength=len(counts)) for power in (1, 2, 3)])
