"""docs/privacy.md: every line of the rules is there, and every test and setting that it names exists."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from base.settings import Settings

FOLDER = Path(__file__).parent
DOCUMENT = FOLDER.parents[1] / "docs" / "privacy.md"
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d", line)
]


def settings_named(path: str) -> bool:
    model: type[BaseModel] = Settings
    *groups, last = path.split(".")
    for name in groups:
        model = model.model_fields[name].annotation  # type: ignore[assignment]
    return last in model.model_fields


def proofs_of(line: int) -> set[str]:
    (file,) = FOLDER.glob(f"test_rule_{line:02d}_*.py")
    return set(re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), flags=re.M))


def test_every_line_of_the_rules_is_there_once() -> None:
    assert [int(row[0].split()[0]) for row in ROWS] == list(range(1, 24))
    assert all(len(row) == 4 and all(row) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_tests_of_a_line_are_those_of_its_file(row: list[str]) -> None:
    line = int(row[0].split()[0])
    named = re.findall(r"`(\w+)`", row[2])
    assert set(named) == proofs_of(line)
    assert all(name.startswith(f"test_rule_{line}_") for name in named)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_settings_of_a_line_exist(row: list[str]) -> None:
    named = re.findall(r"`([\w.]+)`", row[3])
    assert named or row[3] == "none"
    assert [name for name in named if not settings_named(name)] == []
