"""What the customer holds with the bank: level, course, steadiness and mix over the nine asset classes."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaration import days, derived, feature
from features.money import share, yuan
from features.rows import Holdings, Others
from features.sources import HOLDINGS


@feature(HOLDINGS, unit="CNY", label="资产总额", empty=0)
def aum_now(held: Holdings) -> Column:
    """Assets under management at the close of the day, all nine classes."""
    return yuan(held.at(0, held.total_fen))


@feature(HOLDINGS, unit="CNY", label="活期存款余额", empty=0)
def demand_now(held: Holdings) -> Column:
    """Demand deposits at the close of the day."""
    return yuan(held.at(0, held.demand_fen))


@feature(HOLDINGS, unit="CNY", label="定期存款余额", empty=0)
def time_deposit_now(held: Holdings) -> Column:
    """Time deposits at the close of the day."""
    return yuan(held.at(0, held.time_deposit_fen))


@feature(HOLDINGS, unit="CNY", label="结构性存款余额", empty=0)
def structured_deposit_now(held: Holdings) -> Column:
    """Structured deposits at the close of the day."""
    return yuan(held.at(0, held.structured_deposit_fen))


@feature(HOLDINGS, unit="CNY", label="理财余额", empty=0)
def wealth_now(held: Holdings) -> Column:
    """Wealth management products at the close of the day."""
    return yuan(held.at(0, held.wealth_fen))


@feature(HOLDINGS, unit="CNY", label="基金余额", empty=0)
def fund_now(held: Holdings) -> Column:
    """Funds at the close of the day."""
    return yuan(held.at(0, held.fund_fen))


@feature(HOLDINGS, unit="CNY", label="保险余额", empty=0)
def insurance_now(held: Holdings) -> Column:
    """Insurance at the close of the day."""
    return yuan(held.at(0, held.insurance_fen))


@feature(HOLDINGS, unit="CNY", label="贵金属余额", empty=0)
def precious_metal_now(held: Holdings) -> Column:
    """Precious metal at the close of the day."""
    return yuan(held.at(0, held.precious_metal_fen))


@feature(HOLDINGS, unit="CNY", label="债券余额", empty=0)
def bond_now(held: Holdings) -> Column:
    """Bonds at the close of the day."""
    return yuan(held.at(0, held.bond_fen))


@feature(HOLDINGS, unit="CNY", label="信托余额", empty=0)
def trust_now(held: Holdings) -> Column:
    """Trusts at the close of the day."""
    return yuan(held.at(0, held.trust_fen))


@feature(HOLDINGS, window=days(90), unit="CNY", label="近90天日均资产", empty=0)
def aum_mean_90d(held: Holdings) -> Column:
    """Mean of the daily assets over 90 days, over the days on record where the history is shorter."""
    weighted, on_record = held.mean(held.total_fen)
    return share(weighted, on_record * 100)


@feature(HOLDINGS, window=days(90), unit="CNY", label="近90天最低资产", empty=0)
def aum_min_90d(held: Holdings) -> Column:
    """Lowest daily assets over 90 days."""
    return yuan(held.min(held.total_fen))


@feature(HOLDINGS, window=days(90), unit="CNY", label="近90天最高资产", empty=0)
def aum_max_90d(held: Holdings) -> Column:
    """Highest daily assets over 90 days."""
    return yuan(held.max(held.total_fen))


@feature(HOLDINGS, window=days(365), unit="CNY", label="近一年资产峰值", empty=0)
def aum_peak_365d(held: Holdings) -> Column:
    """Highest daily assets over a year."""
    return yuan(held.max(held.total_fen))


@feature(HOLDINGS, unit="CNY", label="近30天资产变动", empty=0)
def aum_change_30d(held: Holdings) -> Column:
    """Assets now less those of 30 days ago, which count as 0 before the first record."""
    return _change(held, 30)


@feature(HOLDINGS, unit="CNY", label="近90天资产变动", empty=0)
def aum_change_90d(held: Holdings) -> Column:
    """Assets now less those of 90 days ago, which count as 0 before the first record."""
    return _change(held, 90)


@feature(HOLDINGS, unit="share", label="近180天资产趋势", empty=0)
def aum_trend_180d(held: Holdings) -> Column:
    """Assets now less those of 180 days ago, as a share of the latter (of 1 yuan where they were less)."""
    then = F.coalesce(held.at(180, held.total_fen), F.lit(0).cast("long"))
    base = F.greatest(then, F.lit(100).cast("long"))
    return (held.at(0, held.total_fen) - then).cast("double") / base.cast("double")


@feature(HOLDINGS, window=days(180), unit="share", label="近180天资产波动", empty=0)
def aum_volatility_180d(held: Holdings) -> Column:
    """Mean absolute change from record to record, as a share of the mean daily assets of the 180 days."""
    recent = held.age_days < 180
    moved = held.sum(held.moved_fen, recent)
    moves = held.count(recent & held.moved_fen.isNotNull())
    weighted, on_record = held.mean(held.total_fen)
    return share(share(moved, moves), share(weighted, on_record))


@derived(unit="share", label="资产占峰值比", empty=0)
def aum_share_of_peak(its: Others) -> Column:
    """Assets now as a share of the year's peak."""
    return share(its.aum_now, its.aum_peak_365d)


@derived(unit="share", label="活期占比", empty=0)
def demand_share(its: Others) -> Column:
    """Demand deposits as a share of all assets."""
    return share(its.demand_now, its.aum_now)


@derived(unit="share", label="定期占比", empty=0)
def fixed_share(its: Others) -> Column:
    """Time and structured deposits as a share of all assets."""
    return share(its.time_deposit_now + its.structured_deposit_now, its.aum_now)


@derived(unit="share", label="风险资产占比", empty=0)
def risky_share(its: Others) -> Column:
    """Wealth products, funds, precious metal, bonds and trusts as a share of all assets."""
    risky = its.wealth_now + its.fund_now + its.precious_metal_now + its.bond_now + its.trust_now
    return share(risky, its.aum_now)


@derived(unit="count", label="持有资产类别数", empty=0)
def classes_held(its: Others) -> Column:
    """In how many of the nine asset classes there is any money."""
    held = (
        its.demand_now,
        its.time_deposit_now,
        its.structured_deposit_now,
        its.wealth_now,
        its.fund_now,
        its.insurance_now,
        its.precious_metal_now,
        its.bond_now,
        its.trust_now,
    )
    return sum((F.when(amount > 0, 1).otherwise(0) for amount in held), F.lit(0))


def _change(held: Holdings, days_ago: int) -> Column:
    then = F.coalesce(held.at(days_ago, held.total_fen), F.lit(0).cast("long"))
    return yuan(held.at(0, held.total_fen) - then)
