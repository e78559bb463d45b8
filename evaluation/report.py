"""Lays a night out as one HTML page that needs no network."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from evaluation import pictures
from evaluation.choice import choice_of
from evaluation.experiment_sections import Terms, sections
from evaluation.experiment_summary import ExperimentSummary
from evaluation.pictures import as_html
from evaluation.summary import Summary
from evaluation.suppress import SMALLEST, shown, suppress


@dataclass(frozen=True)
class Context:
    """What the page says beside the night's tables."""

    source: str
    source_doc: str
    source_caveat: str  # what readers of the lifts must be told of this source, if anything
    capacities: Mapping[str, int]
    seconds: Mapping[str, int]  # planned length of a contact, by channel
    rule_docs: Mapping[str, str]
    terms: Terms
    quality: pd.DataFrame  # table_name, expectation, column_name, success, checked, unexpected, share
    planted: pd.DataFrame | None = None  # kind, estimated, low, high, planted; where the truth is known
    # Rows of outcomes refused, and contacts dropped at release, by reason, as the trail has them.
    refused_outcomes: Mapping[str, int | str] = field(default_factory=dict)
    stopped: Mapping[str, int | str] = field(default_factory=dict)


def write_report(summary: Summary, experiments: ExperimentSummary, context: Context, path: Path) -> Path:
    """Renders the page to ``path``, whole or not at all; the same night gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(render(summary, experiments, context), encoding="utf-8")
    draft.replace(path)
    return path


def render(summary: Summary, experiments: ExperimentSummary, context: Context) -> str:
    """The page as text. Counts of fewer than ten people are not in it."""
    environment = Environment(
        loader=PackageLoader("evaluation", "."), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    drops = summary.drops.assign(
        doc=summary.drops["rule"].map(lambda r: _first_line(context.rule_docs.get(r, r)))
    )
    # The long tail's total is on the page, so one small segment alone could be worked out.
    segments = suppress(summary.segments, count="customers", within=[])
    failed = context.quality[~context.quality["success"].astype(bool)]
    return environment.get_template("report.html").render(
        summary=summary,
        experiments=sections(experiments, context.terms),
        context=context,
        numbers=_numbers(summary),
        shown=shown,
        smallest=SMALLEST,
        plotly=Markup(get_plotlyjs()),  # the library's own text
        journey=as_html("journey", pictures.journey(summary.journey)),
        sizes=as_html("sizes", pictures.segment_sizes(segments)),
        migration=as_html("migration", pictures.migration(summary.migration))
        if _moved(summary.migration)
        else None,
        cards=[_card(row) for row in segments.to_dict("records")],
        capacity=as_html("capacity", pictures.capacity(summary.released, context.capacities)),
        hours=as_html("hours", pictures.hours(summary.hours)),
        choice=choice_of(summary.certificates, summary.limits, seconds=context.seconds),
        drops=as_html("drops", pictures.bars(drops, label="doc", count="candidates")),
        results=as_html("results", pictures.results(summary.results)) if len(summary.results) else None,
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
    known = not pd.isna(row["customers"]) and int(row["customers"]) > 0
    return {
        "segment": row["segment"],
        "name": row["name"],
        "customers": "–" if pd.isna(row["customers"]) else f"{int(row['customers']):,}",
        "mean_aum": f"{int(row['aum_fen']) / 100 / int(row['customers']):,.0f}" if known else None,
        "words": json.loads(row["words"]) if known else [],
        "manager": row["manager"],
    }


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
