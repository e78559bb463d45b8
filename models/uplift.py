"""What a contact adds to the chance of converting, customer by customer: T-, X- and DR-learner.

All three are put together from ordinary regressors. Effects are small beside what customers do anyway, so the
regressors are kept simple: boosted trees of few leaves.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql.types import DoubleType, StructType
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import Tags
from sklearn.utils.validation import check_array, check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from base.errors import ModelError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_STEEPEST = 3.0


class _Learner(BaseEstimator, ABC):
    """What the learners have in common.

    X is numeric (rows x columns, NaN is missing), y the outcome (0 and 1, or an amount).

    outcome: regressor for the outcome under each arm. effect: regressor for the effect. None stands for
        :func:`shallow_trees`.
    """

    def __init__(self, *, outcome: Any = None, effect: Any = None) -> None:
        self.outcome = outcome
        self.effect = effect

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags

    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        *,
        treatment: npt.ArrayLike,
        propensity: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn from a randomised experiment.

        treatment: 0 or 1 a row. propensity: the probability with which a row was drawn into treatment, one
        number or one a row; None takes the share of treated rows. Raises ValueError on input scikit-learn
        refuses, without rows in both arms, and for probabilities that are not between 0 and 1.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", y_numeric=True)  # noqa: N806
        treated = _arms(treatment, rows=len(y))
        # One thread: on a busy machine threads wait for each other longer than so few leaves take.
        with threadpool_limits(limits=1):
            self._learn(X, y, treated, _propensity(propensity, treated))
        return self

    def predict(self, X: Any) -> Floats:  # noqa: N803
        """The predicted effect of each row, in the unit of y."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)  # noqa: N806
        with threadpool_limits(limits=1):
            return self._effect(X)

    @abstractmethod
    def _learn(self, X: Floats, y: Floats, treated: Ints, propensity: Floats) -> None:  # noqa: N803
        """Fit what ``_effect`` needs."""

    @abstractmethod
    def _effect(self, X: Floats) -> Floats:  # noqa: N803
        """The predicted effect of checked rows."""

    def _outcomes(self, X: Floats, y: Floats, treated: Ints) -> tuple[Any, Any]:  # noqa: N803
        """Fitted regressors of the outcome in the control arm and under treatment."""
        control, treatment = (
            _fresh(self.outcome).fit(X[treated == arm], y[treated == arm]) for arm in (0, 1)
        )
        return control, treatment


class _CrossFitted(_Learner):
    """A learner that scores every row by outcome models which have not seen it.

    folds: parts of the rows, each scored by outcome models of the others. random_state: draws the parts.
    """

    def __init__(
        self, *, outcome: Any = None, effect: Any = None, folds: int = 5, random_state: int = 0
    ) -> None:
        super().__init__(outcome=outcome, effect=effect)
        self.folds = folds
        self.random_state = random_state

    def _scores(self, X: Floats, y: Floats, treated: Ints, propensity: Floats) -> tuple[Floats, Floats]:  # noqa: N803
        """Of every row the difference between the outcome models, and its doubly robust score.

        score = m1 - m0 + (t - p) / (p (1 - p)) (y - mt), with outcome models m0 and m1 and propensity p. Its
        mean given X is the effect whenever the outcome models or the propensity are right; the latter is
        known where arms were drawn. Kennedy 2023, "Towards optimal doubly robust estimation of heterogeneous
        causal effects", algorithm 1.
        """
        expected = np.empty((2, len(y)))
        for known, others in self._parts(treated):
            control, treatment = self._outcomes(X[known], y[known], treated[known])
            expected[:, others] = control.predict(X[others]), treatment.predict(X[others])
        surprise = y - np.where(treated == 1, expected[1], expected[0])
        weight = (treated - propensity) / (propensity * (1 - propensity))
        difference = expected[1] - expected[0]
        return difference, difference + weight * surprise

    def _parts(self, treated: Ints) -> Iterator[tuple[Ints, Ints]]:
        folds = min(self.folds, int(np.bincount(treated).min()))
        if folds < 2:
            raise ValueError("cross-fitting needs at least two rows in each arm")
        parts = StratifiedKFold(folds, shuffle=True, random_state=self.random_state)
        return parts.split(treated, treated)  # type: ignore[no-any-return]


class TLearner(_CrossFitted):
    """Two models, one an arm; the effect is the difference of what they predict, brought to scale.

    Models kept simple order customers well but say too little of how far effects lie apart. So the difference
    is stretched or shrunk by the slope of the doubly robust scores on it, both cross-fitted, and moved to
    their mean (linear calibration; a slope is held between 0 and 3). ``effect`` is not used.
    """

    def _learn(self, X: Floats, y: Floats, treated: Ints, propensity: Floats) -> None:  # noqa: N803
        difference, scores = self._scores(X, y, treated, propensity)
        spread = float(difference.var())
        slope = float(np.cov(difference, scores, bias=True)[0, 1]) / spread if spread > 0 else 0.0
        self.control_, self.treatment_ = self._outcomes(X, y, treated)
        self.slope_ = float(np.clip(slope, 0.0, _STEEPEST))
        self.mean_ = float(scores.mean())
        self.centre_ = float(self._difference(X).mean())

    def _effect(self, X: Floats) -> Floats:  # noqa: N803
        return self.mean_ + self.slope_ * (self._difference(X) - self.centre_)

    def _difference(self, X: Floats) -> Floats:  # noqa: N803
        return np.asarray(self.treatment_.predict(X) - self.control_.predict(X))


class XLearner(_Learner):
    """Each arm's outcomes less what the other arm's model expects of them are effects, and are learned.

    Künzel, Sekhon, Bickel, Yu 2019, "Metalearners for estimating heterogeneous treatment effects using
    machine learning", section 2. The effects learned in the control arm weigh as much as the share treated:
    their model of the other arm saw that many rows.
    """

    def _learn(self, X: Floats, y: Floats, treated: Ints, propensity: Floats) -> None:  # noqa: N803
        control, treatment = self._outcomes(X, y, treated)
        held, given = treated == 0, treated == 1
        self.on_control_ = _fresh(self.effect).fit(X[held], treatment.predict(X[held]) - y[held])
        self.on_treated_ = _fresh(self.effect).fit(X[given], y[given] - control.predict(X[given]))
        self.share_ = float(propensity.mean())

    def _effect(self, X: Floats) -> Floats:  # noqa: N803
        mixed = self.share_ * self.on_control_.predict(X) + (1 - self.share_) * self.on_treated_.predict(X)
        return np.asarray(mixed)


class DRLearner(_CrossFitted):
    """Learns the doubly robust scores of the rows as a regression on X."""

    def _learn(self, X: Floats, y: Floats, treated: Ints, propensity: Floats) -> None:  # noqa: N803
        self.effect_ = _fresh(self.effect).fit(X, self._scores(X, y, treated, propensity)[1])

    def _effect(self, X: Floats) -> Floats:  # noqa: N803
        return np.asarray(self.effect_.predict(X))


def score(rows: DataFrame, *, models: Mapping[str, Any], keys: Sequence[str]) -> DataFrame:
    """``keys``, ``kind`` and ``uplift`` of every row, inside the engine: by the model of its ``kind``.

    Rows of a kind without a model are left out. The learners' columns must be there as doubles, null where
    missing. Workers of a cluster need this package installed, as they do to select customers. Raises
    ModelError when a column is missing.
    """
    names = sorted({str(name) for model in models.values() for name in model.feature_names_in_})
    missing = [name for name in (*keys, "kind", *names) if name not in rows.columns]
    if missing:
        raise ModelError(f"the uplift models need columns that are not there: {', '.join(missing)}")

    def scored(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for kind, model in models.items():
                own = batch.filter(pc.equal(batch["kind"], kind))
                if own.num_rows:
                    profile = pd.DataFrame(
                        {name: own[name].to_numpy(zero_copy_only=False) for name in model.feature_names_in_}
                    )
                    columns = [*(own[key] for key in keys), own["kind"], pa.array(model.predict(profile))]
                    yield pa.RecordBatch.from_arrays(columns, names=[*keys, "kind", "uplift"])

    read = rows.select(*keys, "kind", *names)
    schema = StructType([read.schema[name] for name in (*keys, "kind")]).add("uplift", DoubleType())
    return read.mapInArrow(scored, schema)


def shallow_trees() -> HistGradientBoostingRegressor:
    """Boosted trees of one split each, few of them: an additive model that stays near the mean.

    Chosen inside the training parts of the trial that ``benchmarks.hillstrom`` reads.
    """
    return HistGradientBoostingRegressor(
        max_iter=30, max_leaf_nodes=2, learning_rate=0.05, min_samples_leaf=100, early_stopping=False
    )


def _fresh(regressor: Any) -> Any:
    return shallow_trees() if regressor is None else clone(regressor)


def _arms(treatment: npt.ArrayLike, *, rows: int) -> Ints:
    given = check_array(treatment, ensure_2d=False, dtype=np.float64, input_name="treatment")
    if given.shape != (rows,) or not np.isin(given, (0, 1)).all():
        raise ValueError(f"treatment must hold 0 or 1 for each of the {rows} rows")
    if len(np.unique(given)) < 2:
        raise ValueError(f"an effect needs treated and control rows; n_samples={rows}, all of one arm")
    return np.asarray(given, dtype=np.int64)


def _propensity(given: npt.ArrayLike | None, treated: Ints) -> Floats:
    known = treated.mean() if given is None else np.asarray(given, dtype=np.float64)
    shares = np.broadcast_to(known, treated.shape)
    if not ((shares > 0) & (shares < 1)).all():
        raise ValueError("propensity must lie between 0 and 1, both excluded, for every row")
    return shares
