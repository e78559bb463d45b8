"""What the report says of the night's choice: how good it is, and what its limits were worth."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluation.suppress import SMALLEST, shown

_MOST = 15
_NAMED = re.compile(r"(?P<kind>[a-z]+)\.(?P<of>.+?)(?:@(?P<hour>\d+)|\+(?P<days>\d+))?")


@dataclass(frozen=True)
class Priced:
    """A limit that decided something: its room, what one more is worth, and what it costs the night."""

    limit: str
    room: str
    price: str
    lost: str


@dataclass(frozen=True)
class Choice:
    """The night's certificate in sentences, its priced limits, dear ones first, and the minimums lowered."""

    sentences: tuple[str, ...]
    priced: tuple[Priced, ...]
    unpriced: int
    lowered: tuple[str, ...]


def choice_of(
    certificates: pd.DataFrame, limits: pd.DataFrame, *, seconds: Mapping[str, int]
) -> Choice | None:
    """The section's content; None where nothing was decided or so few were chosen that sums tell of people.

    ``certificates`` and ``limits``: the night's rows of CERTIFICATES and LIMITS. ``seconds``: planned length
    of a contact by channel, 0 where it takes nobody's time.
    """
    if certificates.empty or certificates["contacts"].iloc[0] < SMALLEST:
        return None
    binding = limits[limits["price"].abs() >= 0.005].sort_values(
        ["lost", "price", "name"], ascending=[False, False, True]
    )
    lowered = limits.dropna(subset=["relaxed_from"]).sort_values("name")
    return Choice(
        sentences=tuple(_sentences(certificates.iloc[0].to_dict(), limits)),
        priced=tuple(_priced(row, seconds) for row in binding.head(_MOST).to_dict("records")),
        unpriced=max(0, len(binding) - _MOST),
        lowered=tuple(
            f"{in_words(row['name'])} asks for at least {row['relaxed_from']:,.0f} {row['unit']}; "
            f"{shown(row['low'])} are possible"
            for row in lowered.to_dict("records")
        ),
    )


def in_words(name: str) -> str:
    """What a limit of LIMITS is of."""
    parts = _NAMED.fullmatch(name)
    if parts is None:
        return name
    of, at = parts["of"], f" at {parts['hour']}:00" if parts["hour"] else ""
    later = "a day later" if parts["days"] == "1" else f"{parts['days']} days later"
    return {
        "channel": f"{of}{at}",
        "budget": f"money for {of}",
        "skill": f"agents for {of}{at}",
        "ahead": f"{of} {later}",
        "strategy": f"contacts of {of}",
        "spend": f"money of {of}",
        "begin": f"new journeys of {of}",
        "exposures": f"first contacts of {of}",
        "segment": f"contacts in {of}",
        "manager": f"contacts for {of}",
    }.get(parts["kind"], name)


def _sentences(certificate: Mapping[Hashable, Any], limits: pd.DataFrame) -> list[str]:
    value, bound, free = (certificate[name] for name in ("value", "bound", "unconstrained"))
    broken = (
        "No limit is broken."
        if not certificate["violations"]
        else (f"{certificate['violations']} limits are broken.")
    )
    ahead = limits[limits["kind"] == "ahead"].sort_values("name")
    return [
        f"The contacts made should bring {certificate['contact_value']:,.0f} yuan beyond their cost.",
        f"With those held back, to measure by, the choice is worth {value:,.0f} yuan. No other that keeps "
        "the limits, does not look at who is held back and holds back as much is worth more than "
        f"{bound:,.0f}: at most {certificate['gap']:.3%} of that is missing. {broken}",
        f"With room for everybody it would be {free:,.0f} yuan.",
        *(
            f"Of {what}, {certificate[name]:.0%} {again}."
            for name, what, again in (
                ("kept", "last night's choices that are possible still", "were kept"),
                ("overlap", "the customers on last night's list", "are on this one again"),
            )
            if pd.notna(certificate[name])
        ),
        *(
            f"{in_words(row['name'])}: {row['used']:,.1f} calls will probably follow; there is room for "
            f"{row['high']:,.1f}."
            for row in ahead.to_dict("records")
        ),
    ]


def _priced(row: Mapping[Hashable, Any], seconds: Mapping[str, int]) -> Priced:
    least = row["price"] < 0
    room, unit = row["low"] if least else row["high"], row["unit"]
    amount = f"{room:,.0f} yuan" if unit == "CNY" else f"{shown(room)} {unit}"
    hides = unit != "CNY" and 0 < room < SMALLEST
    return Priced(
        limit=in_words(row["name"]),
        room=amount if hides else f"{'at least' if least else 'at most'} {amount}",
        price=_price(row, seconds),
        lost=f"{row['lost']:,.0f}",
    )


def _price(row: Mapping[Hashable, Any], seconds: Mapping[str, int]) -> str:
    price, one = row["price"], {"CNY": "yuan", "calls expected": "call"}.get(row["unit"], row["unit"][:-1])
    if price < 0:
        return f"the last {one} costs {-price:,.2f} yuan"
    words = f"one more {one} is worth {price:,.2f} yuan"
    named = _NAMED.fullmatch(row["name"])
    takes = seconds.get(named["of"], 0) if named else 0
    if takes and row["kind"] in ("channel", "hour"):
        words += f"; one more hour of calls {price * 3600 / takes:,.0f} yuan"
    return words
