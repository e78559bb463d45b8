"""The console's commands."""

import getpass
import secrets
from typing import Annotated

import typer

from base.errors import ConsoleError
from base.language import Language
from base.roles import Action
from base.settings import load_settings
from console.api.command import token
from jobs.terminal import As, acting, out, say

console = typer.Typer(help="The manager's desk in the browser.", invoke_without_command=True)
console.add_typer(token, name="token")
Person = Annotated[str, typer.Argument(help="Who signs in, named as the roles of the settings name him.")]


@console.callback()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at.")] = 8465,
) -> None:
    """Serves the console until Ctrl-C; put the bank's TLS in front of it."""
    if context.invoked_subcommand is not None:
        return
    import uvicorn

    from console.app import make_app
    from console.entrance.users import add, everybody
    from console.memory import hold_little
    from ledger.database import open_ledger

    hold_little()
    settings = load_settings()
    with open_ledger(settings, awaited=True) as ledger:
        with ledger.engine.begin() as connection:
            if not everybody(connection) and settings.console.oidc is not None:
                say("nobody may sign in yet; longreach console add NAME lets somebody in")
            elif not everybody(connection):
                name, password = settings.actor or getpass.getuser(), secrets.token_urlsafe(12)
                add(connection, name, password=password, language="en", actor=name)
                out.print(
                    f"Nobody could sign in yet. Now {name} can, with the password {password}", soft_wrap=True
                )
        say(f"the console listens at http://{host}:{port}")
        uvicorn.run(make_app(settings, ledger), host=host, port=port, log_level="warning", access_log=False)


@console.command()
def add(
    name: Person,
    chinese: Annotated[bool, typer.Option("--chinese", help="Pages in Chinese at first.")] = False,
    actor: As = None,
) -> None:
    """Lets somebody sign in, or gives him a new password; asks for it twice and shows it nowhere.

    Where an identity provider vouches for people, NAME is as it names the person, and there is no password.
    """
    from console.entrance import users
    from ledger.database import open_ledger

    settings = load_settings()
    who = acting(actor, Action.KEEP_USERS)
    password = None if settings.console.oidc else _asked_twice()
    with open_ledger(settings) as ledger, ledger.engine.begin() as connection:
        language: Language = "zh" if chinese else "en"
        users.add(connection, name, password=password, language=language, actor=who)
    say(f"{name} may sign in")


@console.command()
def remove(name: Person, actor: As = None) -> None:
    """Lets somebody in no more, and ends his sessions."""
    from console.entrance import users
    from ledger.database import open_ledger

    who = acting(actor, Action.KEEP_USERS)
    with open_ledger(load_settings()) as ledger, ledger.engine.begin() as connection:
        users.remove(connection, name, actor=who)
    say(f"{name} may not sign in any more")


@console.command(name="users")
def users_() -> None:
    """Who may sign in, and with which roles."""
    from base.roles import roles_of
    from console.entrance.users import everybody
    from ledger.database import open_ledger

    settings = load_settings()
    with open_ledger(settings) as ledger, ledger.engine.connect() as connection:
        for user in everybody(connection):
            out.print(f"{user.name}: {', '.join(roles_of(settings, user.name)) or 'no role'}", soft_wrap=True)


def _asked_twice() -> str:
    password: str = typer.prompt("Password", hide_input=True)
    if typer.prompt("Once more", hide_input=True) != password:
        raise ConsoleError("the two were not the same; nothing was done")
    return password
