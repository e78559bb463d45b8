"""What the house itself says: documents and code, in which a made-up name may occur by chance."""

import re
from collections.abc import Set
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_ROOMS = (
    *("base", "lake", "ledger", "sources", "quality", "features", "models", "strategies", "experiments"),
    *("outreach", "evaluation", "jobs", "dags", "console"),
)
_HAN = r"[\u4e00-\u9fff·]"


@cache
def own_text() -> str:
    """All text of the rooms, from which everything that is published at night is put together."""
    files = [
        path
        for room in _ROOMS
        for kind in ("*.py", "*.yaml", "*.html")
        for path in sorted((_ROOT / room).rglob(kind))
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def said_among(names: Set[str], words: str) -> tuple[set[str], set[str]]:
    """Those of the names that stand somewhere in the words, and those that stand there by themselves."""
    runs = set(re.findall(_HAN + "{2,}", words))
    pieces = {
        run[start : start + size]
        for run in runs
        for size in {len(name) for name in names}
        for start in range(len(run) - size + 1)
    }
    return pieces & names, runs & names
