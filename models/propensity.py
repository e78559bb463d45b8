"""How likely a customer is to convert: boosted trees and a logistic model, averaged, newest rows first."""

import warnings
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from base.errors import ModelError

Floats = npt.NDArray[np.float64]

# The trees take at most 255 levels of a category; rarer ones share the last.
_MOST_LEVELS = 254
_ROWS_WORTH_THREADS = 50_000


class Propensity(ClassifierMixin, BaseEstimator):
    """P(conversion) for tabular data with categories and missing values.

    Two models see the same rows: gradient-boosted trees, which find interactions, and a logistic model on
    binned and standardised columns, which extrapolates when the market moves on. Their log-odds are
    averaged. Both are fitted by log-loss, so the average stays near calibrated.

    X is a DataFrame (columns that are not numeric are categories, NaN is missing, an unseen level counts as
    missing) or a numeric array; y holds two classes, of which the greater is the conversion.

    half_life: rows after which a row's weight has halved. With it, rows must be in time order, oldest first:
        the last row weighs 1. None weighs all rows alike.
    trees, leaves, learning_rate, min_leaf: size and pace of the boosted trees.
    bins, C: bins a numeric column is cut into for the logistic model, and its inverse penalty.
    """

    def __init__(
        self,
        *,
        half_life: float | None = None,
        trees: int = 60,
        leaves: int = 6,
        learning_rate: float = 0.05,
        min_leaf: int = 20,
        bins: int = 8,
        C: float = 0.1,  # noqa: N803 - scikit-learn's own name
        random_state: int = 0,
    ) -> None:
        self.half_life = half_life
        self.trees = trees
        self.leaves = leaves
        self.learning_rate = learning_rate
        self.min_leaf = min_leaf
        self.bins = bins
        self.C = C
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Learn from X (rows x columns) and y (rows). Raises ValueError on input scikit-learn refuses."""
        table, y = self._checked(X, y=y)
        self.levels_ = _levels(table)
        matrix = self._matrix(table)
        self.classes_, codes = _two_classes(y, rows=len(matrix))
        weights = recency_weights(len(matrix), half_life=self.half_life)
        categories = np.array([isinstance(levels, dict) for levels in self.levels_])
        with _threads(len(matrix)):
            self.trees_ = HistGradientBoostingClassifier(
                max_iter=self.trees,
                max_leaf_nodes=self.leaves,
                learning_rate=self.learning_rate,
                min_samples_leaf=self.min_leaf,
                categorical_features=categories,
                early_stopping=False,
                random_state=self.random_state,
            ).fit(matrix, codes, sample_weight=weights)
            self.logistic_ = _logistic(categories, bins=self.bins, C=self.C)
            with warnings.catch_warnings():
                # Constant columns and repeated quantiles are usual in rolling windows and do no harm.
                warnings.simplefilter("ignore", UserWarning)
                self.logistic_.fit(matrix, codes, logisticregression__sample_weight=weights)
        return self

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803
        """Probabilities, rows x 2, in the order of ``classes_``."""
        check_is_fitted(self, "trees_")
        matrix = self._matrix(self._checked(X, reset=False))
        with _threads(len(matrix)):
            log_odds = (_log_odds(self.trees_, matrix) + _log_odds(self.logistic_, matrix)) / 2
        positive = 1 / (1 + np.exp(-log_odds))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: Any) -> npt.NDArray[Any]:  # noqa: N803
        """The likelier class of each row."""
        likelier = np.argmax(self.predict_proba(X), axis=1)
        return np.asarray(self.classes_[likelier])

    def _checked(self, X: Any, **given: Any) -> Any:  # noqa: N803
        """Shapes and names checked by scikit-learn; a DataFrame keeps its columns' types."""
        if isinstance(X, pd.DataFrame):
            return validate_data(self, X, skip_check_array=True, **given)
        return validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", **given)

    def _matrix(self, table: Any) -> Floats:
        """The table as numbers: levels become the codes learned in ``fit``."""
        if not isinstance(table, pd.DataFrame):
            return np.asarray(table)
        columns = [_numbers(table.iloc[:, at], levels) for at, levels in enumerate(self.levels_)]
        matrix = check_array(np.column_stack(columns), ensure_all_finite="allow-nan", input_name="X")
        return np.asarray(matrix)


def recency_weights(rows: int, *, half_life: float | None) -> Floats:
    """Weights of rows in time order: the last weighs 1, one ``half_life`` rows older weighs a half."""
    if half_life is None:
        return np.ones(rows)
    if half_life <= 0:
        raise ModelError(f"half_life is {half_life}; it counts rows and must be above 0 (or None)")
    return np.asarray(0.5 ** (np.arange(rows)[::-1] / half_life), dtype=np.float64)


def gains_area(y: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """ALIFT: area under the cumulative gains curve, 0.5 for a random order.

    The curve shows which share of all conversions is found by contacting the best-scored share of rows; rows
    of one score are contacted together. Source: Moro, Cortez, Rita 2014, "A data-driven approach to predict
    the success of bank telemarketing", section 2.3. Raises ModelError when there is no conversion.
    """
    hits = np.asarray(y, dtype=np.int64)
    if hits.sum() == 0:
        raise ModelError("the gains curve needs at least one conversion among the rows; there is none")
    _, group = np.unique(-np.asarray(scores, dtype=np.float64), return_inverse=True)
    contacted = np.concatenate([[0], np.cumsum(np.bincount(group))]) / len(hits)
    found = np.concatenate([[0], np.cumsum(np.bincount(group, weights=hits))]) / hits.sum()
    return float(np.trapezoid(found, contacted))


def _levels(table: Any) -> list[dict[str, int] | None]:
    """For each column the codes of its levels, most frequent first; None where it is numeric."""
    if not isinstance(table, pd.DataFrame):
        return [None] * table.shape[1]
    columns = (table.iloc[:, at] for at in range(table.shape[1]))
    return [None if pd.api.types.is_numeric_dtype(column) else _codes(column) for column in columns]


def _codes(column: "pd.Series[Any]") -> dict[str, int]:
    counts = (
        column.dropna().astype(str).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    )
    return {str(level): min(code, _MOST_LEVELS) for code, level in enumerate(counts.index)}


def _numbers(column: "pd.Series[Any]", levels: dict[str, int] | None) -> Floats:
    if levels is None:
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    codes = [np.nan if pd.isna(level) else levels.get(str(level), np.nan) for level in column]
    return np.array(codes, dtype=np.float64)


def _two_classes(y: Any, *, rows: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    check_classification_targets(y)
    if type_of_target(y, input_name="y", raise_unknown=True) != "binary":
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {type_of_target(y)}."
        )
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y holds one class in {rows} rows; a propensity needs both outcomes to learn from")
    return classes, codes


def _logistic(categories: npt.NDArray[np.bool_], *, bins: int, C: float) -> Pipeline:  # noqa: N803
    """Logistic model on one-hot levels and, for numbers, both a straight line and steps at quantiles."""
    line = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    steps = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        KBinsDiscretizer(
            bins,
            encode="onehot",
            strategy="quantile",
            quantile_method="averaged_inverted_cdf",
            subsample=None,
        ),
    )
    columns = ColumnTransformer(
        [
            ("levels", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20), categories),
            ("numbers", make_union(line, steps), ~categories),
        ]
    )
    return make_pipeline(columns, LogisticRegression(C=C, max_iter=200))


def _threads(rows: int) -> threadpool_limits:
    """One thread for few rows: on a busy machine threads wait for each other longer than they work."""
    return threadpool_limits(limits=1 if rows < _ROWS_WORTH_THREADS else None)


def _log_odds(model: Any, matrix: Floats) -> Floats:
    return np.asarray(model.decision_function(matrix), dtype=np.float64)
