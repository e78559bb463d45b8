"""What is said to whoever writes a version of a strategy that is another manager's."""

from collections.abc import Mapping

from sqlalchemy import Connection

from console.entrance.users import known
from console.pages.page import Visit
from console.words import Said
from strategies.owners import Proposal, overtaken, owner_of, pending_of

_STAGES: Mapping[str, Said] = {
    "draft": Said("a draft", "草稿"),
    "submitted": Said("which waits for approval", "待审批"),
    "approved": Said("which is approved and not live yet", "已批准，尚未上线"),
}


def before_writing(visit: Visit, connection: Connection, name: str) -> Said | None:
    """Whose the strategy is and what becomes of what is written; None where it is the reader's own."""
    owner = owner_of(connection, name)
    if owner == visit.user.name:
        return None
    taken = _in_place_of(visit, pending_of(connection, name), connection)
    if known(connection, owner) is None:
        said = Said(
            f"This strategy is {owner}'s. What you write is kept as a proposal, and somebody else approves.",
            f"此策略由 {owner} 负责。您编写的内容将另存为建议版本，并由他人审批。",
        )
    else:
        said = Said(
            f"This strategy is {owner}'s. What you write is kept as a proposal; {owner} sees it, and "
            "somebody else approves.",
            f"此策略由 {owner} 负责。您编写的内容将另存为建议版本，{owner} 会看到，并由他人审批。",
        )
    return said.then(taken) if taken else said


def at_submission(visit: Visit, connection: Connection, name: str) -> Said | None:
    """Whose strategy a version is handed in of; None where it is the reader's own."""
    owner = owner_of(connection, name)
    if owner == visit.user.name:
        return None
    pending = pending_of(connection, name)
    taken = _taken(visit, pending, connection) if pending else None
    if known(connection, owner) is None:
        said = Said(f"It is a proposal for {owner}'s strategy.", f"这是对 {owner} 所负责策略的建议版本。")
    else:
        said = Said(
            f"It is a proposal for {owner}'s strategy; {owner} sees it on the first page.",
            f"这是对 {owner} 所负责策略的建议版本，{owner} 会在首页看到。",
        )
    return said.then(taken) if taken else said


def _in_place_of(visit: Visit, pending: Proposal | None, connection: Connection) -> Said | None:
    """Whose version on its way the reader's next one takes the place of, or his last one took it of."""
    if pending is None:
        return None
    if pending.author == visit.user.name:
        return _taken(visit, pending, connection)
    version, author, stage = pending.version, pending.author, _STAGES[pending.stage]
    return Said(
        f"It takes the place of version {version} by {author}, {stage.english}; that one goes no further.",
        f"它将取代 {author} 的第 {version} 版（{stage.chinese}），后者不再继续流转。",
    )


def _taken(visit: Visit, pending: Proposal, connection: Connection) -> Said | None:
    """Whose version the pending one took the place of."""
    earlier = overtaken(connection, pending)
    if earlier is None:
        return None
    mine = Said("Your version", "您的第") if pending.author == visit.user.name else Said("Version", "第")
    return Said(
        f"{mine.english} {pending.version} has taken the place of version {earlier.version} by "
        f"{earlier.author}, which goes no further.",
        f"{mine.chinese} {pending.version} 版已取代 {earlier.author} 的第 {earlier.version} 版，"
        "后者不再继续流转。",
    )
