"""Asks the table of roles. As long as no role is given to anybody, everybody may do everything but approve
his own, which the strategy book and the releases see to themselves; from the first role on, what is not
allowed is denied.
"""

import unicodedata

from base.errors import RoleError
from base.roles.duties import DUTIES, SHOWS, Action, Field
from base.settings import Settings
from base.settings.roles import Role


def require(settings: Settings, actor: str, action: Action) -> None:
    """Raises RoleError where no role of ``actor`` allows ``action``, or what it shows."""
    own = roles_of(settings, actor)
    if settings.roles and not any(action in DUTIES[role].actions for role in own):
        allowed = [role for role, duty in DUTIES.items() if action in duty.actions]
        raise RoleError(_denied(actor, own, action.english, allowed))
    _require_fields(settings, actor, SHOWS.get(action, frozenset()))


def visible_fields(role: Role) -> frozenset[Field]:
    """The kinds of field that a role may see."""
    return DUTIES[role].fields


def roles_of(settings: Settings, actor: str) -> tuple[Role, ...]:
    """The roles given to ``actor``; a name counts as the same however wide, spaced or cased it is typed."""
    wanted = _plain(actor)
    return tuple(role for name, roles in settings.roles.items() if _plain(name) == wanted for role in roles)


def _require_fields(settings: Settings, actor: str, fields: frozenset[Field]) -> None:
    own = roles_of(settings, actor)
    seen = frozenset[Field]().union(*(visible_fields(role) for role in own))
    if settings.roles and (hidden := fields - seen):
        what = "see " + "; ".join(sorted(field.english for field in hidden))
        allowed = [role for role in DUTIES if fields <= visible_fields(role)]
        raise RoleError(_denied(actor, own, what, allowed))


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _denied(actor: str, own: tuple[Role, ...], what: str, allowed: list[Role]) -> str:
    has = f"has the role {', '.join(own)}" if own else "has no role"
    return (
        f"{actor} may not {what}: {actor} {has}, this takes {' or '.join(allowed)}; "
        "roles are given in the settings (roles)"
    )
