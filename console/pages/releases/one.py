"""One list: what its manifest says, who approved which bytes, and every move it made."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from base.errors import ReleaseError
from base.roles import Field
from console.listing import paged, read_date
from console.pages.page import Shown, Visit, page
from console.pages.releases.lists import shown_rows, way
from console.pages.tonight.night import told_strategies
from console.words import Refusal, Said
from console.words.material import MATERIAL_WORDS
from console.words.nights import ACTORS, LIST_STATES, RECIPIENTS, said
from evaluation.cross_table import hidden_cells
from ledger.schema import RELEASE_APPROVALS
from outreach.channels.channel import PLAIN, load_channels
from outreach.deliver.package import package_name
from outreach.release import Release, contact_day, expires_at, moves_of, releases_of, strategies_of
from strategies.labels import labels

_FIELDS = frozenset({Field.INTERNAL, Field.FIGURES})


@page("/releases/{as_of}/{recipient}", title=("List", "名单详情"), fields=_FIELDS)
def one_list(visit: Visit) -> Shown:
    """One recipient's list of one night. Rows are not shown, nor what was put in to trace them."""
    as_of, recipient = read_date(visit.told["as_of"]), visit.told["recipient"]
    with visit.ledger.engine.connect() as connection:
        lists = releases_of(connection, as_of)
        if recipient not in lists:
            raise Refusal(
                f"there is no list for {recipient} of {as_of}; the page of releases shows all",
                f"{as_of} 没有发给“{said(RECIPIENTS, recipient).chinese}”的名单；名单发放页列有全部名单",
            )
        one, moves = lists[recipient], moves_of(connection, as_of)
        rows = shown_rows(connection, {as_of})
        approval = _approval(connection, one)
        on_it = _strategies(visit, connection, one, lists=lists, rows=rows)
        turn = paged(on_it, visit.told, search=())
        titles = labels(connection, [name for name, _ in turn.rows])
    own, words = [move for move in moves if move["recipient"] == recipient], said(RECIPIENTS, recipient)
    return Shown(
        template="releases/one.html",
        title=Said(f"{words.english}, {as_of}", f"{words.chinese}，{as_of}"),
        values={
            "list": one,
            "words": words,
            "state": LIST_STATES[one.state],
            "states": LIST_STATES,
            "rows": rows[as_of, recipient],
            "way": way(one, moves),
            "moves": own,
            "file": package_name(recipient, as_of=as_of, attempt=one.attempt) if one.attempt else None,
            "day": contact_day(as_of),
            "until": expires_at(as_of, visit.settings.contact),
            "approval": approval,
            "actors": ACTORS,
            "receipt": next((move for move in own if move["to_state"] == "acknowledged"), None),
            "columns": _columns(recipient),
            "turn": turn,
            "titles": titles,
        },
    )


def _approval(connection: Connection, one: Release) -> Any:
    """Who approved the bytes as they are, and what was looked at then; None where nobody has."""
    table = RELEASE_APPROVALS.c
    query = select(
        table.approver, table.approved_at, table.approved_attempt, table.attempt, table.sha256, table.limits
    ).where(table.as_of == one.as_of, table.recipient == one.recipient, table.attempt == one.attempt)
    return connection.execute(query).first()


def _strategies(
    visit: Visit,
    connection: Connection,
    one: Release,
    *,
    lists: Mapping[str, Release],
    rows: Mapping[tuple[date, str], int | None],
) -> list[tuple[str, int | None]]:
    """Strategies with how many contacts each has on the list, None where they are few or would tell few of
    another of the night's lists; the largest first.

    Nothing where the rows of one of these are not fixed yet, or not kept any more.
    """
    try:
        found = [
            (recipient, strategy, contacts)
            for recipient, other in lists.items()
            for strategy, contacts in strategies_of(connection, other).items()
        ]
    except ReleaseError:
        return []
    cells = pd.DataFrame(found, columns=["recipient", "strategy", "contacts"])
    known = [recipient for (_, recipient), count in rows.items() if count]
    away = hidden_cells(cells, known=known, known_across=told_strategies(visit, one.as_of))
    told = [
        (strategy, None if hide else contacts)
        for (recipient, strategy, contacts), hide in zip(found, away, strict=True)
        if recipient == one.recipient
    ]
    return sorted(told, key=lambda one: (-(one[1] or 0), one[0]))


def _columns(recipient: str) -> list[dict[str, Any]]:
    """What the recipient's files hold: a file a channel, a column a field."""
    return [
        {
            "file": f"{channel.name}.csv",
            "fields": [(name, MATERIAL_WORDS[name], name in PLAIN) for name in channel.emits],
        }
        for channel in load_channels().values()
        if channel.recipient == recipient
    ]
