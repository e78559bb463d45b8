"""A fit takes over for the order it finds, and never for how strategies of one kind were held out."""

import numpy as np
import pandas as pd
import pytest

from models.uplift import TLearner
from models.uplift_evidence import against_champion, measure, objections, unseen_ranks

ROWS = 8_000


def _trial(seed, *, held_out, moved=0.0):
    """Strategies of 12 % and 2 % conversions by channels of their own; a trait says who is ``moved``."""
    rng = np.random.default_rng(seed)
    strategy = rng.integers(0, 2, ROWS)
    profile = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=["a", "b", "c"])
    profile["by_sms"] = strategy.astype(float)
    share = 1 - np.array(held_out)[strategy]
    treated = (rng.random(ROWS) < share).astype(int)
    chance = np.array([0.12, 0.02])[strategy] + moved * treated * (profile["a"] > 0)
    trial = pd.DataFrame(
        {
            "customer": [f"c{n}" for n in range(ROWS)],
            "treated": treated,
            "treatment_share": share,
            "converted": (rng.random(ROWS) < chance).astype(int),
        }
    )
    return profile, trial


@pytest.mark.parametrize("held_out", [(0.5, 0.05), (0.05, 0.5)])
def test_what_changes_nothing_does_not_take_over(held_out):
    found = []
    for seed in range(2):
        profile, trial = _trial(seed, held_out=held_out)
        found.append(objections(measure(unseen_ranks(TLearner(), profile, trial), trial)))
    assert all("no better than chance" in reasons[0] for reasons in found)


def test_what_is_found_across_unequal_holdouts_takes_over():
    profile, trial = _trial(1, held_out=(0.5, 0.05), moved=0.15)
    ranks = unseen_ranks(TLearner(), profile, trial)
    assert objections(measure(ranks, trial)) == []
    champion = TLearner().fit(
        profile, trial["converted"], treatment=trial["treated"], propensity=trial["treatment_share"]
    )
    again, new = _trial(2, held_out=(0.5, 0.05), moved=0.15)
    compared = against_champion(champion, again["a"].to_numpy(), again, new)
    assert compared["champion_new_qini"] > 0.1
    assert compared["new_qini"] > 0.1
