"""Uplift learners on Hillstrom's e-mail trial: women's mail against no mail, 42,693 customers, visits."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import StratifiedShuffleSplit

from base.errors import SourceError
from benchmarks.figure import Figure, at_least, at_most, show
from experiments.moments import Moments
from experiments.statistics import Difference, difference
from models.qini import qini
from models.uplift import DRLearner, TLearner, XLearner

FILE = Path("hillstrom") / "hillstrom.csv.gz"
OUTCOMES = ("visit", "conversion", "spend")
SPLITS, TEST_SHARE, SEED = 10, 0.3, 0
INNER_SPLITS, DRAWS = 5, 10
# The first is the default.
LEARNERS = {"T-learner": TLearner(), "X-learner": XLearner(), "DR-learner": DRLearner()}

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What was known of the customers before the mail, who got it (1) and what came of it, by outcome."""

    profile: pd.DataFrame
    treatment: Ints
    outcomes: Mapping[str, Floats]


def figures(data: Path) -> list[Figure]:
    """Mean Qini coefficient of the default over ten splits, and how far the other learners are from it."""
    trial = read(data)
    scores = over_splits(trial, LEARNERS)
    default, *others = scores.columns
    found = [_qini_figure(f"Qini of the {default}", scores[default])]
    for name in others:
        gap = scores[name] - scores[default]
        unit = f"area, spread {gap.std():.4f}"
        found.append(
            at_most(f"hillstrom visit: Qini of the {name} less that", float(gap.mean()), unit, goal=0.0)
        )
    chosen = chosen_inside(trial)
    nested = pd.Series([scores.at[split, name] for split, name in enumerate(chosen)])
    times = ", ".join(f"{name} {count}" for name, count in chosen.value_counts().items())
    draws = [over_splits(trial, {default: LEARNERS[default]}, seed=seed) for seed in range(DRAWS)]
    means = pd.Series([draw[default].mean() for draw in draws])
    found.append(_qini_figure(f"Qini of the {default}, mean of {DRAWS} such draws of ten splits", means))
    return [*found, _qini_figure(f"Qini of the learner chosen inside the training part ({times})", nested)]


def _qini_figure(name: str, scores: pd.Series) -> Figure:
    unit = f"area, spread {scores.std():.4f}"
    return at_least(f"hillstrom visit: {name}", float(scores.mean()), unit, goal=0.067)


def read(data: Path) -> Trial:
    """The two arms. Left out of the profile: the outcomes, the arm, and the history in bands, said twice."""
    path = data / FILE
    if not path.exists():
        raise SourceError(f"{path} is missing; give the folder of the public data sets as DATA=")
    frame = pd.read_csv(path)
    frame = frame[frame["segment"] != "Mens E-Mail"].reset_index(drop=True)
    known = frame.drop(columns=["segment", "history_segment", *OUTCOMES])
    return Trial(
        profile=pd.get_dummies(known, columns=["zip_code", "channel"], dtype=float),
        treatment=(frame["segment"] == "Womens E-Mail").to_numpy().astype(np.int64),
        outcomes={name: frame[name].to_numpy(dtype=np.float64) for name in OUTCOMES},
    )


def average_effects(trial: Trial) -> dict[str, Difference]:
    """The mean difference between the arms, by outcome."""
    return {
        name: difference(
            *(_moments(values[trial.treatment == arm]) for arm in (1, 0)),
            binary=name != "spend",
            confidence=0.95,
        )
        for name, values in trial.outcomes.items()
    }


def over_splits(trial: Trial, learners: Mapping[str, Any], *, seed: int = SEED) -> pd.DataFrame:
    """Qini coefficients on the test parts: a row a split, a column a learner."""
    rows = np.arange(len(trial.treatment))
    splits = _splits(trial, rows, count=SPLITS, seed=seed)
    return pd.DataFrame([_scores(trial, learners, *parts) for parts in splits])


def chosen_inside(trial: Trial) -> pd.Series:
    """For every split the learner that is best on splits of its training part, which sees no test row."""
    rows = np.arange(len(trial.treatment))
    best = []
    for training, _ in _splits(trial, rows, count=SPLITS, seed=SEED):
        splits = _splits(trial, training, count=INNER_SPLITS, seed=SEED)
        inner = [_scores(trial, LEARNERS, *parts) for parts in splits]
        best.append(pd.DataFrame(inner).mean().idxmax())
    return pd.Series(best)


def _splits(trial: Trial, rows: Ints, *, count: int, seed: int) -> list[tuple[Ints, Ints]]:
    """Training and test rows, arms and visits alike in both."""
    strata = 2 * trial.treatment[rows] + trial.outcomes["visit"][rows]
    drawn = StratifiedShuffleSplit(count, test_size=TEST_SHARE, random_state=seed).split(rows, strata)
    return [(rows[training], rows[test]) for training, test in drawn]


def _scores(trial: Trial, learners: Mapping[str, Any], training: Ints, test: Ints) -> dict[str, float]:
    visits, profile, arm = trial.outcomes["visit"], trial.profile, trial.treatment
    found = {}
    for name, learner in learners.items():
        fitted = clone(learner)
        fitted.fit(profile.iloc[training], visits[training], treatment=arm[training], propensity=0.5)
        found[name] = qini(visits[test], fitted.predict(profile.iloc[test]), arm[test])
    return found


def _moments(values: Floats) -> Moments:
    sums = (float(len(values)), values.sum(), (values**2).sum())
    n, total, squares = (np.array([number]) for number in sums)
    return Moments(n=n, total=total, squares=squares)


def main() -> None:
    show(figures(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")))


if __name__ == "__main__":
    main()
