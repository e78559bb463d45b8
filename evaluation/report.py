"""Lays a night out as one HTML page that needs no network."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from evaluation import pictures
from evaluation.summary import Summary
from evaluation.suppress import SMALLEST, shown

TOO_FEW = f"Fewer than {SMALLEST} customers in an arm: not shown."


@dataclass(frozen=True)
class Context:
    """What the page says beside the night's tables."""

    source: str
    source_doc: str
    source_caveat: str  # what readers of the lifts must be told of this source, if anything
    capacities: Mapping[str, int]
    rule_docs: Mapping[str, str]
    strategy_titles: Mapping[str, str]
    quality: pd.DataFrame  # table_name, expectation, column_name, success, checked, unexpected, share
    planted: pd.DataFrame | None = None  # kind, estimated, low, high, planted; where the truth is known
    refused_outcomes: Mapping[str, int] = field(default_factory=dict)
    stopped: Mapping[str, int] = field(default_factory=dict)  # contacts dropped at release, by reason


def write_report(summary: Summary, context: Context, path: Path) -> Path:
    """Renders the page to ``path``, whole or not at all; the same night gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(render(summary, context), encoding="utf-8")
    draft.replace(path)
    return path


def render(summary: Summary, context: Context) -> str:
    """The page as text. Counts of fewer than ten people are not in it."""
    environment = Environment(
        loader=PackageLoader("evaluation", "."), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    readouts = summary.readouts
    strategies = readouts[readouts["level"] == "strategy"]
    kinds = readouts[(readouts["level"] == "kind") & (readouts["metric"] == "converted")]
    converted = strategies[strategies["metric"] == "converted"]
    drops = summary.drops.assign(
        doc=summary.drops["rule"].map(lambda r: _first_line(context.rule_docs.get(r, r)))
    )
    failed = context.quality[~context.quality["success"].astype(bool)]
    return environment.get_template("report.html").render(
        summary=summary,
        context=context,
        numbers=_numbers(summary),
        shown=shown,
        smallest=SMALLEST,
        enough=pictures.ENOUGH,
        plotly=Markup(get_plotlyjs()),  # the library's own text
        journey=_figure("journey", pictures.journey(summary.journey)),
        sizes=_figure("sizes", pictures.segment_sizes(summary.segments)),
        migration=_figure("migration", pictures.migration(summary.migration))
        if _moved(summary.migration)
        else None,
        cards=[_card(row) for row in summary.segments.to_dict("records")],
        capacity=_figure("capacity", pictures.capacity(summary.released, context.capacities)),
        hours=_figure("hours", pictures.hours(summary.hours)),
        drops=_figure("drops", pictures.bars(drops, label="doc", count="candidates")),
        results=_figure("results", pictures.results(summary.results)) if len(summary.results) else None,
        kinds=_figure("kinds", pictures.forest(kinds, title="lift in conversions, percentage points"))
        if len(pictures.drawable(kinds))
        else None,
        forest=_figure("forest", pictures.forest(converted, title="lift in conversions, percentage points"))
        if len(pictures.drawable(converted))
        else None,
        strategies=_strategy_rows(converted, context.strategy_titles),
        fates=[
            (fate.replace("_", " "), f"under {SMALLEST}" if pd.isna(count) else f"{int(count):,}")
            for fate, count in zip(summary.fates["fate"], summary.fates["contacts"], strict=True)
        ],
        failed=failed.to_dict("records"),
        checks=len(context.quality),
        tables=context.quality["table_name"].nunique(),
        rejected=summary.rejected.to_dict("records"),
        planted=context.planted.to_dict("records") if context.planted is not None else None,
    )


def _numbers(summary: Summary) -> list[tuple[str, str]]:
    stages = summary.journey.set_index("stage")["customers"]
    names = (
        "customers",
        "in the long tail",
        "wanted by a strategy",
        "allowed by policy",
        "contacted",
        "reached",
    )
    return [
        (name, f"under {SMALLEST}" if pd.isna(stages[name]) else f"{int(stages[name]):,}") for name in names
    ]


def _moved(migration: pd.DataFrame) -> bool:
    drawn = migration.dropna(subset=["customers"])
    return bool(len(drawn[drawn["before"] != drawn["after"]]))


def _card(row: Mapping[Hashable, Any]) -> dict[str, object]:
    customers = int(row["customers"])
    aum = int(row["aum_fen"]) / 100 / customers if customers >= SMALLEST else None
    return {
        "segment": row["segment"],
        "name": row["name"],
        "customers": shown(customers),
        "mean_aum": None if aum is None else f"{aum:,.0f}",
        "words": json.loads(row["words"]) if customers >= SMALLEST else [],
        "manager": row["manager"],
    }


def _strategy_rows(converted: pd.DataFrame, titles: Mapping[str, str]) -> list[dict[Hashable, Any]]:
    few = converted[["customers", "control_customers"]].min(axis=1) < SMALLEST
    hidden = dict.fromkeys(("lift", "low", "high", "p_value"), float("nan"))
    converted = converted.assign(words=converted["words"].mask(few & converted["lift"].notna(), TOO_FEW))
    converted = converted.assign(**{name: converted[name].mask(few, nan) for name, nan in hidden.items()})
    ordered = converted.sort_values(["lift", "name"], ascending=[False, True], na_position="last")
    return [
        {
            **row,
            "title": titles.get(str(row["name"]), ""),
            "treated": shown(int(row["customers"])),
            "held": shown(int(row["control_customers"])),
            "lift": _points(row["lift"]),
            "interval": f"{_points(row['low'])} to {_points(row['high'])}" if pd.notna(row["low"]) else "",
            "p": f"{row['p_value']:.3f}" if pd.notna(row["p_value"]) else "",
        }
        for row in ordered.to_dict("records")
    ]


def _points(share: float) -> str:
    return f"{100 * share:+.2f}" if pd.notna(share) else "–"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""


def _figure(name: str, figure: go.Figure) -> Markup:
    body = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        config={"displayModeBar": False, "responsive": True},
    )
    return Markup(body)  # Plotly escapes what it lays out
