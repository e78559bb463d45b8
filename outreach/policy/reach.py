"""Rules about the means: number, app, hour of the day, caller number."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from outreach.policy.facts import Facts
from outreach.policy.rule import PolicyRule


class NoMobileNumber(PolicyRule):
    """No mainland mobile number is on file: landline, overseas, unrecognised or none. 无可用手机号"""

    name = "no_mobile_number"
    order = 140
    otherwise = "a mainland mobile number on file"

    def forbids(self, facts: Facts) -> Column:
        return (facts.needs == "number") & (F.coalesce(facts.number_kind, F.lit("none")) != "mobile")


class NoApp(PolicyRule):
    """The customer does not have the bank's app. 未安装手机银行"""

    name = "no_app"
    order = 150
    otherwise = "the bank's app on the customer's phone"

    def forbids(self, facts: Facts) -> Column:
        return (facts.needs == "app") & ~F.coalesce(facts.has_app, F.lit(False))


class OutsideHours(PolicyRule):
    """The contact could end outside the permitted hours of the day, or on a holiday. 超出允许联系时段"""

    name = "outside_hours"
    order = 160
    otherwise = "no holiday, and an hour at which the contact ends inside the permitted ones"

    def forbids(self, facts: Facts) -> Column:
        # A contact planned for an hour may start at any minute of it, so it may last until after its end.
        latest_end = (facts.hour + 1) * 3600 + facts.planned_seconds
        outside = (facts.hour < facts.contact.hour_from) | (latest_end > facts.contact.hour_to * 3600)
        return outside | F.lit(facts.day in facts.contact.holidays)


class CallerNumber(PolicyRule):
    """No caller number registered for marketing serves this channel. 无营销类主叫号码"""

    name = "caller_number"
    order = 170
    otherwise = "a caller number registered for marketing on this channel"

    def forbids(self, facts: Facts) -> Column:
        return facts.caller_purpose != "marketing"
