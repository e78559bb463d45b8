"""The demonstration: several nights in a row on a fresh home, ending in a report and a table of the truth."""

import shutil
from datetime import date, timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from base.errors import SettingsError
from base.settings import Settings
from jobs.night import ALL_STEPS, night
from jobs.planted import planted_effects
from jobs.report import report_path
from jobs.run import RunSummary, open_house
from lake.tables import ASSIGNMENTS, CONTACT_LISTS, READOUTS
from ledger.database import open_ledger
from sources.source import open_source
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files


def run_demo(settings: Settings, *, nights: int | None, console: Console) -> None:
    """Runs ``nights`` nights (None: as many as the source finds sensible) from the source's first night on.

    The home is the demo's own (``var/demo-...``) and is emptied first; its strategy book is filled from
    ``settings.strategy_book``, else with the strategies that come with the house. Raises SettingsError for
    any other home.
    """
    if not settings.home.name.startswith("demo-"):
        raise SettingsError(f"the demo empties its home and will not touch {settings.home}")
    shutil.rmtree(settings.home, ignore_errors=True)
    source = open_source(settings)
    with open_ledger(settings) as ledger:
        put_live(ledger, read_files([settings.strategy_book or OWN_BOOK]))
    first, nights = source.default_first_night, nights or source.nights
    console.print(f"[bold]Longreach[/] · source {settings.source}, {nights} nights from {first}")
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} steps"),
        TimeElapsedColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("starting", total=nights * len(ALL_STEPS))
        for number in range(nights):
            as_of = first + timedelta(days=number)

            def say(text: str, as_of: object = as_of) -> None:
                bar.update(task, description=f"{as_of} {text}"[:60])

            def finished(summary: RunSummary) -> None:
                bar.advance(task)
                if summary.job == "release":
                    released = sum(summary.written.values())
                    bar.console.print(f"  night of {summary.as_of}: {released:,} contacts released")

            night(settings, as_of=as_of, progress=say, finished=finished)
    last = first + timedelta(days=nights - 1)
    _show_planted(settings, console, as_of=last)
    console.print(f"\nreport: [bold]{report_path(settings, last)}[/]", soft_wrap=True)


def _show_planted(settings: Settings, console: Console, *, as_of: date) -> None:
    with open_house(settings, as_of=as_of) as house:
        planted = planted_effects(
            open_source(settings),
            house.store.read(CONTACT_LISTS, as_of=as_of, scope="before"),
            house.store.read(ASSIGNMENTS, as_of=as_of, scope="before"),
            house.store.read(READOUTS, as_of=as_of).toPandas(),
            as_of=as_of,
        )
    if planted is None:
        console.print("\nNobody knows the true effects here, so estimates cannot be set against them.")
        return
    grid = Grid(
        title="lift in conversions, percentage points: estimated against planted", title_justify="left"
    )
    for heading in ("kind of strategy", "estimated", "95 % interval", "planted", "inside"):
        grid.add_column(heading, justify="left" if heading == "kind of strategy" else "right")
    for row in planted.to_dict("records"):
        inside = row["low"] <= row["planted"] <= row["high"]
        grid.add_row(
            row["kind"],
            f"{100 * row['estimated']:+.2f}",
            f"{100 * row['low']:+.2f} to {100 * row['high']:+.2f}",
            f"{100 * row['planted']:+.2f}",
            "yes" if inside else "no",
        )
    console.print(grid)
