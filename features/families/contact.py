"""Contact history, over other systems' contacts and Longreach's own.

A contact that was not delivered reached nobody and does not count; a call that nobody picked up does.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaration import days, feature
from features.money import share
from features.rows import Rows
from features.sources import CALLS_IN, OBJECTIONS, TOUCHES


def _called(touched: Rows) -> Column:
    return touched.channel.isin("ai_call", "human_call")


def _answered(touched: Rows) -> Column:
    return _called(touched) & (touched.result != "no_answer")


@feature(TOUCHES, window=days(7), unit="count", label="近7天触达次数", empty=0)
def contacts_7d(touched: Rows) -> Column:
    """Contacts by whatever channel over 7 days."""
    return touched.count()


@feature(TOUCHES, window=days(30), unit="count", label="近30天触达次数", empty=0)
def contacts_30d(touched: Rows) -> Column:
    """Contacts by whatever channel over 30 days."""
    return touched.count()


@feature(TOUCHES, window=days(90), unit="count", label="近90天触达次数", empty=0)
def contacts_90d(touched: Rows) -> Column:
    """Contacts by whatever channel over 90 days."""
    return touched.count()


@feature(TOUCHES, window=days(90), unit="count", label="近90天智能外呼次数", empty=0)
def ai_calls_90d(touched: Rows) -> Column:
    """Calls by AI over 90 days, answered or not."""
    return touched.count(touched.channel == "ai_call")


@feature(TOUCHES, window=days(90), unit="count", label="近90天人工外呼次数", empty=0)
def human_calls_90d(touched: Rows) -> Column:
    """Calls by people over 90 days, answered or not."""
    return touched.count(touched.channel == "human_call")


@feature(TOUCHES, window=days(365), unit="count", label="近一年拒绝次数", empty=0)
def refusals_365d(touched: Rows) -> Column:
    """Contacts that ended in a refusal over a year."""
    return touched.count(touched.result == "refused")


@feature(TOUCHES, window=days(365), unit="share", label="近一年接听率")
def answered_share_365d(touched: Rows) -> Column:
    """Calls picked up, as a share of all calls over a year; null where there were none."""
    calls = touched.count(_called(touched))
    return F.when(calls > 0, share(touched.count(_answered(touched)), calls))


@feature(TOUCHES, unit="days", label="距上次触达天数")
def days_since_contact(touched: Rows) -> Column:
    """Days since the last contact; null if there never was one."""
    return touched.days_since()


@feature(TOUCHES, window=days(365), unit="hour", label="最佳接听时段")
def best_hour(touched: Rows) -> Column:
    """Hour at which most calls of a year were picked up, the earliest of equals; null if none was."""
    return touched.commonest(F.hour(touched.happened_at), values=range(24), where=_answered(touched))


@feature(OBJECTIONS, window=days(365), unit="count", label="近一年投诉次数", empty=0)
def complaints_365d(objected: Rows) -> Column:
    """Complaints opened over a year."""
    return objected.count()


@feature(CALLS_IN, window=days(90), unit="count", label="近90天来电次数", empty=0)
def inbound_calls_90d(called: Rows) -> Column:
    """Calls the customer made to the bank over 90 days."""
    return called.count()
