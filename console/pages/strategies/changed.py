"""What is different between two texts of a strategy, value by value and line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from base.errors import StrategyError
from console.pages.strategies.fields import Leaves, in_percent, percent_of
from console.words import Said
from console.words.strategies import PARTS
from strategies.edits import Path, leaves_of


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One value of a strategy that is another now; empty where there was, or is, none."""

    label: Said
    before: str
    after: str


def values_changed(older: str, newer: str) -> tuple[Changed, ...]:
    """Every value that differs, in the order of the newer text; none where one of them is no YAML."""
    try:
        was, now = (leaves_of(text.removeprefix("\ufeff"), file="-") for text in (older, newer))
    except StrategyError:
        return ()
    return tuple(
        Changed(label=_label(path), before=_shown(path, was), after=_shown(path, now))
        for path in dict.fromkeys((*now, *was))
        if was.get(path) != now.get(path)
    )


def lines_of(difference: str) -> tuple[Mapping[str, Any], ...]:
    """A difference as ``diff -u`` writes it, line by line: ``kind`` is added, removed, place or same."""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return tuple({"kind": kinds.get(line[:1], "same"), "text": line} for line in difference.split("\n")[2:])


def _shown(path: Path, leaves: Leaves) -> str:
    """What stands there, in the unit of the form's field; empty where nothing does."""
    value = leaves.get(path, "")
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{percent_of(value)} %" if value and in_percent(path) else value


def _label(path: Path) -> Said:
    match path:
        case ("funnel", int(number), str(part), *_):
            inner = PARTS.get(f"touch.{part}", Said(part, part))
            return Said(f"Touch {number + 1}: {inner.english}", f"触点 {number + 1}：{inner.chinese}")
        case ("experiment", "variants", str(arm), "share"):
            share = PARTS["variant.share"]
            return Said(f"Other words {arm}: {share.english}", f"另一话术组 {arm}：{share.chinese}")
        case ("experiment", "variants", str(arm), *rest):
            words = ".".join(map(str, rest))
            return Said(f"Other words {arm}: {words}", f"另一话术组 {arm}：{words}")
        case ("variables", str(name)):
            return Said(*(said % name for said in PARTS["variables"]))
    key = ".".join(map(str, path))
    return PARTS.get(key, Said(key, key))
