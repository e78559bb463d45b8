"""What the report's page says of experiments: the values that its template lays out."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup

from evaluation import experiment_pictures as pictures
from evaluation.experiment_summary import ExperimentSummary, of_conversions
from evaluation.findings.arms import SampleRatio
from evaluation.findings.finding import FALSE_ALARMS
from evaluation.head_to_head import VIEWS, Pair, head_to_head
from evaluation.metrics.metric import load_metrics
from evaluation.novelty import by_week, trends
from evaluation.pictures import CHANNEL_NAMES, as_html
from evaluation.portfolio import VERDICT_NAMES, portfolio, sentences
from evaluation.suppress import SMALLEST, shown, suppress
from experiments.sample_ratio import evidence

TOO_FEW = f"Fewer than {SMALLEST} customers in an arm: not shown."
_LISTED = 40  # grave findings on the page
_VERDICTS = {
    "ship": "ship 推广",
    "stop": "stop 停用",
    "continue": "continue 继续",
    "broken": "broken 数据有误",
}
_LEVELS = {
    "all": "everything 合计",
    "channel": "channel of the first touch 渠道",
    "kind": "product 产品",
    "segment": "segment 客群",
    "manager": "manager 经理",
}


@dataclass(frozen=True, kw_only=True)
class Terms:
    """By what terms experiments are read, and what is promised of strategies.

    ``values``: CNY a conversion by strategy; ``pairs``: strategies whose channels may be set against each
    other.
    """

    titles: Mapping[str, str]
    values: Mapping[str, float]
    pairs: Sequence[Pair]
    confidence: float
    false_discovery: float


def sections(found: ExperimentSummary, terms: Terms) -> dict[str, Any]:
    """What ``experiments.html`` lays out. Counts of fewer than ten people are not in it."""
    strategies, kinds = (of_conversions(found.readouts, level) for level in ("strategy", "kind"))
    whole = portfolio(found.readouts, found.verdicts, values=terms.values, confidence=terms.confidence)
    falling = trends(found.weekly, confidence=terms.confidence, false_discovery=terms.false_discovery)
    told = found.history.dropna(subset=["lift"])
    return {
        "enough": pictures.ENOUGH,
        "ends": pictures.EACH_END,
        "verdicts": [(VERDICT_NAMES[verdict], count) for verdict, count in whole.strategies.items()],
        "portfolio": sentences(whole),
        "forest": _picture("forest", strategies, pictures.forest),
        "kinds": _picture("kinds", kinds, pictures.forest),
        "strategies": _strategy_rows(strategies, found, terms.titles),
        "cumulative": as_html("cumulative", pictures.cumulative(told)) if len(told) else None,
        "returns": {
            level: list(rows) for level, rows in groupby(_returns(found.returns), itemgetter("level"))
        },
        "channels": _channels(found),
        "pairs": _pairs(head_to_head(found.readouts, terms.pairs)),
        "views": VIEWS,
        "trend": falling[falling["level"] == "all"]["words"].item(),
        "weeks": _weeks(found.weekly, terms.confidence),
        "wearing_off": falling[
            (falling["level"] == "strategy") & (falling["falling_q"] <= terms.false_discovery)
        ]
        .sort_values("falling_q")[: pictures.EACH_END]
        .to_dict("records"),
        "touches": as_html("touches", pictures.touches(found.touches)) if len(found.touches) else None,
        "sample_ratio": _sample_ratio(strategies, found),
        **_findings(found.findings),
    }


def _picture(name: str, rows: pd.DataFrame, draw: Callable[[pd.DataFrame], go.Figure]) -> Markup | None:
    return as_html(name, draw(rows)) if len(pictures.drawable(rows)) else None


def _strategy_rows(
    readouts: pd.DataFrame, found: ExperimentSummary, titles: Mapping[str, str]
) -> list[dict[Hashable, Any]]:
    """The best first; of strategies with too few people in an arm only that is said."""
    advice = found.verdicts.rename(columns={"strategy": "name", "words": "advice"})
    paid = found.returns[found.returns["level"] == "strategy"]
    rows = readouts.merge(advice[["name", "verdict", "advice"]], on="name", how="left").merge(
        paid[["name", "return_per_contact"]], on="name", how="left"
    )
    few = rows[["customers", "control_customers"]].min(axis=1) < SMALLEST
    numbers = list(rows.select_dtypes("float").columns)
    rows[numbers] = rows[numbers].mask(few)
    rows["words"] = rows["advice"].fillna(rows["words"]).mask(few, TOO_FEW)
    order = rows["shrunk_lift"].fillna(rows["lift"])
    ordered = rows.assign(order=order).sort_values(["order", "name"], ascending=[False, True])
    return [
        {
            "name": row["name"],
            "title": titles.get(str(row["name"]), ""),
            "verdict": _VERDICTS.get(row["verdict"], ""),
            "treated": shown(int(row["customers"])),
            "held": shown(int(row["control_customers"])),
            "lift": _points(row["lift"]),
            "always": _interval(row["always_low"], row["always_high"]),
            "shrunk": _points(row["shrunk_lift"]),
            "shrunk_interval": _interval(row["shrunk_low"], row["shrunk_high"]),
            "paid": _yuan(row["return_per_contact"]),
            "words": row["words"],
        }
        for row in ordered.to_dict("records")
    ]


def _returns(returns: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Rows of every level but the single strategies; those of few people say so."""
    rows = suppress(returns[returns["level"].isin(list(_LEVELS))], count="customers", within=["level"])
    order = rows["level"].map({level: place for place, level in enumerate(_LEVELS)})
    rows = rows.assign(order=order).sort_values(["order", "name"])
    return [
        {
            "level": _LEVELS[row["level"]],
            "name": CHANNEL_NAMES.get(row["name"], row["name"]),
            "left_out": row["left_out"],
            "few": pd.isna(row["customers"]),
            "contacts": shown(int(row["contacts"])),
            "cost": _yuan(row["cost"]),
            "conversions": _count(row, "conversions"),
            "aum": _amount(row, "aum"),
            "value": _amount(row, "value"),
            "paid": _amount(row, "return_per_contact", digits=2),
            "words": row["words"],
        }
        for row in rows.to_dict("records")
    ]


def _channels(found: ExperimentSummary) -> list[dict[str, Any]]:
    """What each channel's strategies brought; not a comparison of the channels."""
    paid = found.returns[found.returns["level"] == "channel"].set_index("name")
    rows = pictures.drawable(of_conversions(found.readouts, "channel")).sort_values("name")
    return [
        {
            "channel": CHANNEL_NAMES.get(row["name"], row["name"]),
            "customers": shown(int(row["customers"])),
            "lift": (_points(row["lift"]), _interval(row["low"], row["high"])),
            "paid": _amount(dict(paid.loc[row["name"]]), "return_per_contact", digits=2)
            if row["name"] in paid.index
            else ("–", ""),
        }
        for row in rows.to_dict("records")
    ]


def _pairs(compared: pd.DataFrame) -> list[dict[Hashable, Any]]:
    few = compared[["first_customers", "second_customers"]].min(axis=1) < SMALLEST
    return [
        {
            **row,
            "first_channel": CHANNEL_NAMES.get(row["first_channel"], row["first_channel"]),
            "second_channel": CHANNEL_NAMES.get(row["second_channel"], row["second_channel"]),
            "first_lift": _points(row["first_lift"]),
            "second_lift": _points(row["second_lift"]),
            "difference": (_points(row["difference"]), _interval(row["low"], row["high"])),
        }
        for row in compared[~few].to_dict("records")
    ]


def _weeks(weekly: pd.DataFrame, confidence: float) -> Markup | None:
    rows = by_week(weekly, confidence=confidence).dropna(subset=["low"])
    rows = rows[rows["customers"] >= pictures.ENOUGH]
    return as_html("weeks", pictures.weeks(rows)) if len(rows) > 1 else None


def _sample_ratio(strategies: pd.DataFrame, found: ExperimentSummary) -> Markup | None:
    """Every strategy's share treated against the draw; the bound is that of one alarm among all of them.

    The evidence of arms' sizes must outweigh that of all metrics' missing values, which say nothing there.
    """
    rows = strategies.merge(found.drawn.rename(columns={"strategy": "name"}), on="name")
    rows = rows[rows[["customers", "control_customers"]].min(axis=1) >= SMALLEST]
    if rows.empty:
        return None
    broken = found.findings.loc[found.findings["kind"] == SampleRatio.name, "strategy"]
    everybody = rows["customers"] + rows["control_customers"]
    shares = pd.DataFrame(
        {
            "name": rows["name"],
            "customers": everybody,
            "observed": rows["customers"] / everybody,
            "drawn": rows["drawn"],
            "alarm": rows["name"].isin(broken),
        }
    )
    limit = np.log(len(rows) * (1 + len(load_metrics())) / FALSE_ALARMS)
    bound = _bound(everybody.max(), share=rows["drawn"].median(), limit=limit)
    return as_html("sample_ratio", pictures.sample_ratio(shares, bound=bound))


def _bound(largest: float, *, share: float, limit: float) -> pd.DataFrame:
    """customers, away: how far a share may stray from ``share`` before its evidence reaches ``limit``."""
    sizes = np.geomspace(2 * SMALLEST, max(largest, 4 * SMALLEST), 40)
    away = np.linspace(0, 1 - share, 2_000)[:, None] * np.ones_like(sizes)
    treated = sizes * (share + away)
    found = evidence(np.stack([treated, sizes - treated], axis=-1), [share, 1 - share])
    reached = found >= limit
    first = np.argmax(reached, axis=0)
    bound = np.where(reached.any(axis=0), away[first, np.arange(len(sizes))], np.nan)
    return pd.DataFrame({"customers": sizes, "away": bound}).dropna()


def _findings(findings: pd.DataFrame) -> dict[str, Any]:
    """Grave findings one by one; of the others how many strategies have them."""
    grave = findings["grave"].astype(bool)
    listed = findings[grave].sort_values(["strategy", "kind"])
    return {
        "grave": listed[:_LISTED].to_dict("records"),
        "more_grave": max(len(listed) - _LISTED, 0),
        "minor": findings[~grave].groupby("kind")["strategy"].nunique().to_dict(),
    }


def _points(share: float) -> str:
    return f"{100 * share:+.2f}" if pd.notna(share) else "–"


def _interval(low: float, high: float) -> str:
    return f"{_points(low)} to {_points(high)}" if pd.notna(low) else ""


def _yuan(amount: float, digits: int = 0) -> str:
    return f"{'-' if amount < 0 else ''}¥{abs(amount):,.{digits}f}" if pd.notna(amount) else "–"


def _amount(row: Mapping[Hashable, Any], name: str, *, digits: int = 0) -> tuple[str, str]:
    """A sum of money, and its interval."""
    if pd.isna(row[name]):
        return "–", ""
    value, low, high = (_yuan(row[f"{name}{end}"], digits) for end in ("", "_low", "_high"))
    return value, f"{low} to {high}"


def _count(row: Mapping[Hashable, Any], name: str) -> tuple[str, str]:
    if pd.isna(row[name]):
        return "–", ""
    return f"{row[name]:+,.0f}", f"{row[f'{name}_low']:+,.0f} to {row[f'{name}_high']:+,.0f}"
