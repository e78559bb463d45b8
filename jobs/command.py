"""The command line: ``longreach night --as-of DATE`` and its kin.

Exit status 0: done; 1: the work failed; 2: the call is wrong.
"""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from base.errors import LongreachError, SettingsError
from base.roles import Action
from base.scrub import scrubbed
from base.settings import load_settings
from jobs.audit import alerts, audit
from jobs.callers import callers
from jobs.experiments import experiments
from jobs.opt_outs import opt_outs
from jobs.persons import person
from jobs.releases import releases
from jobs.revocations import revocations
from jobs.strategies import strategies
from jobs.terminal import AsOf, AsOfOrLast, Json, acting, err, out, print_json, say
from jobs.vault import vault

app = typer.Typer(
    name="longreach",
    help="Segments a bank's long tail, tests strategies, decides who is contacted, measures what came of it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(strategies, name="strategies")
app.add_typer(experiments, name="experiments")
app.add_typer(audit, name="audit")
app.add_typer(opt_outs, name="opt-outs")
app.add_typer(revocations, name="revocations")
app.add_typer(callers, name="callers")
app.add_typer(releases, name="releases")
app.command(name="alerts")(alerts)
app.add_typer(vault, name="vault")
app.add_typer(person, name="person")


@app.command()
def night(as_of: AsOf, as_json: Json = False) -> None:
    """Runs every step for one date, from ingest to the report, and deletes what was kept long enough."""
    actor = acting(None, Action.RUN_NIGHT)
    from jobs.night import night as run_night
    from jobs.report import report_path

    settings = load_settings(actor=actor)
    summaries = run_night(settings, as_of=as_of, progress=say, finished=_say_finished)
    path = report_path(settings, as_of)
    if as_json:
        print_json({"steps": [asdict(summary) for summary in summaries], "report": str(path)})
    else:
        out.print(f"report: {path}", markup=False)


def _add_step(name: str, help_text: str) -> None:
    def step(as_of: AsOf, as_json: Json = False) -> None:
        actor = acting(None, Action.RUN_NIGHT)
        from jobs.run import run

        summary = run(name, as_of=as_of, settings=load_settings(actor=actor), progress=say)
        if as_json:
            print_json(asdict(summary))
        else:
            _say_finished(summary)

    app.command(name=name, help=help_text)(step)


for _name, _text in {
    "ingest": "Takes in the day's extracts: checks, quarantine, tokens, raw tables.",
    "features": "Computes what is known of every customer at the date.",
    "segments": "Cuts out the long tail and gives every customer in it a segment.",
    "decide": "Finds candidates, applies policy, draws arms, chooses who is contacted.",
    "release": "Writes the masked contact lists.",
    "learn": "Takes in outcomes and reads every strategy's lift.",
    "report": "Writes the night's report.",
}.items():
    _add_step(_name, _text)


@app.command()
def why(
    customer: Annotated[str | None, typer.Argument(help="Token of a customer.")] = None,
    as_of: AsOfOrLast = None,
    everybody: Annotated[bool, typer.Option("--all", help="Of everybody, into a file.")] = False,
    to: Annotated[Path | None, typer.Option(help="The file for --all, such as why.csv.")] = None,
    as_json: Json = False,
) -> None:
    """Says what was possible for a customer that night, what ruled it out, and what it would have needed."""
    from jobs.why import ask, write_all
    from jobs.why_page import WhyPage

    acting(None, Action.READ_CUSTOMER)
    settings = load_settings()
    if everybody != (to is not None) or everybody == (customer is not None):
        raise SettingsError("write longreach why CUSTOMER, or longreach why --all --to FILE.csv")
    if to is not None:
        rows = write_all(settings, to, as_of=as_of, progress=say)
        out.print(f"{rows:,} possible contacts: {to}", markup=False)
        return
    answer = ask(settings, customer or "", as_of=as_of, progress=say)
    if as_json:
        print_json(asdict(answer))
    else:
        out.print(WhyPage(answer=answer))


@app.command()
def plan(
    as_of: AsOfOrLast = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", help="Such as human_call.capacity=+20% or NAME=paused; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Shows the night's plan and how good it is, or what would change if something were otherwise."""
    from jobs.plan import show
    from jobs.plan_page import PlanPage, WhatIfPage
    from jobs.what_if import what_if as ask_what_if

    settings = load_settings()
    if what_if:
        found = ask_what_if(settings, what_if, as_of=as_of, progress=say)
        told = asdict(found)
    else:
        shown = show(settings, as_of=as_of, progress=say)
        told = asdict(shown)
    if as_json:
        print_json(told)
    else:
        out.print(WhatIfPage(found=found) if what_if else PlanPage(plan=shown))


@app.command()
def demo(
    source: Annotated[str, typer.Option(help="synthetic, uci or berka.")] = "synthetic",
    data: Annotated[Path, typer.Option(help="Folder of the public data sets.")] = Path("../shared/data"),
    customers: Annotated[int, typer.Option(help="Customers of the synthetic bank.")] = 20_000,
    nights: Annotated[int | None, typer.Option(min=1, help="How many nights; as many as make sense.")] = None,
) -> None:
    """Runs several nights on a fresh home under var/ and shows what came of them."""
    from jobs.demo import run_demo

    settings = load_settings(
        home=Path("var") / f"demo-{source}",
        source=source,
        data=data,
        synthetic={**load_settings().synthetic.model_dump(), "customers": customers},
    )
    run_demo(settings, nights=nights, console=out)


@app.command()
def up() -> None:
    """Starts Airflow, MLflow and the console on the embedded PostgreSQL; Ctrl-C stops them."""
    from jobs.up import up as start

    start(load_settings(), out)


@app.command()
def retention(
    as_of: AsOf,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Deletes what has been kept long enough; for every night, after its report."""
    from jobs.locks import undisturbed
    from jobs.retention import apply_retention
    from jobs.run import open_house

    acting(None, Action.RUN_NIGHT)
    with (
        open_house(load_settings(), as_of=as_of, progress=say) as house,
        nullcontext() if dry_run else undisturbed("retention", house.ledger, progress=say),
    ):
        gone = apply_retention(house, dry_run=dry_run)
    if as_json:
        print_json([asdict(one) for one in gone])
        return
    for one in gone:
        out.print(f"{one.store:<8} {one.name:<20} {one.count:>10,} before {one.before}", markup=False)
    out.print("would go" if dry_run else "gone", markup=False)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Tries every part the house stands on and says what is wrong with those that fail."""
    from jobs.doctor import examine

    findings = examine(load_settings())
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "[green]ok[/]" if finding.well else "[red]ill[/]"
            out.print(f"{mark:>4}  {finding.part}: {escape(finding.words)}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Runs the command line; errors of ours are told in words, without a trace."""
    # What a command loads stays until it ends; looking through it for garbage is a fifth of its work.
    gc.set_threshold(50_000, 20, 100)
    add_rooms_above()
    status = _guarded(app) if _all_utf8(sys.argv[1:]) else 2
    gc.freeze()  # nor at the end, when all of it goes at once
    sys.exit(status)


def add_rooms_above() -> None:
    """Adds the commands of rooms that stand above this one, which name theirs as entry points."""
    known = {group.name for group in app.registered_groups}
    for room in entry_points(group="longreach.commands"):
        if room.name not in known:
            app.add_typer(room.load(), name=room.name)


def _all_utf8(arguments: Sequence[str]) -> bool:
    """Whether every argument is text. A terminal of another encoding hands in bytes that no part can keep."""
    wrong = [one for one in arguments if any("\ud800" <= sign <= "\udfff" for sign in one)]
    for one in wrong:
        shown = os.fsencode(one).decode(errors="backslashreplace")
        _say_error(f"{shown}: is not UTF-8; set the terminal to UTF-8 and type it again")
    return not wrong


def _guarded(command: Callable[[], object]) -> int:
    try:
        with scrubbed():
            command()
    except SettingsError as error:
        _say_error(str(error))
        return 2
    except LongreachError as error:
        _say_error(str(error))
        return 1
    except OSError as error:
        _say_error(f"{error.strerror}: {error.filename}")
        return 1
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def _say_error(words: str) -> None:
    err.print(Text.assemble(("error:", "red"), f" {words}"), soft_wrap=True)


def _say_finished(summary: object) -> None:
    from jobs.run import RunSummary

    assert isinstance(summary, RunSummary)
    rows = ", ".join(f"{table} {count:,}" for table, count in summary.written.items())
    err.print(f"{summary.as_of} {summary.job:<9} {summary.seconds:6.1f} s  {rows}")
