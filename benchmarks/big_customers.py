"""Made-up customers with a value for every feature, as many as a benchmark asks for, in a second a million.

They are plausible one by one and in their main relations (who uses the app, who has money, who is old); they
are no model of anybody, and no figure but speed should be read off them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import FEATURES
from features.declaration import Feature
from lake.tables.words import ASSET_CLASSES

SEGMENTS = tuple(f"S{number:02d}" for number in range(1, 31))

Floats = npt.NDArray[np.float64]
Column = npt.NDArray[np.generic]

_ARROW = {"double": pa.float64(), "long": pa.int64(), "boolean": pa.bool_(), "date": pa.date32()}
_LAST_DAY = np.datetime64("2026-07-01", "D")
# How many of the customers hold something in each asset class, and the usual amount in yuan of those who do.
_HOLDINGS = {
    "demand": (0.97, 2_500),
    "time_deposit": (0.30, 9_000),
    "structured_deposit": (0.10, 12_000),
    "wealth": (0.15, 8_000),
    "fund": (0.12, 3_000),
    "insurance": (0.08, 5_000),
    "precious_metal": (0.03, 2_000),
    "bond": (0.02, 5_000),
    "trust": (0.005, 20_000),
}
# Usual counts over 90 days of a customer of middling habit; each grows with the habit named.
_COUNTS = {
    "transactions_30d": ("active", 5.0),
    "transactions_90d": ("active", 15.0),
    "transactions_365d": ("active", 60.0),
    "app_transactions_90d": ("digital", 6.0),
    "counter_transactions_90d": ("offline", 1.0),
    "pos_transactions_90d": ("active", 4.0),
    "atm_transactions_90d": ("offline", 2.0),
    "logins_7d": ("digital", 1.5),
    "logins_30d": ("digital", 6.0),
    "logins_90d": ("digital", 18.0),
    "browses_30d": ("digital", 3.0),
    "browsed_deposit_30d": ("digital", 0.5),
    "browsed_loan_30d": ("digital", 0.3),
    "browsed_wealth_30d": ("digital", 0.5),
    "browsed_fund_30d": ("digital", 0.4),
    "browsed_card_30d": ("digital", 0.3),
    "contacts_7d": ("even", 0.4),
    "contacts_30d": ("even", 1.2),
    "contacts_90d": ("even", 3.0),
    "ai_calls_90d": ("even", 1.0),
    "human_calls_90d": ("even", 0.2),
    "refusals_365d": ("even", 0.4),
    "complaints_365d": ("even", 0.03),
    "inbound_calls_90d": ("even", 0.2),
}
_MONEY = {
    "spend_90d": ("active", 2_500),
    "mean_amount_90d": ("even", 350),
    "inflow_30d": ("active", 3_500),
    "inflow_90d": ("active", 10_000),
    "outflow_30d": ("active", 3_300),
    "outflow_90d": ("active", 9_800),
    "largest_inflow_30d": ("active", 2_800),
    "interest_90d": ("even", 15),
}
# Share of the customers of whom a yes-or-no feature is true, where nothing else decides it.
_FLAGS = {
    "has_loan": 0.12,
    "has_card": 0.30,
    "has_instalment": 0.08,
    "mobile_reachable": 0.93,
    "consent_push": 0.55,
    "consent_sms": 0.60,
    "consent_ai_call": 0.50,
    "consent_human_call": 0.45,
    "suppressed": 0.03,
}
# Days since something last happened: usual number, and the share to whom it never did.
_RECENCY = {
    "days_since_transaction": (20, 0.05),
    "days_since_contact": (40, 0.15),
    "days_since_opening": (250, 0.35),
}


@dataclass(frozen=True)
class _Habits:
    """What a customer's columns have in common: multipliers around 1, one a row."""

    active: Floats
    digital: Floats
    offline: Floats
    even: Floats
    has_app: npt.NDArray[np.bool_]


def make_customers(rows: int, *, seed: int, first: int = 0) -> pa.Table:
    """``rows`` customers numbered from ``first``: customer, segment, and every column of ``FEATURES``.

    Missing values stand where a feature may be missing. Other pieces of one bank take another ``seed`` and
    ``first``.
    """
    rng = np.random.default_rng([seed, first])
    found = _values(rng, rows)
    segment = pa.DictionaryArray.from_arrays(
        pa.array(rng.choice(len(SEGMENTS), rows, p=_sizes()).astype(np.int8)), pa.array(SEGMENTS)
    )
    columns: dict[str, pa.Array] = {
        "customer": _tokens(first, rows),
        "segment": segment.cast(pa.string()),
    }
    for name, feature in FEATURES.items():
        column = found[name] if name in found else _anything(rng, rows, feature)
        columns[name] = _arrow(column, feature)
    return pa.table(columns)


def _values(rng: np.random.Generator, rows: int) -> dict[str, Column]:
    habits = _habits(rng, rows)
    by_habit: Mapping[str, Floats] = vars(habits)
    found: dict[str, Column] = {}
    for name, (habit, usual) in _COUNTS.items():
        found[name] = rng.poisson(by_habit[habit] * usual)
    for name, (habit, money) in _MONEY.items():
        found[name] = np.round(by_habit[habit] * money * _spread(rng, rows, 0.8), 2)
    for name, share in _FLAGS.items():
        found[name] = rng.random(rows) < share
    for name, (usual, never) in _RECENCY.items():
        found[name] = _or_missing(rng, np.floor(rng.exponential(usual, rows)), never)
    return found | _person(rng, rows, habits) | _use(rng, rows, habits, found) | _wealth(rng, rows)


def _person(rng: np.random.Generator, rows: int, habits: _Habits) -> dict[str, Column]:
    age: Floats = np.clip(np.round(rng.normal(44, 16, rows)), 12, 98).astype(np.float64)
    known = _or_missing(rng, age, 0.01)
    tenure = np.floor(rng.exponential(1_500, rows))
    return {
        "age": known,
        "is_elderly": known >= 65,
        "is_adult": known >= 18,
        "tenure_days": tenure,
        "is_new": tenure <= 90,
        "risk_level": _or_missing(rng, rng.choice(5, rows, p=[0.2, 0.35, 0.25, 0.15, 0.05]) + 1.0, 0.3),
        "has_app": habits.has_app,
        "has_mobile": habits.has_app & (rng.random(rows) < 0.7),
        "best_hour": _or_missing(rng, np.clip(np.round(rng.normal(14, 4, rows)), 0, 23), 0.5),
        "answered_share_365d": _or_missing(rng, np.round(rng.beta(2, 3, rows), 4), 0.4),
    }


def _use(
    rng: np.random.Generator, rows: int, habits: _Habits, found: Mapping[str, Column]
) -> dict[str, Column]:
    app_days = np.minimum(found["logins_90d"], rng.binomial(90, 0.5, rows))
    pause = np.where(app_days > 1, 90.0 / np.maximum(app_days, 1), np.nan)
    login = np.where(habits.has_app, np.floor(rng.exponential(12, rows) / habits.digital.clip(0.1)), np.nan)
    earned = np.round(rng.lognormal(9.4, 0.5, rows), 2)
    came, went = found["inflow_90d"].astype(float), found["outflow_90d"].astype(float)
    return {
        "active_days_90d": np.minimum(found["transactions_90d"], rng.binomial(90, 0.4, rows)),
        "digital_share_90d": np.round(rng.beta(1.2, 1.2, rows) * habits.has_app, 4),
        "app_days_90d": app_days,
        "days_since_login": login,
        "app_rhythm_days": pause,
        "dormancy": login / pause,
        "salary_90d": np.where(rng.random(rows) < 0.35, earned, 0.0),
        "net_flow_90d": np.round(came - went, 2),
        "outflow_ratio_90d": _share(went, came + went),
    }


def _wealth(rng: np.random.Generator, rows: int) -> dict[str, Column]:
    rich = _spread(rng, rows, 0.7)
    held = {
        name: np.round((rng.random(rows) < holders) * rich * usual * _spread(rng, rows, 0.9), 2)
        for name, (holders, usual) in _HOLDINGS.items()
    }
    total = np.round(np.sum(list(held.values()), axis=0), 2)
    # Whoever would have more than the long tail's 50,000 yuan is made smaller in proportion.
    fits = np.where(total < 49_999, 1.0, 49_999 / total.clip(1))
    held = {name: np.round(amount * fits, 2) for name, amount in held.items()}
    total = np.round(np.sum([held[name] for name in ASSET_CLASSES], axis=0), 2)
    peak = total * (1 + rng.exponential(0.4, rows))
    fixed = held["time_deposit"] + held["structured_deposit"]
    risky = sum(held[name] for name in ("wealth", "fund", "precious_metal", "bond", "trust"))
    return {
        **{f"{name}_now": amount for name, amount in held.items()},
        "aum_now": total,
        "aum_mean_90d": np.round(total * _spread(rng, rows, 0.2), 2),
        "aum_min_90d": np.round(total * rng.beta(5, 2, rows), 2),
        "aum_max_90d": np.round(peak * rng.beta(9, 1, rows), 2),
        "aum_peak_365d": np.round(peak, 2),
        "aum_change_30d": np.round(total * rng.normal(0, 0.15, rows), 2),
        "aum_change_90d": np.round(total * rng.normal(0, 0.3, rows), 2),
        "aum_trend_180d": np.round(rng.normal(0.02, 0.4, rows), 4),
        "aum_volatility_180d": np.round(rng.gamma(2, 0.04, rows), 4),
        "aum_share_of_peak": _share(total, peak),
        "demand_share": _share(held["demand"], total),
        "fixed_share": _share(fixed, total),
        "risky_share": _share(np.asarray(risky), total),
        "classes_held": np.sum([amount > 0 for amount in held.values()], axis=0),
        "has_deposit": (fixed > 0) | (rng.random(rows) < 0.05),
        "has_wealth": (held["wealth"] > 0) | (rng.random(rows) < 0.05),
        "has_fund": (held["fund"] > 0) | (rng.random(rows) < 0.05),
        "products_held": rng.binomial(7, 0.25, rows),
    }


def _habits(rng: np.random.Generator, rows: int) -> _Habits:
    has_app = rng.random(rows) < 0.6
    return _Habits(
        active=_spread(rng, rows, 0.7),
        digital=_spread(rng, rows, 0.8) * has_app,
        offline=_spread(rng, rows, 0.7) * np.where(has_app, 0.6, 1.5),
        even=np.ones(rows),
        has_app=has_app,
    )


def _sizes() -> Floats:
    """Segments are not alike in size: the largest has four times the customers of the smallest."""
    weights = np.linspace(4, 1, len(SEGMENTS))
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _spread(rng: np.random.Generator, rows: int, sigma: float) -> Floats:
    return rng.lognormal(0.0, sigma, rows)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, np.round(part / np.where(whole > 0, whole, 1.0), 4), 0.0)


def _or_missing(rng: np.random.Generator, values: npt.NDArray[np.floating], share: float) -> Floats:
    return np.where(rng.random(len(values)) < share, np.nan, values)


def _anything(rng: np.random.Generator, rows: int, feature: Feature) -> Column:
    """For a feature declared since: something its declaration allows."""
    if feature.type == "boolean":
        return rng.random(rows) < 0.3
    if feature.type == "date":
        days = _LAST_DAY - rng.exponential(400.0, rows).astype("timedelta64[D]")
        return np.where(rng.random(rows) < 0.1, np.datetime64("NaT", "D"), days)
    whole = np.floor(rng.exponential(10.0, rows))
    return _or_missing(rng, whole, 0.1) if feature.nullable else whole


def _arrow(column: Column, feature: Feature) -> pa.Array:
    if feature.type == "long" and column.dtype.kind == "f":
        missing = np.isnan(column)
        return pa.array(np.where(missing, 0, column).astype(np.int64), mask=missing)
    given = pa.array(column, from_pandas=True)
    return given if given.type == _ARROW[feature.type] else given.cast(_ARROW[feature.type])


def _tokens(first: int, rows: int) -> pa.Array:
    numbers = pa.array(np.arange(first, first + rows)).cast(pa.string())
    return pc.binary_join_element_wise("c", pc.utf8_lpad(numbers, 10, padding="0"), "")
