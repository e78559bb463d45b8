"""The commands for programs' tokens."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from base.roles import Action
from base.settings import load_settings
from jobs.terminal import As, acting, out, say

token = typer.Typer(help="Tokens with which programs ask over HTTP.", no_args_is_help=True)


@token.command()
def add(
    name: Annotated[str, typer.Argument(help="As whom the program acts; the settings' roles name him.")],
    recipient: Annotated[
        str | None, typer.Option(help="For this recipient's dialler: it asks about opt-outs alone.")
    ] = None,
    days: Annotated[int, typer.Option(help="So long it is good for.")] = 90,
    actor: As = None,
) -> None:
    """Makes a token and prints it, this once."""
    from console.entrance import tokens
    from ledger.database import open_ledger

    who = acting(actor, Action.KEEP_USERS)
    with open_ledger(load_settings()) as ledger, ledger.engine.begin() as connection:
        kept = tokens.add(connection, name, recipient=recipient, days=days, actor=who, now=datetime.now(UTC))
    say("this is shown once; keep it where only the program reads it")
    out.print(kept, markup=False, soft_wrap=True)


@token.command(name="list")
def list_() -> None:
    """The tokens in force, without what opens."""
    from console.entrance import tokens
    from ledger.database import open_ledger

    with open_ledger(load_settings()) as ledger, ledger.engine.connect() as connection:
        for one in tokens.in_force(connection, now=datetime.now(UTC)):
            dialler = f", dialler of {one.recipient}" if one.recipient else ""
            told = f"{one.id}: {one.name}{dialler}, until {one.expires_at:%Y-%m-%d}"
            out.print(told, markup=False, soft_wrap=True)


@token.command()
def revoke(number: Annotated[int, typer.Argument(help="Its number in the list.")], actor: As = None) -> None:
    """Ends a token at once."""
    from console.entrance import tokens
    from ledger.database import open_ledger

    who = acting(actor, Action.KEEP_USERS)
    with open_ledger(load_settings()) as ledger, ledger.engine.begin() as connection:
        tokens.revoke(connection, number, actor=who)
    say(f"token {number} opens nothing any more")
