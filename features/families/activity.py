"""Recency, frequency and money of the customer's own transactions.

Interest and fees are posted by the bank itself: they say nothing of the customer and do not count here.
"""

from pyspark.sql import Column

from features.declaration import days, feature
from features.money import share, yuan
from features.rows import Rows
from features.sources import MOVEMENTS


def _own(moved: Rows) -> Column:
    return ~moved.category.isin("interest", "fee")


@feature(MOVEMENTS, window=days(30), unit="count", label="近30天交易笔数", empty=0)
def transactions_30d(moved: Rows) -> Column:
    """The customer's own transactions over 30 days."""
    return moved.count(_own(moved))


@feature(MOVEMENTS, window=days(90), unit="count", label="近90天交易笔数", empty=0)
def transactions_90d(moved: Rows) -> Column:
    """The customer's own transactions over 90 days."""
    return moved.count(_own(moved))


@feature(MOVEMENTS, window=days(365), unit="count", label="近一年交易笔数", empty=0)
def transactions_365d(moved: Rows) -> Column:
    """The customer's own transactions over a year."""
    return moved.count(_own(moved))


@feature(MOVEMENTS, window=days(90), unit="count", label="近90天交易天数", empty=0)
def active_days_90d(moved: Rows) -> Column:
    """On how many of the last 90 days the customer transacted."""
    return moved.active_days(_own(moved))


@feature(MOVEMENTS, unit="days", label="距上次交易天数")
def days_since_transaction(moved: Rows) -> Column:
    """Days since the customer's last own transaction; null if there never was one."""
    return moved.days_since(_own(moved))


@feature(MOVEMENTS, window=days(90), unit="CNY", label="近90天消费金额", empty=0)
def spend_90d(moved: Rows) -> Column:
    """Purchases over 90 days."""
    return yuan(moved.sum(moved.amount_fen, (moved.category == "purchase") & (moved.direction == "debit")))


@feature(MOVEMENTS, window=days(90), unit="CNY", label="近90天笔均金额", empty=0)
def mean_amount_90d(moved: Rows) -> Column:
    """Mean amount of the customer's own transactions over 90 days, in or out."""
    own = _own(moved)
    return share(moved.sum(moved.amount_fen, own), moved.count(own) * 100)


@feature(MOVEMENTS, window=days(90), unit="count", label="近90天手机银行交易笔数", empty=0)
def app_transactions_90d(moved: Rows) -> Column:
    """Own transactions by app over 90 days."""
    return moved.count(_own(moved) & (moved.channel == "app"))


@feature(MOVEMENTS, window=days(90), unit="count", label="近90天柜面交易笔数", empty=0)
def counter_transactions_90d(moved: Rows) -> Column:
    """Own transactions at the counter over 90 days."""
    return moved.count(_own(moved) & (moved.channel == "counter"))


@feature(MOVEMENTS, window=days(90), unit="count", label="近90天刷卡交易笔数", empty=0)
def pos_transactions_90d(moved: Rows) -> Column:
    """Own transactions at shop terminals over 90 days."""
    return moved.count(_own(moved) & (moved.channel == "pos"))


@feature(MOVEMENTS, window=days(90), unit="count", label="近90天自助机交易笔数", empty=0)
def atm_transactions_90d(moved: Rows) -> Column:
    """Own transactions at cash machines over 90 days."""
    return moved.count(_own(moved) & (moved.channel == "atm"))


@feature(MOVEMENTS, window=days(90), unit="share", label="近90天线上交易占比", empty=0)
def digital_share_90d(moved: Rows) -> Column:
    """Own transactions by app or web, as a share of all own transactions over 90 days."""
    own = _own(moved)
    return share(moved.count(own & moved.channel.isin("app", "web")), moved.count(own))
