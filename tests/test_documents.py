"""What the documents tell people to type exists and works."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.command import add_rooms_above, app

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN = "from jobs.command import main; main()"


def _code(text: str) -> list[str]:
    """Inline code and lines of code blocks."""
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, flags=re.M | re.S)
    indented = re.findall(r"^ {4}(.+)$", text, flags=re.M)
    return [*re.findall(r"`([^`\n]+)`", text), *(line for b in blocks for line in b.splitlines()), *indented]


def _commands(program: str) -> dict[str, str]:
    return {
        code.strip(): document.name
        for document in DOCUMENTS
        for code in _code(document.read_text(encoding="utf-8"))
        if code.strip().startswith(f"{program} ")
    }


@pytest.mark.parametrize("command", _commands("make"))
def test_make_targets_exist(command: str) -> None:
    words = shlex.split(command, comments=True)
    done = subprocess.run(
        ["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", _commands("longreach"))
def test_longreach_commands_take_what_the_documents_give_them(command: str) -> None:
    words = shlex.split(command, comments=True)[1:]
    add_rooms_above()
    groups = {group.name for group in app.registered_groups}
    names = [word for word in words if not word.startswith("-")][: 2 if words[0] in groups else 1]
    options = [word.split("=")[0] for word in words if word.startswith("--")]
    done = CliRunner().invoke(app, [*names, "--help"], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    assert all(option in done.output for option in options)


def test_links_between_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for link in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert "://" in link or (document.parent / link).exists(), f"{document.name}: {link}"


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80


def test_every_command_says_what_it_does() -> None:
    inner = [group.typer_instance for group in app.registered_groups]
    commands = [command for one in (app, *inner) if one for command in one.registered_commands]
    assert all((command.help or command.callback.__doc__) for command in commands if command.callback)


def test_a_wrong_call_and_a_wrong_setting_exit_with_2() -> None:
    for arguments, words in ((["night"], "--as-of"), (["night", "--as-of", "tomorrow"], "is not a date")):
        done = subprocess.run(
            [sys.executable, "-c", RUN, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr
