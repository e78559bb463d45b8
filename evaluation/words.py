"""What is seen in a readout, plainly; what to do about it only verdicts say, which weigh all strategies."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from evaluation.aggregates import Metrics
from lake.tables import READOUTS

UNEVEN = "those held and the others are not as many as were drawn: something lost some of them. 样本比例失衡"
NOT_RANDOMISED = "Not randomised, so not proof: those who can be reached differ from the others. "
_KEPT = ("sample_ratio_p",)


def say(
    readouts: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    uneven_holdouts: Collection[str],
    metrics: Metrics,
    caveat: str,
) -> pd.DataFrame:
    """READOUTS with their words; where no lift may be given, with the words instead of it.

    A ``caveat`` says why the source cannot tell what held-out customers did.
    """
    less = readouts["metric"].map({name: metric.better == "less" for name, metric in metrics.items()})
    sign = np.where(less.to_numpy(dtype=bool), -1.0, 1.0)
    better, worse = (_beyond(readouts, way * sign, always=True) for way in (1.0, -1.0))
    perhaps = _beyond(readouts, sign, always=False) | _beyond(readouts, -sign, always=False)
    told = np.isfinite(readouts["lift"].to_numpy(dtype=np.float64))
    words = np.select(
        [~told, better, worse, perhaps],
        [
            "Nothing can be said: an arm is empty, too small, or all alike.",
            "Better than leaving them alone.",
            "Worse than leaving them alone.",
            "Not proven: a single look would see a difference, looking every night needs more.",
        ],
        "Undecided: the interval holds zero.",
    ).astype(object)
    words = np.where(told & (readouts["view"] == "contacted"), NOT_RANDOMISED + words, words)
    said = readouts.assign(words=words)
    grave = findings[findings["grave"].astype(bool)].groupby("strategy")["words"].agg(" ".join)
    reasons = said["name"].where(said["level"] == "strategy").map(grave).astype(object)
    reasons[(said["level"] == "holdout") & said["name"].isin(list(uneven_holdouts))] = UNEVEN
    said = _silenced(said, reasons.notna(), "Not to be trusted: " + reasons.fillna(""))
    if caveat:
        said = _silenced(said, pd.Series(True, index=said.index), caveat, kept=("mean", *_KEPT))
    return said


def _beyond(readouts: pd.DataFrame, sign: np.ndarray, *, always: bool) -> np.ndarray:
    """Whether the interval lies wholly on the side of ``sign``."""
    low, high = (
        readouts[f"always_{end}" if always else end].to_numpy(dtype=np.float64) for end in ("low", "high")
    )
    return np.where(sign > 0, low > 0, high < 0)


def _silenced(
    readouts: pd.DataFrame, rows: pd.Series, words: pd.Series | str, *, kept: tuple[str, ...] = _KEPT
) -> pd.DataFrame:
    numbers = [name for name in READOUTS.names if READOUTS[name].type == "double" and name not in kept]
    silent = readouts.copy()
    silent.loc[rows, numbers] = np.nan
    silent.loc[rows, "words"] = words[rows] if isinstance(words, pd.Series) else words
    return silent
