"""What all commands share: where they print, and the options that many of them take."""

import getpass
import json
import sys
from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from base.errors import SettingsError
from base.roles import Action, require
from base.settings import load_settings

err = Console(stderr=True, highlight=False, emoji=False)
out = Console(highlight=False, emoji=False)


def day(text: str) -> date:
    """A date as people type it, as 2026-07-01."""
    try:
        read = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date, not an instant
        if not 1900 <= read.year < 2200:
            raise ValueError
        return read
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; write it like 2026-07-01") from None


AsOf = Annotated[date, typer.Option("--as-of", parser=day, metavar="DATE", help="Business date, YYYY-MM-DD.")]
AsOfOrLast = Annotated[
    date | None, typer.Option("--as-of", parser=day, metavar="DATE", help="Business date; the last night.")
]
As = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who acts; else LONGREACH_ACTOR or you.")
]
Name = Annotated[str, typer.Argument(help="A strategy of the book.")]
Json = Annotated[bool, typer.Option("--json", help="Print what a program can read.")]


def acting(given: str | None, action: Action) -> str:
    """Who acts: the one given, or of the settings, or the user of the machine.

    Raises BookError where that is no name, RoleError where no role of his allows ``action``.
    """
    from strategies.book import person

    settings = load_settings()
    actor = person(given or settings.actor or getpass.getuser())
    require(settings, actor, action)
    return actor


def asked(what: str) -> str:
    """What is asked for at a terminal, unseen, or else read from standard input: a number that no history of
    a shell, and no list of processes, is to keep. Raises SettingsError where nothing is given.
    """
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, err=True)).strip()
    given = sys.stdin.readline().strip()
    if not given:
        raise SettingsError(f"{what}: nothing was given; it is read from standard input")
    return given


def say(text: str) -> None:
    """Tells progress, away from what a program may read."""
    err.print(Text(f"  {text}", style="dim"))


def print_json(thing: object) -> None:
    """Prints what a program can read."""
    out.print_json(json.dumps(thing, default=str, ensure_ascii=False))
