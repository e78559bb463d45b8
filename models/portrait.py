"""What sets a segment apart, in words a manager reads."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from features.catalogue import FEATURES

BASIS = (
    "age",
    "tenure_days",
    "aum_mean_90d",
    "aum_trend_180d",
    "demand_share",
    "fixed_share",
    "risky_share",
    "time_deposit_now",
    "structured_deposit_now",
    "fund_now",
    "wealth_now",
    "insurance_now",
    "salary_90d",
    "inflow_90d",
    "spend_90d",
    "app_transactions_90d",
    "counter_transactions_90d",
    "pos_transactions_90d",
    "atm_transactions_90d",
    "digital_share_90d",
    "logins_90d",
    "days_since_transaction",
    "has_loan",
    "has_card",
)
"""The features by which customers are told apart: how they live and what they hold, never how they were
contacted, so that a campaign does not move its own segments."""

PERCENTILES = np.linspace(0, 1, 101)

_PHRASES = 4
_FAR_FROM_THE_MIDDLE = 0.2
_UNITS = {"CNY": "yuan", "share": "", "flag": "", "count": "", "level": "", "hour": "h"}


def percentiles(values: npt.ArrayLike) -> list[float]:
    """The population's 101 percentiles of one feature, missing values left out; empty when all miss."""
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    return [float(q) for q in np.quantile(known, PERCENTILES)] if len(known) else []


def describe(profile: Mapping[str, float], *, population: Mapping[str, Sequence[float]]) -> list[str]:
    """Up to four phrases, strongest first, Chinese then English, with the segment's and the usual median.

    profile: the segment's median of each feature. population: ``percentiles`` of all long-tail customers.
    A feature is worth a phrase when the median differs from the usual one and lies below the 30th or above
    the 70th percentile.
    """
    return [_phrase(name, profile[name], population[name]) for name in _telling(profile, population)]


def short_name(profile: Mapping[str, float], *, population: Mapping[str, Sequence[float]]) -> str:
    """The two strongest traits in Chinese, as the segment's name."""
    named = [_trait(name, profile[name], population[name])[0] for name in _telling(profile, population)[:2]]
    return "、".join(named) or "普通客户"


def _telling(profile: Mapping[str, float], population: Mapping[str, Sequence[float]]) -> list[str]:
    """Features that lie far from the middle, furthest first, one a family: its others say much the same."""
    far = {
        name: abs(_rank(value, population[name]) - 0.5)
        for name, value in profile.items()
        if population[name] and not np.isnan(value) and value != _median(population[name])
    }
    strongest: dict[str, str] = {}
    for name in sorted(far, key=lambda name: -far[name]):
        if far[name] >= _FAR_FROM_THE_MIDDLE:
            strongest.setdefault(FEATURES[name].family, name)
    return list(strongest.values())[:_PHRASES]


def _median(population: Sequence[float]) -> float:
    return population[len(population) // 2]


def _rank(value: float, population: Sequence[float]) -> float:
    """Share of the population below the value, ties counted half."""
    below, until = np.searchsorted(population, value, "left"), np.searchsorted(population, value, "right")
    return float(below + until) / 2 / len(population)


def _phrase(name: str, value: float, population: Sequence[float]) -> str:
    chinese, english = _trait(name, value, population)
    if FEATURES[name].unit == "flag":
        return f"{chinese} / {english}"
    usual = _median(population)
    unit = _UNITS.get(FEATURES[name].unit, FEATURES[name].unit)
    return f"{chinese} / {english}: {_figure(value)} against {_figure(usual)} {unit}".rstrip()


def _trait(name: str, value: float, population: Sequence[float]) -> tuple[str, str]:
    label, words, high = FEATURES[name].label, name.replace("_", " "), _rank(value, population) > 0.5
    if FEATURES[name].unit == "flag":
        return (label, words) if high else (f"没{label}", words.replace("has ", "no "))
    return (f"{label}高", f"high {words}") if high else (f"{label}低", f"low {words}")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2f}"
