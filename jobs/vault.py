"""``longreach vault ...``: the keys of the vault, and a person's look inside."""

from dataclasses import asdict
from typing import Annotated, Literal

import typer

from base.roles import Action
from base.settings import load_settings
from jobs.terminal import As, AsOf, Json, acting, asked, out, print_json, say

vault = typer.Typer(
    help="The vault: turns its keys over, and shows, finds and erases people for a purpose and a ticket.",
    no_args_is_help=True,
)

KeyName = Annotated[Literal["master", "token"], typer.Argument(help="master or token.")]
Purpose = Annotated[str, typer.Option(help="Such as 'complaint' or 'person request'.")]
Ticket = Annotated[str, typer.Option(help="In whose matter, such as CASE-1024.")]
Customer = Annotated[str, typer.Argument(help="Token of a customer.")]


@vault.command()
def keys(as_json: Json = False) -> None:
    """Lists the versions of the keys, and how many people hang on each."""
    from outreach.vault.rotation import versions

    acting(None, Action.KEEP_KEYS)
    found = versions(load_settings())
    if as_json:
        print_json([asdict(version) for version in found])
        return
    for one in found:
        state = (
            "destroyed" if one.destroyed_at else f"{one.people:,} people" if one.key == "master" else "kept"
        )
        line = f"{one.key:<6}  {one.version:<3}  {one.made_at:%Y-%m-%d}  {one.kept_by}  {state}"
        out.print(line, markup=False)


@vault.command()
def rotate(key: KeyName, actor: As = None) -> None:
    """Makes a new version of a key: of the master key, or of the key that tokens are made with."""
    from outreach.vault.rotation import rotate_master, rotate_token

    who, settings = acting(actor, Action.KEEP_KEYS), load_settings()
    version = rotate_master(settings) if key == "master" else rotate_token(settings, progress=say)
    _enter(who, "vault.rotated", f"{key}.{version}")
    then = "; longreach vault rewrap moves people's keys over" if key == "master" else ""
    out.print(f"{key} key {version} is in force{then}", markup=False)


@vault.command()
def rewrap(actor: As = None) -> None:
    """Moves people's keys to the newest master key; interrupted, it goes on where it was."""
    from outreach.vault.rotation import rewrap as rewrap_all

    who = acting(actor, Action.KEEP_KEYS)
    done = rewrap_all(load_settings(), progress=say)
    _enter(who, "vault.rewrapped", "master", keys=done)
    out.print(f"{done:,} people's keys moved to the newest master key", markup=False)


@vault.command()
def destroy(
    key: KeyName,
    version: Annotated[str, typer.Argument(help="As longreach vault keys shows it.")],
    actor: As = None,
) -> None:
    """Destroys an old version of a key for good, when nothing hangs on it any more."""
    from outreach.vault.rotation import destroy as destroy_version

    who = acting(actor, Action.KEEP_KEYS)
    destroy_version(load_settings(), key, version)
    _enter(who, "vault.destroyed", f"{key}.{version}")
    out.print(f"{key} key {version} is destroyed", markup=False)


@vault.command()
def look(
    customer: Customer, purpose: Purpose, ticket: Ticket, as_of: AsOf, actor: As = None, as_json: Json = False
) -> None:
    """Shows one customer unmasked. Every look is on the audit trail, refused ones too."""
    from ledger.database import open_ledger
    from outreach.vault import Vault

    who, settings = acting(actor, Action.LOOK_INTO_VAULT), load_settings()
    with open_ledger(settings) as ledger:
        seen = Vault(settings).look(as_of, customer, purpose=purpose, ticket=ticket, actor=who, ledger=ledger)
    if as_json:
        print_json(seen)
        return
    for name, value in seen.items():
        out.print(f"{name:<12} {value}", markup=False)


@vault.command()
def lift(purpose: Purpose, ticket: Ticket, actor: As = None) -> None:
    """Lets an erased customer come back with the next delivery; asks for the number, which no shell keeps."""
    from ledger.database import open_ledger
    from outreach.vault import Vault

    who, settings = acting(actor, Action.ANSWER_PERSON), load_settings()
    number = asked("customer number")
    with open_ledger(settings) as ledger:
        lifted = Vault(settings).lift(number, purpose=purpose, ticket=ticket, actor=who, ledger=ledger)
    out.print("may come back with the next delivery" if lifted else "was not erased", markup=False)


def _enter(who: str, action: str, subject: str, **detail: int) -> None:
    from ledger.audit import record
    from ledger.database import open_ledger

    with open_ledger(load_settings()) as ledger:
        record(ledger, actor=who, action=action, subject=subject, detail=detail)
