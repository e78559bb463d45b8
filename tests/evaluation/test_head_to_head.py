"""Channels are only set against each other where a layer drew between them."""

import numpy as np
import pandas as pd
import pytest

from evaluation.head_to_head import Pair, head_to_head
from experiments.moments import Moments
from experiments.statistics import difference

PAIR = Pair("calls", "spoken_by_machine", "ai_call", "spoken_by_people", "human_call")


def _readouts(machine: tuple[float, float, float], people: tuple[float, float, float]) -> pd.DataFrame:
    rows = []
    for name, (lift, low, high) in (("spoken_by_machine", machine), ("spoken_by_people", people)):
        rows.append({"name": name, "lift": lift, "low": low, "high": high, "customers": 500})
    frame = pd.DataFrame(rows).assign(level="strategy", arm="any", metric="converted")
    return pd.concat([frame.assign(view="entered"), frame.assign(view="exposed", lift=0.5)])


def test_the_difference_of_two_lifts_carries_both_their_intervals() -> None:
    found = head_to_head(_readouts((0.02, 0.01, 0.03), (0.08, 0.05, 0.10)), [PAIR]).set_index("view")
    entered = found.loc["entered"]
    assert entered["difference"] == pytest.approx(-0.06)
    assert entered["low"] == pytest.approx(-0.06 - np.hypot(0.01, 0.02))
    assert entered["high"] == pytest.approx(-0.06 + np.hypot(0.01, 0.03))
    assert entered["words"] == "human_call changes more than ai_call."


@pytest.mark.parametrize("lift", [0.0, 0.02])
def test_the_interval_misses_seldom_on_either_side_where_few_are_held_out(lift: float) -> None:
    """4,000 pairs of the same lift: 400 treated against 20 held out, and ten times as many or more."""
    rng = np.random.default_rng(14)
    pairs, rate = 4_000, 0.03
    sides = []
    for side, treated, held in (("first", 400, 20), ("second", 4_000, 800)):
        arms = []
        for size, share in ((treated, rate + lift), (held, rate)):
            hits = rng.binomial(size, share, pairs).astype(float)
            arms.append(Moments(n=np.full(pairs, float(size)), total=hits, squares=hits))
        found = difference(*arms, binary=True)
        names = [f"{side}{number}" for number in range(pairs)]
        sides.append(pd.DataFrame({**vars(found), "name": names, "customers": treated}))
    readouts = pd.concat(sides).assign(level="strategy", arm="any", metric="converted", view="entered")
    asked = [Pair("calls", f"first{i}", "ai_call", f"second{i}", "human_call") for i in range(pairs)]
    found = head_to_head(readouts, asked)
    entered = found[found["view"] == "entered"]
    assert (entered["low"] > 0).mean() <= 0.033
    assert (entered["high"] < 0).mean() <= 0.033


def test_an_interval_that_holds_zero_decides_nothing() -> None:
    found = head_to_head(_readouts((0.02, -0.05, 0.09), (0.03, 0.0, 0.06)), [PAIR])
    assert found.loc[found["view"] == "entered", "words"].item().startswith("Undecided")


def test_a_lift_that_was_not_read_says_nothing() -> None:
    readouts = _readouts((np.nan, np.nan, np.nan), (0.03, 0.0, 0.06))
    lone = readouts[readouts["name"] == "spoken_by_people"]
    for given in (readouts, lone):
        found = head_to_head(given, [PAIR])
        assert found.loc[found["view"] == "entered", "words"].item().startswith("Nothing can be said")


def test_without_pairs_nothing_is_compared() -> None:
    assert head_to_head(_readouts((0.1, 0.0, 0.2), (0.1, 0.0, 0.2)), []).empty
