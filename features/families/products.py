"""Which products the customer has, and so which are missing."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaration import derived, feature
from features.rows import Others, Rows
from features.sources import TAKEN_UP


@feature(TAKEN_UP, unit="flag", label="曾开立存款产品", empty=False)
def _opened_deposit(opened: Rows) -> Column:
    """Ever took up a term deposit."""
    return opened.any(opened.product == "deposit")


@feature(TAKEN_UP, unit="flag", label="曾购买理财", empty=False)
def _opened_wealth(opened: Rows) -> Column:
    """Ever took up a wealth management product."""
    return opened.any(opened.product == "wealth")


@feature(TAKEN_UP, unit="flag", label="曾购买基金", empty=False)
def _opened_fund(opened: Rows) -> Column:
    """Ever took up a fund."""
    return opened.any(opened.product == "fund")


@derived(unit="flag", label="有定期类存款", empty=False)
def has_deposit(its: Others) -> Column:
    """Ever took up a term deposit, or holds money in time or structured deposits."""
    return its._opened_deposit | (its.time_deposit_now + its.structured_deposit_now > 0)


@feature(TAKEN_UP, unit="flag", label="有贷款", empty=False)
def has_loan(opened: Rows) -> Column:
    """Ever took up a loan."""
    return opened.any(opened.product == "loan")


@derived(unit="flag", label="有理财", empty=False)
def has_wealth(its: Others) -> Column:
    """Ever took up a wealth management product, or holds money in one."""
    return its._opened_wealth | (its.wealth_now > 0)


@derived(unit="flag", label="有基金", empty=False)
def has_fund(its: Others) -> Column:
    """Ever took up a fund, or holds money in one."""
    return its._opened_fund | (its.fund_now > 0)


@feature(TAKEN_UP, unit="flag", label="有信用卡", empty=False)
def has_card(opened: Rows) -> Column:
    """Ever took up or activated a card."""
    return opened.any(opened.product == "card")


@feature(TAKEN_UP, unit="flag", label="有分期", empty=False)
def has_instalment(opened: Rows) -> Column:
    """Ever took up an instalment plan."""
    return opened.any(opened.product == "instalment")


@feature(TAKEN_UP, unit="flag", label="已开通手机银行", empty=False)
def has_mobile(opened: Rows) -> Column:
    """Ever signed up for mobile banking."""
    return opened.any(opened.product == "mobile")


@derived(unit="count", label="持有产品数", empty=0)
def products_held(its: Others) -> Column:
    """How many of the seven product families the customer has."""
    had = (
        its.has_deposit,
        its.has_loan,
        its.has_wealth,
        its.has_fund,
        its.has_card,
        its.has_instalment,
        its.has_mobile,
    )
    return sum((F.when(has, 1).otherwise(0) for has in had), F.lit(0))


@feature(TAKEN_UP, unit="days", label="距上次开立产品天数")
def days_since_opening(opened: Rows) -> Column:
    """Days since the last product was taken up; null if none ever was."""
    return opened.days_since()


@feature(TAKEN_UP, unit="date", label="上次开立产品日期")
def last_opening_on(opened: Rows) -> Column:
    """Day on which the last product was taken up; null if none ever was."""
    return F.date_sub(F.lit(opened.as_of), opened.days_since())
