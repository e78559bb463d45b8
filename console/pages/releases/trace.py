"""Whose list rows of unknown origin were taken from."""

from base.roles import Action, Field
from console.pages.page import Shown, Visit, deed, page
from console.words import Refusal, Said
from console.words.nights import RECIPIENTS, said
from ledger.audit import record
from outreach.deliver.keys import marks_key
from outreach.release import origins_of

_TITLE = ("Trace rows", "名单溯源")
_BY_MARK = "watermark"


@page("/trace", title=_TITLE, fields=frozenset({Field.TRAIL, Field.INTERNAL}))
def trace(visit: Visit) -> Shown:
    """Where rows can be laid before the house."""
    values = {"found": None, "rows": "", "may": visit.may(Action.READ_AUDIT)}
    return Shown(template="releases/trace.html", values=values)


@deed("/trace/ask", action=Action.READ_AUDIT)
def ask_origin(visit: Visit) -> Shown:
    """Says which lists the rows are of; that it was asked is put on record, the rows are not kept."""
    rows = visit.told.get("rows", "")
    if not rows.strip():
        raise Refusal(
            "no rows were given; paste some lines of the file whose origin is asked for",
            "未提供数据行；请粘贴待查文件中的若干行",
        )
    with visit.ledger.engine.connect() as connection:
        origins = origins_of(connection, rows, key=marks_key(visit.settings))
    lists = [f"{one.recipient} {one.as_of}" for one in origins]
    record(
        visit.ledger,
        actor=visit.user.name,
        action="rows traced",
        subject=lists[0] if lists else "no list",
        detail={"lists": lists},
    )
    found = [
        {
            "as_of": one.as_of,
            "recipient": one.recipient,
            "words": said(RECIPIENTS, one.recipient),
            # How many of its rows there were, or how they are marked, is nobody's to read here.
            "by_mark": one.how.startswith(_BY_MARK),
        }
        for one in origins
    ]
    values = {"found": found, "rows": rows, "may": True}
    return Shown(template="releases/trace.html", values=values, title=Said(*_TITLE))
