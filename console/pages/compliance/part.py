"""What the pages of this room have in common: their places beside each other, and forms shown again."""

from dataclasses import replace
from typing import Any

from base.errors import LongreachError
from console.pages.page import Page, Shown, Visit, pages, sees
from console.words.errors import said_of

ROOM = "/compliance"
_ORDER = ("", "/audit", "/audit/proof", "/looks", "/person", "/opt-outs", "/callers", "/roles")


def part(visit: Visit, template: str, **values: Any) -> Shown:
    """A page of this room, with links to those beside it that this person may see."""
    by_path = {one.path: one for one in pages().values()}
    beside = [by_path[ROOM + place] for place in _ORDER]
    seen = [one for one in beside if sees(visit.settings, visit.user.name, one.fields)]
    links = [(one.path, one.title.to(visit.user.language)) for one in seen]
    return Shown(
        template=f"compliance/{template}", values={"parts": links, "wrong": "", "typed": {}, **values}
    )


def again(visit: Visit, page: Page, error: LongreachError) -> Shown:
    """The page once more, with what was typed and what is wrong with it."""
    shown = page.show(visit)
    told = {**shown.values, "wrong": said_of(error).to(visit.user.language), "typed": visit.told}
    return replace(shown, values=told, title=page.title, status=422)
