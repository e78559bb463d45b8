"""Life cycle: age, time with the bank, appetite for risk."""

from pyspark.sql import Column

from features.declaration import derived, feature
from features.rows import Others, Person
from features.sources import PERSON
from lake.table import Classification

ELDERLY_AGE = 65
ADULT_AGE = 18
NEW_DAYS = 90


@feature(PERSON, unit="years", label="年龄", classification=Classification.QUASI)
def age(person: Person) -> Column:
    """Age in whole years by month of birth; null where that is unknown."""
    return person.years_since(person.birth_month)


@feature(PERSON, unit="days", label="客户年限天数", empty=0)
def tenure_days(person: Person) -> Column:
    """Days since the customer joined the bank."""
    return person.days_since(person.opened_on)


@derived(unit="flag", label="老年客户", empty=False)
def is_elderly(its: Others) -> Column:
    """65 or older; false where the age is unknown."""
    return its.age >= ELDERLY_AGE


@derived(unit="flag", label="成年客户", empty=False)
def is_adult(its: Others) -> Column:
    """18 or older; false where the age is unknown."""
    return its.age >= ADULT_AGE


@derived(unit="flag", label="新客户", empty=False)
def is_new(its: Others) -> Column:
    """Joined the bank at most 90 days ago."""
    return its.tenure_days <= NEW_DAYS


@feature(PERSON, unit="level", label="风险等级")
def risk_level(person: Person) -> Column:
    """Assessed risk appetite, 1 (lowest) to 5; null when never assessed."""
    return person.risk_level


@feature(PERSON, unit="flag", label="已安装手机银行", empty=False)
def has_app(person: Person) -> Column:
    """The app is installed."""
    return person.has_app
