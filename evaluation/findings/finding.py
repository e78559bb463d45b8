"""What a finding is, what it is found in, and how it is said to people."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from base.registry import subclasses
from evaluation.aggregates import Metrics
from experiments.discoveries import discovered_by_evidence
from experiments.moments import Floats, Moments
from lake.tables import EXPERIMENT_FINDINGS

FALSE_ALARMS = 0.01
"""Of the experiments called broken by the sizes of their arms, or by what is missing in them, at most this
share is not."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What findings look at, one entry a strategy.

    ``flawed``: exposures with a flaw, by its name. ``arms``: moments of (treated, control), by metric.
    ``contaminated``: held-out customers on contact lists. ``draws``: the most draws of any segment. ``ratio``
    and ``missing`` (by metric): log evidence that arms, and the missing values in them, are not as drawn.
    ``negative``, by metric that is never negative: customers of segments' arms whose sum is below zero.
    """

    strategies: Sequence[str]
    treated: Floats
    held: Floats
    flawed: Mapping[str, Floats]
    contaminated: Floats
    draws: Floats
    ratio: Floats
    missing: Mapping[str, Floats]
    negative: Mapping[str, Floats]
    arms: Mapping[str, tuple[Moments, Moments]]
    metrics: Metrics


Found = tuple[NDArray[np.bool_], Floats | None, Sequence[str] | None]
"""Which strategies are concerned, how many exposures of each, and what exactly, in words."""


class Finding(ABC):
    """A kind of finding; a subclass's docstring is its message.

    ``grave``: no number of the strategy is to be trusted. ``drops``: exposures with it are left out of the
    numbers; it is then a flaw of MEASURED's rows.
    """

    name: ClassVar[str]
    grave: ClassVar[bool] = False
    drops: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def find(cls, facts: Facts) -> Found:
        """The strategies concerned."""


@cache
def kinds() -> Mapping[str, type[Finding]]:
    """Every kind of finding, by name."""
    return subclasses("evaluation.findings", Finding)  # type: ignore[type-abstract]


def dropped_flaws() -> frozenset[str]:
    """Flaws of exposures that keep them out of every number."""
    return frozenset(name for name, kind in kinds().items() if kind.drops)


def counted(exposures: DataFrame) -> DataFrame:
    """The exposures that numbers are made of: without a flaw, or with one that drops nobody."""
    return exposures.filter(F.col("flaw").isNull() | ~F.col("flaw").isin(*sorted(dropped_flaws())))


def surely_uneven(facts: Facts, evidence: Floats) -> NDArray[np.bool_]:
    """Where ``evidence``, one of those in ``facts``, says that arms or missing values are not as drawn.

    One discovery procedure for all of them, on their mean (a mean of e-values is an e-value: Vovk and Wang,
    Annals of Statistics 49, 2021); one for each would add up their false alarms. The mean of those discovered
    is at least 1 / FALSE_ALARMS, and so is one evidence at least: each of them is named.
    """
    every = np.stack([facts.ratio, *facts.missing.values()])
    mean = np.logaddexp.reduce(every, axis=0) - np.log(len(every))
    return np.asarray(discovered_by_evidence(mean, FALSE_ALARMS) & (evidence >= -np.log(FALSE_ALARMS)))


def findings(facts: Facts) -> pd.DataFrame:
    """Everything that is wrong: EXPERIMENT_FINDINGS' columns, by strategy and kind."""
    rows = [row for kind in kinds().values() for row in _rows(kind, facts)]
    frame = pd.DataFrame(rows, columns=list(EXPERIMENT_FINDINGS.names))
    return frame.astype({"rows": "Int64", "grave": bool}).sort_values(["strategy", "kind"], ignore_index=True)


def _rows(kind: type[Finding], facts: Facts) -> Iterator[tuple[str, str, bool, int | None, str]]:
    concerned, rows, details = kind.find(facts)
    message = " ".join((kind.__doc__ or "").split())
    for place in np.flatnonzero(concerned).tolist():
        detail = f" [{details[place]}]" if details is not None and details[place] else ""
        count = None if rows is None else int(rows[place])
        yield facts.strategies[place], kind.name, kind.grave, count, message + detail
