"""Did they mind."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from evaluation.metrics.metric import Metric


class Complained(Metric):
    """Complained to the bank within the window, about whatever. 投诉率"""

    name = "complained"
    kind = "share"
    unit = "share"
    better = "less"
    guardrail = True
    # Each has to be answered by somebody, and the regulator counts them: one more of a thousand is much.
    margin = 0.001

    @classmethod
    def value(cls) -> Column:
        return (F.col("complaints") > 0).cast("long")


class OptedOut(Metric):
    """Asked within the window not to be contacted any more. 退订率"""

    name = "opted_out"
    kind = "share"
    unit = "share"
    better = "less"
    guardrail = True
    # Whoever is contacted can say no, whoever is not cannot: a few always do.
    margin = 0.005

    @classmethod
    def value(cls) -> Column:
        return (F.col("opt_outs") > 0).cast("long")
