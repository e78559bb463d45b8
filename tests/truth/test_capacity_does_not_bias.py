"""Scarce channels do not bias what is read: worlds with known effects go through arms and arbitration.

In every world the customers whom arbitration prefers are those who would take the product up anyway, and who
pick up the phone: the worst case for whoever compares the contacted with the rest. Channels carry about a
third of what is asked for, so most are passed over, night after night.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy import stats

from base.settings import Experiments, Holdout
from experiments.assign import arms_of
from experiments.holdouts import GLOBAL
from lake.tables.words import ARMS, TREATED
from strategies.experiment import Experiment, Variant
from tests.outreach.rooms import DAY, decided, rooms

WORLDS = 80
CUSTOMERS = 1_700
NIGHTS = 3
ROOM = {"ai_call": 150, "sms": 102}
SETTINGS = Experiments(global_holdout=0.03, holdouts={"quiet": Holdout(share=0.05)})

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Offer:
    """A strategy as far as these worlds need one; ``effects``: what reaching a customer adds, by arm."""

    name: str
    channel: str
    experiment: Experiment
    effects: dict[str, float]


OFFERS = (
    Offer(
        "fund_call",
        "ai_call",
        Experiment(holdout=0.3, variants={"treatment_b": Variant(share=0.5, scripts={"touch 1": "您好"})}),
        {"treatment": 0.25, "treatment_b": 0.1},
    ),
    Offer("loan_call", "ai_call", Experiment(holdout=0.3), {"treatment": 0.2}),
    Offer("card_text", "sms", Experiment(holdout=0.4), {"treatment": 0.15}),
)


def _plan(
    waiting: dict[str, NDArray[np.int64]],
    arms: dict[str, NDArray[np.str_]],
    worth: dict[str, Floats],
    night: int,
) -> pd.DataFrame:
    """The night's plan, from arbitration as production runs it."""
    pieces = []
    for offer in OFFERS:
        rows = waiting[offer.name]
        pieces.append(
            pa.table(
                {
                    "customer": rows.astype(np.str_),
                    "number": rows.astype(np.str_),
                    "person": pa.nulls(len(rows), pa.string()),
                    "strategy": pa.array([offer.name] * len(rows), pa.string()),
                    "step": np.ones(len(rows), dtype=np.int32),
                    "channel": pa.array([offer.channel] * len(rows), pa.string()),
                    "segment": pa.array(["S01"] * len(rows), pa.string()),
                    "arm": arms[offer.name][rows],
                    "value": worth[offer.name][rows],
                    "cost": np.full(len(rows), 0.5),
                    "hour": np.full(len(rows), 15, dtype=np.int32),
                }
            )
        )
    plan = decided(
        pa.concat_tables(pieces),
        rooms(ROOM, {offer.name: 95 for offer in OFFERS}),
        share=0.1,
        day=DAY + timedelta(days=night),
    ).plan.to_pandas()
    return plan.assign(customer=plan["customer"].astype(np.int64))


def _world(seed: int) -> pd.DataFrame:
    """One row a customer and strategy that entered: arm, exposed, reached, converted, and the truth."""
    rng = np.random.default_rng(seed)
    base = rng.beta(1.0, 5.0, CUSTOMERS)  # who would take it up unasked
    reach = 0.2 + 0.75 * stats.rankdata(base) / CUSTOMERS  # and who picks up
    waiting = {offer.name: np.flatnonzero(rng.random(CUSTOMERS) < 0.6) for offer in OFFERS}
    arms = {offer.name: np.full(CUSTOMERS, "", dtype=np.array(ARMS).dtype) for offer in OFFERS}
    for offer in OFFERS:
        rows = waiting[offer.name]
        arms[offer.name][rows] = arms_of(
            [f"{seed}-{n}" for n in rows],
            strategy=offer.name,
            experiment=offer.experiment,
            settings=SETTINGS,
            covered_by=(GLOBAL, "quiet"),
        )
    exposed: dict[str, set[int]] = {offer.name: set() for offer in OFFERS}
    entered: dict[str, set[int]] = {offer.name: set() for offer in OFFERS}
    for night in range(NIGHTS):
        worth = {offer.name: 5 + 40 * base + rng.normal(0, 4, CUSTOMERS) for offer in OFFERS}
        plan = _plan(waiting, arms, worth, night)
        chosen = plan[plan["fate"].isin(["contact", "held_out"])]
        passed = plan[plan["fate"].isin(["contact", "held_out", "capacity", "strategy_limit"])]
        for offer in OFFERS:
            exposed[offer.name] |= set(chosen.loc[chosen["strategy"] == offer.name, "customer"])
            entered[offer.name] |= set(passed.loc[passed["strategy"] == offer.name, "customer"])
            waiting[offer.name] = np.setdiff1d(waiting[offer.name], chosen["customer"])
    return pd.concat(
        [
            _outcomes(offer, sorted(entered[offer.name]), exposed[offer.name], arms, base, reach, rng)
            for offer in OFFERS
        ]
    )


def _outcomes(
    offer: Offer,
    entered: list[int],
    exposed: set[int],
    arms: dict[str, NDArray[np.str_]],
    base: Floats,
    reach: Floats,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """``effect``: what the contact is expected to change in a customer, reached or not; 0 without one."""
    rows = np.array(entered)
    arm, shown = arms[offer.name][rows], np.array([row in exposed for row in entered])
    contacted = shown & np.isin(arm, TREATED)
    added = np.array([offer.effects.get(str(each), 0.0) for each in arm])
    reached = contacted & (rng.random(len(rows)) < reach[rows])
    converted = rng.random(len(rows)) < np.minimum(base[rows] + reached * added, 1)
    # The chance is cut at 1, so what reaching him adds is what it adds below that.
    adds = np.minimum(base[rows] + added, 1) - base[rows]
    return pd.DataFrame(
        {
            "strategy": offer.name,
            "arm": arm,
            "exposed": shown,
            "reached": reached,
            "converted": converted,
            "effect": contacted * reach[rows] * adds,
            "effect_if_reached": adds,
        }
    )


@cache
def _worlds() -> tuple[pd.DataFrame, ...]:
    return tuple(_world(seed) for seed in range(WORLDS))


def _read(view: str, arms: tuple[str, ...] = TREATED) -> pd.DataFrame:
    """Every strategy of every world: lift, its error, and what was planted in the rows that were read."""
    found = []
    for world in _worlds():
        for name, rows in world.groupby("strategy"):
            if not rows["arm"].isin(arms).any():
                continue
            seen = rows if view == "entered" else rows[rows["exposed"]]
            treated, control = seen[seen["arm"].isin(arms)], seen[seen["arm"] == "control"]
            planted = treated["effect"].mean()
            if view == "contacted":
                treated = treated[treated["reached"]]
                planted = treated["effect_if_reached"].mean()
            error = np.sqrt(sum(part["converted"].var() / len(part) for part in (treated, control)))
            lift = treated["converted"].mean() - control["converted"].mean()
            found.append({"strategy": name, "lift": lift, "error": error, "planted": planted})
    return pd.DataFrame(found)


def _missed(read: pd.DataFrame) -> NDArray[np.float64]:
    """How far off each reading is, in standard errors."""
    return ((read["lift"] - read["planted"]) / read["error"]).to_numpy()


def test_capacity_binds_in_every_world() -> None:
    for world in _worlds():
        share = world.groupby("strategy")["exposed"].mean()
        assert (share < 0.75).all()
    assert pd.concat(_worlds())["exposed"].mean() < 0.6


@pytest.mark.parametrize("view", ["exposed", "entered"])
def test_the_planted_effect_is_recovered(view: str) -> None:
    missed = _missed(_read(view))
    assert stats.ttest_1samp(missed, 0).pvalue > 0.01
    assert stats.binomtest(int((abs(missed) < 1.96).sum()), len(missed), 0.95).pvalue > 0.01


@pytest.mark.parametrize("arm", ["treatment", "treatment_b"])
def test_the_effect_of_every_variant_is_recovered(arm: str) -> None:
    read = _read("exposed", (arm,))
    missed = _missed(read[read["strategy"] == "fund_call"])
    assert len(missed) == WORLDS
    assert stats.ttest_1samp(missed, 0).pvalue > 0.01


def test_the_effect_among_all_who_entered_is_the_same_effect_diluted() -> None:
    """Nobody who is passed over changes anything: the totals agree, the means differ by the share exposed."""
    for world in _worlds():
        treated = world[world["arm"].isin(TREATED)]
        assert treated["effect"].sum() == pytest.approx(treated.loc[treated["exposed"], "effect"].sum())
    exposed, entered = _read("exposed"), _read("entered")
    assert entered["planted"].mean() < 0.75 * exposed["planted"].mean()
    assert entered["lift"].mean() == pytest.approx(
        exposed["lift"].mean() * entered["planted"].mean() / exposed["planted"].mean(), rel=0.1
    )


def test_reading_only_who_was_reached_is_biased_in_the_same_worlds() -> None:
    """Even as a reading of the effect on the reached: they would have taken it up more often anyway."""
    read = _read("contacted")
    assert stats.ttest_1samp(_missed(read), 0).pvalue < 1e-6
    assert (read["lift"] - read["planted"]).mean() > 0.02


def test_capacity_takes_as_many_of_every_arm() -> None:
    """Of those who entered, the share that found room is the same in every arm."""
    pooled = pd.concat(_worlds())
    for _, rows in pooled.groupby("strategy"):
        table = pd.crosstab(rows["arm"], rows["exposed"])
        assert stats.chi2_contingency(table, correction=False).pvalue > 0.001
