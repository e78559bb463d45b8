"""What is advised about an experiment, and why, in both languages; from the numbers of its readouts."""

import math
from collections.abc import Mapping
from typing import Any

from console.words import Said
from evaluation.verdicts import GOAL, Needed, per_hundred, rounded
from jobs.reviews import Decision
from strategies.spoken import WORDS

NAMES = {
    "ship": Said("Works: keep it", "有效：推广"),
    "stop": Said("Stop it", "停用"),
    "continue": Said("Not proven yet", "尚未证实"),
    "broken": Said("Data are wrong", "数据有误"),
}
"""The verdicts."""

TO_DO = {
    "ship": Said(
        "Keep it live, plan with the number below, and write the decision down.",
        "继续运行，按下面的数字做规划，并记录决定。",
    ),
    "stop": Said(
        "Take it out of the night, and write the decision down. Mend the script or the audience before "
        "anything of it goes on.",
        "从夜间作业中停用，并记录决定。修改话术或客群之后再重新开始。",
    ),
    "continue": Said("Let it run and come back.", "继续运行，稍后再看。"),
    "broken": Said(
        "Mend what is wrong first. Until then decide nothing by these numbers.",
        "先修复数据问题，在此之前不要依据这些数字做决定。",
    ),
}

DECISIONS: Mapping[Decision, Said] = {
    "ship": Said("keep it and roll it out", "推广"),
    "continue": Said("let it run on", "继续"),
    "redesign": Said("begin anew, redesigned", "重新设计"),
    "stop": Said("stop it", "停用"),
}

METRICS = {
    "converted": Said("reached the goal", "达成目标"),
    "amount": Said("yuan placed or lent, a customer", "人均金额（元）"),
    "amount_per_opening": Said("yuan each time it was taken up", "笔均金额（元）"),
    "aum_change": Said("assets grown by, yuan", "资产变动（元）"),
    "outflow": Said("assets fell by half", "资产减半"),
    "complained": Said("complained", "投诉"),
    "opted_out": Said("opted out", "退订"),
}
"""Short names of metrics; one without any is shown by its own."""


def metric_name(name: str) -> Said:
    """The metric in a few words."""
    return METRICS.get(name, Said(name, name))


def product_said(name: str) -> Said:
    """What people call a product."""
    return Said(name, WORDS["zh"].products.get(name, name))


def advice(verdict: Mapping[str, Any], *, goal: Mapping[str, Any], findings: Said, level: float) -> Said:
    """The advice with its reason.

    ``verdict``: its row of VERDICTS_TABLE; ``goal``: the goal's row of READOUTS, empty where there is none;
    ``findings``: what is wrong with the data; ``level``: share of false discoveries that is allowed.
    """
    if verdict["verdict"] == "broken":
        return Said(
            f"Believe no number of it until this is mended. {findings.english}",
            f"修复之前，任何数字都不可信。{findings.chinese}",
        )
    if not _known(verdict["lift"]):
        return Said(
            "Nothing can be said yet: an arm is empty, has fewer than ten customers, or nothing is known.",
            "目前无法判断：某组为空、不足十人，或尚无结果数据。",
        )
    if verdict["verdict"] == "ship":
        return _shipped(verdict, goal)
    if verdict["verdict"] == "stop":
        return _stopped(verdict, goal, level)
    return _open(verdict)


def wait(goal: Mapping[str, Any], needed: Needed | None) -> Said:
    """Why it is not proven yet, and how long it still takes, should the strategy do what it seems to do."""
    told = _resolution(goal)
    if needed is None:
        return _joined(
            told,
            Said(
                "It does not look like a gain so far; what is still to come of open windows may change that.",
                "目前看不出增益；观察期未结束的客户可能改变这一点。",
            ),
        )
    if not math.isfinite(needed.customers):
        return told
    if needed.customers <= 0:
        return _joined(
            told,
            Said(
                "By itself it needs no more customers; it waits until fewer of all look like luck.",
                "就其自身而言客户数已够，需待整体上仅凭运气的可能性降低后才能认定。",
            ),
        )
    lift = per_hundred(needed.lift)
    if not needed.sensible:
        return _joined(
            told,
            Said(
                f"An effect as small as it seems ({lift} of 100) will not be proven in sensible time: widen "
                "the audience or raise the share that is left alone.",
                f"看起来的效果很小（每百人 {lift}），合理时间内无法证实：请扩大客群或提高留出组比例。",
            ),
        )
    count = rounded(needed.customers)
    nights = math.ceil(needed.nights) if math.isfinite(needed.nights) else None
    return _joined(
        told,
        Said(
            f"If it does what it seems to ({lift} of 100), about {count} more customers will tell"
            + (f": some {nights:,} more nights at the present rate." if nights is not None else "."),
            f"若真实效果与目前所见一致（每百人 {lift}），大约还需 {count} 位客户"
            + (f"，按目前速度约 {nights:,} 晚。" if nights is not None else "。"),
        ),
    )


def of_hundred(lift: Any) -> str:
    """A lift of a share, as customers of each hundred; a dash where there is none."""
    return per_hundred(lift).replace("-0.00", "+0.00") if _known(lift) else "–"


def probability(p: Any) -> str:
    """A p-value or q-value; a dash where there is none."""
    if not _known(p):
        return "–"
    return f"{p:.3f}" if p >= 0.0005 else "< 0.001"


def _shipped(verdict: Mapping[str, Any], goal: Mapping[str, Any]) -> Said:
    found, sure = of_hundred(verdict["lift"]), _surely(verdict)
    told = Said(
        f"Of 100 customers {found} more reach the goal because of it (surely {sure.english}).",
        f"每 100 位客户中，因它而达成目标的多 {found} 位（可靠区间 {sure.chinese}）。",
    )
    plan = of_hundred(goal.get("shrunk_lift"))
    if plan not in ("–", "+0.00"):
        told = _joined(
            told,
            Said(
                f"Plan with {plan}: the luck of being picked among many is taken out of that.",
                f"做规划请用 {plan}：已扣除“优中选优”的运气成分。",
            ),
        )
    return _joined(told, Said("No guardrail is surely worse.", "没有护栏指标确定变差。"))


def _stopped(verdict: Mapping[str, Any], goal: Mapping[str, Any], level: float) -> Said:
    found, sure = of_hundred(verdict["lift"]), _surely(verdict)
    if verdict["metric"] != GOAL:
        name = metric_name(str(verdict["metric"]))
        return Said(
            f"It does harm: of 100 customers {found} more {name.english} (surely {sure.english}), which is "
            "more than is let pass.",
            f"有害：每 100 位客户中“{name.chinese}”增加 {found} 位（可靠区间 {sure.chinese}），"
            "超过允许范围。",
        )
    worse = _known(goal.get("q_value")) and goal["q_value"] <= level and goal["always_high"] < 0
    if worse:
        return Said(
            f"Fewer reach the goal than if left alone: {found} of 100 customers (surely {sure.english}).",
            f"达成目标的反而更少：每 100 位客户 {found} 位（可靠区间 {sure.chinese}）。",
        )
    return Said(
        f"Not worth its cost: of 100 customers whose window has closed {found} more reach the goal because "
        f"of it (surely {sure.english}), fewer than pay for the contacts.",
        f"得不偿失：观察期已结束的每 100 位客户中，因它而达成目标的多 {found} 位（可靠区间 {sure.chinese}），"
        "不足以抵偿触达成本。",
    )


def _open(verdict: Mapping[str, Any]) -> Said:
    found, sure = of_hundred(verdict["lift"]), _surely(verdict)
    if verdict["low"] > 0:
        q = probability(verdict["q_value"])
        return Said(
            f"Of 100 customers {found} more reach the goal because of it, by itself surely {sure.english}. "
            f"Among so many strategies some look as good by luck: it does not count as proven yet (q = {q}).",
            f"每 100 位客户中，因它而达成目标的多 {found} 位，单看它可靠区间为 {sure.chinese}。"
            f"但策略众多，总有一些仅凭运气看似有效，因此尚不算证实（q = {q}）。",
        )
    return Said(
        f"Of 100 customers {found} more reach the goal because of it, but that may be luck: sure is only "
        f"that it lies within {sure.english}.",
        f"每 100 位客户中，因它而达成目标的多 {found} 位，但可能只是运气："
        f"能确定的只是在 {sure.chinese} 之间。",
    )


def _resolution(goal: Mapping[str, Any]) -> Said:
    detectable = goal.get("detectable_lift")
    if not _known(detectable):
        return Said("", "")
    least = of_hundred(detectable)
    return Said(
        f"With so many customers, an effect from {least} of 100 on would mostly be seen; what is smaller "
        "needs more customers.",
        f"以目前的客户数，每百人 {least} 以上的效果大多能看出，更小的效果需要更多客户。",
    )


def _surely(verdict: Mapping[str, Any]) -> Said:
    low, high = of_hundred(verdict["low"]), of_hundred(verdict["high"])
    return Said(f"{low} to {high}", f"{low} 至 {high}")


def _joined(one: Said, other: Said) -> Said:
    return Said(f"{one.english} {other.english}".strip(), f"{one.chinese}{other.chinese}")


def _known(value: Any) -> bool:
    return value is not None and math.isfinite(value)
