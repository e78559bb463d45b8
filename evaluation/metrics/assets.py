"""What became of the customers' assets."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from evaluation.metrics.metric import CURRENCY, Metric


class AumChange(Metric):
    """Yuan that the customer's assets have grown by since the night of the decision. 资产变动"""

    name = "aum_change"
    kind = "mean"
    unit = CURRENCY
    covariate = "aum_before"

    @classmethod
    def value(cls) -> Column:
        return F.round(F.col("aum_after_fen") / 100 - F.col("aum_before")).cast("long")


class Outflow(Metric):
    """Assets fell by half or more. 资产流失率"""

    name = "outflow"
    kind = "share"
    unit = "share"
    better = "less"
    guardrail = True
    # Money comes and goes, and products of other houses are bought with it: one of a hundred is let pass.
    margin = 0.01

    @classmethod
    def value(cls) -> Column:
        left = F.col("aum_after_fen") / 100
        # Who had nothing cannot lose it.
        return ((F.col("aum_before") > 0) & (left <= F.col("aum_before") / 2)).cast("long")
