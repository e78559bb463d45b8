"""A night's plan on the terminal: what it is worth, what it could not exceed, and what each limit costs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from evaluation.suppress import SMALLEST
from jobs.experiment_lists import Sheet
from jobs.plan_figures import Tonight
from jobs.what_if import WhatIf
from outreach.arbitrate.compare import Difference, Moved
from outreach.channels.channel import load_channels

_LONGEST = 15
_UNSHOWN = "not shown"
_HOUR = 3_600
_CENT = 0.005
_OF_PEOPLE = ("contacts", "journeys", "customers")


@dataclass(frozen=True, kw_only=True)
class PlanPage:
    """The plan, to be read."""

    plan: Tonight

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Sentences first, then the contacts by channel and hour, then the limits."""
        yield Text("\n".join(_certificate(self.plan)))
        yield _contacts(self.plan)
        yield from _limits(self.plan.limits)


@dataclass(frozen=True, kw_only=True)
class WhatIfPage:
    """A plan beside what it would be, to be read."""

    found: WhatIf

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """What becomes of customers, of money, of channels, strategies and prices; nothing was written."""
        found, moved = self.found, self.found.difference
        yield Text(f"For {found.before.as_of + timedelta(days=1)}, with {', '.join(found.changes)}:")
        if (moved.gained, moved.lost, moved.another, moved.other_hour) == (0, 0, 0, 0):
            yield Text("nobody's contact changes")
        else:
            yield Text(_outcomes(moved))
        yield _money(found)
        yield from _moves("Contacts by channel 渠道", moved.channels, asked=found.asked)
        yield from _moves(
            "Contacts by strategy, of those that change 策略", moved.strategies, asked=found.asked
        )
        yield from _prices(found)
        yield from _lowered(found.after.limits)
        if _is_unshown(found):
            yield Text(f"{_UNSHOWN}: under {SMALLEST}, or a number that would tell one", style="dim")
        yield Text("Nothing was written: the plan stands as it was", style="dim")


def _certificate(plan: Tonight) -> Iterator[str]:
    """The certificate in sentences."""
    seen = plan.certificate
    yield (
        f"For {plan.as_of + timedelta(days=1)}: {_people(seen['contacts'])} contacts, and "
        f"{_people(seen['held_back'])} held back to measure by, chosen among {_people(seen['candidates'])} "
        f"possible ones of {_people(seen['units'])} customers or shared numbers"
    )
    yield (
        f"Worth {seen['value']:,.2f} yuan with those held back, {seen['contact_value']:,.2f} without; no "
        f"choice within the limits is worth more than {seen['bound']:,.2f}: the gap is {_gap(seen)}"
    )
    broken = seen["violations"]
    yield "No limit is broken" if broken == 0 else f"{broken:,} limits are broken"
    yield (
        f"With room for everybody it would be worth {seen['unconstrained']:,.2f}: the limits cost "
        f"{seen['unconstrained'] - seen['value']:,.2f}"
    )
    if seen["kept"] is not None:
        yield f"Of last night's choices that are still possible, {100 * seen['kept']:.1f} % stay"
    if seen["overlap"] is not None:
        yield f"Of the customers on last night's list, {100 * seen['overlap']:.1f} % are on this one too"


def _contacts(plan: Tonight) -> Sheet:
    """Contacts by channel and hour, beside the room there is."""
    highs = {limit["name"]: limit["high"] for limit in plan.limits}
    used = {limit["name"]: limit["used"] for limit in plan.limits}
    made = {(row["channel"], row["hour"]): row["contacts"] for row in plan.contacts}
    hours = sorted({hour for _, hour in made})
    return Sheet(
        title="Contacts 联系量, of the room there is",
        headings=("", *load_channels()),
        rows=[
            (
                "night",
                *(
                    _of(used.get(f"channel.{name}", 0), highs.get(f"channel.{name}"))
                    for name in load_channels()
                ),
            ),
            *(
                (
                    f"{hour}:00",
                    *(
                        _of(made.get((name, hour), 0), highs.get(f"channel.{name}@{hour}"))
                        for name in load_channels()
                    ),
                )
                for hour in hours
            ),
        ],
        loose=(),
    )


def _limits(limits: Sequence[Mapping[str, Any]]) -> Iterator[Sheet | Text]:
    """The limits that bind, dearest first, and the minima that could not be met."""
    binding = sorted(
        (limit for limit in limits if abs(limit["price"]) >= _CENT), key=lambda limit: -limit["lost"]
    )
    if not binding:
        yield Text("No limit binds: there is room for every contact that is worth its cost")
    else:
        yield Sheet(
            title=_first("limit binds", "limits bind", "生效的限制", of=len(binding)),
            headings=("limit", "used", "one more is worth", "costs the plan"),
            rows=[
                (Text(limit["name"]), _used(limit), _worth(limit), f"{limit['lost']:,.2f}")
                for limit in binding[:_LONGEST]
            ],
            loose=("limit", "used", "one more is worth"),
        )
    yield from _lowered(limits)


def _lowered(limits: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    """The minima that could not be met."""
    for limit in limits:
        if limit["relaxed_from"] is not None:
            yield Text(
                f"{limit['name']} asks for at least {limit['relaxed_from']:,.0f} {limit['unit']}; no more "
                f"than {limit['low'] or 0:,.0f} can be had, so it was lowered to that",
                style="yellow",
            )


def _money(found: WhatIf) -> Sheet:
    before, after = found.before.certificate, found.after.certificate
    rows: list[tuple[str, str, str, str]] = [
        (
            words,
            f"{before[name]:,.2f}",
            f"{after[name]:,.2f}",
            f"{after[name] - before[name]:+,.2f}",
        )
        for words, name in (
            ("worth, yuan", "value"),
            ("of contacts made, yuan", "contact_value"),
            ("never more than, yuan", "bound"),
        )
    ]
    rows.append(("gap", _gap(before), _gap(after), ""))
    rows += [
        (words, _told(before[name]), _told(after[name]), _change(before[name], after[name]))
        for words, name in (("contacts", "contacts"), ("held back", "held_back"))
    ]
    return Sheet(title="", headings=("", "as it is", "then", "change"), rows=rows, loose=("",))


def _outcomes(moved: Difference) -> str:
    """What becomes of customers, in a sentence."""
    at_another_hour = f" (at another hour: {_told(moved.other_hour)})" if moved.same != 0 else ""
    return (
        f"Customers who get a contact and had none: {_told(moved.gained)}; who lose theirs: "
        f"{_told(moved.lost)}; who get another one: {_told(moved.another)}; who keep theirs: "
        f"{_told(moved.same)}{at_another_hour}"
    )


def _is_unshown(found: WhatIf) -> bool:
    """Whether there is a count that may not be shown."""
    moved, totals = found.difference, (found.before.certificate, found.after.certificate)
    return None in (
        *(moved.same, moved.other_hour, moved.another, moved.gained, moved.lost),
        *(one.before for one in (*moved.channels, *moved.strategies)),
        *(total[name] for total in totals for name in ("contacts", "held_back")),
    )


def _moves(title: str, moves: Sequence[Moved], *, asked: Collection[str]) -> Iterator[Sheet | Text]:
    """What was asked about, then the largest changes that may be shown; of the rest, how many there are."""
    first = [one for one in moves if one.name in asked]
    told = [one for one in moves if one.name not in asked and one.before is not None]
    few = len(moves) - len(first) - len(told)
    title += f"; {few:,} more {_UNSHOWN}" if few else ""
    if moves and not first and not told:
        yield Text(title)
    if not first and not told:
        return
    yield Sheet(
        title=title,
        headings=("", "as it is", "then", "change"),
        rows=[
            (Text(one.name), _told(one.before), _told(one.after), _change(one.before, one.after))
            for one in (*first, *told[:_LONGEST])
        ],
        loose=("",),
    )


def _prices(found: WhatIf) -> Iterator[Sheet]:
    """The prices that change most."""
    before, after = (
        {limit["name"]: limit["price"] for limit in plan.limits} for plan in (found.before, found.after)
    )
    moves = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in before | after}
    named = sorted((name for name in moves if abs(moves[name]) >= _CENT), key=lambda name: -abs(moves[name]))
    if named:
        yield Sheet(
            title=_first("price changes", "prices change", "价格, yuan for one more", of=len(named)),
            headings=("", "as it is", "then", "change"),
            rows=[
                (
                    Text(name),
                    f"{before.get(name, 0.0):,.2f}",
                    f"{after.get(name, 0.0):,.2f}",
                    f"{moves[name]:+,.2f}",
                )
                for name in islice(named, _LONGEST)
            ],
            loose=("",),
        )


def _used(limit: Mapping[str, Any]) -> str:
    people = limit["unit"] in _OF_PEOPLE
    used = _people(limit["used"]) if people else f"{limit['used']:,.2f}"
    end = f"at least {limit['low'] or 0:,.0f}" if limit["price"] < 0 else f"of {limit['high'] or 0:,.0f}"
    return f"{used}, {end} {limit['unit']}"


def _worth(limit: Mapping[str, Any]) -> str:
    if limit["price"] < 0:
        return f"one less would save {-limit['price']:,.2f} yuan"
    return f"{limit['price']:,.2f} yuan{_an_hour(limit)}"


def _an_hour(limit: Mapping[str, Any]) -> str:
    """What one more hour of those who speak is worth, where the limit is of calls."""
    if limit["kind"] not in ("channel", "hour"):
        return ""
    seconds = load_channels()[limit["name"].partition(".")[2].partition("@")[0]].seconds
    return f"; one more hour, {limit['price'] * _HOUR / seconds:,.0f}" if seconds else ""


def _first(one: str, more: str, words: str, *, of: int) -> str:
    return f"{of:,} {one if of == 1 else more} {words}" + (f"; the first {_LONGEST}" if of > _LONGEST else "")


def _gap(certificate: Mapping[str, Any]) -> str:
    return f"{100 * certificate['gap']:.4f} %"


def _of(used: float | None, room: float | None) -> str:
    return _people(used) if room is None else f"{_people(used)} of {room:,.0f}"


def _people(count: float | None) -> str:
    return f"under {SMALLEST}" if count is None else f"{count:,.0f}"


def _told(count: int | None) -> str:
    return _UNSHOWN if count is None else f"{count:,}"


def _change(before: int | None, after: int | None) -> str:
    return "" if before is None or after is None else f"{after - before:+,}"
