"""Verdicts: what to do about each strategy, from its readouts and the findings about its data.

Everything rests on always-valid evidence under false-discovery control, so that verdicts may be read every
night: a fixed-horizon interval, looked at daily, would ship one useless strategy in four.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from evaluation.suppress import SMALLEST
from experiments.discoveries import q_values
from experiments.moments import Floats
from experiments.sequences import scored_sequence, sequence
from experiments.statistics import Difference, slope
from lake.tables.decisions import VERDICTS_TABLE

GOAL = "converted"
"""The metric that strategies are shipped for: the goal their document names."""

_POWER = 0.84  # normal quantile of 80 %
_NEGLIGIBLE = 5e-5  # a lift that reads +0.00 of 100
_FARTHEST = 365  # nights; what takes longer is not worth waiting for
_MOST = 20  # times the customers seen so far

Facts = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    """What a verdict rests on; ``low`` and ``high`` are always valid."""

    metric: str
    lift: float
    low: float
    high: float
    q_value: float

    @property
    def told(self) -> bool:
        """Whether it says anything at all."""
        return math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.lift <= self.high

    @property
    def words(self) -> str:
        low, high = per_hundred(self.low), per_hundred(self.high)
        return f"{per_hundred(self.lift)} (surely {low} to {high})"


@dataclass(frozen=True, kw_only=True)
class Needed:
    """So many more ``customers``, which come in so many ``nights`` (NaN: not known), show a lift of ``lift``;
    not ``sensible`` where that is more than anybody would wait for."""

    lift: float
    customers: float
    nights: float
    sensible: bool


_EVIDENCE = tuple(field.name for field in fields(_Evidence))


def verdicts(
    readouts: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    closed: pd.DataFrame,
    terms: pd.DataFrame,
    guardrails: Mapping[str, float],
    false_discovery: float,
    confidence: float,
) -> pd.DataFrame:
    """VERDICTS_TABLE's columns, one row a strategy that has a readout or a finding, by name.

    Parameters: READOUTS; EXPERIMENT_FINDINGS; ``closed``, what ``novelty.closed_lifts`` read of the goal;
    ``terms``, one row a strategy: ``strategy``, ``pays`` (smallest lift of the goal that pays for a contact;
    null: any), ``per_night`` (customers exposed in a night, both arms; null: not known); the guardrail
    metrics, shares for which more is worse, with how much more is let pass.

    In this order: *broken* where a finding is grave; *stop* where a guardrail is surely worse (see
    :func:`harmed`), where the goal is (q-value at most ``false_discovery``), and where the always-valid
    interval (of ``confidence``) of closed windows ends below what pays: those still open hold conversions to
    come, which hides nothing from a test of zero but makes any gain look small; *ship* where the goal is a
    discovery (q-value at most ``false_discovery``) and its always-valid interval lies above zero; else
    *continue*. Arms of fewer than ten say nothing.
    """
    rows = _of_strategies(readouts)
    goals = _by_strategy(rows[rows["metric"] == GOAL])
    asked = _by_strategy(terms)
    poor = _by_strategy(_unprofitable(closed, terms, confidence=confidence))
    worse = harmed(readouts, findings, guardrails=guardrails, false_discovery=false_discovery)
    worst = _by_strategy(worse.drop_duplicates("strategy"))
    mistakes: dict[str, list[Facts]] = {}
    for mistake in findings.sort_values(["grave", "kind"], ascending=[False, True]).to_dict("records"):
        mistakes.setdefault(mistake["strategy"], []).append({str(key): mistake[key] for key in mistake})
    judged = []
    for name in sorted({*rows["strategy"], *mistakes}):
        own = mistakes.get(name, [])
        if any(mistake["grave"] for mistake in own):
            verdict = _broken([mistake for mistake in own if mistake["grave"]])
        elif name in worst:
            verdict = _harmful(worst[name])
        else:
            goal = {**goals.get(name, {}), **asked.get(name, {})}
            verdict = _by_goal(goal, poor.get(name), false_discovery)
        kinds = json.dumps([mistake["kind"] for mistake in own])
        judged.append({"strategy": name, "findings": kinds, **verdict})
    return pd.DataFrame(judged, columns=list(VERDICTS_TABLE.names))


def harmed(
    readouts: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    guardrails: Mapping[str, float],
    false_discovery: float,
) -> pd.DataFrame:
    """The guardrails that a strategy has surely made worse than is let pass: strategy, customers, margin,
    ``_EVIDENCE``; surest first.

    ``guardrails``: the metrics with their margins. Surely: the always-valid interval lies above the margin,
    and the q-value (Benjamini and Hochberg over all guardrails of all strategies together, on always-valid
    p-values that the lift is at most the margin) is at most ``false_discovery``. Strategies with grave
    findings are left out: their numbers say nothing.
    """
    rows = _of_strategies(readouts)
    rows = rows[rows["metric"].isin(list(guardrails)) & ~rows["strategy"].isin(_grave(findings))]
    rows = rows.assign(margin=rows["metric"].map(dict(guardrails)))
    rows = rows.assign(q_value=q_values(_p_within(rows, _floats(rows, "margin"))))
    rows = rows.rename(columns={"always_low": "low", "always_high": "high"})
    enough = rows[["customers", "control_customers"]].min(axis=1) >= SMALLEST
    told = (rows["low"] <= rows["lift"]) & (rows["lift"] <= rows["high"]) & (rows["high"] < math.inf) & enough
    surely = (rows["q_value"] <= false_discovery) & (rows["low"] > rows["margin"]) & told
    kept = rows.loc[surely, ["strategy", "customers", "margin", *_EVIDENCE]]
    return kept.sort_values(["strategy", "q_value", "metric"]).reset_index(drop=True)


def needed(goal: Mapping[str, Any], *, low: float, high: float, per_night: float) -> Needed | None:
    """What it takes until a verdict tells, if the strategy does what it seems to do; None where that is no
    gain.

    ``goal``: the goal's row of READOUTS; ``low`` and ``high``: its always-valid interval, which narrows about
    as one over the square root of the customers and must come to lie above zero with a probability of 80 %.
    ``per_night``: customers exposed in a night, both arms; NaN where that is not known.
    """
    shrunk = _number(goal, "shrunk_lift")
    lift = shrunk if shrunk >= _NEGLIGIBLE else _number(goal, "lift")
    if not lift > 0:
        return None
    customers = _number(goal, "customers") + _number(goal, "control_customers")
    times = (((high - low) / 2 + _POWER * _number(goal, "error")) / lift) ** 2
    more = max(times - 1, 0.0) * customers
    nights = more / per_night if per_night > 0 else math.nan
    sensible = not (times > _MOST or nights > _FARTHEST)
    return Needed(lift=lift, customers=more, nights=nights, sensible=sensible)


def per_hundred(lift: float) -> str:
    """A lift of a share, as customers of each hundred: like ``+1.24``."""
    return f"{100 * lift:+.2f}"


def _of_strategies(readouts: pd.DataFrame) -> pd.DataFrame:
    wanted = (readouts["level"] == "strategy") & (readouts["view"] == "exposed") & (readouts["arm"] == "any")
    # Its ``low`` and ``high`` are for one look planned beforehand; here nothing rests on them.
    kept = readouts[wanted].rename(columns={"name": "strategy"})
    return kept.drop(columns=["low", "high"])


def _p_within(rows: pd.DataFrame, margin: Floats) -> Floats:
    """Always-valid p-values that the lifts are at most ``margin``."""
    lift, n, m = _floats(rows, "lift"), _floats(rows, "customers"), _floats(rows, "control_customers")
    shifted = sequence(lift - margin, _error_at(rows, margin), n, m)
    # Of a lift below it the two-sided p-value is small too, but that is no harm.
    return np.where(lift <= margin, 1.0, shifted.p_value)


def _unprofitable(closed: pd.DataFrame, terms: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """strategy, lift, low, high where the always-valid interval of closed windows ends below what pays."""
    rows = closed.merge(terms[["strategy", "pays"]], on="strategy")
    read, n, m = _difference(rows), _floats(rows, "customers"), _floats(rows, "control_customers")
    found = scored_sequence(read, n, m, confidence=confidence)
    pays = np.nan_to_num(_floats(rows, "pays"))
    surely = (found.high < pays) & (read.error > 0) & (np.minimum(n, m) >= SMALLEST)
    return rows.assign(low=found.low, high=found.high).loc[surely, ["strategy", "lift", "low", "high"]]


def _error_at(rows: pd.DataFrame, effect: Floats) -> Floats:
    """Standard errors of shares if ``effect`` were the truth: at least those of none, which rows hold."""
    found = _difference(rows)
    grows = np.nan_to_num(slope(found, _floats(rows, "customers"), _floats(rows, "control_customers")))
    return np.asarray(np.sqrt(found.error**2 + np.maximum(grows, 0.0) * effect))


def _difference(rows: pd.DataFrame) -> Difference:
    numbers = {name: _floats(rows, name) for name in ("mean", "control_mean", "lift", "error")}
    unused = np.full(len(rows), np.nan)
    return Difference(**numbers, low=unused, high=unused, p_value=unused)


def _floats(rows: pd.DataFrame, name: str) -> Floats:
    return rows[name].to_numpy(dtype=np.float64)


def _grave(findings: pd.DataFrame) -> set[str]:
    return set(findings.loc[findings["grave"].astype(bool), "strategy"])


def _by_strategy(rows: pd.DataFrame) -> dict[str, Facts]:
    found = rows.set_index("strategy").to_dict("index")
    return {str(name): {str(key): value for key, value in row.items()} for name, row in found.items()}


def _broken(grave: Sequence[Facts]) -> Facts:
    reasons = " ".join(str(mistake["words"]) for mistake in grave)
    words = f"Broken 数据有误: believe no number of it until this is mended. {reasons}"
    return {"verdict": "broken", "words": words}


def _harmful(worse: Facts) -> Facts:
    found = _Evidence(**{name: worse[name] for name in _EVIDENCE})
    words = (
        f"Stop 停用: it does harm. {found.metric}: {found.words} of 100 customers, where up to "
        f"{per_hundred(worse['margin'])} is let pass. Mend the script or the audience before anything of it "
        "goes on."
    )
    return {"verdict": "stop", "words": words, **asdict(found)}


def _by_goal(goal: Facts, poor: Facts | None, false_discovery: float) -> Facts:
    """The verdict where the data are sound and no guardrail is broken. ``poor``: by what it cannot pay."""
    found = _Evidence(
        metric=GOAL,
        lift=_number(goal, "lift"),
        low=_number(goal, "always_low"),
        high=_number(goal, "always_high"),
        q_value=_number(goal, "q_value"),
    )
    pays = float(np.nan_to_num(_number(goal, "pays")))
    discovered = found.q_value <= false_discovery
    few = min(_number(goal, "customers"), _number(goal, "control_customers")) < SMALLEST
    if few or not found.told:
        return {"verdict": "continue", "words": f"Continue 继续: {_silence(goal, few=few)}"}
    if discovered and found.high < 0:
        verdict = "stop"
        words = f"Stop 停用: fewer reach the goal than if left alone, {found.words} of 100 customers."
    elif poor is not None:
        verdict, found = "stop", replace(found, **{name: poor[name] for name in ("lift", "low", "high")})
        words = (
            f"Stop 停用: not worth its cost. Of 100 customers whose window has closed {found.words} reach "
            f"the goal because of it; a contact pays from {per_hundred(pays)} on."
        )
    elif discovered and found.low > 0:
        verdict, words = "ship", _shipped(goal, found, pays)
    else:
        verdict, words = "continue", _still_open(goal, found)
    return {"verdict": verdict, "words": words, **asdict(found)}


def _silence(goal: Facts, *, few: bool) -> str:
    if few:
        return f"nothing can be said yet; an arm has fewer than {SMALLEST} customers."
    return str(goal.get("words") or "nothing can be said yet.")


def _shipped(goal: Facts, found: _Evidence, pays: float) -> str:
    words = f"Ship 推广: of 100 customers {found.words} more reach the goal because of it."
    shrunk = _number(goal, "shrunk_lift")
    if shrunk >= _NEGLIGIBLE:
        words += f" Plan with {per_hundred(shrunk)}: the luck of being picked is taken out of that."
    if found.low < pays:
        words += f" Whether that pays is not sure yet: a contact does from {per_hundred(pays)} on."
    return words + " No guardrail is surely worse."


def _still_open(goal: Facts, found: _Evidence) -> str:
    words = (
        f"Continue 继续: not proven yet. Of 100 customers {found.words} more reach the goal because of it."
    )
    detectable = _number(goal, "detectable_lift")
    if math.isfinite(detectable):
        words += f" With so many customers, a lift from {per_hundred(detectable)} on would mostly be seen."
    return f"{words} {_how_long(goal, found)}".rstrip()


def _how_long(goal: Facts, found: _Evidence) -> str:
    """How many more customers and nights, if the strategy does what it seems to do."""
    wait = needed(goal, low=found.low, high=found.high, per_night=_number(goal, "per_night"))
    if wait is None:
        return "It does not look like a gain so far; what is still to come of open windows may change that."
    if not math.isfinite(wait.customers):
        return ""
    if not wait.sensible:
        return (
            f"An effect as small as it seems ({per_hundred(wait.lift)}) will not be proven in sensible time: "
            "widen the audience or raise the holdout."
        )
    soon = f", some {math.ceil(wait.nights):,} nights," if math.isfinite(wait.nights) else ""
    return (
        f"If it does what it seems to ({per_hundred(wait.lift)}), about {rounded(wait.customers)} more "
        f"customers{soon} will tell."
    )


def rounded(count: float) -> str:
    """Two digits of a count; more would pretend to be exact."""
    unit = 10 ** max(len(str(int(count))) - 2, 0)
    return f"{math.ceil(count / unit) * unit:,}"


def _number(facts: Mapping[str, Any], name: str) -> float:
    value = facts.get(name)
    return math.nan if value is None or pd.isna(value) else float(value)
