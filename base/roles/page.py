"""The page of the roles, made from their table: ``python -m base.roles.page`` writes docs/roles.md."""

from pathlib import Path

from base.roles.duties import DUTIES, Action, Field

PAGE = Path("docs") / "roles.md"

_HEAD = """# Who may do what, and see what

Roles are given in `longreach.toml`, to the names under which people act (`--as`, or `LONGREACH_ACTOR`, or the
user of the machine):

    [roles]
    "Zhou Lin" = ["segment_manager"]
    "Chen Mo" = ["approver"]
    night = ["operator"]

As long as nobody has a role, everybody may do everything except approve his own; `longreach doctor` says so.
From the first role on, **what is not in these tables is denied**. Somebody may have several roles: even so he
approves nothing that he wrote or submitted himself; the database sees to that. Jobs that Airflow starts act
for nobody and are not asked. Pages of figures are open to whoever may run `longreach` at all: they hold
nothing of fewer than ten people.

A name is not proved here: whoever may run `longreach` with these settings may type another's. Give people
accounts of their own, set `LONGREACH_ACTOR` where they log in, and read the audit.

"""

_TAIL = """
*Made from the table in `base/roles/duties.py` by `python -m base.roles.page`; do not edit.*
"""


def render() -> str:
    """The page as Markdown: roles, then actions and fields, a column a role."""
    duties = "".join(f"| `{role}` | {duty.english} | {duty.chinese} |\n" for role, duty in DUTIES.items())
    acts = [
        _row(action.english, action.chinese, [action in d.actions for d in DUTIES.values()])
        for action in Action
    ]
    sees = [
        _row(field.english, field.chinese, [field in d.fields for d in DUTIES.values()]) for field in Field
    ]
    return (
        f"{_HEAD}| role | is there for | 职责 |\n|---|---|---|\n{duties}"
        f"\n## Actions\n\n{_heading('may')}{''.join(acts)}"
        f"\n## Fields\n\n{_heading('sees')}{''.join(sees)}{_TAIL}"
    )


def _heading(what: str) -> str:
    roles = " | ".join(role.replace("_", " ") for role in DUTIES)
    return f"| {what} | | {roles} |\n|---|---|{':-:|' * len(DUTIES)}\n"


def _row(english: str, chinese: str, allowed: list[bool]) -> str:
    marks = " | ".join("yes" if one else "" for one in allowed)
    return f"| {english} | {chinese} | {marks} |\n"


def main() -> None:
    PAGE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
