"""Who may do what, and see what: one table, which the code asks and docs/roles.md prints."""

from base.roles.duties import DUTIES, SHOWS, Action, Duty, Field
from base.roles.rights import require, roles_of, visible_fields

__all__ = [
    "DUTIES",
    "SHOWS",
    "Action",
    "Duty",
    "Field",
    "require",
    "roles_of",
    "visible_fields",
]
