"""How well a predicted uplift orders customers: the Qini coefficient and uplift at k, with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from base.errors import ModelError

Floats = npt.NDArray[np.float64]

_CELLS = 4_000_000
"""Counts of redrawn samples that are held at a time: 32 MB."""


@dataclass(frozen=True, kw_only=True)
class _Counts:
    """Customers by score (best first) and, within a score, by how they were drawn: one place each.

    ``customers``: samples x places x 2 arms x 2 outcomes. ``weights``: places x 2 x 1, of one customer.
    ``starts``: the first place of every score.
    """

    customers: Floats
    weights: Floats
    starts: npt.NDArray[np.int64]

    def weighed(self, customers: Floats) -> Floats:
        """Samples x scores x 2 x 2 from samples x places x 2 x 2."""
        return np.asarray(np.add.reduceat(customers * self.weights, self.starts, axis=1))


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


def ordering(
    outcome: npt.ArrayLike,
    uplift: npt.ArrayLike,
    treatment: npt.ArrayLike,
    *,
    treatment_share: npt.ArrayLike | None = None,
    k: float = 0.3,
    confidence: float = 0.95,
    redraws: int = 500,
    seed: int = 0,
) -> Ordering:
    """Qini coefficient and uplift at ``k`` of customers that the model has not learned from.

    outcome: 0 or 1. uplift: scores, the greater the better. treatment: 0 or 1. All one number a customer.
    treatment_share: the probability with which a customer was drawn into treatment; None where it was the
    same for all. Where shares differ, a customer weighs e0 / e if treated and (1 - e0) / (1 - e) if not (e0
    the median share): both arms then hold the same mixture of customers at every length of the order, and
    who was held out more often, and converts more often anyway, moves nothing.

    Qini coefficient (Radcliffe 2007, normalised as scikit-uplift's ``qini_auc_score``): the curve of treated
    conversions minus control conversions x treated / control over the customers contacted best first; its
    area above the straight line, divided by that of the best possible order, which contacts those last
    whom a contact puts off. Equal shares weigh 1, which leaves scikit-uplift's figures. Equal scores are
    contacted together, and count in part at the edge of k. The intervals are percentiles of ``redraws``
    bootstrap samples of the customers within their arms: the model is taken as given.

    Raises ModelError where an arm or all conversions are missing, something is not 0 or 1, or a share does
    not lie between them.
    """
    counts = _counted(outcome, uplift, treatment, treatment_share)
    found = counts.weighed(counts.customers)
    pieces = [(_qini(drawn), _at_k(drawn, k=k)) for drawn in _redrawn(counts, redraws=redraws, seed=seed)]
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    (low, high), (low_k, high_k) = (
        np.nanquantile(np.concatenate(one), tails) for one in zip(*pieces, strict=True)
    )
    return Ordering(
        qini=float(_qini(found)[0]),
        qini_low=float(low),
        qini_high=float(high),
        uplift_at_k=float(_at_k(found, k=k)[0]),
        uplift_at_k_low=float(low_k),
        uplift_at_k_high=float(high_k),
    )


def qini(
    outcome: npt.ArrayLike,
    uplift: npt.ArrayLike,
    treatment: npt.ArrayLike,
    *,
    treatment_share: npt.ArrayLike | None = None,
) -> float:
    """The Qini coefficient alone; see :func:`ordering`."""
    counts = _counted(outcome, uplift, treatment, treatment_share)
    return float(_qini(counts.weighed(counts.customers))[0])


def _counted(
    outcome: npt.ArrayLike,
    uplift: npt.ArrayLike,
    treatment: npt.ArrayLike,
    treatment_share: npt.ArrayLike | None,
) -> _Counts:
    hits, treated = np.asarray(outcome), np.asarray(treatment)
    scores = np.asarray(uplift, dtype=np.float64)
    share = np.broadcast_to(np.asarray(0.5 if treatment_share is None else treatment_share), scores.shape)
    for name, values in (("outcome", hits), ("treatment", treated)):
        if not np.isin(values, (0, 1)).all():
            raise ModelError(f"the {name} of a Qini curve must be 0 or 1 for every customer")
    if not np.isfinite(scores).all():
        raise ModelError("the predicted uplift holds values that are no numbers; score every customer")
    if not ((share > 0) & (share < 1)).all():
        raise ModelError("the treatment share of every customer in a Qini curve must lie between 0 and 1")
    drawn, draw = np.unique(share, return_inverse=True)
    distinct, score = np.unique(-scores, return_inverse=True)
    places, place = np.unique(score * len(drawn) + draw, return_inverse=True)
    cells = (place * 4 + treated * 2 + hits).astype(np.int64)
    counts = np.bincount(cells, minlength=4 * len(places)).reshape(1, len(places), 2, 2).astype(np.float64)
    arms = counts.sum(axis=(0, 1))
    if not arms.sum(axis=1).all() or not arms[:, 1].any():
        raise ModelError(
            f"a Qini curve needs both arms and a conversion; there are {arms[1].sum():.0f} treated and "
            f"{arms[0].sum():.0f} control customers with {arms[:, 1].sum():.0f} conversions"
        )
    own, middle = drawn[places % len(drawn)], np.median(share)
    weights = np.stack([(1 - middle) / (1 - own), middle / own], axis=-1)[..., None]
    starts = np.searchsorted(places, np.arange(len(distinct)) * len(drawn))
    return _Counts(customers=counts, weights=weights, starts=starts)


def _redrawn(counts: _Counts, *, redraws: int, seed: int) -> Iterator[Floats]:
    """Bootstrap samples of the customers, drawn within the arms: redraws x scores x 2 x 2, in pieces."""
    rng, customers = np.random.default_rng(seed), counts.customers
    piece = max(1, _CELLS // customers.size)
    for start in range(0, redraws, piece):
        rows = min(piece, redraws - start)
        drawn = np.empty((rows, *customers.shape[1:]))
        for arm in (0, 1):
            own = customers[0, :, arm]
            sample = rng.multinomial(int(own.sum()), own.ravel() / own.sum(), size=rows)
            drawn[:, :, arm] = sample.reshape(rows, *own.shape)
        yield counts.weighed(drawn)


def _qini(counts: Floats) -> Floats:
    """The coefficient of each sample (samples x scores x 2 x 2)."""
    # The best possible order has three groups: treated who convert, all who do not, control who convert.
    best = np.zeros((len(counts), 3, 2, 2))
    arms = counts.sum(axis=1)
    best[:, 0, 1, 1], best[:, 1, :, 0], best[:, 2, 0, 1] = arms[:, 1, 1], arms[:, :, 0], arms[:, 0, 1]
    at_random = _area(counts.sum(axis=1, keepdims=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((_area(counts) - at_random) / (_area(best) - at_random))


def _area(counts: Floats) -> Floats:
    """Area under each sample's Qini curve."""
    running = np.cumsum(counts, axis=1)
    control, treated = running.sum(axis=3).transpose(2, 0, 1)
    lost, found = running[..., 1].transpose(2, 0, 1)
    ratio = np.divide(treated, control, out=np.zeros_like(treated), where=control > 0)
    across, curve = (np.pad(line, ((0, 0), (1, 0))) for line in (treated + control, found - lost * ratio))
    return np.asarray(np.trapezoid(curve, across, axis=1))


def _at_k(counts: Floats, *, k: float) -> Floats:
    """Uplift at k of each sample."""
    customers, hits = counts.sum(axis=3), counts[..., 1]
    asked = np.floor(k * customers.sum(axis=1, keepdims=True))
    if not asked.all():
        raise ModelError(f"uplift at {k} needs a customer in each arm; give more customers or a larger k")
    taken = np.clip(asked - (np.cumsum(customers, axis=1) - customers), 0, customers)
    part = np.divide(taken, customers, out=np.zeros_like(taken), where=customers > 0)
    shares = (hits * part).sum(axis=1) / asked[:, 0]
    return np.asarray(shares[:, 1] - shares[:, 0])
