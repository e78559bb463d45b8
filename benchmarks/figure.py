"""One line of a benchmark: what was measured in this very run, and what was wanted."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured value beside its goal, if it has one; ``holds`` says whether it was reached."""

    figure: str
    value: float
    unit: str
    goal: float | None
    holds: bool | None


def at_most(name: str, value: float, unit: str, *, goal: float) -> Figure:
    """A figure that should not be larger than its goal."""
    return Figure(figure=name, value=round(value, 4), unit=unit, goal=goal, holds=value <= goal)


def at_least(name: str, value: float, unit: str, *, goal: float) -> Figure:
    """A figure that should not be smaller than its goal."""
    return Figure(figure=name, value=round(value, 4), unit=unit, goal=goal, holds=value >= goal)


def exactly(name: str, value: float, unit: str, *, goal: float) -> Figure:
    """A figure that should be its goal."""
    return Figure(figure=name, value=round(value, 4), unit=unit, goal=goal, holds=value == goal)


def told(name: str, value: float, unit: str) -> Figure:
    """A figure that nothing is asked of."""
    return Figure(figure=name, value=round(value, 4), unit=unit, goal=None, holds=None)


def show(figures: Iterable[Figure]) -> None:
    """Prints one JSON line a figure, at once."""
    for figure in figures:
        print(json.dumps(asdict(figure)), flush=True)


def apart(work: Callable[..., Result], *given: object) -> Result:
    """Runs ``work`` in a process of its own, so that memory is counted for it alone."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)
