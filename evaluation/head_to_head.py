"""Channels set against each other where customers were drawn at random between them.

Strategies of different channels are not comparable by themselves: they speak to other customers about other
things. Two strategies with the same rule and goal in disjoint slots of one layer are, because the layer's
draw decided which of them a customer can get. Even then capacity chooses among the customers of a scarce
channel, so that only everybody who entered (view 'entered') was compared at random; those exposed are shown
beside them.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

VIEWS = {"entered": "drawn at random", "exposed": "chosen by value where capacity was scarce"}


class Pair(NamedTuple):
    """Two strategies of one layer with the same rule and goal, on different channels."""

    layer: str
    first: str
    first_channel: str
    second: str
    second_channel: str


def head_to_head(readouts: pd.DataFrame, pairs: Iterable[Pair]) -> pd.DataFrame:
    """Pair's fields, view, both lifts and customers treated; difference (first - second), low, high, words.

    ``readouts``: READOUTS' columns of one night. One row a pair and view; NaN where a lift could not be read.
    The interval of the difference joins both by MOVER (Zou and Donner, Statistics in Medicine 27, 2008). Of
    two lifts it misses the truth in at most 3 % on either side, few held out or many (docs/returns.md); the
    stratified score interval, which sums are read by, takes both lifts for equal and is up to 5 %.
    """
    of_strategies = (readouts["level"] == "strategy") & (readouts["arm"] == "any")
    read = readouts[of_strategies & (readouts["metric"] == "converted")]
    sides = [
        read[["name", "view", "lift", "low", "high", "customers"]].rename(
            columns={"name": side, **{c: f"{side}_{c}" for c in ("lift", "low", "high", "customers")}}
        )
        for side in ("first", "second")
    ]
    views = pd.DataFrame({"view": list(VIEWS)})
    frame = pd.DataFrame(pairs, columns=Pair._fields).merge(views, how="cross")
    for side, of_side in zip(("first", "second"), sides, strict=True):
        frame = frame.merge(of_side, on=[side, "view"], how="left")
    difference = frame["first_lift"] - frame["second_lift"]
    below = np.hypot(frame["first_lift"] - frame["first_low"], frame["second_high"] - frame["second_lift"])
    above = np.hypot(frame["first_high"] - frame["first_lift"], frame["second_lift"] - frame["second_low"])
    low, high = difference - below, difference + above
    first, second = frame["first_channel"].astype(str), frame["second_channel"].astype(str)
    words = np.select(
        [low.isna() | high.isna(), low > 0, high < 0],
        [
            "Nothing can be said yet: one of the two has no lift.",
            first + " changes more than " + second + ".",
            second + " changes more than " + first + ".",
        ],
        "Undecided: the interval holds zero.",
    )
    kept = [*Pair._fields, "view", "first_lift", "second_lift", "first_customers", "second_customers"]
    return frame[kept].assign(difference=difference, low=low, high=high, words=words)
