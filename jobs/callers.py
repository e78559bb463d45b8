"""``longreach callers ...``: the register of the numbers the bank calls and writes from."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from base.roles import Action
from base.settings import load_settings
from jobs.terminal import As, Json, acting, day, out, print_json

callers = typer.Typer(help="The numbers the bank calls and writes from.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="A number of the register, in digits.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]


@callers.command(name="list")
def show(as_json: Json = False) -> None:
    """Shows the register: what each number is for, how often a day, and whether it is in use."""
    from ledger.database import open_ledger
    from outreach.callers.register import every_caller

    with open_ledger(load_settings()) as ledger, ledger.engine.connect() as connection:
        rows = [dict(row) for row in every_caller(connection)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        words = (
            f"{row['number']:<20} {row['channel']:<10} {row['class']:<9} {row['daily_limit']:>9,} a day",
            f"from {row['active_from']}" + (f" to {row['active_until']}" if row["active_until"] else ""),
            row["state"] + (f", rests until {row['rests_until']}" if row["rests_until"] else ""),
            ", ".join(row["purposes"]) or "all products",
            "made up" if row["generated"] else "",
        )
        out.print("  ".join(filter(None, words)), markup=False, soft_wrap=True)


@callers.command()
def add(
    number: Number,
    channel: Annotated[str, typer.Option(help="ai_call, human_call or sms.")],
    daily_limit: Annotated[int, typer.Option(help="Most contacts a day.")],
    active_from: Annotated[date, typer.Option("--from", parser=day, metavar="DATE", help="First day.")],
    active_until: Annotated[
        date | None, typer.Option("--until", parser=day, metavar="DATE", help="Last day, if it has one.")
    ] = None,
    caller_class: Annotated[str, typer.Option("--class", help="marketing or service.")] = "marketing",
    purposes: Annotated[
        list[str] | None, typer.Option("--purpose", help="A product it is for; else all. May be repeated.")
    ] = None,
    actor: As = None,
) -> None:
    """Registers one number of the bank's own; made-up ones retire."""
    told = {
        "number": number,
        "class": caller_class,
        "channel": channel,
        "purposes": ",".join(purposes or []),
        "daily_limit": str(daily_limit),
        "active_from": active_from.isoformat(),
        "active_until": active_until.isoformat() if active_until else "",
    }
    _register([("this number", told)], actor)


@callers.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file (UTF-8); docs/callers.md names its columns.")],
    actor: As = None,
) -> None:
    """Registers every number of a file, or none of them; made-up ones retire."""
    from outreach.callers.sheet import read_sheet

    _register(read_sheet(file), actor)


@callers.command()
def rest(
    number: Number,
    until: Annotated[date, typer.Option(parser=day, metavar="DATE", help="Last day of its rest.")],
    reason: Reason,
    actor: As = None,
) -> None:
    """Lets a number rest."""
    from ledger.database import open_ledger
    from outreach.callers import register

    who = acting(actor, Action.KEEP_CALLERS)
    with open_ledger(load_settings()) as ledger, ledger.engine.begin() as connection:
        register.rest(connection, number, until=until, actor=who, reason=reason)
    out.print(f"{number}: rests until {until}", markup=False)


@callers.command()
def retire(number: Number, reason: Reason, actor: As = None) -> None:
    """Ends a number for good."""
    from ledger.database import open_ledger
    from outreach.callers import register

    who = acting(actor, Action.KEEP_CALLERS)
    with open_ledger(load_settings()) as ledger, ledger.engine.begin() as connection:
        register.retire(connection, number, actor=who, reason=reason)
    out.print(f"{number}: retired", markup=False)


def _register(lines: list[tuple[str, dict[str, str]]], actor: str | None) -> None:
    from ledger.database import open_ledger
    from outreach.callers.register import add as register
    from outreach.callers.sheet import caller_of

    who = acting(actor, Action.KEEP_CALLERS)
    numbers = [caller_of(told, where=where) for where, told in lines]
    with open_ledger(load_settings()) as ledger, ledger.engine.begin() as connection:
        register(connection, numbers, actor=who)
    out.print(f"{len(numbers):,} numbers registered", markup=False)
