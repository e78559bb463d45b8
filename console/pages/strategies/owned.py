"""What is said to whoever writes a version of a strategy that is another manager's."""

from sqlalchemy import Connection

from console.entrance.users import known
from console.pages.page import Visit
from console.words import Said
from strategies.owners import owner_of


def before_writing(visit: Visit, connection: Connection, name: str) -> Said | None:
    """Whose the strategy is and what becomes of what is written; None where it is the reader's own."""
    owner = owner_of(connection, name)
    if owner == visit.user.name:
        return None
    if known(connection, owner) is None:
        return Said(
            f"This strategy is {owner}'s. What you write is kept as a proposal beside it, and somebody else "
            "approves.",
            f"此策略由 {owner} 负责。您编写的内容将另存为建议版本，并由他人审批。",
        )
    return Said(
        f"This strategy is {owner}'s. What you write is kept as a proposal beside it; {owner} sees it, and "
        "somebody else approves.",
        f"此策略由 {owner} 负责。您编写的内容将另存为建议版本，{owner} 会看到，并由他人审批。",
    )


def at_submission(visit: Visit, connection: Connection, name: str) -> Said | None:
    """Whose strategy a version is handed in of; None where it is the reader's own."""
    owner = owner_of(connection, name)
    if owner == visit.user.name:
        return None
    if known(connection, owner) is None:
        return Said(f"It is a proposal for {owner}'s strategy.", f"这是对 {owner} 所负责策略的建议版本。")
    return Said(
        f"It is a proposal for {owner}'s strategy; {owner} sees it on the first page.",
        f"这是对 {owner} 所负责策略的建议版本，{owner} 会在首页看到。",
    )
