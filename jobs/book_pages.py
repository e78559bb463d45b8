"""What the commands of the strategy book show: tables and pages for a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ledger.database import Ledger
from outreach.stops import thrown
from strategies.book import Standing, newest, standings
from strategies.document import Strategy
from strategies.readings import Version, read_versions
from strategies.variables import EXAMPLE

_COLOURS = {
    "live": "green",
    "approved": "cyan",
    "submitted": "yellow",
    "draft": "default",
    "paused": "magenta",
    "retired": "dim",
    "stopped": "bold red",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A strategy in the list. What its newest version says is None where it no longer reads."""

    name: str
    title: str | None
    kind: str | None
    manager: str | None
    standing: Standing
    stopped: str | None

    @property
    def stages(self) -> frozenset[str]:
        """Every word of how it stands."""
        words = (self.standing.state, self.standing.stage, "stopped" if self.stopped else None)
        return frozenset(word for word in words if word)


@dataclass(frozen=True, kw_only=True)
class Example:
    """What one customer would hear or read at a touch, in an arm."""

    touch: str
    channel: str
    arm: str
    elderly: bool
    text: str


def examples_of(strategy: Strategy, *, last_day: date) -> list[Example]:
    """All that would be said by ``last_day`` to somebody who is shown as 张**."""
    from outreach.release import Words  # with all that leaves the house; lists of strategies do without

    return [
        Example(
            touch=touch.name,
            channel=touch.channel,
            arm=one.arm,
            elderly=elderly,
            text=script.filled(EXAMPLE.masked_name, last_day),
        )
        for one in Words.of([strategy]).said
        for touch in (strategy.funnel[one.step - 1],)
        for elderly, script in ((False, one.script), (True, one.to_elderly))
        if not elderly or touch.elderly_script is not None
    ]


def spoken(examples: Sequence[Example]) -> Text:
    """What would be said, a line an example."""
    lines = [Text("for example 例:", style="bold")]
    for one in examples:
        who = f"{one.arm}, elderly" if one.elderly else one.arm
        lines.append(Text.assemble((f"  {one.touch}, {one.channel}, {who}: ", "cyan"), one.text))
    return Text("\n").join(lines)


def overview(ledger: Ledger, *, part: str | None = None, state: str | None = None) -> list[Line]:
    """The strategies by name; only those with ``part`` in name, title or manager, or in ``state``."""
    with ledger.engine.begin() as connection:
        said = {one.name: one for one in read_versions(connection, newest(connection))[0]}
        stops = thrown(connection)
        lines = [
            Line(
                name=name,
                title=said[name].title if name in said else None,
                kind=said[name].kind if name in said else None,
                manager=said[name].manager if name in said else None,
                standing=standing,
                stopped=stops[("strategy", name)].reason if ("strategy", name) in stops else None,
            )
            for name, standing in standings(connection).items()
        ]
    return [line for line in lines if _holds(line, part) and (state is None or state in line.stages)]


def switches(ledger: Ledger) -> list[str]:
    """What is stopped besides single strategies, in words."""
    with ledger.engine.connect() as connection:
        return [
            f"{'EVERYTHING' if scope == 'all' else f'channel {name}'} is stopped since "
            f"{line.at:%Y-%m-%d %H:%M} by {line.actor}: {line.reason}"
            for (scope, name), line in thrown(connection).items()
            if scope != "strategy"
        ]


def table_of(lines: Sequence[Line]) -> Table | str:
    """The list as a table."""
    if not lines:
        return "no strategy here; longreach strategies import FOLDER takes documents into the book"
    live = sum(line.standing.state == "live" for line in lines)
    waiting = sum(line.standing.stage == "submitted" for line in lines)
    table = Table(
        title=f"{len(lines):,} strategies, {live:,} live, {waiting:,} waiting for approval",
        title_justify="left",
    )
    table.add_column("name", no_wrap=True)
    for heading in ("title", "kind", "manager", "stands"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        title = Text(line.title) if line.title else Text("does not read any more", style="red")
        table.add_row(Text(line.name), title, line.kind or "", Text(line.manager or ""), _stands(line))
    return table


def page_of(version: Version, standing: Standing, *, examples: Sequence[Example]) -> Group:
    """A version as it was written, below how its strategy stands and what it would say."""
    written = f"version {version.version} by {version.author}, {version.at:%Y-%m-%d %H:%M}"
    note = f": {version.note}" if version.note else ""
    head = Text.assemble((version.name, "bold"), f"  {standing.words}\n{written}{note}\n")
    said = spoken(examples).append("\n") if examples else Text()
    return Group(head, said, Text(version.text.removeprefix("\ufeff").rstrip()))


def history_of(name: str, lines: Sequence[Mapping[str, Any]]) -> Table:
    """The audit's lines of a strategy, the newest first."""
    table = Table(title=f"{name}, newest first", title_justify="left")
    for heading in ("when", "who", "what", "version", "why"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        detail = line["detail"]
        why = detail.get("note") or detail.get("reason") or ""
        table.add_row(
            f"{line['at']:%Y-%m-%d %H:%M:%S}",
            Text(line["actor"]),
            line["action"].removeprefix("strategy "),
            str(detail.get("version", "")),
            Text(why),
        )
    return table


def coloured(difference: str) -> Text:
    """A ``diff -u`` with its lines in colours."""
    if not difference:
        return Text("no difference")
    styles = {"+": "green", "-": "red", "@": "cyan"}
    lines = (Text(line, style=styles.get(line[:1], "")) for line in difference.splitlines())
    return Text("\n").join(lines)


def _holds(line: Line, part: str | None) -> bool:
    said = (line.name, line.title, line.manager)
    return part is None or any(part.casefold() in (words or "").casefold() for words in said)


def _stands(line: Line) -> Text:
    standing = line.standing
    running = f"{standing.state} v{standing.running}" if standing.running else standing.state
    pending = f"{standing.stage} v{standing.pending}" if standing.pending else None
    parts = [
        Text(words, style=_COLOURS[words.split()[0]])
        for words in (running, pending, "stopped" if line.stopped else None)
        if words
    ]
    return Text(", ").join(parts)
