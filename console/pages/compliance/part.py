"""What the pages of this room have in common: their places beside each other."""

from typing import Any

from console.pages.page import Shown, Visit, pages, sees

ROOM = "/compliance"
_ORDER = ("", "/audit", "/audit/proof", "/looks", "/person", "/opt-outs", "/callers", "/roles")


def part(visit: Visit, template: str, **values: Any) -> Shown:
    """A page of this room, with links to those beside it that this person may see."""
    by_path = {one.path: one for one in pages().values()}
    beside = [by_path[ROOM + place] for place in _ORDER]
    seen = [one for one in beside if sees(visit.settings, visit.user.name, one.fields)]
    links = [(one.path, one.title.to(visit.user.language)) for one in seen]
    return Shown(template=f"compliance/{template}", values={"parts": links, **values})
