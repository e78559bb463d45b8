"""Rules about what the person has asked for: consent, opt-out, refusal, no automated decisions."""

from pyspark.sql import Column

from outreach.policy.facts import Facts
from outreach.policy.rule import PolicyRule


class OptedOut(PolicyRule):
    """The customer has opted out of this channel or of all. 客户已退订"""

    name = "opted_out"
    order = 60
    otherwise = "the opt-out withdrawn by the customer"

    def forbids(self, facts: Facts) -> Column:
        return facts.includes_channel(facts.opted_out_on)


class NumberOptedOut(PolicyRule):
    """Somebody who shares the customer's phone number has opted out. 同号客户已退订"""

    name = "number_opted_out"
    order = 70
    otherwise = "the opt-out withdrawn by whoever shares the number"

    def forbids(self, facts: Facts) -> Column:
        return facts.includes_channel(facts.number_opted_out_on)


class DoNotDisturb(PolicyRule):
    """The customer, or the phone number, is in the do-not-disturb register. 免打扰登记"""

    name = "do_not_disturb"
    order = 80
    otherwise = "customer and number off the do-not-disturb register"

    def forbids(self, facts: Facts) -> Column:
        return facts.includes_channel(facts.do_not_disturb_on)


class RefusesAutomatedDecisions(PolicyRule):
    """The customer refuses marketing chosen by automated decision. 拒绝自动化决策营销"""

    name = "refuses_automated_decisions"
    order = 90
    otherwise = "the refusal withdrawn by the customer"

    def forbids(self, facts: Facts) -> Column:
        return facts.refuses_automated_decisions


class NoPersonalisation(PolicyRule):
    """The customer chose not to be picked by personal features, as this strategy does. 拒绝个性化推荐"""

    name = "no_personalisation"
    order = 100
    otherwise = "a strategy for everybody, or personalised offers allowed by the customer"

    def forbids(self, facts: Facts) -> Column:
        return facts.no_personalisation & facts.personal


class NoConsent(PolicyRule):
    """No marketing consent for this channel is in force on the day of the contact. 无有效营销授权"""

    name = "no_consent"
    order = 110
    otherwise = "a marketing consent for this channel, in force on that day"

    def forbids(self, facts: Facts) -> Column:
        return ~facts.includes_channel(facts.consented_on)


class RefusedThisWay(PolicyRule):
    """The customer once refused or complained about contact by this means. 曾拒绝该渠道"""

    name = "refused_this_way"
    order = 120
    otherwise = "another channel: a refusal closes this one for good"

    def forbids(self, facts: Facts) -> Column:
        return facts.includes_channel(facts.refused_on)


class RefusedLately(PolicyRule):
    """The customer refused a contact, by whatever means, within the cool-off. 拒绝后冷静期内"""

    name = "refused_lately"
    order = 130
    otherwise = "the cool-off after the refusal over"

    def forbids(self, facts: Facts) -> Column:
        return facts.refused_lately
