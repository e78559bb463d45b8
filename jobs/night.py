"""Runs a whole night for one business date in one open house."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from base.errors import ScheduleError
from base.settings import Settings
from jobs.answer import outcomes_ready
from jobs.job import Night
from jobs.run import STEPS, RunSummary, execute, find_job, open_house
from jobs.turn import not_learned_from

ALL_STEPS = (*STEPS, "report", "retention")


def night(
    settings: Settings,
    *,
    as_of: date,
    steps: Sequence[str] = ALL_STEPS,
    progress: Callable[[str], None] = lambda _: None,
    finished: Callable[[RunSummary], None] = lambda _: None,
) -> list[RunSummary]:
    """Runs ``steps`` in order; ``finished`` hears of each. Raises the first error; later steps do not run.

    First it learns from the last night, if that was not done: where outcomes come as files, they come the day
    after the list. Where this night's outcomes are not there yet, ``learn`` is left for the next night.
    Raises ScheduleError when the last night's outcomes have still not come: who refused is not known then.
    """
    summaries = []
    with open_house(settings, as_of=as_of, progress=progress) as house:
        _learn_from_the_last(house)
        for step in steps:
            if step == "learn" and not outcomes_ready(as_of=as_of, settings=settings):
                progress("no outcomes yet: they are learned from when they have come")
                continue
            summaries.append(execute(find_job(step), house))
            finished(summaries[-1])
    return summaries


def _learn_from_the_last(house: Night) -> None:
    last = not_learned_from(house.ledger, before=house.as_of)
    if last is None:
        return
    if not outcomes_ready(as_of=last, settings=house.settings):
        raise ScheduleError(
            f"not all outcomes of the lists of {last} have been handed in (docs/recipients.md says how); "
            f"run longreach learn --as-of {last} to go on without the rest"
        )
    house.progress(f"learning from the night of {last}")
    for step in ("learn", "report"):
        execute(find_job(step), replace(house, as_of=last))
