"""Who saw what: every look at an identity, and the alerts that looks gave reason for."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from base.registry import told as in_both_languages
from base.roles import Field
from console.pages.compliance.part import ROOM, part
from console.pages.compliance.trail import LINE_WORDS, period, searched
from console.pages.page import Shown, Visit, page
from console.words import Said
from console.words.persons import PURPOSES
from ledger.audit.search import Wanted
from ledger.schema import ALERTS
from outreach.watch.alerts import kinds
from outreach.watch.kinds import looks as kinds_of_looks
from outreach.watch.looks import LOOKS

_OF_PEOPLE = tuple(look for look in LOOKS if look != "vault.take")
_ALERTS = 10
_FIELDS = frozenset({Field.TRAIL, Field.TOKEN, Field.INTERNAL})


@page(f"{ROOM}/looks", title=("Who saw what", "查看记录"), fields=_FIELDS)
def looks(visit: Visit) -> Shown:
    """Looks into the vault, refused ones too, by person, actor, purpose and day."""
    told = visit.told
    since, until = period(told)
    wanted = Wanted(
        actor=told.get("actor", "").strip(),
        actions=LOOKS if told.get("nightly") else _OF_PEOPLE,
        subject=told.get("person", "").strip(),
        purpose=told.get("purpose", ""),
        since=since,
        until=until,
    )
    found, below = searched(visit, wanted)
    return part(
        visit,
        "looks.html",
        found=found,
        below=below,
        told=told,
        purposes=PURPOSES,
        alerts=_alerts(visit, wanted),
        **LINE_WORDS,
    )


def _alerts(visit: Visit, wanted: Wanted) -> list[Mapping[str, Any]]:
    """The newest alerts over looks, of the same actor and days."""
    own = [name for name, kind in kinds().items() if kind.__module__ == kinds_of_looks.__name__]
    query = select(ALERTS).where(ALERTS.c.kind.in_(own)).order_by(ALERTS.c.id.desc()).limit(_ALERTS)
    if wanted.actor:
        query = query.where(ALERTS.c.subject == wanted.actor)
    if wanted.since is not None:
        query = query.where(ALERTS.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(ALERTS.c.at < wanted.until)
    with visit.ledger.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    words = {name: Said(*in_both_languages(kinds()[name].__doc__)) for name in own}
    return [{**row, "words": words[row["kind"]]} for row in rows]
