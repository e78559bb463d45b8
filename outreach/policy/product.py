"""Rules about what is offered, and whether the strategy may run that day."""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from outreach.policy.facts import Facts
from outreach.policy.rule import PolicyRule

# Lowest assessed risk appetite (1 to 5) that a product family suits; only investments ask for one.
RISK_NEEDED: Mapping[str, int] = {
    "deposit": 0,
    "loan": 0,
    "wealth": 2,
    "fund": 3,
    "card": 0,
    "instalment": 0,
    "mobile": 0,
}


class SwitchedOff(PolicyRule):
    """The strategy, its channel or all contact has been switched off. 策略或渠道已停用"""

    name = "switched_off"
    order = 5
    otherwise = "the strategy, its channel and all contact switched on"

    def forbids(self, facts: Facts) -> Column:
        return facts.switched_off


class StrategyNotValid(PolicyRule):
    """The strategy is not in force on the day of the contact. 策略不在有效期"""

    name = "strategy_not_valid"
    order = 180
    otherwise = "a day inside the strategy's validity"

    def forbids(self, facts: Facts) -> Column:
        return (facts.valid_from > F.lit(facts.day)) | (facts.valid_until < F.lit(facts.day))


class Unsuitable(PolicyRule):
    """The customer was never assessed for risk, or not for as much as the product asks. 风险不匹配"""

    name = "unsuitable"
    order = 190
    otherwise = "a risk assessment that reaches what the product asks"

    def forbids(self, facts: Facts) -> Column:
        return F.coalesce(facts.risk_level, F.lit(0)) < _risk_needed(facts.kind)


def _risk_needed(kind: Column) -> Column:
    """Null for a product family that nobody rated, which forbids it."""
    steps = list(RISK_NEEDED.items())
    first = F.when(kind == steps[0][0], steps[0][1])
    return reduce(lambda chain, step: chain.when(kind == step[0], step[1]), steps[1:], first)
