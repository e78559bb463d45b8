"""What is wrong with the values of a metric."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from evaluation.findings.finding import Facts, Finding, Found, surely_uneven
from evaluation.metrics.metric import CURRENCY, Metric
from experiments.moments import Floats, Moments


class MissingOutcomes(Finding):
    """Outcomes are missing more often in one arm than in the other. 结果缺失在两组间不均"""

    name = "missing_outcomes"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Found:
        return _by_metric(facts, lambda name: surely_uneven(facts, facts.missing[name]), facts.missing)


class NegativeAmounts(Finding):
    """A metric that is never negative has a sum below zero: it is made wrongly. 不应为负的指标出现负值"""

    name = "negative_amounts"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Found:
        return _by_metric(facts, lambda name: facts.negative[name] > 0, facts.negative)


class AllNull(Finding):
    """A metric is not known of a single customer. 指标全部缺失"""

    name = "all_null"

    @classmethod
    def find(cls, facts: Facts) -> Found:
        return _by_metric(facts, lambda name: _known(facts, name) == 0, facts.arms)


class ZeroVariance(Finding):
    """A metric is the same for every customer, so that its uncertainty cannot be measured. 指标无差异"""

    name = "zero_variance"

    @classmethod
    def find(cls, facts: Facts) -> Found:
        varied = {name for name, metric in facts.metrics.items() if metric.kind != "share"}
        return _by_metric(facts, lambda name: _same(*facts.arms[name]), varied & facts.arms.keys())


class FewAmounts(Finding):
    """So few amounts are not zero that the metric's interval may promise more than it keeps. 非零金额过少"""

    name = "few_amounts"

    @classmethod
    def find(cls, facts: Facts) -> Found:
        means = {name: metric for name, metric in facts.metrics.items() if metric.kind == "mean"}
        return _by_metric(facts, lambda name: _hardly_any(means[name], *facts.arms[name]), means)


class OtherCurrency(Finding):
    """A metric is in another currency than yuan and is left out. 指标币种不是人民币"""

    name = "other_currency"

    @classmethod
    def find(cls, facts: Facts) -> Found:
        foreign = sorted(name for name, metric in facts.metrics.items() if is_foreign(metric.unit))
        count = len(facts.strategies)
        return np.full(count, bool(foreign)), None, [", ".join(foreign)] * count


def is_foreign(unit: str) -> bool:
    """Whether the unit is a currency other than the one that sums are made in."""
    return unit not in ("share", CURRENCY)


def _by_metric(facts: Facts, found: Callable[[str], NDArray[np.bool_]], names: Iterable[str]) -> Found:
    """Concerned by any of the metrics; these are told."""
    by_name = {name: found(name) for name in sorted(names)}
    nothing = np.zeros(len(facts.strategies), dtype=bool)
    concerned = np.logical_or.reduce([nothing, *by_name.values()])
    details = [""] * len(concerned)
    for place in np.flatnonzero(concerned):
        details[place] = ", ".join(name for name, hit in by_name.items() if hit[place])
    return concerned, None, details


def _known(facts: Facts, name: str) -> Floats:
    treated, held = facts.arms[name]
    return treated.array("n") + held.array("n")


def _same(treated: Moments, held: Moments) -> NDArray[np.bool_]:
    """Two or more customers in each arm, and all of them alike."""
    enough = (treated.array("n") > 1) & (held.array("n") > 1)
    return np.asarray(enough & (treated.variance == 0) & (held.variance == 0))


def _hardly_any(metric: type[Metric], treated: Moments, held: Moments) -> NDArray[np.bool_]:
    """Amounts worth less than one of equal ones (Kish's effective number) are expected in the smaller arm."""
    both = treated + held
    size = both.array("total") if metric.never_negative else both.array("gains") + both.losses
    smaller = np.minimum(treated.array("n"), held.array("n"))
    return np.asarray(
        (smaller > 0) & (size > 0) & (size**2 * smaller < both.array("squares") * both.array("n"))
    )
