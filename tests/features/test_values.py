"""What the features say of customers whose story is written out by hand."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lake.table import Table
from lake.tables import (
    APP_EVENTS,
    BALANCES,
    COMPLAINTS,
    CONSENTS,
    CONTACTS,
    CUSTOMERS,
    INBOUND_CALLS,
    NUMBERS,
    OPENINGS,
    OUTCOMES,
    SUPPRESSIONS,
    TRANSACTIONS,
)
from lake.tables.words import ASSET_CLASSES
from tests.features.world import SEEN, features_of

AS_OF = date(2026, 7, 1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def ago(days: int, hour: int = 12) -> datetime:
    return datetime(2026, 7, 1, hour, tzinfo=UTC) - timedelta(days=days)


def day(days: int) -> date:
    return AS_OF - timedelta(days=days)


def customer(name: str, **given: Any) -> dict[str, Any]:
    usual = {"birth_month": date(1990, 7, 1), "opened_on": day(1000), "risk_level": 3, "has_app": True}
    return {"customer": name, "known_at": LONG_AGO, **usual, **given}


def balance(days: int, *, known: datetime | None = None, **yuan: int) -> dict[str, Any]:
    held = {f"{asset}_fen": 100 * yuan.get(asset, 0) for asset in ASSET_CLASSES}
    return {"customer": "ann", "balance_date": day(days), "known_at": known or ago(days, 23), **held}


def moved(at: datetime, direction: str, yuan: float, category: str, channel: str) -> dict[str, Any]:
    return {
        "transaction": 1,
        "customer": "ann",
        "occurred_at": at,
        "direction": direction,
        "amount_fen": round(yuan * 100),
        "channel": channel,
        "category": category,
        "known_at": at,
    }


def used(at: datetime, kind: str, product: str | None = None) -> dict[str, Any]:
    return {
        "event": 1,
        "customer": "ann",
        "occurred_at": at,
        "kind": kind,
        "product": product,
        "known_at": at,
    }


def called(at: datetime, channel: str, result: str) -> dict[str, Any]:
    return {
        "contact": 1,
        "customer": "ann",
        "contacted_at": at,
        "channel": channel,
        "purpose": "marketing",
        "product": None,
        "result": result,
        "known_at": at,
    }


def told(night: int, at: datetime, channel: str, result: str) -> dict[str, Any]:
    """An outcome of Longreach's own list of the night that many days ago."""
    return {
        "contact": f"t{night}",
        "customer": "ann",
        "strategy": "s",
        "step": 1,
        "channel": channel,
        "result": result,
        "happened_at": at,
        "seconds": 0,
        "contact_day": None,
        "as_of": day(night),
    }


def opened(at: datetime, product: str) -> dict[str, Any]:
    return {
        "opening": 1,
        "customer": "ann",
        "occurred_at": at,
        "product": product,
        "amount_fen": 0,
        "known_at": at,
    }


def agreed(channel: str, first: int, last: int | None = None, **given: Any) -> dict[str, Any]:
    usual = {"purpose": "marketing", "granted": True, "known_at": LONG_AGO}
    until = None if last is None else day(last)
    return {
        "customer": "ann",
        "channel": channel,
        "valid_from": day(first),
        "valid_until": until,
        **usual,
        **given,
    }


def barred(name: str, channel: str, first: int, last: int | None = None) -> dict[str, Any]:
    until = None if last is None else day(last)
    since = {"since": day(first), "until": until, "known_at": LONG_AGO}
    return {"customer": name, "kind": "opt_out", "channel": channel, **since}


STORY: Mapping[Table, list[dict[str, Any]]] = {
    CUSTOMERS: [
        customer("ann"),
        customer("bob", birth_month=None, opened_on=day(90), risk_level=None, has_app=False),
        customer("old", birth_month=date(1961, 7, 1), opened_on=day(91)),
        customer("kid", birth_month=date(2008, 8, 1)),
        customer("stranger", known_at=datetime(2026, 7, 2, tzinfo=UTC)),
    ],
    BALANCES: [
        balance(200, demand=1_000),
        balance(100, demand=2_000, fund=3_000),
        balance(50, demand=4_000, time_deposit=4_000, fund=2_000),
        balance(10, demand=9_999),
        balance(10, demand=1_000, time_deposit=5_000, known=ago(9)),  # corrects the one before
        balance(5, demand=77, known=datetime(2026, 7, 2, tzinfo=UTC)),  # learned of after the night
    ],
    TRANSACTIONS: [
        moved(ago(0, 23), "credit", 8_000.01, "salary", "auto"),
        moved(ago(29, 0), "credit", 100, "transfer", "app"),
        moved(ago(30, 23), "credit", 1_000, "transfer", "web"),
        moved(ago(3), "debit", 20.50, "purchase", "pos"),
        moved(ago(3, 13), "debit", 79.50, "purchase", "app"),
        moved(ago(89, 0), "debit", 500, "cash", "atm"),
        moved(ago(90, 23), "debit", 10_000, "transfer", "counter"),
        moved(ago(1), "credit", 1.23, "interest", "auto"),
        moved(ago(1), "debit", 5, "fee", "auto"),
        moved(ago(400), "debit", 5, "purchase", "pos"),
    ],
    OPENINGS: [opened(ago(300), "wealth"), opened(ago(20), "card"), opened(ago(-1, 0), "loan")],
    APP_EVENTS: [
        used(ago(2), "login"),
        used(ago(2, 13), "browse", "fund"),
        used(ago(6), "login"),
        used(ago(12), "search"),
        used(ago(7), "login"),
        used(ago(29), "browse"),
        used(ago(30), "browse", "fund"),
    ],
    CONTACTS: [
        called(ago(6, 10), "ai_call", "heard_out"),
        called(ago(8, 15), "human_call", "refused"),
        called(ago(9, 15), "human_call", "no_answer"),
        called(ago(29), "sms", "delivered"),
        called(ago(1), "sms", "not_delivered"),
    ],
    OUTCOMES: [
        told(2, ago(1, 10), "ai_call", "hung_up"),
        told(2, ago(1, 9), "ai_call", "no_answer") | {"contact": "t1"},
        told(1, ago(0, 15), "ai_call", "interested") | {"contact_day": day(1)},
    ],
    COMPLAINTS: [
        {"complaint": 1, "customer": "ann", "opened_at": ago(364), "topic": "fee", "known_at": ago(364)}
    ],
    INBOUND_CALLS: [
        {"call": 1, "customer": "ann", "occurred_at": ago(89), "intent": "card", "known_at": ago(89)}
    ],
    NUMBERS: [
        {"customer": "ann", "number": "n", "kind": "mobile"},
        {"customer": "bob", "number": None, "kind": "landline"},
    ],
    CONSENTS: [
        agreed("push", 0, 0),
        agreed("sms", 10, 1),
        agreed("ai_call", 10, granted=False),
        agreed("human_call", 10, purpose="service"),
        agreed("human_call", -1),
    ],
    SUPPRESSIONS: [barred("ann", "sms", 10), barred("bob", "all", 0), barred("old", "all", 10, 1)],
}

ANN = {
    "aum_now": 6_000,
    "demand_now": 1_000,
    "time_deposit_now": 5_000,
    "fund_now": 0,
    "aum_mean_90d": (5_000 * 39 + 10_000 * 40 + 6_000 * 11) / 90,
    "aum_min_90d": 5_000,
    "aum_max_90d": 10_000,
    "aum_peak_365d": 10_000,
    "aum_change_30d": -4_000,
    "aum_change_90d": 1_000,
    "aum_trend_180d": 5.0,
    # Changes of 4,000, 5,000 and 4,000 within 180 days, of which 79 at 1,000, 50 at 5,000 and so on.
    "aum_volatility_180d": (13_000 / 3) / ((1_000 * 79 + 5_000 * 50 + 10_000 * 40 + 6_000 * 11) / 180),
    "aum_share_of_peak": 0.6,
    "demand_share": 1 / 6,
    "fixed_share": 5 / 6,
    "risky_share": 0,
    "classes_held": 2,
    "inflow_30d": 8_101.24,
    "inflow_90d": 9_101.24,
    "outflow_30d": 105,
    "outflow_90d": 605,
    "net_flow_90d": 8_496.24,
    "salary_90d": 8_000.01,
    "largest_inflow_30d": 8_000.01,
    "interest_90d": 1.23,
    "outflow_ratio_90d": 605 / 9_706.24,
    "transactions_30d": 4,
    "transactions_90d": 6,
    "transactions_365d": 7,
    "active_days_90d": 5,
    "days_since_transaction": 0,
    "spend_90d": 100,
    "mean_amount_90d": 9_700.01 / 6,
    "app_transactions_90d": 2,
    "counter_transactions_90d": 0,
    "pos_transactions_90d": 1,
    "atm_transactions_90d": 1,
    "digital_share_90d": 0.5,
    "has_deposit": True,
    "has_loan": False,
    "has_wealth": True,
    "has_fund": False,
    "has_card": True,
    "has_instalment": False,
    "has_mobile": False,
    "products_held": 3,
    "days_since_opening": 20,
    "last_opening_on": day(20),
    "logins_7d": 2,
    "logins_30d": 3,
    "logins_90d": 3,
    "app_days_90d": 6,
    "browses_30d": 2,
    "browsed_fund_30d": 1,
    "browsed_loan_30d": 0,
    "days_since_login": 2,
    "app_rhythm_days": 28 / 5,
    "dormancy": 2 / (28 / 5),
    "age": 36,
    "tenure_days": 1000,
    "is_elderly": False,
    "is_adult": True,
    "is_new": False,
    "risk_level": 3,
    "has_app": True,
    "contacts_7d": 3,
    "contacts_30d": 6,
    "contacts_90d": 6,
    "ai_calls_90d": 3,
    "human_calls_90d": 2,
    "refusals_365d": 1,
    "answered_share_365d": 0.8,
    "days_since_contact": 0,
    "best_hour": 10,
    "complaints_365d": 1,
    "inbound_calls_90d": 1,
    "mobile_reachable": True,
    "consent_push": True,
    "consent_sms": False,
    "consent_ai_call": False,
    "consent_human_call": False,
    "suppressed": False,
}


@pytest.fixture(scope="module")
def told_features(engine: SparkSession) -> pd.DataFrame:
    return features_of(engine, {seen.read.table: _table(seen.read.table) for seen in SEEN}, as_of=AS_OF)


@pytest.mark.parametrize("name", ANN)
def test_what_is_known_of_ann(told_features: pd.DataFrame, name: str) -> None:
    known = ANN[name] if isinstance(ANN[name], date) else pytest.approx(ANN[name], rel=1e-12)
    assert told_features.loc["ann", name] == known


def test_customers_are_those_known_at_the_date(told_features: pd.DataFrame) -> None:
    assert list(told_features.index) == ["ann", "bob", "kid", "old"]


def test_nothing_done_is_nought_and_never_done_is_null(told_features: pd.DataFrame) -> None:
    bob = told_features.loc["bob"]
    assert bob["aum_now"] == bob["inflow_90d"] == bob["transactions_90d"] == bob["contacts_90d"] == 0
    never = ["days_since_transaction", "days_since_login", "days_since_contact", "best_hour", "dormancy"]
    assert bob[never].isna().all()


def test_an_unknown_age_is_neither_elderly_nor_adult(told_features: pd.DataFrame) -> None:
    assert list(told_features["is_elderly"]) == [False, False, False, True]
    assert list(told_features["is_adult"]) == [True, False, False, True]
    assert list(told_features["is_new"]) == [False, True, False, False]


def test_a_suppression_counts_on_its_days_and_on_all_channels(told_features: pd.DataFrame) -> None:
    assert list(told_features["suppressed"]) == [False, True, False, False]
    assert list(told_features["mobile_reachable"]) == [True, False, False, False]


def _table(table: Table) -> pa.Table:
    schema = table.arrow_schema().append(pa.field("as_of", pa.date32()))
    return pa.Table.from_pylist([{"as_of": AS_OF, **row} for row in STORY[table]], schema=schema)
