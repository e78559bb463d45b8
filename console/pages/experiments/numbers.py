"""An experiment's numbers as a page writes them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from console.words import Said
from console.words.verdicts import metric_name, of_hundred, probability
from evaluation.metrics.metric import Metric, load_metrics
from evaluation.verdicts import GOAL

Row = Mapping[str, Any]

READINGS = (
    ("", Said("as measured", "实测"), Said("for one look planned beforehand", "只看一次时的区间")),
    (
        "always_",
        Said("however often one looks", "反复查看仍有效"),
        Said("the verdict rests on this", "结论以此为准"),
    ),
    (
        "shrunk_",
        Said("luck taken out", "扣除运气"),
        Said("in the light of all strategies: plan with this", "参照全部策略：规划用此数"),
    ),
)
VIEWS = {
    "entered": Said("with those for whom there was no room", "含因容量不足未触达者"),
    "contacted": Said(
        "those reached only: not drawn by lot, do not decide by it", "仅实际触达者：非随机，勿据此决策"
    ),
}
ARMS = {
    "treatment": Said("as the strategy has it", "原方案"),
    "treatment_b": Said("variant B", "变体 B"),
    "treatment_c": Said("variant C", "变体 C"),
    "treatment_d": Said("variant D", "变体 D"),
}
UNEVEN = 0.1
"""Below it, arms are called a little uneven: that holds however often one looks, and proves nothing yet."""


def of_all_arms(readouts: Sequence[Row]) -> dict[str, Row]:
    """The metrics' rows by intention to treat, all treated arms together, by metric."""
    return {str(row["metric"]): row for row in readouts if (row["view"], row["arm"]) == ("exposed", "any")}


def readings(goal: Row) -> list[dict[str, Any]]:
    """The goal's effect read in three ways, of 100 customers."""
    found = []
    for prefix, name, note in READINGS:
        lift = goal["lift" if prefix == "always_" else f"{prefix}lift"]
        ends = [of_hundred(goal[f"{prefix}{end}"]) for end in ("low", "high")]
        if prefix == "shrunk_" and not _known(lift):
            note = Said("too few strategies yet to take luck out", "策略太少，暂无法扣除运气")
        found.append({"name": name, "lift": of_hundred(lift), "low": ends[0], "high": ends[1], "note": note})
    return found


def metrics(rows: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Every metric, the goal first, guardrails last."""
    declared = load_metrics()
    known = [declared[name] for name in rows if name in declared]
    known.sort(key=lambda metric: (metric.name != GOAL, metric.guardrail, metric.name))
    return [_metric(metric, rows[metric.name]) for metric in known]


def arms(readouts: Sequence[Row]) -> list[Row]:
    """The goal in each treated arm, where there are several."""
    return [
        {**row, "name": ARMS[row["arm"]]}
        for row in sorted(readouts, key=lambda row: str(row["arm"]))
        if row["metric"] == GOAL and row["view"] == "exposed" and row["arm"] in ARMS
    ]


def views(readouts: Sequence[Row]) -> list[Row]:
    """The goal seen otherwise than by intention to treat."""
    return [
        {**row, "name": VIEWS[row["view"]]}
        for row in readouts
        if row["metric"] == GOAL and row["arm"] == "any" and row["view"] in VIEWS
    ]


def evenness(goal: Row | None, findings: Sequence[Row]) -> tuple[str, Said]:
    """Whether the arms are as large as they were drawn, in levels, and what to do."""
    if any(row["kind"] == "sample_ratio" for row in findings):
        return "broken", Said(
            "The arms are not as large as they were drawn: something lost customers of one of them. No "
            "number is shown. See whether one arm's lists were held back, or whether the rule looks at "
            "something that a contact changes; mend it and begin anew with a new version.",
            "两组人数与抽签不符：有一组客户丢失，因此不显示任何数字。请检查是否有一组的名单被扣留，"
            "或规则是否使用了会被触达改变的特征；修复后以新版本重新开始。",
        )
    p = goal["sample_ratio_p"] if goal else None
    if not _known(p):
        return "unknown", Said("Nothing is known of it yet.", "暂无数据。")
    told = probability(p)
    if float(p or 0) < UNEVEN:
        return "watch", Said(
            f"A little uneven (p = {told}), which proves nothing yet. Look again tomorrow, and do not ship "
            "before.",
            f"略有偏差（p = {told}），尚不能说明问题。请明天再看，在此之前不要推广。",
        )
    return "even", Said(f"As drawn (p = {told}).", f"与抽签一致（p = {told}）。")


def yuan(value: float | None) -> str:
    """An amount of money gained, or lost; a dash where it is not known."""
    return "–" if value is None else f"{'-' if value < 0 else '+'}¥{abs(value):,.2f}"


def _metric(metric: type[Metric], row: Row) -> dict[str, Any]:
    name = metric_name(metric.name)
    margin = of_hundred(metric.margin)
    if metric.guardrail:
        name = Said(f"{name.english} (guardrail, up to {margin})", f"{name.chinese}（护栏，允许至 {margin}）")
    return {
        "name": name,
        "mean": _level(row["mean"], metric),
        "control_mean": _level(row["control_mean"], metric),
        **{end: _change(row[end], metric) for end in ("lift", "always_low", "always_high", "shrunk_lift")},
        "adjusted": None
        if not _known(row["adjusted_lift"])
        else [_change(row[f"adjusted_{end}"], metric) for end in ("lift", "low", "high")],
        "q_value": probability(row["q_value"]),
    }


def _level(value: Any, metric: type[Metric]) -> str:
    if not _known(value):
        return "–"
    return f"{100 * value:.2f} %" if metric.kind == "share" else f"{value:,.2f}"


def _change(value: Any, metric: type[Metric]) -> str:
    if not _known(value) or metric.kind == "share":
        return of_hundred(value)
    return f"{value:+,.2f}"


def _known(value: Any) -> bool:
    return value is not None and math.isfinite(value)
