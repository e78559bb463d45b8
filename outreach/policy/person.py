"""Rules about who the person is and what state the relation is in."""

from pyspark.sql import Column

from outreach.policy.facts import Facts
from outreach.policy.rule import PolicyRule


class Deceased(PolicyRule):
    """The customer has died. 客户已身故"""

    name = "deceased"
    order = 10
    otherwise = ""

    def forbids(self, facts: Facts) -> Column:
        return facts.deceased


class Litigation(PolicyRule):
    """The customer and the bank are in litigation. 诉讼中"""

    name = "litigation"
    order = 20
    otherwise = "the litigation ended"

    def forbids(self, facts: Facts) -> Column:
        return facts.litigation


class Staff(PolicyRule):
    """The customer works for the bank. 本行员工"""

    name = "staff"
    order = 30
    otherwise = ""

    def forbids(self, facts: Facts) -> Column:
        return facts.staff


class ComplaintOpen(PolicyRule):
    """A complaint of the customer is still open. 投诉处理中"""

    name = "complaint_open"
    order = 40
    otherwise = "the complaint closed, or its days of silence over"

    def forbids(self, facts: Facts) -> Column:
        return facts.complaint_open


class Underage(PolicyRule):
    """The customer is under 18, or the age is not known. 未成年或年龄未知"""

    name = "underage"
    order = 50
    otherwise = "a date of birth on file that makes the customer an adult"

    def forbids(self, facts: Facts) -> Column:
        return facts.surely_age < facts.contact.adult_age


class ElderlyByHuman(PolicyRule):
    """The customer is elderly: only a human colleague may make contact. 老年客户须人工服务"""

    name = "elderly_by_human"
    order = 200
    otherwise = "a touch by a human colleague"

    def forbids(self, facts: Facts) -> Column:
        return (facts.perhaps_age >= facts.contact.elderly_age) & ~facts.by_human


class ElderlyRisk(PolicyRule):
    """The customer is elderly and the product carries investment risk. 老年客户不推介高风险产品"""

    name = "elderly_risk"
    order = 210
    otherwise = "a product without investment risk"

    def forbids(self, facts: Facts) -> Column:
        return (facts.perhaps_age >= facts.contact.elderly_age) & facts.kind.isin("wealth", "fund")
