"""Money that comes in and goes out."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaration import days, derived, feature
from features.money import share, yuan
from features.rows import Others, Rows
from features.sources import MOVEMENTS


@feature(MOVEMENTS, window=days(30), unit="CNY", label="近30天流入", empty=0)
def inflow_30d(moved: Rows) -> Column:
    """Money that came in over 30 days, from whatever cause."""
    return yuan(moved.sum(moved.amount_fen, moved.direction == "credit"))


@feature(MOVEMENTS, window=days(90), unit="CNY", label="近90天流入", empty=0)
def inflow_90d(moved: Rows) -> Column:
    """Money that came in over 90 days, from whatever cause."""
    return yuan(moved.sum(moved.amount_fen, moved.direction == "credit"))


@feature(MOVEMENTS, window=days(30), unit="CNY", label="近30天流出", empty=0)
def outflow_30d(moved: Rows) -> Column:
    """Money that went out over 30 days, for whatever cause."""
    return yuan(moved.sum(moved.amount_fen, moved.direction == "debit"))


@feature(MOVEMENTS, window=days(90), unit="CNY", label="近90天流出", empty=0)
def outflow_90d(moved: Rows) -> Column:
    """Money that went out over 90 days, for whatever cause."""
    return yuan(moved.sum(moved.amount_fen, moved.direction == "debit"))


@feature(MOVEMENTS, window=days(90), unit="CNY", label="近90天净流入", empty=0)
def net_flow_90d(moved: Rows) -> Column:
    """Money in less money out over 90 days."""
    nothing = F.lit(0).cast("long")
    came = F.coalesce(moved.sum(moved.amount_fen, moved.direction == "credit"), nothing)
    went = F.coalesce(moved.sum(moved.amount_fen, moved.direction == "debit"), nothing)
    return yuan(came - went)


@feature(MOVEMENTS, window=days(90), unit="CNY", label="近90天工资收入", empty=0)
def salary_90d(moved: Rows) -> Column:
    """Salary that came in over 90 days."""
    return yuan(moved.sum(moved.amount_fen, (moved.category == "salary") & (moved.direction == "credit")))


@feature(MOVEMENTS, window=days(30), unit="CNY", label="近30天最大单笔流入", empty=0)
def largest_inflow_30d(moved: Rows) -> Column:
    """The largest single amount that came in over 30 days."""
    return yuan(moved.max(moved.amount_fen, moved.direction == "credit"))


@feature(MOVEMENTS, window=days(90), unit="CNY", label="近90天利息收入", empty=0)
def interest_90d(moved: Rows) -> Column:
    """Interest paid to the customer over 90 days."""
    return yuan(moved.sum(moved.amount_fen, (moved.category == "interest") & (moved.direction == "credit")))


@derived(unit="share", label="近90天流出占比", empty=0)
def outflow_ratio_90d(its: Others) -> Column:
    """Money out over 90 days as a share of all that moved, in and out: above 0.5 more goes than comes."""
    return share(its.outflow_90d, its.inflow_90d + its.outflow_90d)
