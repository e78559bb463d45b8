"""The catalogue page, made from the declarations: ``python -m features.page`` writes docs/features.md."""

from itertools import groupby
from pathlib import Path

from base.registry import modules
from features.catalogue import FEATURES
from features.declaration import Feature
from lake.tables.words import CHANNELS

PAGE = Path("docs") / "features.md"

_HEAD = """# Features

{count} facts about every customer, one row a customer in the table `customer_features`, as the bank knew them
at the close of the business date: what happened later, or was learned of later, is not in them.

Amounts are in yuan, windows end with the business date and hold it, and *empty* is what stands where there is
nothing to count. Rules in strategies may use the name or the label, on the channels that customers' consent
permits (`features/sources.py` says why).

*Made from the declarations in `features/families/` by `python -m features.page`; do not edit.*
"""


def render() -> str:
    """The page as Markdown, a table a family."""
    parts = [_HEAD.format(count=len(FEATURES))]
    for family, members in groupby(FEATURES.values(), key=lambda each: each.family):
        parts.append(f"\n## {family.capitalize()}\n\n{_texts()[family]}\n")
        parts.append("\n| name | label | unit | window | empty | from | channels | what it is |")
        parts.append("\n|---|---|---|---|---|---|---|---|\n")
        parts.extend(_line(each) for each in members)
    return "".join(parts)


def _line(each: Feature) -> str:
    window = f"{each.window} days" if each.window else ""
    source = each.source.name if each.source else "other features"
    channels = "all" if each.channels == CHANNELS else ", ".join(each.channels)
    cells = (f"`{each.name}`", each.label, each.unit, window, _empty(each), source, channels, each.doc)
    return f"| {' | '.join(cells)} |\n"


def _empty(each: Feature) -> str:
    if isinstance(each.empty, bool):
        return "no"
    return "null" if each.empty is None else str(each.empty)


def _texts() -> dict[str, str]:
    return {
        module.__name__.rpartition(".")[2]: (module.__doc__ or "").strip()
        for module in modules("features.families")
    }


def main() -> None:
    PAGE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
