"""``longreach strategies ...``: the strategy book on the command line."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from base.language import Language
from base.roles import Action
from base.settings import load_settings
from jobs.terminal import As, AsOfOrLast, Json, Name, acting, err, out, print_json

if TYPE_CHECKING:
    from strategies.checks.finding import Finding

strategies = typer.Typer(
    help="The strategy book: write, check, approve and stop strategies, and see what they say.",
    no_args_is_help=True,
)

Names = Annotated[list[str], typer.Argument(help="Strategies of the book.")]
State = Literal["draft", "submitted", "approved", "live", "paused", "retired", "stopped"]
Reason = Annotated[str, typer.Option(help="Why; for the audit.")]
Document = Annotated[str, typer.Argument(help="A strategy of the book, or a file.")]
Version = Annotated[int | None, typer.Option("--version", help="Only if it is this version.")]


@strategies.command("list")
def list_(
    part: Annotated[str | None, typer.Argument(help="Only with this in name, title or manager.")] = None,
    state: Annotated[State | None, typer.Option(help="Only those that stand like this.")] = None,
    as_json: Json = False,
) -> None:
    """Lists the strategies of the book and how each stands."""
    from jobs.book_pages import overview, switches, table_of
    from ledger.database import open_ledger

    with open_ledger(load_settings()) as ledger:
        lines, stops = overview(ledger, part=part, state=state), switches(ledger)
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        out.print(table_of(lines))
        out.print(Text("\n".join(stops), style="bold red"), end="\n" if stops else "")


@strategies.command()
def show(
    name: Name,
    version: Annotated[int | None, typer.Option(help="This version; else the newest.")] = None,
    as_json: Json = False,
) -> None:
    """Shows a strategy's document as it was written, how the strategy stands, and what would be said."""
    from jobs.book_pages import examples_of, page_of
    from ledger.database import open_ledger
    from strategies.book import pick, standings, versions_of
    from strategies.readings import read_decided

    with open_ledger(load_settings()) as ledger, ledger.engine.begin() as connection:
        shown = pick(versions_of(connection, name), version)
        standing = standings(connection, [name])[name]
        said = read_decided(connection, [shown])
    tomorrow = _today() + timedelta(days=1)
    examples = [example for strategy in said for example in examples_of(strategy, last_day=tomorrow)]
    if as_json:
        told = {"standing": asdict(standing), "examples": [asdict(example) for example in examples]}
        print_json({**asdict(shown), **told})
    else:
        out.print(page_of(shown, standing, examples=examples), soft_wrap=True)


@strategies.command()
def check(
    what: Annotated[list[str] | None, typer.Argument(help="Files, folders, or names; else the book.")] = None,
    as_json: Json = False,
) -> None:
    """Checks documents: files without a book as well, names against the book, or the whole book."""
    from jobs.book_checks import examine, told

    findings = examine(what or [], settings=load_settings(), today=_today())
    if as_json:
        print_json([told(finding) for finding in findings])
    else:
        _say_findings(findings)
        grave = sum(finding.grave for finding in findings)
        out.print(f"findings: {len(findings):,}, grave ones: {grave:,}")
    if any(finding.grave for finding in findings):
        raise typer.Exit(1)


@strategies.command()
def diff(
    what: Document,
    older: Annotated[int | None, typer.Option("--from", help="This version, or the one before.")] = None,
    newer: Annotated[int | None, typer.Option("--to", help="That version, or the newest.")] = None,
) -> None:
    """Shows what changed: between two versions, or from the newest version to a file."""
    from jobs.book_pages import coloured
    from jobs.checkout import compare
    from ledger.database import open_ledger

    with open_ledger(load_settings()) as ledger:
        out.print(coloured(compare(ledger, what, older=older, newer=newer)), soft_wrap=True)


@strategies.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of documents.")],
    base: Annotated[int | None, typer.Option(help="The version that the text was made from.")] = None,
    note: Annotated[str, typer.Option(help="What is new, for those who read it.")] = "",
    actor: As = None,
    as_json: Json = False,
) -> None:
    """Takes documents into the book as new draft versions; all of them or none."""
    from jobs.checkout import take_in
    from ledger.database import open_ledger

    who = acting(actor, Action.WRITE_STRATEGY)
    with open_ledger(load_settings()) as ledger:
        imported, warnings = take_in(ledger, paths, actor=who, base=base, note=note)
    for warning in warnings:
        err.print(Text(warning, style="yellow"), soft_wrap=True)
    if as_json:
        print_json([asdict(one) for one in imported])
        return
    for one in imported:
        out.print(f"{one.name}: {one.outcome}, v{one.version}", markup=False)


@strategies.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    names: Annotated[list[str] | None, typer.Argument(help="These strategies; else all.")] = None,
    live: Annotated[bool, typer.Option("--live", help="The live versions, not the newest.")] = False,
    version: Annotated[int | None, typer.Option(help="This version of one strategy.")] = None,
) -> None:
    """Writes documents back to files, byte for byte, and notes which versions they are."""
    from jobs.checkout import lay_out
    from ledger.database import open_ledger

    _meant(names or [], version)
    if live and version is not None:
        raise typer.BadParameter("--live or --version, not both")
    with open_ledger(load_settings()) as ledger:
        versions = lay_out(ledger, folder, names=names, live=live, number=version)
    out.print(f"{len(versions):,} documents in {folder}", markup=False, soft_wrap=True)


@strategies.command()
def submit(names: Names, version: Version = None, actor: As = None, as_json: Json = False) -> None:
    """Hands drafts in for approval, if the checks find nothing grave."""
    from jobs.book_checks import submit_checked, told
    from ledger.database import open_ledger

    who = acting(actor, Action.SUBMIT_STRATEGY)
    settings = load_settings()
    with open_ledger(settings) as ledger:
        warnings = submit_checked(
            ledger,
            names,
            actor=who,
            versions=_meant(names, version),
            settings=settings,
            today=_today(),
        )
    if as_json:
        print_json([told(finding) for finding in warnings])
        return
    _say_findings(warnings)
    _say_standings(names)


def _add_forward(verb: str, help_text: str, *, action: Action) -> None:
    def forward(names: Names, version: Version = None, actor: As = None) -> None:
        from ledger.database import open_ledger

        who = acting(actor, action)
        with open_ledger(load_settings()) as ledger:
            _lifecycle(verb)(ledger, names, actor=who, versions=_meant(names, version))
        _say_standings(names)

    strategies.command(name=verb, help=help_text)(forward)


def _add_backward(verb: str, help_text: str, *, action: Action = Action.REST_STRATEGY) -> None:
    def backward(names: Names, reason: Reason, actor: As = None) -> None:
        from ledger.database import open_ledger

        who = acting(actor, action)
        with open_ledger(load_settings()) as ledger:
            _lifecycle(verb)(ledger, names, actor=who, reason=reason)
        _say_standings(names)

    strategies.command(name=verb, help=help_text)(backward)


_add_forward("approve", "Approves what others wrote and submitted.", action=Action.APPROVE_STRATEGY)
_add_forward("golive", "Puts approved versions in force from the next decision on.", action=Action.PUT_LIVE)
_add_backward("sendback", "Sends what was submitted back to its author.", action=Action.APPROVE_STRATEGY)
_add_backward("pause", "Takes live strategies out of the night, from the next release on.")
_add_backward("resume", "Puts paused strategies in force again.")
_add_backward("retire", "Ends strategies for good.")


@strategies.command()
def history(name: Name, as_json: Json = False) -> None:
    """Shows who did what to a strategy, and when."""
    from jobs.book_pages import history_of
    from ledger.audit import trail
    from ledger.database import open_ledger
    from strategies.book import versions_of

    with open_ledger(load_settings()) as ledger:
        with ledger.engine.connect() as connection:
            versions_of(connection, name)
        lines = trail(ledger, subject=name, last=10_000)
    if as_json:
        print_json(lines)
    else:
        out.print(history_of(name, lines))


@strategies.command()
def draw(
    what: Document,
    svg: Annotated[Path | None, typer.Option(help="Write a picture into this file.")] = None,
    language: Annotated[Language, typer.Option(help="The language of its words.")] = "zh",
) -> None:
    """Draws a funnel: as Mermaid text, or as an SVG picture."""
    from jobs.checkout import document
    from ledger.database import open_ledger
    from strategies.drawing import mermaid
    from strategies.drawing import svg as picture

    with open_ledger(load_settings()) as ledger:
        strategy = document(ledger, what)
    if svg is None:
        out.print(mermaid(strategy, language=language), markup=False, soft_wrap=True, end="")
    else:
        svg.write_text(picture(strategy, language=language), encoding="utf-8")
        out.print(f"drawn into {svg}", markup=False, soft_wrap=True)


@strategies.command("try")
def try_(
    what: Annotated[str | None, typer.Argument(help="A rule, a strategy or a file; else a talk.")] = None,
    as_of: AsOfOrLast = None,
    as_json: Json = False,
) -> None:
    """Tries a rule or a strategy on the last night's customers: how many, who, and what would come of it."""
    from jobs.dry_run import try_out

    try_out(what, settings=load_settings(), as_of=as_of, as_json=as_json, out=out, err=err)


def _add_switch(verb: str, help_text: str, *, stopped: bool) -> None:
    def throw(
        reason: Reason,
        name: Annotated[str | None, typer.Argument(help="This strategy.")] = None,
        channel: Annotated[str | None, typer.Option(help="This channel.")] = None,
        everything: Annotated[bool, typer.Option("--all", help="All contacts.")] = False,
        actor: As = None,
    ) -> None:
        from ledger.database import open_ledger
        from outreach.stops import Scope, throw_switch

        if [name is not None, channel is not None, everything].count(True) != 1:
            raise typer.BadParameter("name one strategy, or --channel, or --all")
        scope: Scope = "strategy" if name else "channel" if channel else "all"
        meant = name or channel or "all"
        who = acting(actor, Action.STOP if stopped else Action.START)
        with open_ledger(load_settings()) as ledger:
            throw_switch(ledger, scope, meant, stopped=stopped, actor=who, reason=reason)
        done = "stopped from the next release on" if stopped else "goes on from the next decision on"
        out.print(f"{'everything' if everything else f'{scope} {meant}'}: {done}", markup=False)

    strategies.command(name=verb, help=help_text)(throw)


_add_switch("stop", "The emergency brake: nothing more of a strategy, a channel, or at all.", stopped=True)
_add_switch("start", "Lets go on what was stopped.", stopped=False)


def _today() -> date:
    return datetime.now().astimezone().date()


def _meant(names: Sequence[str], version: int | None) -> dict[str, int] | None:
    if version is None:
        return None
    if len(names) != 1:
        raise typer.BadParameter("--version goes with one strategy")
    return {names[0]: version}


def _lifecycle(verb: str) -> Callable[..., None]:
    from strategies import lifecycle

    found: Callable[..., None] = getattr(lifecycle, verb)
    return found


def _say_standings(names: Sequence[str]) -> None:
    from ledger.database import open_ledger
    from strategies.book import standings

    with open_ledger(load_settings()) as ledger, ledger.engine.connect() as connection:
        for name, standing in standings(connection, names).items():
            out.print(f"{name}: {standing.words}", markup=False)


def _say_findings(findings: Sequence["Finding"]) -> None:
    for finding in findings:
        err.print(Text(finding.message(), style="red" if finding.grave else "yellow"), soft_wrap=True)
