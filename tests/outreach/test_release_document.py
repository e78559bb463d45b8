"""docs/release.md: what it says is said when something is wrong is said by the code."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_message_of_the_table_is_one_of_the_house() -> None:
    page = (ROOT / "docs" / "release.md").read_text(encoding="utf-8")
    section = page.split("## When something is wrong")[1].split("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")][1:]
    messages = [found[1] for row in rows if (found := re.match(r" `([^`]+)`", row[2]))]
    said = " ".join(
        text
        for room in ("outreach", "jobs", "lake")
        for path in sorted((ROOT / room).rglob("*.py"))
        for text in literals(path)
    )
    assert len(messages) > 10
    assert [message for message in messages if message not in said] == []


def literals(path: Path) -> list[str]:
    """Texts of a file as they are said, each value that is filled in as a space."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        texts = [part.value if isinstance(part, ast.Constant) else " " for part in parts]
        found.append("".join(text for text in texts if isinstance(text, str)))
    return found
