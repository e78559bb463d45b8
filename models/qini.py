"""How well a predicted uplift orders customers: the Qini coefficient and uplift at k, with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from base.errors import ModelError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CELLS = 4_000_000
"""Numbers of one matrix of redraws x rows that are held at a time: 32 MB."""


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """Figures of one ordering, each with the ends of its bootstrap interval.

    ``qini``: the Qini coefficient; 0 is a random order. ``uplift_at_k``: treated minus control share of
    conversions among the best-scored share k of each arm (scikit-uplift's strategy 'by_group').
    """

    qini: float
    qini_low: float
    qini_high: float
    uplift_at_k: float
    uplift_at_k_low: float
    uplift_at_k_high: float


@dataclass(frozen=True, kw_only=True)
class _Sorted:
    """Outcomes and arms, best score first; ``ends``: the last row of every group of equal scores."""

    outcome: Floats
    treated: Floats
    ends: Ints


def ordering(
    outcome: npt.ArrayLike,
    uplift: npt.ArrayLike,
    treatment: npt.ArrayLike,
    *,
    k: float = 0.3,
    confidence: float = 0.95,
    redraws: int = 500,
    seed: int = 0,
) -> Ordering:
    """Qini coefficient and uplift at ``k`` of customers that the model has not learned from.

    outcome: 0 or 1. uplift: scores, the greater the better. treatment: 0 or 1. All one number a customer.

    Qini coefficient (Radcliffe 2007, normalised as scikit-uplift's ``qini_auc_score``): the curve of treated
    conversions minus control conversions x treated / control over the customers contacted best first; its
    area above the straight line, divided by that of the best possible order, which contacts those last
    whom a contact puts off. Equal scores are contacted together. The intervals are percentiles of
    ``redraws`` bootstrap samples of the customers within their arms: the model is taken as given.

    Raises ModelError where an arm or all conversions are missing, or something is not 0 or 1.
    """
    rows = _checked(outcome, uplift, treatment)
    whole = np.ones((1, len(rows.outcome)))
    drawn = [
        (_qini(weights, rows), _at_k(weights, rows, k=k))
        for weights in _redrawn(rows, redraws=redraws, seed=seed)
    ]
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    (low, high), (low_k, high_k) = (
        np.nanquantile(np.concatenate(one), tails) for one in zip(*drawn, strict=True)
    )
    return Ordering(
        qini=float(_qini(whole, rows)[0]),
        qini_low=float(low),
        qini_high=float(high),
        uplift_at_k=float(_at_k(whole, rows, k=k)[0]),
        uplift_at_k_low=float(low_k),
        uplift_at_k_high=float(high_k),
    )


def qini(outcome: npt.ArrayLike, uplift: npt.ArrayLike, treatment: npt.ArrayLike) -> float:
    """The Qini coefficient alone; see :func:`ordering`."""
    rows = _checked(outcome, uplift, treatment)
    return float(_qini(np.ones((1, len(rows.outcome))), rows)[0])


def _checked(outcome: npt.ArrayLike, uplift: npt.ArrayLike, treatment: npt.ArrayLike) -> _Sorted:
    hits, treated = np.asarray(outcome, dtype=np.float64), np.asarray(treatment, dtype=np.float64)
    scores = np.asarray(uplift, dtype=np.float64)
    for name, values in (("outcome", hits), ("treatment", treated)):
        if not np.isin(values, (0, 1)).all():
            raise ModelError(f"the {name} of a Qini curve must be 0 or 1 for every customer")
    if not np.isfinite(scores).all():
        raise ModelError("the predicted uplift holds values that are no numbers; score every customer")
    if treated.sum() in (0, len(treated)) or hits.sum() == 0:
        raise ModelError(
            f"a Qini curve needs both arms and a conversion; there are {treated.sum():.0f} treated "
            f"and {len(treated) - treated.sum():.0f} control customers with {hits.sum():.0f} conversions"
        )
    order = np.argsort(scores, kind="stable")[::-1]  # as scikit-uplift, also where scores are equal
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    return _Sorted(outcome=hits[order], treated=treated[order], ends=ends)


def _redrawn(rows: _Sorted, *, redraws: int, seed: int) -> Iterator[Floats]:
    """How often each row is drawn: matrices of redraws x rows, drawn within the arms."""
    rng = np.random.default_rng(seed)
    arms = [np.flatnonzero(rows.treated == arm) for arm in (0, 1)]
    piece = max(1, _CELLS // len(rows.outcome))
    for start in range(0, redraws, piece):
        weights = np.zeros((min(piece, redraws - start), len(rows.outcome)))
        for row in weights:
            for arm in arms:
                row[arm] = np.bincount(rng.integers(0, len(arm), len(arm)), minlength=len(arm))
        yield weights


def _qini(weights: Floats, rows: _Sorted) -> Floats:
    """The coefficient under each row of ``weights`` (redraws x rows)."""
    treated, hits = weights * rows.treated, weights * rows.outcome
    steps = np.stack([treated, weights - treated, hits * rows.treated, hits * (1 - rows.treated)])
    counts = np.cumsum(steps, axis=-1)[..., rows.ends]
    # The best possible order has three groups: treated who convert, all who do not, control who convert.
    n, m, found, lost = counts[..., -1]
    nothing = np.zeros_like(n)
    best = np.stack(
        [
            np.stack([found, n, n], axis=-1),
            np.stack([nothing, m - lost, m], axis=-1),
            np.stack([found, found, found], axis=-1),
            np.stack([nothing, nothing, lost], axis=-1),
        ]
    )
    straight = (n + m) * (found - lost * n / m) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((_area(counts) - straight) / (_area(best) - straight))


def _area(counts: Floats) -> Floats:
    """Area under the Qini curve from the running counts: treated, control and their conversions."""
    treated, control, found, lost = counts
    ratio = np.divide(treated, control, out=np.zeros_like(treated), where=control > 0)
    across, curve = (np.pad(line, ((0, 0), (1, 0))) for line in (treated + control, found - lost * ratio))
    return np.asarray(np.trapezoid(curve, across, axis=-1))


def _at_k(weights: Floats, rows: _Sorted, *, k: float) -> Floats:
    """Uplift at k under each row of ``weights``; the row on which the k-th customer falls counts in part."""
    shares = []
    for arm in (1, 0):
        own = rows.treated == arm
        drawn, hits = weights[:, own], rows.outcome[own]
        asked = np.floor(k * drawn.sum(axis=1))
        if not asked.all():
            raise ModelError(f"uplift at {k} needs a customer in each arm; give more customers or a larger k")
        counted = np.clip(asked[:, None] - (np.cumsum(drawn, axis=1) - drawn), 0, drawn)
        shares.append(counted @ hits / asked)
    return np.asarray(shares[0] - shares[1])
