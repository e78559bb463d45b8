"""Did they take up what they were offered, and how much of it."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from evaluation.metrics.metric import CURRENCY, Metric


class Converted(Metric):
    """Took up the product of the goal within the window. 转化率"""

    name = "converted"
    kind = "share"
    unit = "share"

    @classmethod
    def value(cls) -> Column:
        return (F.col("openings") > 0).cast("long")


class Amount(Metric):
    """Yuan placed or lent by taking it up, nothing where it was not. 人均金额"""

    name = "amount"
    kind = "mean"
    unit = CURRENCY
    never_negative = True

    @classmethod
    def value(cls) -> Column:
        return F.round(F.col("opened_fen") / 100).cast("long")


class AmountPerOpening(Metric):
    """Yuan placed or lent each time it was taken up. 笔均金额"""

    name = "amount_per_opening"
    kind = "ratio"
    unit = CURRENCY
    numerator = "amount"
    denominator = "openings"
