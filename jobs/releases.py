"""``longreach releases ...``: the night's lists on their way out, on the command line."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

from base.roles import Action
from base.settings import load_settings
from jobs.terminal import As, Json, acting, day, out, print_json

releases = typer.Typer(
    help="The lists of each night: where they stand, who approved them, and taking them back.",
    no_args_is_help=True,
)

Night = Annotated[date, typer.Argument(parser=day, metavar="DATE", help="Business date of the night.")]


@releases.command("list")
def list_(
    last: Annotated[int, typer.Option(min=1, help="How many lists, the newest first.")] = 28,
    as_json: Json = False,
) -> None:
    """Lists the newest nights' lists and where each stands."""
    from ledger.database import open_ledger
    from outreach.release import newest

    with open_ledger(load_settings()) as ledger, ledger.engine.connect() as connection:
        found = newest(connection, last=last)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    grid = Grid()
    for heading in ("night", "recipient", "state", "rows", "made by", "approved by"):
        grid.add_column(heading, justify="right" if heading == "rows" else "left")
    for one in found:
        rows = "" if one.rows is None else f"{one.rows:,}"
        grid.add_row(str(one.as_of), one.recipient, one.state, rows, one.author, one.approver or "")
    out.print(grid)


@releases.command()
def show(night: Night, as_json: Json = False) -> None:
    """Shows every move of a night's lists: when, to where, by whom and why."""
    from ledger.database import open_ledger
    from outreach.release import moves_of

    with open_ledger(load_settings()) as ledger, ledger.engine.connect() as connection:
        moves = moves_of(connection, night)
    if as_json:
        print_json(moves)
        return
    for move in moves:
        rows = "" if move["rows"] is None else f"  {move['rows']:,} rows"
        told = f"{move['at']:%Y-%m-%d %H:%M:%S}  {move['recipient']}  {move['to_state']}{rows}"
        out.print(f"{told}  {move['actor']}  {move['reason'] or ''}".rstrip(), markup=False)


@releases.command()
def approve(
    night: Night,
    reason: Annotated[str, typer.Option(help="Why; for the audit.")] = "",
    actor: As = None,
) -> None:
    """Approves a night's frozen lists; nobody approves lists of his own making."""
    from ledger.database import open_ledger
    from outreach import release

    who = acting(actor, Action.APPROVE_RELEASE)
    with open_ledger(load_settings()) as ledger:
        approved = release.approve(ledger, night, approver=who, reason=reason)
    out.print(f"approved: {', '.join(approved)}; longreach release --as-of {night} goes on", markup=False)


@releases.command()
def withdraw(
    night: Night, reason: Annotated[str, typer.Option(help="Why; for the audit.")], actor: As = None
) -> None:
    """Takes back a night's lists that have not left, for good."""
    from ledger.database import open_ledger
    from outreach import release

    who = acting(actor, Action.APPROVE_RELEASE)
    with open_ledger(load_settings()) as ledger:
        withdrawn = release.withdraw(ledger, night, actor=who, reason=reason)
    out.print(f"withdrawn: {', '.join(withdrawn)}", markup=False)


@releases.command()
def trace(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Rows of unknown origin.")],
    as_json: Json = False,
) -> None:
    """Says whose list of which night the rows of a file were taken from, and how sure that is."""
    acting(None, Action.READ_AUDIT)
    from ledger.database import open_ledger
    from outreach.deliver.keys import marks_key
    from outreach.release import origins_of

    settings, text = load_settings(), file.read_bytes().decode(errors="replace")
    with open_ledger(settings) as ledger, ledger.engine.connect() as connection:
        found = origins_of(connection, text, key=marks_key(settings))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            out.print(f"{one.as_of}  {one.recipient}  {one.how}", markup=False)
        if not found:
            out.print("of no list that is known: too few rows, or not of this house")
    if not found:
        raise typer.Exit(1)
