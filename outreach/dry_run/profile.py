"""What sets the selected customers apart: from the long tail, and from the others of their segments."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.catalogue import FEATURES
from models.portrait import BASIS
from outreach.dry_run.audience import Audience, Flags, Floats

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


def traits(selected: Flags, audience: Audience) -> tuple[Trait, ...]:
    """The features in which the selected differ most from the long tail, furthest first, one a family.

    ``selected`` must hold somebody.
    """
    apart = audience.traits @ selected.astype(np.float32) / selected.sum()
    apart -= audience.traits.mean(axis=1)
    strongest: dict[str, int] = {}
    for at in np.argsort(-np.abs(apart), kind="stable"):
        if abs(apart[at]) >= _WORTH_TELLING:
            strongest.setdefault(FEATURES[BASIS[at]].family, int(at))
    mix = _mix(selected, audience)
    return tuple(
        _trait(BASIS[at], float(apart[at]), selected, mix, audience)
        for at in list(strongest.values())[:_TRAITS]
    )


def in_segments(selected: Flags, audience: Audience, *, names: Mapping[str, str]) -> tuple[InSegment, ...]:
    """The segments the selected come from, most customers first. ``names``: what people call a segment."""
    words = audience.segment.words
    found = np.bincount(audience.segment.codes[selected], minlength=len(words))
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


def _mix(selected: Flags, audience: Audience) -> Floats:
    """Share of the selected in each segment."""
    found = np.bincount(audience.segment.codes[selected], minlength=len(audience.segment.words))
    return np.asarray(found / found.sum())


def _trait(name: str, apart: float, selected: Flags, mix: Floats, audience: Audience) -> Trait:
    given = audience.values(name)
    known = ~np.isnan(given)
    values = np.where(known, given, 0.0)
    codes = audience.segment.codes
    sums = np.bincount(codes, weights=values, minlength=len(mix))
    counts = np.bincount(codes, weights=known, minlength=len(mix))
    means = np.divide(sums, counts, out=np.zeros(len(mix)), where=counts > 0)
    of_selected = known & selected
    return Trait(
        feature=name,
        label=FEATURES[name].label,
        unit=FEATURES[name].unit,
        selected=float(values[of_selected].sum() / max(of_selected.sum(), 1)),
        segments=float(means @ mix),
        everybody=float(sums.sum() / max(counts.sum(), 1)),
        apart=apart,
    )
