"""An answer to why, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.text import Text

from jobs.why import Answer
from outreach.why import FORBIDDEN

_NEAREST = 12
_CENT = 0.005
_CHOSEN = ("contact", "held_out")


@dataclass(frozen=True, kw_only=True)
class WhyPage:
    """What a night made of a customer, to be read: what was chosen, and what the rest would have needed."""

    answer: Answer

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The paragraphs, wrapped to the terminal."""
        answer = self.answer
        chosen, passed, forbidden = _graded(answer.candidates)
        yield Text(
            f"customer {answer.customer}, for {answer.as_of + timedelta(days=1)}: {_first_words(answer)}"
        )
        yield from _headed("Chosen 选中", chosen, [self._of_candidate(row) for row in chosen])
        yield from _headed("Passed over 落选", passed, [self._of_candidate(row) for row in passed[:_NEAREST]])
        yield from _headed("Not permitted 规则不允许", forbidden, list(self._of_rules(forbidden)))
        silent = [
            (self._titled(one.strategy), f"{one.reason}. Needed: {one.otherwise}") for one in answer.not_asked
        ]
        yield from _headed("Not asked 未参与", silent, silent)
        if answer.unselected:
            yield Text(
                f"\n{answer.unselected:,} more strategies run; their rules do not select this customer"
            )

    def _of_candidate(self, row: Mapping[str, Any]) -> tuple[str, str]:
        return (
            f"{self._titled(row['strategy'])}, {_touch(row)} at {row['hour']}:00",
            f"{_worth(row)}: {row['reason']}. {_needed(row)}".strip(),
        )

    def _of_rules(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
        """The rules that forbid, each with what it forbids."""
        for _, found in groupby(rows, key=lambda row: row["rule"]):
            own = list(found)
            names = [f"{row['strategy']} ({_touch(row)})" for row in own[:_NEAREST]]
            more = f" and {len(own) - _NEAREST:,} more" if len(own) > _NEAREST else ""
            yield own[0]["reason"], f"{', '.join(names)}{more}. {_needed(own[0])}"

    def _titled(self, strategy: str) -> str:
        title = self.answer.titles.get(strategy)
        return f"{strategy} {title}" if title else strategy


def _first_words(answer: Answer) -> str:
    if answer.standing:
        return answer.standing
    fates = {row["fate"]: row for row in answer.candidates}
    if "contact" in fates:
        return f"{fates['contact']['channel']} at {fates['contact']['hour']}:00"
    if "held_out" in fates:
        return "no contact; chosen, and held back so that the effect can be measured"
    if set(fates) == {FORBIDDEN}:
        return "no contact; policy permits none"
    return "no contact" if fates else "no contact; no strategy asks for one"


def _graded(
    rows: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Chosen; passed over, nearest first; forbidden, by rule."""
    chosen = [row for row in rows if row["fate"] in _CHOSEN]
    forbidden = sorted((row for row in rows if row["fate"] == FORBIDDEN), key=lambda row: str(row["rule"]))
    return chosen, [row for row in rows if row["fate"] not in (*_CHOSEN, FORBIDDEN)], forbidden


def _headed(
    heading: str, counted: Sequence[object], paragraphs: Sequence[tuple[str, str]]
) -> Iterator[Text | Padding]:
    if not counted:
        return
    yield Text(f"\n{heading} ({len(counted):,})", style="bold")
    for first, second in paragraphs:
        yield Padding(Text(first), (0, 0, 0, 2))
        yield Padding(Text(second), (0, 0, 0, 6))
    if len(paragraphs) == _NEAREST < len(counted):
        yield Padding(Text(f"{len(counted) - _NEAREST:,} more, further from being chosen"), (0, 0, 0, 2))


def _touch(row: Mapping[str, Any]) -> str:
    return f"touch {row['step']}, {row['channel']}"


def _worth(row: Mapping[str, Any]) -> str:
    """Value, cost, and what the room it uses costs, by the limits that ask for it."""
    parts = sorted(row["prices"].items(), key=lambda part: -abs(part[1]))
    shown = ", ".join(f"{name} {yuan:,.2f}" for name, yuan in parts if abs(yuan) >= _CENT)
    room = f", room {row['price']:,.2f} ({shown})" if shown else ""
    return f"worth {row['value']:,.2f} yuan, cost {row['cost']:,.2f}{room}"


def _needed(row: Mapping[str, Any]) -> str:
    return "" if row["fate"] in _CHOSEN else f"Needed: {row['otherwise']}"
