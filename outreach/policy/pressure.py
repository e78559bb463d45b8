"""Rules about how much a person is contacted: per day, per week, one journey, no touch twice."""

from pyspark.sql import Column

from outreach.policy.facts import Facts
from outreach.policy.rule import PolicyRule


class OtherJourney(PolicyRule):
    """The customer is under way in the journey of another strategy. 正处于其他策略旅程"""

    name = "other_journey"
    order = 220
    otherwise = "the journey of the other strategy over"

    def forbids(self, facts: Facts) -> Column:
        return (facts.journey != "") & (facts.journey != facts.strategy)


class TouchMade(PolicyRule):
    """This touch of the strategy was made, or held back, before. 该策略触点已执行"""

    name = "touch_made"
    order = 230
    otherwise = "a touch of the strategy that was not made yet"

    def forbids(self, facts: Facts) -> Column:
        return facts.step <= facts.last_step


class ContactedThatDay(PolicyRule):
    """The person, or the phone number, has the permitted contacts of that day already. 当日联系次数已满"""

    name = "contacted_that_day"
    order = 240
    otherwise = "no other contact of the person or the number that day"

    def forbids(self, facts: Facts) -> Column:
        return facts.contacts_on_day >= facts.contact.per_day


class ContactedThatWeek(PolicyRule):
    """The person, or the phone number, has the permitted contacts of seven days already. 七日联系次数已满"""

    name = "contacted_that_week"
    order = 250
    otherwise = "fewer contacts of the person or the number in those seven days"

    def forbids(self, facts: Facts) -> Column:
        return facts.contacts_in_week >= facts.contact.per_week
