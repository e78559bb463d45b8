"""How a strategy parts its customers: who takes part, who is left alone above it, and who by it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from base.settings import Experiments, Holdout
from experiments.holdouts import holdouts, speaks_of
from outreach.dry_run.audience import Ints, Words
from strategies.document import Strategy


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Expected shares. ``free``: of those who take part, whom no holdout above holds; ``held_out``: of these,
    who receive nothing so that the lift can be read.
    """

    free: float
    held_out: float

    @property
    def treated(self) -> float:
        """Of those who take part, who receive something."""
        return self.free * (1 - self.held_out)


def shares(document: Strategy, places: Ints, *, segment: Words, settings: Experiments) -> Shares:
    """The shares of the customers at ``places``, by the segments they are in."""
    among = _by_segment(places, segment)
    experiment = document.experiment
    held_out = sum(share * experiment.held_out(name) for name, share in among.items())
    free = 1.0
    for holdout in holdouts(settings).values():
        if speaks_of(holdout, tags=document.tags, manager=document.manager):
            free *= 1 - holdout.share * _covered(holdout, among)
    return Shares(free=free, held_out=held_out if among else experiment.holdout)


def taking_part(places: Ints, *, document: Strategy) -> Ints:
    """As many of ``places`` as ramp and layer let in, evenly spread; whom exactly, only the draw decides."""
    share = document.experiment.enrolled_share
    passed = np.floor(np.arange(len(places) + 1) * share)
    inside: Ints = places[np.diff(passed) > 0]
    return inside


def _by_segment(places: Ints, segment: Words) -> Mapping[str, float]:
    codes = segment.codes[places]
    counts = np.bincount(codes[codes >= 0], minlength=len(segment.words))
    whole = max(int(counts.sum()), 1)
    return {word: count / whole for word, count in zip(segment.words, counts, strict=True) if count}


def _covered(holdout: Holdout, among: Mapping[str, float]) -> float:
    if not holdout.segments:
        return 1.0
    return sum(share for name, share in among.items() if name in holdout.segments)
