"""Who may do what, and see what: one table, which the code asks and docs/roles.md prints."""

from base.roles.duties import DUTIES, Action, Duty, Field
from base.roles.rights import require, require_fields, roles_of, visible_fields

__all__ = [
    "DUTIES",
    "Action",
    "Duty",
    "Field",
    "require",
    "require_fields",
    "roles_of",
    "visible_fields",
]
