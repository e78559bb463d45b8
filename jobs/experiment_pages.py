"""The page of an experiment: what to do about the strategy, and why."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from evaluation.metrics.metric import Metric
from evaluation.suppress import SMALLEST
from evaluation.verdicts import GOAL
from jobs.experiment_lists import COLOURS, Sheet, known, of_hundred, people, probability, review_table
from jobs.reviews import Review

_TO_DO = {
    "ship": "Keep it live. Write the decision down:",
    "stop": "Take it out of the night, and write the decision down:",
    "continue": "Let it run and come back. If you decide otherwise, write that down:",
    "broken": "Mend what is wrong first; until then decide nothing by these numbers.",
}
_VIEWS = {
    "entered": "with those for whom there was no room",
    "contacted": "those reached only: not randomised, do not decide by it",
}

Row = Mapping[Hashable, Any]


@dataclass(frozen=True, kw_only=True)
class Page:
    """All that is known of a strategy's experiment. Small cells are hidden in ``readouts`` and ``segments``.

    ``standing`` and ``stopped``: how the book has it, and for what its switch was thrown.
    """

    as_of: date
    title: str | None
    standing: str
    stopped: str | None
    verdict: Mapping[str, Any]
    readouts: pd.DataFrame
    segments: pd.DataFrame
    findings: pd.DataFrame
    reviews: Sequence[Review]


def page_of(page: Page, *, metrics: Mapping[str, type[Metric]], level: float) -> Group:
    """The page: verdict and what to do first, then why. ``level``: false discoveries that are allowed."""
    parts: list[RenderableType] = [*_head(page), *_what_to_do(page)]
    if page.verdict["verdict"] != "broken":
        parts += _numbers(page, metrics, level)
    parts += _findings(page.findings) + _reviews(page.reviews)
    parts.append(Text("What the numbers mean: docs/experiments.md", style="dim"))
    return Group(*parts)


def _head(page: Page) -> list[RenderableType]:
    title = f"  {page.title}" if page.title else ""
    name = page.verdict["strategy"]
    parts = [Text.assemble((name, "bold"), f"{title}  {page.standing}, read on {page.as_of}\n")]
    if page.stopped:
        parts.append(Text(f"Switched off: {page.stopped}\n", style="bold red"))
    parts.append(Text(f"{page.verdict['words']}\n", style=COLOURS[page.verdict["verdict"]]))
    return list(parts)


def _what_to_do(page: Page) -> list[RenderableType]:
    name, verdict = page.verdict["strategy"], page.verdict["verdict"]
    commands = []
    if verdict == "stop" and not page.stopped:
        commands.append(f'longreach strategies pause {name} --reason "..."')
    if verdict != "broken":
        commands.append(f'longreach experiments review {name} --decide {verdict} --reason "..."')
    # Lines of their own that are never wrapped: they are there to be copied.
    lines = [Text(f"    {command}", no_wrap=True, overflow="ignore") for command in commands]
    return [Text(f"What to do 怎么办: {_TO_DO[verdict]}"), *lines, Text("")]


def _numbers(page: Page, metrics: Mapping[str, type[Metric]], level: float) -> list[RenderableType]:
    exposed = page.readouts[page.readouts["view"] == "exposed"]
    whole = {str(row["metric"]): row for row in exposed[exposed["arm"] == "any"].to_dict("records")}
    goal = whole.get(GOAL)
    if goal is None or not known(goal["customers"]):
        return [Text(f"No numbers yet: an arm has fewer than {SMALLEST} customers.")]
    return [
        _sizes(goal),
        _goal_table(goal, metrics[GOAL]),
        _metric_table(list(whole.values()), metrics),
        *(Text(f"{name}: {_doc(metrics[name])}", style="dim") for name in sorted(whole)),
        *_arms(exposed),
        *_views(page.readouts),
        *_segments(page.segments, goal, level),
    ]


def _sizes(goal: Row) -> Text:
    treated, held = (people(goal[name]) for name in ("customers", "control_customers"))
    ratio = goal["sample_ratio_p"]
    drawn = (
        f"; that the arms are as large as they were drawn: p = {probability(ratio)}" if known(ratio) else ""
    )
    return Text(f"{treated} treated, {held} left alone{drawn}.")


def _goal_table(goal: Row, metric: type[Metric]) -> Sheet:
    readings = (
        ("as measured", "", f"for one look planned beforehand, p = {probability(goal['p_value'])}"),
        (
            "however often one looks",
            "always_",
            f"the verdict rests on this, q = {probability(goal['q_value'])}",
        ),
        ("luck taken out", "shrunk_", _planning(goal)),
    )
    rows = [
        (words, of_hundred(lift), *(of_hundred(goal[f"{prefix}{end}"]) for end in ("low", "high")), note)
        for words, prefix, note in readings
        if known(lift := goal["lift" if prefix == "always_" else f"{prefix}lift"])
    ]
    if not known(goal["shrunk_lift"]):
        rows.append(("luck taken out", "–", "–", "–", "too few strategies yet to take luck out"))
    headings = ("reading", "of 100", "from", "to", "")
    return Sheet(title=f"The goal: {_doc(metric)}", headings=headings, rows=rows, loose=("reading", ""))


def _planning(goal: Row) -> str:
    nothing = all(abs(100 * goal[f"shrunk_{name}"]) < 0.005 for name in ("lift", "low", "high"))
    if nothing:
        return "in the light of all strategies no effect is left; do not plan with one yet"
    return "in the light of all strategies; plan with this"


def _metric_table(rows: Sequence[Row], metrics: Mapping[str, type[Metric]]) -> Sheet:
    lines: list[Sequence[str | Text]] = []
    for row in sorted(rows, key=lambda row: (metrics[row["metric"]].guardrail, row["metric"])):
        metric = metrics[row["metric"]]
        lifts = (_change(row[name], metric) for name in ("lift", "always_low", "always_high", "shrunk_lift"))
        lines.append(
            (
                f"{metric.name}{f' (guardrail) to {of_hundred(metric.margin)}' if metric.guardrail else ''}",
                *(_level(row[name], metric, hidden=known(row["lift"])) for name in ("mean", "control_mean")),
                *lifts,
                probability(row["q_value"]),
            )
        )
        if known(row["adjusted_lift"]):
            left = f"  CUPED, one look, variance {100 * row['variance_kept']:.0f} %"
            ends = (_change(row[f"adjusted_{name}"], metric) for name in ("lift", "low", "high"))
            lines.append((left, "", "", *ends, "", ""))
    return Sheet(
        title="All metrics, however often one looks; lifts of 100 customers, or in yuan a customer",
        headings=("metric", "treated", "left alone", "lift", "from", "to", "plan with", "q"),
        rows=lines,
        loose=("metric",),
        spare=("left alone", "treated", "plan with"),
    )


def _arms(exposed: pd.DataFrame) -> list[RenderableType]:
    rows = exposed[(exposed["metric"] == GOAL) & (exposed["arm"] != "any")]
    return (
        _lifts("The arms, each against those left alone", "arm", rows.sort_values("arm")) if len(rows) else []
    )


def _views(readouts: pd.DataFrame) -> list[RenderableType]:
    rows = readouts[(readouts["metric"] == GOAL) & (readouts["arm"] == "any") & readouts["view"].isin(_VIEWS)]
    named = rows[rows["customers"].notna()].replace({"view": _VIEWS}).sort_values("view")
    return _lifts("Seen otherwise", "view", named) if len(named) else []


def _segments(segments: pd.DataFrame, goal: Row, level: float) -> list[RenderableType]:
    """The segments whose own lift is a discovery, however often one looks."""
    alike = f"that all are alike: p = {probability(goal.get('heterogeneity_p', math.nan))}"
    rows = segments[segments["metric"] == GOAL]
    if rows.empty:
        return []
    surely = rows[rows["q_value"] <= level].sort_values("shrunk_lift", ascending=False)
    if surely.empty:
        return [Text(f"Segments: in none of them alone is a lift proven ({alike}, for one look).")]
    return _lifts(f"Segments proven alone ({alike})", "segment", surely)


def _lifts(title: str, by: str, rows: pd.DataFrame) -> list[RenderableType]:
    """Lifts of the goal, one row each, for one look."""
    lines: list[Sequence[str | Text]] = [
        (
            Text(str(row[by])),
            *(people(row[name]) for name in ("customers", "control_customers")),
            *(of_hundred(row[name]) for name in ("lift", "low", "high", "shrunk_lift")),
            probability(row["q_value"]),
        )
        for row in rows.to_dict("records")
    ]
    return [
        Sheet(
            title=f"{title}; for one look",
            headings=(by, "treated", "left alone", "of 100", "from", "to", "plan with", "q"),
            rows=lines,
            loose=(by,),
            spare=("q", "plan with"),
        )
    ]


def _findings(findings: pd.DataFrame) -> list[RenderableType]:
    rows = findings.sort_values(["grave", "kind"], ascending=[False, True]).to_dict("records")
    return [
        Text(f"Finding {row['kind']}: {row['words']}", style="red" if row["grave"] else "yellow")
        for row in rows
    ]


def _reviews(reviews: Sequence[Review]) -> list[RenderableType]:
    return [review_table(reviews)] if reviews else []


def _doc(metric: type[Metric]) -> str:
    return (metric.__doc__ or "").strip().splitlines()[0]


def _level(value: Any, metric: type[Metric], *, hidden: bool) -> str:
    if not known(value):
        return "hidden" if hidden else "–"
    return f"{100 * value:.2f} %" if metric.kind == "share" else f"{value:,.2f}"


def _change(value: Any, metric: type[Metric]) -> str:
    if not known(value) or metric.kind == "share":
        return of_hundred(value)
    return f"{value:+,.2f}"
