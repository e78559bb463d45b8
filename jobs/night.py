"""Runs a whole night for one business date in one open house."""

from collections.abc import Callable, Sequence
from datetime import date

from base.settings import Settings
from jobs.answer import outcomes_ready
from jobs.run import STEPS, RunSummary, execute, find_job, open_house

ALL_STEPS = (*STEPS, "report")


def night(
    settings: Settings,
    *,
    as_of: date,
    steps: Sequence[str] = ALL_STEPS,
    progress: Callable[[str], None] = lambda _: None,
    finished: Callable[[RunSummary], None] = lambda _: None,
) -> list[RunSummary]:
    """Runs ``steps`` in order; ``finished`` hears of each. Raises the first error; later steps do not run.

    Before ``learn`` the outside world is given its chance to answer the list; where outcomes come as files
    and have not come, learn goes on without them and says so.
    """
    summaries = []
    with open_house(settings, as_of=as_of, progress=progress) as house:
        for step in steps:
            if step == "learn":
                outcomes_ready(as_of=as_of, settings=settings)
            summaries.append(execute(find_job(step), house))
            finished(summaries[-1])
    return summaries
