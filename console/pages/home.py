"""What needs somebody today, and how the last night went."""

from typing import Any

from sqlalchemy import select

from base.roles import Action, Field
from console.pages.page import Shown, Visit, page
from ledger.schema import ALERTS, RUNS, STRATEGIES

_NEWEST = 8


@page("/", title=("Home", "首页"), fields=frozenset({Field.INTERNAL}), menu=10)
def home(visit: Visit) -> Shown:
    """What waits for this person, and the steps of the last night."""
    with visit.ledger.engine.connect() as connection:
        waiting = connection.execute(
            select(STRATEGIES.c.name, STRATEGIES.c.pending, STRATEGIES.c.stage, STRATEGIES.c.submitted_by)
            .where(STRATEGIES.c.stage.is_not(None))
            .order_by(STRATEGIES.c.name)
        ).all()
        newest = select(RUNS.c.as_of).order_by(RUNS.c.id.desc()).limit(1).scalar_subquery()
        steps = connection.execute(
            select(RUNS.c.job, RUNS.c.as_of, RUNS.c.status, RUNS.c.seconds, RUNS.c.started_at)
            .where(RUNS.c.as_of == newest)
            .order_by(RUNS.c.id)
        ).all()
        alerts: list[Any] = []
        if visit.sees(Field.TRAIL):
            query = select(ALERTS.c.at, ALERTS.c.kind, ALERTS.c.subject).order_by(ALERTS.c.id.desc())
            alerts = list(connection.execute(query.limit(_NEWEST)).all())
    return Shown(
        template="home.html",
        values={
            "to_approve": [one for one in waiting if _to_approve(visit, one)],
            "to_submit": [
                one for one in waiting if one.stage == "draft" and visit.may(Action.SUBMIT_STRATEGY)
            ],
            "steps": list({step.job: step for step in steps}.values()),
            "alerts": alerts,
        },
    )


def _to_approve(visit: Visit, one: Any) -> bool:
    others = one.submitted_by != visit.user.name
    return one.stage == "submitted" and others and visit.may(Action.APPROVE_STRATEGY)
