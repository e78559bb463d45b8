"""What waits of the nights: lists to approve, steps that failed, experiments that are decided, alerts."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Connection, func, select

from base.registry import told as in_both
from base.roles import Action, Field
from console.inbox.book import authored
from console.inbox.need import SHOWN, Group, Need, group
from console.pages.page import Visit
from console.words import Said
from console.words.deeds import concerned
from console.words.nights import RECIPIENTS, STEPS, outcome, said
from console.words.verdicts import NAMES
from jobs.nights import step_under_way
from lake.tables import VERDICTS_TABLE
from ledger.schema import ALERTS, RELEASES, REVIEWS, RUNS
from outreach.watch.alerts import kinds

_DECIDED = ("ship", "stop", "broken")
_WRONG = ("failed", "broken_off")
_ALERT_DAYS = 7


def lists(visit: Visit, connection: Connection) -> Iterator[Group]:
    """Nights whose lists wait to be approved, for whoever may and did not make them."""
    if not visit.may(Action.APPROVE_RELEASE):
        return
    table = RELEASES.c
    query = (
        select(table.as_of, func.array_agg(table.recipient).label("recipients"), func.min(table.author))
        .where(table.state == "frozen", table.author != visit.user.name)
        .group_by(table.as_of)
        .order_by(table.as_of.desc())
    )
    needs = []
    for as_of, recipients, author in connection.execute(query.limit(SHOWN + 1)).tuples():
        names = [said(RECIPIENTS, one) for one in sorted(recipients)]
        english, chinese = ", ".join(one.english for one in names), "、".join(one.chinese for one in names)
        words = Said(f"to {english}; made by {author}", f"接收方：{chinese}；制作人 {author}")
        night = Said(f"Night of {as_of}", f"{as_of} 夜间名单")
        needs.append(Need(subject=night, to=f"/releases/{as_of}", words=words))
    yield group(Said("Lists to approve", "待审批名单"), needs, to="/releases?state=frozen")


def failures(visit: Visit, connection: Connection) -> Iterator[Group]:
    """Steps of the newest night whose last run failed or broke off, for whoever runs nights."""
    if not visit.may(Action.RUN_NIGHT):
        return
    newest = select(func.max(RUNS.c.as_of)).scalar_subquery()
    last = (
        select(RUNS.c.job, RUNS.c.as_of, RUNS.c.status)
        .where(RUNS.c.as_of == newest)
        .distinct(RUNS.c.job)
        .order_by(RUNS.c.job, RUNS.c.id.desc())
    )
    ran, now = connection.execute(last).all(), step_under_way(connection)
    ends = [(run, *outcome(run, now)) for run in ran]
    yield group(
        Said("Steps that failed", "失败的步骤"),
        (
            Need(
                subject=said(STEPS, run.job),
                to=f"/runs/{run.as_of}",
                words=Said(f"{words.english}, night of {run.as_of}", f"{words.chinese}，{run.as_of}"),
            )
            for run, name, words in ends
            if name in _WRONG
        ),
        to="/runs?state=failed",
    )


def experiments(visit: Visit, connection: Connection) -> Iterator[Group]:
    """Experiments with something to decide that nobody has reviewed since, the reader's own first."""
    dates = visit.lake.dates(VERDICTS_TABLE)
    if not dates or not visit.may(Action.REVIEW):
        return
    columns, where = ("strategy", "verdict"), {"verdict": _DECIDED}
    found = visit.lake.read(VERDICTS_TABLE, as_of=dates[-1], columns=columns, where=where).to_pydict()
    verdicts = dict(zip(found["strategy"], found["verdict"], strict=True))
    last = select(REVIEWS.c.strategy, REVIEWS.c.verdict).distinct(REVIEWS.c.strategy)
    seen = set(connection.execute(last.order_by(REVIEWS.c.strategy, REVIEWS.c.id.desc())).tuples())
    own = authored(visit, connection)
    names = [name for name, verdict in verdicts.items() if (name, verdict) not in seen]
    yield group(
        Said("Experiments to decide on", "待决策的实验"),
        (
            Need(
                subject=Said(name, name),
                to=f"/experiments/{name}#decisions",
                words=NAMES[verdicts[name]],
                strategy=name,
            )
            for name in sorted(names, key=lambda name: (name not in own, name))
        ),
        to="/experiments",
    )


def alarms(visit: Visit, connection: Connection) -> Iterator[Group]:
    """Alerts of the last week, newest first, for whoever may see the trail."""
    if not visit.sees(Field.TRAIL):
        return
    query = select(ALERTS.c.at, ALERTS.c.kind, ALERTS.c.subject).order_by(ALERTS.c.id.desc())
    since = visit.now - timedelta(days=_ALERT_DAYS)
    rows = connection.execute(query.where(ALERTS.c.at >= since).limit(SHOWN + 1)).all()
    words = {name: Said(*in_both(kind.__doc__)) for name, kind in kinds().items()}
    yield group(
        Said("Alerts of the last seven days", "近七天告警"),
        (
            Need(
                subject=words.get(row.kind, Said(row.kind, row.kind)),
                to=f"/alerts?kind={row.kind}",
                words=concerned(row.subject),
            )
            for row in rows
        ),
        to="/alerts",
    )
