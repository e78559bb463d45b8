"""Use of the app, and silence measured against the customer's own rhythm."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaration import days, derived, feature
from features.rows import Others, Rows
from features.sources import APP_USE


@feature(APP_USE, window=days(7), unit="count", label="近7天登录次数", empty=0)
def logins_7d(used: Rows) -> Column:
    """Logins over 7 days."""
    return used.count(used.kind == "login")


@feature(APP_USE, window=days(30), unit="count", label="近30天登录次数", empty=0)
def logins_30d(used: Rows) -> Column:
    """Logins over 30 days."""
    return used.count(used.kind == "login")


@feature(APP_USE, window=days(90), unit="count", label="近90天登录次数", empty=0)
def logins_90d(used: Rows) -> Column:
    """Logins over 90 days."""
    return used.count(used.kind == "login")


@feature(APP_USE, window=days(90), unit="count", label="近90天使用手机银行天数", empty=0)
def app_days_90d(used: Rows) -> Column:
    """On how many of the last 90 days the app was used for anything."""
    return used.active_days()


@feature(APP_USE, window=days(30), unit="count", label="近30天浏览次数", empty=0)
def browses_30d(used: Rows) -> Column:
    """Pages looked at over 30 days, of whatever product."""
    return used.count(used.kind == "browse")


@feature(APP_USE, window=days(30), unit="count", label="近30天浏览存款次数", empty=0)
def browsed_deposit_30d(used: Rows) -> Column:
    """Deposit pages looked at over 30 days."""
    return _browsed(used, "deposit")


@feature(APP_USE, window=days(30), unit="count", label="近30天浏览贷款次数", empty=0)
def browsed_loan_30d(used: Rows) -> Column:
    """Loan pages looked at over 30 days."""
    return _browsed(used, "loan")


@feature(APP_USE, window=days(30), unit="count", label="近30天浏览理财次数", empty=0)
def browsed_wealth_30d(used: Rows) -> Column:
    """Wealth product pages looked at over 30 days."""
    return _browsed(used, "wealth")


@feature(APP_USE, window=days(30), unit="count", label="近30天浏览基金次数", empty=0)
def browsed_fund_30d(used: Rows) -> Column:
    """Fund pages looked at over 30 days."""
    return _browsed(used, "fund")


@feature(APP_USE, window=days(30), unit="count", label="近30天浏览信用卡次数", empty=0)
def browsed_card_30d(used: Rows) -> Column:
    """Card pages looked at over 30 days."""
    return _browsed(used, "card")


@feature(APP_USE, unit="days", label="距上次登录天数")
def days_since_login(used: Rows) -> Column:
    """Days since the last login; null if there never was one."""
    return used.days_since(used.kind == "login")


@feature(APP_USE, window=days(90), unit="days", kept_as="double", label="手机银行使用间隔")
def app_rhythm_days(used: Rows) -> Column:
    """Mean days between the days the app was used in the last 90; null where it was used on fewer than 2."""
    used_on = used.active_days()
    between = used.max(used.age_days) - used.min(used.age_days)
    return F.when(used_on > 1, between.cast("double") / (used_on - 1).cast("double"))


@derived(unit="share", label="沉默度")
def dormancy(its: Others) -> Column:
    """Days since the last login against the customer's own rhythm: 3 means silent for three usual pauses."""
    return its.days_since_login.cast("double") / its.app_rhythm_days


def _browsed(used: Rows, product: str) -> Column:
    return used.count((used.kind == "browse") & (used.product == product))
