"""``longreach audit ...`` and ``longreach alerts``: the trail, whether it is whole, and what was noticed."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from base.roles import Action
from base.settings import load_settings
from jobs.terminal import Json, acting, err, out, print_json

audit = typer.Typer(
    help="The audit trail: shows it, proves that nobody bent it, seals it outside the database.",
    invoke_without_command=True,
)

OneAction = Annotated[str | None, typer.Option(help="Only this action.")]
Last = Annotated[int, typer.Option(min=1, help="How many lines.")]


@audit.callback()
def _show_unless_told_otherwise(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        show()


@audit.command()
def show(action: OneAction = None, last: Last = 20, as_json: Json = False) -> None:
    """Shows the newest lines of the audit trail."""
    from ledger.audit import trail
    from ledger.database import open_ledger

    acting(None, Action.READ_AUDIT)
    with open_ledger(load_settings()) as ledger:
        lines = trail(ledger, action=action, last=last)
    if as_json:
        print_json(lines)
        return
    for line in lines:
        shown = f"{line['at']:%Y-%m-%d %H:%M:%S}  {line['actor']}  {line['action']}  {line['subject']}"
        out.print(shown, markup=False)


@audit.command()
def verify(
    since: Annotated[
        int, typer.Option("--from", min=0, help="Believe what a checkpoint up to this line covers.")
    ] = 0,
    checkpoints: Annotated[
        Path | None,
        typer.Option(exists=True, help="A copy of the checkpoints from elsewhere, such as the webhook's."),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(exists=True, help="A copy of the public key from elsewhere.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Says up to where the trail is as it was written, or what was bent first and how."""
    from jobs.watch import prove_the_trail
    from ledger.database import open_ledger

    acting(None, Action.READ_AUDIT)
    with open_ledger(load_settings()) as ledger:
        verdict = prove_the_trail(ledger, since=since, checkpoints=checkpoints, public_key=public_key)
    if as_json:
        print_json(asdict(verdict))
    elif verdict.fault is None:
        out.print(
            f"intact to line {verdict.intact_to:,}; up to line {verdict.witnessed:,} by checkpoints outside "
            f"({verdict.checkpoints:,}), from there on by the chain alone",
            soft_wrap=True,
        )
    else:
        words = f"line {verdict.fault.number:,} {verdict.fault.bend}: {verdict.fault.words}"
        err.print(Text(words, style="bold red"), soft_wrap=True)
    if verdict.fault is not None:
        raise typer.Exit(1)


@audit.command()
def checkpoint(as_json: Json = False) -> None:
    """Keeps a checkpoint outside the database now."""
    from ledger.audit.checkpoints import checkpoint as keep
    from ledger.audit.checkpoints import folder_of
    from ledger.database import open_ledger

    acting(None, Action.READ_AUDIT)
    settings = load_settings()
    with open_ledger(settings) as ledger:
        made = keep(ledger)
    if as_json:
        print_json({"number": made.number, "hash": made.hash.hex(), "at": made.at} if made else None)
    elif made:
        out.print(f"line {made.number:,} is covered, in {folder_of(settings)}", markup=False, soft_wrap=True)
    else:
        out.print("every line is covered by a checkpoint already")


def alerts(
    kind: Annotated[str | None, typer.Option(help="Only this kind.")] = None,
    last: Last = 20,
    as_json: Json = False,
) -> None:
    """Shows the newest alerts."""
    from ledger.database import open_ledger
    from outreach.watch.alerts import alerts as read
    from outreach.watch.alerts import kinds

    acting(None, Action.READ_AUDIT)
    if kind is not None and kind not in kinds():
        raise typer.BadParameter(f"{kind!r} is no kind of alert; there are: {', '.join(kinds())}")
    with open_ledger(load_settings()) as ledger:
        found = read(ledger, kind=kind, last=last)
    if as_json:
        print_json(found)
        return
    for one in found:
        told = ", ".join(f"{key} {value}" for key, value in one["detail"].items())
        out.print(f"{one['at']:%Y-%m-%d %H:%M:%S}  {one['kind']}  {one['subject']}  {told}", markup=False)
