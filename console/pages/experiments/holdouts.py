"""Who is left alone by many strategies at once, and what all contacts together have done to the others."""

from collections.abc import Mapping
from typing import Any

from base.settings import Holdout
from console.pages.experiments.numbers import Row, evenness, metrics
from console.pages.experiments.pictures import by_night
from console.pages.experiments.portfolio import FIGURES
from console.pages.page import Shown, Visit, page
from console.words import Said
from console.words.verdicts import of_hundred
from evaluation.verdicts import GOAL
from experiments.holdouts import GLOBAL
from experiments.holdouts import holdouts as above
from jobs.experiment_course import course
from jobs.experiment_tables import Experiments, glanced, records
from lake.tables import VERDICTS_TABLE

_NAMES = {GLOBAL: Said("Everybody's holdout", "全局留出组")}


@page("/holdouts", title=("Holdouts", "留出组"), fields=FIGURES)
def holdouts(visit: Visit) -> Shown:
    """Every holdout above strategies: whom it covers, and the effect that has added up so far."""
    found = glanced(visit.lake, visit.ledger) if visit.lake.dates(VERDICTS_TABLE) else None
    read = _by_holdout(found) if found else {}
    return Shown(
        template="experiments/holdouts.html",
        values={
            "as_of": found.as_of if found else None,
            "lift": of_hundred,
            "holdouts": [
                _told(visit, found, name, holdout, read.get(name, {}))
                for name, holdout in above(visit.settings.experiments).items()
            ],
        },
    )


def _by_holdout(found: Experiments) -> dict[str, dict[str, Row]]:
    """Rows by holdout and metric."""
    read: dict[str, dict[str, Row]] = {}
    for row in records(found.holdouts()):
        read.setdefault(str(row["name"]), {})[str(row["metric"])] = row
    return read


def _told(
    visit: Visit, found: Experiments | None, name: str, holdout: Holdout, rows: Mapping[str, Row]
) -> dict[str, Any]:
    went = course(visit.lake, name, level="holdout", until=found.as_of) if found else None
    goal = rows.get(GOAL)
    several = went is not None and sum(one.lift is not None for one in went.readings) > 1
    return {
        "key": name,
        "name": _NAMES.get(name, Said(name, name)),
        "share": 100 * holdout.share,
        "covers": _covers(holdout),
        "goal": goal if goal and goal["lift"] is not None else None,
        "evenness": evenness(goal, ()),
        "metrics": metrics(rows),
        "course": by_night(went, visit.user.language) if went and several else None,
        "went": went.readings if went and several else (),
    }


def _covers(holdout: Holdout) -> Said:
    """What the holdout covers."""
    asked = (
        (Said("tags", "标签"), holdout.tags),
        (Said("managers", "经理"), holdout.managers),
        (Said("segments", "客群"), holdout.segments),
    )
    told = [(name, words) for name, words in asked if words]
    if not told:
        return Said("every strategy and every customer", "所有策略与所有客户")
    return Said(
        "; ".join(f"{name.english} {', '.join(words)}" for name, words in told),
        "；".join(f"{name.chinese} {'、'.join(words)}" for name, words in told),
    )
