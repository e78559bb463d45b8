"""What is wrong with single exposures."""

from abc import ABC

import numpy as np

from evaluation.findings.finding import Facts, Finding, Found


class _Flawed(Finding, ABC):
    @classmethod
    def find(cls, facts: Facts) -> Found:
        rows = facts.flawed.get(cls.name, np.zeros(len(facts.strategies)))
        return rows > 0, rows, None


class TwoArms(_Flawed):
    """Customers are in the experiment more than once: nobody can say which arm they are in. 客户重复入组"""

    name = "two_arms"
    grave = True
    drops = True


class OutcomeBeforeExposure(_Flawed):
    """Contacts or their outcomes lie before the exposure they should follow. 结果早于触达"""

    name = "outcome_before_exposure"
    grave = True
    drops = True


class DuplicateOutcomes(_Flawed):
    """The bank delivered openings more than once; each was counted once. 结果重复交付，已去重"""

    name = "duplicate_outcomes"


class ContaminatedControl(Finding):
    """Customers who should receive nothing were on contact lists of the strategy. 对照组被触达"""

    name = "contaminated_control"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Found:
        return facts.contaminated > 0, facts.contaminated, None
