"""What a metric is: how it is read from an exposure's facts, and which way is better."""

from abc import ABC
from collections.abc import Mapping
from functools import cache
from typing import ClassVar, Literal

from pyspark.sql import Column

from base.errors import DeclarationError
from base.registry import subclasses
from lake.tables import MEASURED

CURRENCY = "CNY"


class Metric(ABC):
    """Something that strategies may change. A subclass's docstring is what people read of it.

    ``kind``: a share (0 or 1 a customer), a mean (whole yuan a customer) or a ratio of two sums. ``unit`` is
    'share', or the currency. A metric that is a ``guardrail`` can stop a strategy, where it is worse by more
    than its ``margin``, in the metric's unit: contacts always cost a little goodwill, so that without one
    every strategy would be stopped once it is large enough. A mean that is ``never_negative`` is an amount,
    for many customers zero. ``covariate`` names the column of MEASURED, known before the exposure, that the
    mean is adjusted by. A ratio names its ``numerator`` and ``denominator`` among the columns of MEASURED.
    """

    name: ClassVar[str]
    kind: ClassVar[Literal["share", "mean", "ratio"]]
    unit: ClassVar[str]
    better: ClassVar[Literal["more", "less"]] = "more"
    guardrail: ClassVar[bool] = False
    margin: ClassVar[float] = 0.0
    never_negative: ClassVar[bool] = False
    covariate: ClassVar[str | None] = None
    numerator: ClassVar[str | None] = None
    denominator: ClassVar[str | None] = None

    @classmethod
    def value(cls) -> Column | None:
        """The column of MEASURED called like the metric, from FACTS; None for a ratio, which has no own."""
        return None


@cache
def load_metrics() -> Mapping[str, type[Metric]]:
    """Every declared metric by name.

    Raises DeclarationError where one reads, or makes, a column that MEASURED does not have.
    """
    metrics = subclasses("evaluation.metrics", Metric)
    for metric in metrics.values():
        _check(metric)
    return metrics


def columns(metric: type[Metric]) -> tuple[str, str | None]:
    """The columns of MEASURED that are summed: the metric's own, and its covariate or denominator."""
    return metric.numerator or metric.name, metric.denominator or metric.covariate


def _check(metric: type[Metric]) -> None:
    if (metric.kind == "ratio") != (metric.numerator is not None and metric.denominator is not None):
        raise DeclarationError(f"metric {metric.name}: a ratio, and only a ratio, has two parts")
    for column in columns(metric):
        if column is not None and column not in MEASURED.names:
            raise DeclarationError(f"metric {metric.name}: the table measured has no column {column}")
