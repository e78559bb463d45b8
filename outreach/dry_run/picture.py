"""A dry run as a person looks at it in the terminal: figures with bars, English and Chinese side by side."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from outreach.dry_run.competition import Contacts
from outreach.dry_run.dry_run import USUAL_WINDOW_DAYS, Found, Overlap, TakeUp
from outreach.dry_run.losses import TouchPolicy
from outreach.dry_run.profile import InSegment, Trait
from outreach.dry_run.sensitivity import Sensitivity

_BECAUSE = "may not, because 不可联系原因"
_WIDTH = 24
_LONGEST_WORDS = 32
_NARROWEST = 8
_LINES = 6
_UNITS = {"CNY": "yuan", "count": "", "level": "", "hour": "h"}
_MANY = "green"
_LOST = "red"
_APART = "cyan"


def picture(found: Found) -> RenderableType:
    """The dry run as one page; counts that are None are those of fewer than ten people."""
    return Group(*_parts(found))


def _parts(found: Found) -> Iterator[RenderableType]:
    yield _head(found)
    for note in found.notes:
        yield Text(f"note: {note}", style="yellow")
    if not found.segments:
        return
    yield _section("Segments 客群", _segments(found.segments))
    yield _section("What sets them apart 特征", *_traits(found.traits))
    yield _section("Contact policy 联系规则", *_policy(found.touches))
    if found.contacts:
        yield _section("Contacts tonight 今晚触达", *_contacts(found.contacts))
    if found.strategy:
        yield _section("Experiment 实验", *_experiment(found.experiment))
    if found.take_up:
        yield _section(f"Take-up within {USUAL_WINDOW_DAYS} days, unasked 自然开立", _take_up(found.take_up))
    yield _section("Overlap with live strategies 与在线策略重叠", *_overlap(found))


def _head(found: Found) -> RenderableType:
    title = f"[bold]{escape(found.title)}[/]  {found.strategy}" if found.title else "[bold]a rule[/]"
    lines: list[RenderableType] = [
        Text(),
        Text.from_markup(f"{title}  [dim]night of {found.as_of}[/]"),
        Text(" ".join(found.rule.split()), style="italic"),
    ]
    if found.selected is None:
        lines.append(Text(f"{_count(None)} of {found.customers:,} long-tail customers: too few to show more"))
        return Group(*lines)
    share = found.selected / found.customers if found.customers else 0.0
    table = Table.grid(padding=(0, 2))
    table.add_row(
        Text.from_markup(
            f"[bold]{found.selected:,}[/] of {found.customers:,} long-tail customers, {share:.1%}"
        ),
        Bar(1, 0, share, width=_WIDTH, color=_MANY),
    )
    lines.append(table)
    if found.begun != 0 and found.strategy:
        lines.append(Text(f"{_count(found.begun)} of them have begun it before and may not again"))
    return Group(*lines, Text())


def _section(title: str, *content: RenderableType) -> RenderableType:
    return Group(
        Text(title, style="bold underline"), *(Padding(part, (0, 0, 0, 2)) for part in content), Text()
    )


def _segments(segments: Sequence[InSegment]) -> RenderableType:
    table = _columns("", "customers", "of the segment", "", words=1)
    most = max((part.customers or 0) for part in segments)
    for part in segments[:_LINES]:
        figures = _count(part.customers), _share(part.share)
        table.add_row(_named(part.name, part.segment), *figures, _bar(part.customers, most, _MANY))
    return _and_more(table, len(segments))


def _traits(traits: Sequence[Trait]) -> Iterator[RenderableType]:
    if not traits:
        yield Text("nothing: they are like the long tail in all that is looked at")
        return
    table = _columns("", "these", "segments", "long tail", "", words=1)
    widest = max(abs(trait.apart) for trait in traits)
    for trait in traits:
        figures = (_measure(value, trait.unit) for value in (trait.selected, trait.segments, trait.everybody))
        apart = Bar(
            2 * widest,
            widest + min(trait.apart, 0),
            widest + max(trait.apart, 0),
            color=_APART,
        )
        table.add_row(_named(trait.label, trait.feature), *figures, apart)
    yield table
    yield Text("segments: what as many customers drawn from the same segments would show", style="dim")


def _policy(touches: Sequence[TouchPolicy]) -> Iterator[RenderableType]:
    """Who may be contacted, a line a touch; then why the others may not, a column a touch."""
    allowed = _columns("", "", "", header=False, words=1)
    for touch in touches:
        allowed.add_row(_touch(touch), _count(touch.allowed), _bar(touch.allowed, touch.asked, _MANY))
    yield Text("may be contacted 可联系")
    yield Padding(allowed, (0, 0, 0, 2))
    lost: dict[str, dict[str, str]] = {}
    weight: dict[str, int] = {}
    for touch in touches:
        for loss in touch.losses:
            lost.setdefault(loss.reason, {})[_touch(touch)] = _count(loss.customers)
            weight[loss.reason] = weight.get(loss.reason, 0) + (loss.customers or 0)
    if not lost:
        return
    names = [_touch(touch) for touch in touches]
    table = _columns(_BECAUSE, *names, words=1)
    most = sorted(lost, key=lambda reason: -weight[reason])
    for reason in most[:_LINES]:
        table.add_row(reason, *(lost[reason].get(name, "0") for name in names))
    yield _and_more(table, len(lost))


def _touch(touch: TouchPolicy) -> str:
    return f"{touch.step} {touch.channel}"


def _contacts(contacts: Contacts) -> Iterator[RenderableType]:
    table = _columns("", "customers", "", header=False, words=1)
    most = contacts.allowed or 1
    for words, count in (
        ("policy lets through", contacts.allowed),
        ("worth more than they cost", contacts.worth_it),
        ("worth more than what is planned for them", contacts.won),
        ("have room on the channel and in the limit", contacts.exposed),
        ("are contacted; the rest are held back to measure", contacts.contacts),
    ):
        table.add_row(words, _count(count), _bar(count, most, _MANY))
    yield table
    yield Text(f"{contacts.channel} carries {contacts.room:,} a night and carried {contacts.used:,}; "
               f"the strategy's limit is {contacts.limit:,}")  # fmt: skip
    if contacts.net:
        low, mean, high = contacts.net
        yield Text(f"a contact brings {mean:,.2f} yuan beyond its cost, mostly {low:,.2f} to {high:,.2f}; "
                   f"{_accepted(contacts)}")  # fmt: skip
        if contacts.room_price:
            yield Text(
                f"the room it needs costs {contacts.room_price:,.2f} tonight, taken off what it leaves"
            )


def _accepted(contacts: Contacts) -> str:
    if contacts.lowest_accepted is None:
        return f"nobody else was contacted by {contacts.channel}"
    return f"the least valuable one made by {contacts.channel} brings {contacts.lowest_accepted:,.2f}"


def _experiment(found: Sensitivity | None) -> Iterator[RenderableType]:
    if found is None:
        yield Text("too few customers come into it to tell what it can show", style="yellow")
        return
    yield Text(f"{found.base.rate:.2%} reach the goal within {found.window_days} days unasked "
               f"({found.base.words}); {found.held_out:.0%} are held out")  # fmt: skip
    if not found.after:
        yield Text("nobody would be exposed, so nothing can be measured", style="yellow")
        return
    table = _columns("nights", "days until read", "customers", "smallest effect it can show", "", words=0)
    most = max((row.lift or 0.0) for row in found.after)
    for row in found.after:
        table.add_row(
            str(row.nights),
            str(row.days),
            f"{row.customers:,}",
            _points(row.lift),
            _bar(row.lift, most, _APART),
        )
    yield table
    if found.goal_days:
        verdict = f"shown with {found.goal_customers:,} customers, after {found.goal_days} days"
    elif found.goal_customers:
        verdict = f"needs {found.goal_customers:,} customers to be shown, and there are {found.pool:,}"
    else:
        verdict = "cannot be shown"
    yield Text(f"the effect its author expects, {_points(found.goal)} among all exposed: {verdict}",
               style="" if found.goal_days else "yellow")  # fmt: skip


def _take_up(rows: Sequence[TakeUp]) -> Table:
    table = _columns("product", "long tail", "smallest effect all could show", "these", "", words=1)
    most = max((row.rate or 0.0) for row in rows)
    for row in rows:
        table.add_row(
            row.product,
            _rate(row.everybody),
            _points(row.lift),
            _rate(row.rate),
            _bar(row.rate, most, _APART),
        )
    return table


def _overlap(found: Found) -> Iterator[RenderableType]:
    if not found.overlaps:
        yield Text("no live strategy selects any of them")
        return
    table = _columns("", "customers", "of these", "of theirs", "", words=1)
    for row in found.overlaps[:_LINES]:
        table.add_row(*_overlap_row(row, found.selected or 1))
    yield _and_more(table, found.overlapping)
    yield Text(f"{_count(found.planned)} of them have a contact of another strategy in the night's plan")


def _overlap_row(row: Overlap, selected: int) -> tuple[RenderableType, ...]:
    return (
        _named(row.title, row.strategy),
        _count(row.customers),
        _share(row.of_these),
        _share(row.of_theirs),
        _bar(row.customers, selected, _LOST),
    )


def _named(words: str, name: str) -> Text:
    """What people call it, and below it the name by which rules and commands do."""
    shown = Text(words)
    shown.truncate(_LONGEST_WORDS, overflow="ellipsis")
    return Text.assemble(shown, "\n", (name, "dim"))


def _columns(*names: str, header: bool = True, words: int = 2) -> Table:
    """A table whose first ``words`` columns hold words; of the others, those without a name hold bars."""
    table = Table(
        box=box.SIMPLE_HEAD if header else None, show_header=header, pad_edge=False, header_style="dim"
    )
    for place, name in enumerate(names):
        if place < words:
            table.add_column(name, no_wrap=name != _BECAUSE, overflow="fold")
        elif place == len(names) - 1 and not name:
            table.add_column("", min_width=_NARROWEST, max_width=_WIDTH)
        else:
            table.add_column(name, justify="right", no_wrap=True)
    return table


def _and_more(table: Table, lines: int) -> RenderableType:
    return Group(table, Text(f"and {lines - _LINES} more", style="dim")) if lines > _LINES else table


def _bar(value: float | None, most: float, color: str) -> Bar:
    return Bar(most or 1, 0, value or 0, color=color)


def _count(count: int | None) -> str:
    return "under 10" if count is None else f"{count:,}"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _rate(rate: float | None) -> str:
    return "too few" if rate is None else f"{rate:.2%}"


def _points(lift: float | None) -> str:
    return "none" if lift is None else f"{100 * lift:.2f} points"


def _measure(value: float, unit: str) -> str:
    if unit in ("share", "flag"):
        return f"{value:.0%}"
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"
    return f"{shown} {_UNITS.get(unit, unit)}".rstrip()
