"""Whether a fitted uplift is worth following: its order of customers that it has not learned from."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from models.qini import ordering, qini

Floats = npt.NDArray[np.float64]

FOLDS = 5
LEAST_NEW = 500
_STEPS = 1_000


def unseen_ranks(learner: Any, profile: pd.DataFrame, trial: pd.DataFrame) -> Floats:
    """Predicted uplift of every row by a fit on other customers, as ranks within the fold, 0 to 1.

    profile: what the learner sees. trial: ``customer``, ``converted``, ``treated`` and ``treatment_share``,
    row by row. Ranks, because fits on different rows lie at different heights; in a thousand steps.
    """
    ranks = np.empty(len(trial))
    folds = GroupKFold(FOLDS, shuffle=True, random_state=0).split(profile, groups=trial["customer"])
    for known, others in folds:
        own = trial.iloc[known]
        fitted = clone(learner).fit(
            profile.iloc[known],
            own["converted"],
            treatment=own["treated"],
            propensity=own["treatment_share"],
        )
        found = pd.Series(fitted.predict(profile.iloc[others])).rank(pct=True)
        ranks[others] = np.ceil(found * _STEPS) / _STEPS
    return ranks


def measure(ranks: Floats, trial: pd.DataFrame) -> dict[str, float]:
    """Figures of a fit: Qini coefficient and uplift at 0.3 with intervals (``models.qini``), and counts."""
    found = ordering(trial["converted"], ranks, trial["treated"], treatment_share=trial["treatment_share"])
    counts = {
        "exposures": len(trial),
        "treated": trial["treated"].sum(),
        "converted": trial["converted"].sum(),
    }
    return {**asdict(found), **{name: float(count) for name, count in counts.items()}}


def against_champion(
    champion: Any, ranks: Floats, profile: pd.DataFrame, trial: pd.DataFrame
) -> dict[str, float]:
    """Qini coefficients of both on the rows given, which are new to the champion and unseen in ``ranks``."""
    hits, treated, share = (trial[name] for name in ("converted", "treated", "treatment_share"))
    return {
        "new_exposures": float(len(trial)),
        "new_qini": qini(hits, ranks, treated, treatment_share=share),
        "champion_new_qini": qini(hits, champion.predict(profile), treated, treatment_share=share),
    }


def objections(metrics: Mapping[str, float]) -> list[str]:
    """Why a fit must not take over; empty when it may."""
    found = []
    if not metrics["qini_low"] > 0:
        found.append(
            f"orders customers no better than chance: Qini {metrics['qini']:.3f}, "
            f"interval from {metrics['qini_low']:.3f} to {metrics['qini_high']:.3f}"
        )
    if metrics.get("new_exposures", LEAST_NEW) < LEAST_NEW:
        found.append(
            f"has {metrics['new_exposures']:,.0f} exposures that are new to the champion, "
            f"{LEAST_NEW} are the least to compare them on"
        )
    elif metrics.get("new_qini", 0.0) < metrics.get("champion_new_qini", 0.0):
        found.append(
            f"is worse than the champion on new exposures: Qini {metrics['new_qini']:.3f} "
            f"against {metrics['champion_new_qini']:.3f}"
        )
    return found
