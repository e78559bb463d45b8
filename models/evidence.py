"""How good a segmentation is, whether a re-fit may take over, and pictures of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from models.segment import Floats, Segmenter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEAST_AGREEMENT = 0.5
MOST_LOSS = 0.01
LEAST_SHARE = 0.001


def measure(model: Segmenter, sample: pd.DataFrame, *, champion: Segmenter | None = None) -> dict[str, float]:
    """Figures of a fit on its sample, and against the champion's cut of the same customers.

    ``explained``: share of the features' variance that lies between segments, in the champion's scale if
    there is one. ``smallest_share``: of customers. With a champion also ``champion_explained``, ``agreement``
    (adjusted Rand index of the two cuts) and ``kept_ids`` (share of the champion's ids that live on).
    """
    scaled, labels = (champion or model).scale(sample), model.predict(sample)
    sizes = np.bincount(labels, minlength=len(model.ids_))
    figures = {
        "customers": float(len(sample)),
        "inertia": model.inertia_,
        "explained": _explained(scaled, labels),
        "smallest_share": float(sizes.min() / len(sample)),
    }
    if champion is None:
        return figures
    before = champion.predict(sample)
    return figures | {
        "champion_explained": _explained(scaled, before),
        "agreement": float(adjusted_rand_score(before, labels)),
        "kept_ids": len(set(champion.ids_) & set(model.ids_)) / len(champion.ids_),
    }


def objections(metrics: Mapping[str, float]) -> list[str]:
    """Why a re-fit measured against its champion must not take over; empty when it may."""
    found = []
    if metrics["agreement"] < LEAST_AGREEMENT:
        found.append(
            f"agrees with the champion by {metrics['agreement']:.2f} only, {LEAST_AGREEMENT} is the least"
        )
    if metrics["explained"] < metrics["champion_explained"] - MOST_LOSS:
        found.append(
            f"explains {metrics['explained']:.3f} of the variance, "
            f"the champion {metrics['champion_explained']:.3f}"
        )
    if metrics["smallest_share"] < LEAST_SHARE:
        found.append(f"its smallest segment holds {metrics['smallest_share']:.2%} of the customers")
    return found


def pictures(model: Segmenter, sample: pd.DataFrame) -> dict[str, "Figure"]:
    """Sizes of the segments, and their centres over the features."""
    from matplotlib.figure import Figure

    sizes = Figure(figsize=(9, 3.5), layout="constrained")
    axes = sizes.subplots()
    axes.bar(model.ids_, np.bincount(model.predict(sample), minlength=len(model.ids_)))
    axes.set_ylabel("customers in the sample")
    axes.tick_params(axis="x", rotation=90)
    centres = Figure(figsize=(9, 7), layout="constrained")
    axes = centres.subplots()
    image = axes.imshow(model.scaled_centres_, cmap="RdBu_r", vmin=-2, vmax=2, aspect="auto")
    axes.set_xticks(range(sample.shape[1]), sample.columns, rotation=90)
    axes.set_yticks(range(len(model.ids_)), model.ids_)
    centres.colorbar(image, label="centre, in scaled units")
    return {"sizes": sizes, "centres": centres}


def _explained(scaled: Floats, labels: npt.NDArray[np.int64]) -> float:
    centred = scaled - scaled.mean(axis=0)
    sizes = np.maximum(np.bincount(labels), 1)
    sums = np.column_stack([np.bincount(labels, weights=column) for column in centred.T])
    total = float((centred**2).sum())
    return float((sums**2 / sizes[:, None]).sum()) / total if total > 0 else 0.0
