"""Whether an effect wears off from week to week of exposure."""

from collections.abc import Mapping
from typing import Any

from base.settings import Experiments as Terms
from console.pages.experiments.pictures import by_week
from console.pages.page import Visit
from console.words import Said
from console.words.verdicts import of_hundred
from evaluation.novelty import trends
from evaluation.suppress import hidden
from jobs.experiment_tables import Experiments, records
from lake.tables import WEEKLY


def weeks(visit: Visit, found: Experiments, name: str) -> dict[str, Any]:
    """The effect by week of exposure, and whether it wears off; weeks of few people are not told."""
    own = found.rows(WEEKLY, {"strategy": [name]}).sort_values("week", ignore_index=True)
    away = hidden(own, counts=["customers", "control_customers"], within=[])
    rows = records(own[~away & own["lift"].notna()])
    return {
        "weeks": rows,
        "wears_off": _wearing_off(visit, found, name) if len(rows) > 1 else None,
        "weekly": by_week(rows, visit.user.language) if rows else None,
    }


def _wearing_off(visit: Visit, found: Experiments, name: str) -> Said | None:
    """Whether later weeks do less, with false discoveries held over all strategies."""
    terms = visit.settings.experiments
    read = visit.lake.remembered(("trends", found.as_of), (WEEKLY,), lambda: _trends(found, terms))
    trend = read.get(name)
    if trend is None or trend["slope"] is None:
        return None
    change = of_hundred(trend["slope"])
    ends = f"{of_hundred(trend['low'])} – {of_hundred(trend['high'])}"
    if trend["falling_q"] <= terms.false_discovery:
        return Said(
            f"It wears off: {change} of 100 a week ({ends}). Either the novelty is gone, or later weeks hold "
            "less promising customers: renew the script or narrow the rule.",
            f"效果递减：每周每百人 {change}（{ends}）。可能是新鲜感消失，也可能是后来的客户意愿较低："
            "请更新话术或收窄规则。",
        )
    return Said(
        f"No wearing off seen: {change} of 100 a week ({ends}).", f"未见递减：每周每百人 {change}（{ends}）。"
    )


def _trends(found: Experiments, terms: Terms) -> Mapping[str, Mapping[str, Any]]:
    """Every strategy's trend, by name."""
    read = trends(found.rows(WEEKLY, {}), confidence=terms.confidence, false_discovery=terms.false_discovery)
    return {str(row["name"]): row for row in records(read[read["level"] == "strategy"])}
