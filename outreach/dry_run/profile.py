"""What sets the selected customers apart: from the long tail, and from the others of their segments."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.catalogue import FEATURES
from models.portrait import BASIS
from outreach.dry_run.audience import Audience, Floats, Ints

_TRAITS = 6
_WORTH_TELLING = 0.1


@dataclass(frozen=True, kw_only=True)
class Trait:
    """One feature's mean (share, for a flag): of the selected, of their segments, of all the long tail.

    ``segments`` is the mean expected of as many customers drawn from the same segments at random. ``apart``
    is how far the selected lie from the long tail, in standard deviations of the scaled feature.
    """

    feature: str
    label: str
    unit: str
    selected: float
    segments: float
    everybody: float
    apart: float


@dataclass(frozen=True, kw_only=True)
class InSegment:
    """How many of the selected are in a segment, and which share of the segment they are."""

    segment: str
    name: str
    customers: int | None
    share: float | None


def traits(selected: Ints, audience: Audience) -> tuple[Trait, ...]:
    """The features in which the selected differ most from the long tail, furthest first, one a family.

    ``selected``: places, at least one.
    """
    weights = np.zeros(len(audience), dtype=np.float32)
    weights[selected] = 1.0 / len(selected)
    apart = audience.scaled @ weights
    strongest: dict[str, int] = {}
    for at in np.argsort(-np.abs(apart), kind="stable"):
        if abs(apart[at]) >= _WORTH_TELLING:
            strongest.setdefault(FEATURES[BASIS[at]].family, int(at))
    mix = _found(selected, audience) / len(selected)
    return tuple(
        _trait(at, float(apart[at]), selected, mix, audience) for at in list(strongest.values())[:_TRAITS]
    )


def in_segments(selected: Ints, audience: Audience, *, names: Mapping[str, str]) -> tuple[InSegment, ...]:
    """The segments the selected come from, most customers first. ``names``: what people call a segment."""
    words = audience.segment.words
    found = _found(selected, audience)
    sizes = np.bincount(audience.segment.codes, minlength=len(words))
    return tuple(
        InSegment(
            segment=words[at],
            name=names.get(words[at], ""),
            customers=int(found[at]),
            share=float(found[at] / sizes[at]),
        )
        for at in np.argsort(-found, kind="stable")
        if found[at]
    )


def _found(selected: Ints, audience: Audience) -> npt.NDArray[np.int64]:
    """How many of the selected are in each segment."""
    return np.bincount(audience.segment.codes[selected], minlength=len(audience.segment.words))


def _trait(at: int, apart: float, selected: Ints, mix: Floats, audience: Audience) -> Trait:
    name, means, known_of = BASIS[at], audience.means[at], audience.known_of[at]
    values = audience.values(name, selected)
    known, told = ~np.isnan(values), mix * (known_of > 0)
    return Trait(
        feature=name,
        label=FEATURES[name].label,
        unit=FEATURES[name].unit,
        selected=float(values[known].sum() / max(known.sum(), 1)),
        segments=float(means @ told / told.sum()) if told.any() else 0.0,
        everybody=float(means @ known_of / max(known_of.sum(), 1)),
        apart=apart,
    )
