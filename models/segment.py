"""Dozens of segments: fitted on a sample, scored in the engine, keeping their identity over re-fits."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.cloudpickle import register_pickle_by_value
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from base.errors import ModelError
from models.curve import Curve

# What ``score`` sends to the engine's workers travels whole, so that they need no copy of these modules.
for _module in (__name__, Curve.__module__):
    register_pickle_by_value(sys.modules[_module])  # type: ignore[no-untyped-call]

Floats = npt.NDArray[np.float64]

_TRIES = 20
_TRY_ROWS = 5_000
_STEPS = 100
_PIECE = 2_048


class Segmenter(ClusterMixin, BaseEstimator):
    """k-means on robustly scaled features (see ``Curve``), numeric columns with NaN where missing.

    The fit depends on the seed and on which rows the sample holds, not on their order.

    n_segments: how many.
    start: centres of the champion (segments x features, in the features' units) to start from, or None for
        the best of twenty k-means++ starts.
    start_ids: the champion's ids, one a centre; a segment that lies where a champion's lay keeps its id.
    last_id: highest number ever used in an id, so that the id of a retired segment is never used again.

    After fit: ``ids_`` ('S01', 'S02', ... in rising order), ``centres_`` in the features' units, ``labels_``
    (position in ``ids_``), ``last_id_``, ``inertia_`` (mean squared distance to the centre, in scaled units).
    """

    def __init__(
        self,
        n_segments: int = 24,
        *,
        start: npt.ArrayLike | None = None,
        start_ids: Sequence[str] | None = None,
        last_id: int = 0,
        random_state: int = 7,
    ) -> None:
        self.n_segments = n_segments
        self.start = start
        self.start_ids = start_ids
        self.last_id = last_id
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803
        """Learn the segments of X (customers x features); y is ignored.

        Raises ValueError when X has fewer rows than segments, ModelError when ``start`` has another shape.
        """
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")  # noqa: N806
        if len(X) < self.n_segments:
            raise ValueError(f"n_samples={len(X)} should be at least n_segments={self.n_segments}")
        self.curves_ = [Curve.fit(column) for column in X.T]
        scaled = self._scaled(X)
        start = self._scaled_start()
        centres = _fit_centres(scaled, self.n_segments, start=start, seed=self.random_state)
        nearest, distance = _nearest(scaled, centres)
        sizes = np.bincount(nearest, minlength=len(centres))
        self.ids_, order = self._named(centres, sizes=sizes, start=start)
        self.last_id_ = max(self.last_id, *(_number(name) for name in self.ids_))
        self.scaled_centres_ = centres[order]
        self.centres_ = np.column_stack(
            [
                curve.unscale(column)
                for curve, column in zip(self.curves_, self.scaled_centres_.T, strict=True)
            ]
        )
        self.labels_ = np.argsort(order)[nearest]
        self.inertia_ = float(np.mean(distance**2))
        return self

    def predict(self, X: Any) -> npt.NDArray[np.int64]:  # noqa: N803
        """Position in ``ids_`` of each row's nearest segment; the lower one on a tie."""
        return _nearest(self._scaled(self._checked(X)), self.scaled_centres_)[0]

    def distance(self, X: Any) -> Floats:  # noqa: N803
        """Distance of each row to its nearest centre, in scaled units."""
        return _nearest(self._scaled(self._checked(X)), self.scaled_centres_)[1]

    def scale(self, X: Any) -> Floats:  # noqa: N803
        """Rows x features in scaled units."""
        return self._scaled(self._checked(X))

    def _checked(self, X: Any) -> Floats:  # noqa: N803
        check_is_fitted(self, "scaled_centres_")
        given = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.asarray(given)

    def _scaled(self, X: Floats) -> Floats:  # noqa: N803
        return _scaled(X.T, self.curves_)

    def _scaled_start(self) -> Floats | None:
        if self.start is None:
            return None
        start = np.asarray(self.start, dtype=np.float64)
        if start.ndim != 2 or start.shape[1] != self.n_features_in_:
            raise ModelError(
                f"start has shape {start.shape}; it must hold centres over the same {self.n_features_in_} "
                "features as X. Fit without start when the features have changed"
            )
        return self._scaled(start)

    def _named(
        self, centres: Floats, *, sizes: npt.NDArray[np.int64], start: Floats | None
    ) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
        """Ids in rising order and, for each, which centre carries it; new ids go to larger segments first."""
        kept: list[str | None] = [None] * len(centres)
        if start is not None and self.start_ids is not None:
            kept = match(start, centres, ids=self.start_ids)
        number = self.last_id
        if self.start_ids is not None:
            number = max(number, *(_number(name) for name in self.start_ids))
        for at in sorted(range(len(centres)), key=lambda at: (-sizes[at], tuple(centres[at]))):
            if kept[at] is None:
                number += 1
                kept[at] = f"S{number:02d}"
        names = [str(name) for name in kept]
        order = np.array(sorted(range(len(names)), key=lambda at: _number(names[at])))
        return tuple(names[at] for at in order), order


def successor(champion: Segmenter, *, n_segments: int) -> Segmenter:
    """A segmenter that starts from the champion's centres and keeps its ids."""
    return Segmenter(
        n_segments,
        start=champion.centres_,
        start_ids=champion.ids_,
        last_id=champion.last_id_,
        random_state=champion.random_state,
    )


def match(champion: Floats, new: Floats, *, ids: Sequence[str]) -> list[str | None]:
    """For each new centre the id of the champion's segment it continues, or None when it is a new segment.

    Centres are segments x features in one scale. The pairs are those of least total distance (the Hungarian
    method, scipy's ``linear_sum_assignment``); a pair further apart than the champion's centre is
    from its own nearest neighbour is no continuation: that id retires.
    """
    if len(ids) != len(champion):
        raise ModelError(f"{len(ids)} ids for {len(champion)} centres of the champion; give one id a centre")
    apart = cdist(champion, new)
    between = cdist(champion, champion)
    np.fill_diagonal(between, np.inf)
    reach = between.min(axis=1)
    kept: list[str | None] = [None] * len(new)
    for old, at in zip(*linear_sum_assignment(apart), strict=True):
        if apart[old, at] <= reach[old]:
            kept[at] = ids[int(old)]
    return kept


def score(customers: DataFrame, *, model: Segmenter, key: str = "customer") -> DataFrame:
    """``key``, ``segment`` (id) and ``distance`` (scaled units) of every customer, inside the engine.

    The same numpy code as ``predict``, handed whole batches: as engine expressions, dozens of centres times
    dozens of columns keep an optimiser busy for minutes. Workers of a cluster need numpy and pyarrow, as for
    every Arrow function, and nothing of Longreach. A tie goes to the lower id. Raises ModelError when a
    column of the model is missing.
    """
    names = [str(name) for name in model.feature_names_in_]
    missing = sorted(set(names) - set(customers.columns))
    if missing:
        raise ModelError(f"the segmentation needs columns that are not there: {', '.join(missing)}")
    # Not the model itself: workers would need scikit-learn to unpack it.
    curves, centres, ids = model.curves_, model.scaled_centres_, np.array(model.ids_, dtype=object)

    def scored(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = [batch[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in names]
            nearest, distance = _nearest(_scaled(columns, curves), centres)
            segments = pa.array(ids[nearest], pa.string())
            yield pa.RecordBatch.from_arrays(
                [batch[key], segments, pa.array(distance)], names=[key, "segment", "distance"]
            )

    # Only doubles and nulls cross over: flags and counts have no NaN to stand for what is missing.
    numbers = customers.select(key, *(F.col(name).cast("double").alias(name) for name in names))
    return numbers.mapInArrow(scored, f"{key} string, segment string, distance double")


def _scaled(columns: Iterable[Floats], curves: Sequence[Curve]) -> Floats:
    return np.column_stack([curve.scale(column) for curve, column in zip(curves, columns, strict=True)])


def _nearest(scaled: Floats, centres: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Position of and distance to the nearest centre; sums run column by column, as in ``score``."""
    nearest, least = np.zeros(len(scaled), dtype=np.int64), np.zeros(len(scaled))
    # Piece by piece, so that the distances of a piece stay in the processor's cache.
    for start in range(0, len(scaled), _PIECE):
        piece = slice(start, start + _PIECE)
        squares = np.zeros((len(centres), len(scaled[piece])))
        for at in range(scaled.shape[1]):
            apart = scaled[piece, at] - centres[:, at, None]
            squares += apart * apart
        nearest[piece], least[piece] = np.argmin(squares, axis=0), squares.min(axis=0)
    return nearest, np.sqrt(least)


def _fit_centres(scaled: Floats, count: int, *, start: Floats | None, seed: int) -> Floats:
    """Centres of k-means over all rows, from ``start`` or from the best of several tries on some."""
    rows = scaled[np.lexsort(scaled.T)]
    # One thread: with more, the order in which threads add up their parts may change the last bits.
    with threadpool_limits(limits=1):
        if start is None or len(start) != count:
            some = rows[check_random_state(seed).permutation(len(rows))[:_TRY_ROWS]]
            start = (
                KMeans(count, n_init=_TRIES, max_iter=_STEPS, random_state=seed).fit(some).cluster_centers_
            )
        fitted = KMeans(count, init=start, n_init=1, max_iter=_STEPS, random_state=seed).fit(rows)
    return np.asarray(fitted.cluster_centers_)


def _number(name: str) -> int:
    return int(name.removeprefix("S"))
