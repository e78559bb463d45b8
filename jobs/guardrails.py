"""Guardrails: strategies that surely do harm are switched off by themselves, before the next list leaves."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from evaluation.verdicts import per_hundred
from ledger.audit import trail
from ledger.database import Ledger
from outreach.stops import throw_switch, thrown
from strategies.book import standings

Numbers = dict[str, Any]


def stop_harmful(ledger: Ledger, harmed: pd.DataFrame, *, as_of: date) -> tuple[str, ...]:
    """Throws the switch of the strategies that ``harmed`` (see ``evaluation.verdicts``) names; returns those.

    What is stopped already stays so, and what is retired is left alone. Whoever lets a strategy go on that
    was stopped here has the last word on what it was stopped for: it is stopped again only for newer and
    graver evidence (see :func:`_is_news`).
    """
    worse: dict[str, list[Numbers]] = {}
    for row in harmed.to_dict("records"):
        worse.setdefault(row["strategy"], []).append({str(key): value for key, value in row.items()})
    with ledger.engine.connect() as connection:
        stops = thrown(connection)
        found = standings(connection, worse)
    moving = [name for name in sorted(worse) if name in found and ("strategy", name) not in stops]
    stopped = []
    for name in moving:
        if found[name].state in ("live", "paused") and _is_news(ledger, name, worse[name], as_of=as_of):
            _stop(ledger, name, worse[name], as_of=as_of)
            stopped.append(name)
    return tuple(stopped)


def _is_news(ledger: Ledger, name: str, worse: Sequence[Numbers], *, as_of: date) -> bool:
    """Whether the harm is more than whoever let the strategy go on could see.

    It is on a later night, on another guardrail, or where even the lower end of the interval lies above the
    estimate that the strategy was stopped for.
    """
    lines = trail(ledger, action="strategy stopped", subject=name, last=1_000)
    before = [line["detail"] for line in reversed(lines) if "guardrails" in line["detail"]]
    if any(date.fromisoformat(one["as_of"]) >= as_of for one in before):
        return False
    known = {metric: one for stop in before for metric, one in stop["guardrails"].items()}
    return any(one["metric"] not in known or one["low"] > known[one["metric"]]["lift"] for one in worse)


def _stop(ledger: Ledger, name: str, worse: Sequence[Numbers], *, as_of: date) -> None:
    told = [
        f"{one['metric']} {per_hundred(one['lift'])} per 100 customers "
        f"(surely {per_hundred(one['low'])} to {per_hundred(one['high'])})"
        for one in worse
    ]
    throw_switch(
        ledger,
        "strategy",
        name,
        stopped=True,
        actor="guardrails",
        reason=f"{'; '.join(told)}; {worse[0]['customers']:,} customers treated, seen on {as_of}",
        evidence={
            "as_of": as_of.isoformat(),
            "guardrails": {
                one["metric"]: {key: float(one[key]) for key in ("lift", "low", "high", "q_value")}
                for one in worse
            },
        },
    )
