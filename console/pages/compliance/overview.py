"""The room at a glance, and who may do what."""

from base.roles import DUTIES, Action, Field, roles_of
from console.entrance.users import everybody
from console.pages.compliance.part import ROOM, part
from console.pages.page import Shown, Visit, page
from ledger.audit import verdicts
from ledger.audit.chain import head
from ledger.audit.checkpoints import folder_of

_FIELDS = frozenset({Field.INTERNAL})


@page(ROOM, title=("Compliance", "合规"), fields=_FIELDS, menu=80)
def compliance(visit: Visit) -> Shown:
    """What there is in this room for whoever looks, and how the trail stands."""
    trail = visit.sees(Field.TRAIL)
    with visit.ledger.engine.connect() as connection:
        number, _ = head(connection) if trail else (0, b"")
    last = verdicts.last(folder_of(visit.settings)) if trail else None
    return part(visit, "overview.html", trail=trail, lines=number, last=last)


@page(f"{ROOM}/roles", title=("Who may do what", "角色与权限"), fields=_FIELDS)
def roles(visit: Visit) -> Shown:
    """The table of the roles, and who has which."""
    with visit.ledger.engine.connect() as connection:
        users = [one.name for one in everybody(connection)]
    has = {name: roles_of(visit.settings, name) for name in sorted({*users, *visit.settings.roles})}
    return part(
        visit, "roles.html", duties=DUTIES, actions=tuple(Action), kinds=tuple(Field), has=has, users=users
    )
