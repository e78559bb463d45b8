"""What is wrong with the arms of an experiment."""

from evaluation.findings.finding import Facts, Finding, Found, surely_uneven
from evaluation.suppress import few, shown


class SampleRatio(Finding):
    """The arms are not as large as they were drawn: something lost customers of one of them. 样本比例失衡"""

    name = "sample_ratio"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Found:
        said = [
            f"{shown(t)} treated, {shown(c)} held out" for t, c in zip(facts.treated, facts.held, strict=True)
        ]
        return surely_uneven(facts, facts.ratio), None, said


class ChangedHalfWay(Finding):
    """The experiment was changed half-way; customers are compared within their draw. 实验中途变更"""

    name = "changed_half_way"

    @classmethod
    def find(cls, facts: Facts) -> Found:
        return facts.draws > 1, None, [f"{draws:.0f} draws" for draws in facts.draws]


class ArmsMissing(Finding):
    """One of the arms is empty, so that there is nothing to compare with. 缺少对照组或实验组"""

    name = "arms_missing"

    @classmethod
    def find(cls, facts: Facts) -> Found:
        empty = (facts.treated == 0) | (facts.held == 0)
        return empty, None, ["nobody is treated" if t == 0 else "nobody is held out" for t in facts.treated]


class FewCustomers(Finding):
    """An arm has so few customers, one perhaps, that nothing can be concluded. 某组客户过少"""

    name = "few_customers"

    @classmethod
    def find(cls, facts: Facts) -> Found:
        return few(facts.treated) | few(facts.held), None, None
