"""A night's choice of 10 thousand to 10 million customers: gap, time and memory, and what rivals make of it.

``python -m benchmarks.arbitrate`` prints one JSON line a figure, in about a quarter of an hour; each large
night has a process of its own. Times are of the solver alone, once its kernels are compiled.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks import rivals
from benchmarks.figure import Figure, apart, at_least, at_most, show, told
from benchmarks.instances import hard_case, instance
from outreach.arbitrate.problem import Floats, Problem
from outreach.arbitrate.solve import Solution, solve

TIGHT, LOOSE = 0.1, 0.6
SMALL, MIDDLE, LARGE, LARGEST = 20_000, 100_000, 1_000_000, 10_000_000
HARD_SEEDS = 5


@dataclass(frozen=True, kw_only=True)
class Solved:
    """What one solve found: seconds, CNY, GiB at the peak of its process, and minima it could not meet."""

    seconds: float
    value: float
    gap: float
    violations: int
    relaxed: int
    passes: int
    memory: float


def solved(problem: Problem, *, start: Floats | None = None) -> tuple[Solved, Solution]:
    """One solve, timed."""
    began = time.perf_counter()
    found = solve(problem, start=start)
    seconds = time.perf_counter() - began
    stated = found.certificate
    measured = Solved(
        seconds=seconds,
        value=stated.value,
        gap=stated.gap,
        violations=stated.violations,
        relaxed=len(found.relaxed),
        passes=stated.passes,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    )
    return measured, found


def large(units: int, tightness: float) -> Solved:
    """A night of this size; its minima can be met."""
    compile_kernels()
    return solved(instance(units, tightness=tightness))[0]


def large_nights(*, largest: int) -> Iterator[Figure]:
    """Gap, time and memory at 1 and at 10 million customers, and how time grows between them."""
    nights = {}
    for name, tightness in (("tight", TIGHT), ("loose", LOOSE)):
        nights[name] = apart(large, LARGE, tightness)
        yield from _certified(f"{LARGE:,} x 15, {name}, minima", nights[name], gap=0.02, seconds=20)
    found = apart(large, largest, TIGHT)
    name = f"{largest:,} x 15, tight, minima"
    yield from _certified(name, found, gap=0.05, seconds=240)
    yield at_most(f"{name}, peak memory with the rows", found.memory, "GiB", goal=12)
    growth = found.seconds / largest / (nights["tight"].seconds / LARGE)
    yield at_most(f"time a customer at {largest:,} to that at {LARGE:,}, tight", growth, "times", goal=1.2)


def _certified(name: str, found: Solved, *, gap: float, seconds: float) -> Iterator[Figure]:
    yield at_most(f"{name}, gap", 100 * found.gap, "%", goal=gap)
    yield at_most(f"{name}, limits broken", found.violations, "limits", goal=0)
    yield at_most(f"{name}, minima given up", found.relaxed, "minima", goal=0)
    yield at_most(f"{name}, time", found.seconds, "seconds", goal=seconds)


def general_solvers() -> Iterator[Figure]:
    """Beside HiGHS and PDLP on the linear programme of one small night."""
    compile_kernels()
    problem = instance(SMALL, tightness=TIGHT)
    runs = [solved(problem)[0] for _ in range(5)]
    seconds, ours = statistics.median(run.seconds for run in runs), runs[0].value
    name = f"{SMALL:,} x 15, tight, minima"
    yield from _certified(name, replace(runs[0], seconds=seconds), gap=0.05, seconds=0.5)
    task = rivals.programme(problem)
    began = time.perf_counter()
    best = rivals.highs(task)
    faster = (time.perf_counter() - began) / seconds
    yield at_least(f"{name}, times as fast as HiGHS", faster, "times", goal=100)
    yield at_most(f"{name}, value below HiGHS's optimum", 100 * (1 - ours / best), "%", goal=0.05)
    began = time.perf_counter()
    theirs = rivals.pdlp_value(task)
    faster = (time.perf_counter() - began) / seconds
    yield at_least(f"{name}, times as fast as PDLP at {rivals.PDLP_ERROR:g}", faster, "times", goal=1)
    off = 100 * abs(theirs / best - 1)
    yield at_most(f"{name}, PDLP's objective off HiGHS's optimum", off, "%", goal=0.05)


def beside_rivals(units: int, tightness: float, minima: float) -> list[Figure]:
    """Greedy and chunks on one night, as shares of our value; and the minima they miss."""
    compile_kernels()
    problem = instance(units, tightness=tightness, minima=minima)
    ours = solved(problem)[0].value
    name = f"{units:,} x 15, room for {tightness:.0%}, {'minima' if minima else 'no minima'}"
    answers = {"greedy": rivals.greedy(problem, minima_first=False)}
    if minima:
        answers["greedy, minima first"] = rivals.greedy(problem, minima_first=True)
    if units <= MIDDLE:
        answers["chunks of 1,000"] = rivals.chunks(problem)
    figures = []
    for who, answer in answers.items():
        value = f"{name}, our value to that of {who}"
        if answer.missed == 0:
            figures.append(at_least(value, ours / answer.value, "times", goal=1.0))
        else:  # who leaves minima unmet solves an easier task
            figures.append(told(value, ours / answer.value, "times"))
            figures.append(told(f"{name}, minima missed by {who}", answer.missed, "minima"))
    return figures


def hard_cases() -> Iterator[Figure]:
    """One minimum that needs every customer who can serve it, several times drawn."""
    found = [apart(hard, seed) for seed in range(HARD_SEEDS)]
    name = f"{LARGE:,} customers, one minimum, 500 proposals, {HARD_SEEDS} times drawn"
    met = sum(each.violations == 0 and each.relaxed == 0 for each in found)
    yield at_least(f"{name}, minimum met", met, "times", goal=HARD_SEEDS)
    yield at_most(f"{name}, worst gap", 100 * max(each.gap for each in found), "%", goal=0.02)
    yield at_most(f"{name}, longest time", max(each.seconds for each in found), "seconds", goal=20)


def hard(seed: int) -> Solved:
    """One draw of the hard case."""
    compile_kernels()
    return solved(hard_case(LARGE, seed=seed))[0]


def starts() -> list[Figure]:
    """A second night whose worths have moved by a tenth, from the first night's prices and from none."""
    compile_kernels()
    first = instance(LARGE, tightness=TIGHT)
    prices = solve(first).prices
    moved = np.random.default_rng(5).lognormal(0.0, 0.1, first.rows)
    second = replace(first, worth=first.worth * moved)
    cold, warm = solved(second)[0], solved(second, start=prices)[0]
    name = f"{LARGE:,} x 15, tight, the next night"
    return [
        at_most(f"{name}, warm start's time to cold start's", warm.seconds / cold.seconds, "times", goal=1),
        at_most(f"{name}, warm start's passes to cold start's", warm.passes / cold.passes, "times", goal=1),
        at_most(f"{name}, gap from a warm start", 100 * warm.gap, "%", goal=0.02),
        at_most(f"{name}, gap from a cold start", 100 * cold.gap, "%", goal=0.02),
    ]


def held_back() -> list[Figure]:
    """A night with a tenth of the rows in control groups; its gap is wider, see docs/arbitration.md."""
    compile_kernels()
    found = solved(instance(LARGE, tightness=TIGHT, held_back=0.1))[0]
    return list(_certified(f"{LARGE:,} x 15, tight, minima, a tenth held back", found, gap=0.1, seconds=20))


def compile_kernels() -> None:
    """Solves a small night, so that no timing holds the compiler's."""
    problem = instance(2_000, strategies=50, hours=30)
    solve(problem, start=solve(problem).prices)


def main() -> None:
    """Measures everything; the goals are those of the full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=LARGEST)
    given = parser.parse_args()
    show(large_nights(largest=given.largest))
    show(general_solvers())
    show(hard_cases())
    show(apart(starts))
    show(apart(held_back))
    for units, tightness, minima in (
        (LARGE, TIGHT, 0.25),
        (LARGE, LOOSE, 0.25),
        (LARGE, TIGHT, 0.0),
        (MIDDLE, TIGHT, 0.25),
        (MIDDLE, LOOSE, 0.25),
        (MIDDLE, TIGHT, 0.0),
    ):
        show(apart(beside_rivals, units, tightness, minima))


if __name__ == "__main__":
    main()
