"""What waits in the strategy book: to be approved, mended, submitted, put live, or looked at again."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select

from base.roles import Action
from console.inbox.need import SHOWN, Group, Need, group, same
from console.pages.page import Visit
from console.pages.tonight.night import off_said
from console.words import Said
from console.words.strategies import STANDS
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS
from outreach.stops import thrown
from strategies.owners import Proposal, proposals_to

_BOOK, _VERSIONS = STRATEGIES.c, STRATEGY_VERSIONS.c


def in_the_book(visit: Visit, connection: Connection) -> Iterator[Group]:
    """Groups of strategies that wait for this person; empty ones too."""
    me = visit.user.name
    if visit.may(Action.APPROVE_STRATEGY):
        others = and_(_BOOK.stage == "submitted", _BOOK.submitted_by != me, _VERSIONS.author != me)
        yield _group(
            connection,
            others,
            Said("Strategies to approve", "待审批策略"),
            to="/strategies?state=submitted",
            words=lambda row: Said(
                f"version {row.pending}, submitted by {row.submitted_by}",
                f"第 {row.pending} 版，由 {row.submitted_by} 提交",
            ),
        )
    mine = and_(_BOOK.stage == "draft", _VERSIONS.author == me)
    if visit.may(Action.SUBMIT_STRATEGY):
        yield _group(
            connection,
            and_(mine, _BOOK.sent_back_by.is_not(None)),
            Said("Sent back to you", "退回给您的策略"),
            to="/strategies?state=draft",
            words=lambda row: Said(
                f"{row.sent_back_by} says: {row.sent_back_why}",
                f"{row.sent_back_by} 的意见：{row.sent_back_why}",
            ),
        )
    if visit.may(Action.WRITE_STRATEGY):
        yield _group(
            connection,
            and_(mine, _BOOK.sent_back_by.is_(None)),
            Said("Your drafts", "您的草稿"),
            to="/strategies?state=draft&sort=at",
            words=lambda row: Said(
                f"version {row.pending}, not submitted yet", f"第 {row.pending} 版，尚未提交"
            ),
            newest_first=True,
        )
    if visit.may(Action.PUT_LIVE):
        own = or_(_BOOK.submitted_by == me, _VERSIONS.author == me, _BOOK.approved_by == me)
        yield _group(
            connection,
            and_(_BOOK.stage == "approved", own),
            Said("Approved, to be put live", "已批准，待上线"),
            to="/strategies?state=approved",
            words=lambda row: Said(
                f"version {row.pending}, approved by {row.approved_by}",
                f"第 {row.pending} 版，由 {row.approved_by} 批准",
            ),
        )


def proposed(visit: Visit, connection: Connection) -> Iterator[Group]:
    """Versions that others wrote of this person's strategies."""
    found = proposals_to(connection, visit.user.name, most=SHOWN + 1)
    needs = (_of(one.name, _written(one)) for one in found)
    title = Said("Others wrote a version of your strategy", "他人为您的策略编写了版本")
    yield group(title, needs, to="/strategies?sort=at")


def at_rest(visit: Visit, connection: Connection) -> Iterator[Group]:
    """What is stopped: everything and channels for whoever may let go on, strategies for their authors."""
    stopped = thrown(connection)
    if visit.may(Action.START):
        yield group(
            Said("Stopped by a switch", "已紧急停止"),
            (_switch(scope, name, line) for (scope, name), line in stopped.items()),
            to="/tonight/switches",
        )
    elif visit.may(Action.REST_STRATEGY):
        wide = ((scope, name, line) for (scope, name), line in stopped.items() if scope != "strategy")
        yield group(
            Said("Stopped for everybody", "全局停止"), (_switch(*one) for one in wide), to="/tonight/switches"
        )
    if not visit.may(Action.REST_STRATEGY):
        return
    written = exists().where(_VERSIONS.name == _BOOK.name, _VERSIONS.author == visit.user.name)
    halted = [name for scope, name in stopped if scope == "strategy"]
    own = select(_BOOK.name, _BOOK.state).where(
        written, or_(_BOOK.state == "paused", and_(_BOOK.state == "live", _BOOK.name.in_(halted)))
    )
    rows = connection.execute(own.order_by(_BOOK.name).limit(SHOWN + 1)).all()
    yield group(
        Said("Your strategies that rest", "您的策略中已停用的"),
        (_resting(row, stopped.get(("strategy", row.name))) for row in rows),
        to="/strategies?state=paused",
    )


def authored(visit: Visit, connection: Connection) -> frozenset[str]:
    """The strategies of which this person wrote a version."""
    own = select(_VERSIONS.name).where(_VERSIONS.author == visit.user.name).distinct()
    return frozenset(connection.execute(own).scalars())


def _group(
    connection: Connection,
    wanted: ColumnElement[bool],
    title: Said,
    *,
    to: str,
    words: Any,
    newest_first: bool = False,
) -> Group:
    """Strategies by name, or by when their pending version was written."""
    pending = and_(_VERSIONS.name == _BOOK.name, _VERSIONS.version == _BOOK.pending)
    query = select(STRATEGIES).join(STRATEGY_VERSIONS, pending).where(wanted)
    order = (_VERSIONS.at.desc(), _BOOK.name) if newest_first else (_BOOK.name,)
    rows = connection.execute(query.order_by(*order).limit(SHOWN + 1)).all()
    needs = (_of(row.name, words(row)) for row in rows)
    return group(title, needs, to=to)


def _written(one: Proposal) -> Said:
    stage = STANDS[one.stage]
    return Said(
        f"{one.author} has written version {one.version} ({stage.english})",
        f"{one.author} 编写了第 {one.version} 版（{stage.chinese}）",
    )


def _switch(scope: str, name: str, line: Row[Any]) -> Need:
    words = Said(f"by {line.actor}: {line.reason}", f"{line.actor} 停止：{line.reason}")
    return Need(subject=off_said(scope, name), to="/tonight/switches", words=words)


def _resting(row: Any, switch: Row[Any] | None) -> Need:
    if switch is not None:
        words = Said(
            f"stopped by {switch.actor}: {switch.reason}", f"被 {switch.actor} 停止：{switch.reason}"
        )
    else:
        words = Said("paused", "已暂停")
    return _of(row.name, words)


def _of(strategy: str, words: Said) -> Need:
    return Need(subject=same(strategy), to=f"/strategies/{strategy}", words=words, strategy=strategy)
