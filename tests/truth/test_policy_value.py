"""A policy's value told from logs of a known world covers the truth, and the doubly robust one is tightest.

In each world, customers of two kinds have four possible contacts. The log explores: mostly the best guess,
sometimes one drawn evenly, by the very code of the nights. Arms are drawn besides, and only the treated get
anything. The other policy follows better guesses.
"""

from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from base.errors import ExperimentError
from evaluation.policy_value import PolicyValue, incremental, policy_value
from outreach.explore import Exploration, explore

WORLDS = 150
CUSTOMERS = 3_000
EXPLORATION = 0.3
TREATMENT = 0.8
NAMES = ("a", "b", "c", "d")
# Chance to convert unprompted, and what each contact adds to it, by kind of customer.
BASE = np.array([0.1, 0.3])
EFFECT = np.array([[0.02, 0.10, 0.05, 0.00], [0.10, 0.02, 0.00, 0.12]])
GUESSED = np.array([3.0, 2.0, 1.5, 1.2])
BETTER = np.array([1, 3])  # the policy's choice, by kind of customer
TRUTH = EFFECT[[0, 1], BETTER].mean()


def _log(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    kind = np.arange(CUSTOMERS) % 2
    worth = np.tile(GUESSED, CUSTOMERS) - 1.0
    night = pa.table(
        {
            "customer": np.repeat(np.arange(CUSTOMERS).astype(str), len(NAMES)),
            "strategy": list(NAMES) * CUSTOMERS,
            "step": np.ones(CUSTOMERS * len(NAMES), dtype=np.int32),
        }
    )
    tries = explore(
        night,
        worth=worth,
        expense=np.zeros_like(worth),
        exploration=Exploration(share=EXPLORATION, salt=f"world {seed}"),
    )
    logged = night.to_pandas().assign(propensity=tries.propensity)
    chosen = logged[tries.put_forward].reset_index(drop=True)
    action = chosen["strategy"].map(NAMES.index).to_numpy()
    treated = rng.random(CUSTOMERS) < TREATMENT
    converted = rng.random(CUSTOMERS) < BASE[kind] + EFFECT[kind, action] * treated
    return chosen.assign(kind=kind, action=action, treated=treated, converted=converted)


def _value(seed: int) -> PolicyValue:
    log = _log(seed)
    kind = log["kind"]
    # The base chance taken out of the outcome, as a model of the control arm would: less noise, same mean.
    surprise = log["converted"] - BASE[kind]
    reward = incremental(surprise, treated=log["treated"], treatment_share=TREATMENT)
    model = EFFECT * 0.8 + 0.01  # a model that is somewhat wrong
    return policy_value(
        reward,
        propensity=log["propensity"],
        target=(log["action"] == BETTER[kind]).astype(float),
        predicted=model[kind, log["action"]],
        predicted_under_target=model[kind, BETTER[kind]],
    )


@cache
def _values() -> list[PolicyValue]:
    return [_value(seed) for seed in range(WORLDS)]


@pytest.mark.parametrize("method", ["ips", "self_normalised", "doubly_robust"])
def test_intervals_cover_the_known_value_of_the_other_policy(method: str) -> None:
    found = [one.estimates[method] for one in _values()]
    covered = [one.low <= TRUTH <= one.high for one in found]
    assert 0.90 <= np.mean(covered) <= 0.99
    values = np.array([one.value for one in found])
    assert abs(values.mean() - TRUTH) < 3 * values.std() / np.sqrt(WORLDS)


def test_the_doubly_robust_value_is_tighter_where_a_model_knows_something() -> None:
    """Rewards seen without arms: what is asked here is the noise that the weights alone bring in."""
    brought, found = np.array([[2.0, 9.0, 5.0, 1.0], [4.0, 2.0, 3.0, 8.0]]), []
    for seed in range(WORLDS):
        log = _log(seed)
        kind, action = log["kind"], log["action"]
        reward = brought[kind, action] + np.random.default_rng(seed).normal(size=CUSTOMERS)
        found.append(
            policy_value(
                reward,
                propensity=log["propensity"],
                target=(action == BETTER[kind]).astype(float),
                predicted=0.8 * brought[kind, action],
                predicted_under_target=0.8 * brought[kind, BETTER[kind]],
            )
        )
    values = pd.DataFrame([{name: one.value for name, one in each.estimates.items()} for each in found])
    robust = [each.estimates["doubly_robust"] for each in found]
    assert values["doubly_robust"].std() < values["ips"].std() / 2
    assert (
        np.mean([one.error for one in robust]) < np.mean([each.estimates["ips"].error for each in found]) / 2
    )
    assert 0.90 <= np.mean([one.low <= 8.5 <= one.high for one in robust]) <= 0.99


def test_the_policy_that_was_followed_is_worth_what_was_logged() -> None:
    log = _log(0)
    reward = incremental(log["converted"], treated=log["treated"], treatment_share=TREATMENT)
    nothing = np.zeros(len(log))
    found = policy_value(
        reward,
        propensity=log["propensity"],
        target=log["propensity"],
        predicted=nothing,
        predicted_under_target=nothing,
    )
    assert {one.value for one in found.estimates.values()} == {found.logged.value}
    assert found.effective_decisions == pytest.approx(CUSTOMERS)
    assert found.finding is None


def test_one_customers_nights_are_not_taken_for_many_customers() -> None:
    """Four nights a customer, each like the first: four times the decisions say no more."""
    log = _log(0)
    reward = incremental(log["converted"], treated=log["treated"], treatment_share=TREATMENT)
    nothing, target = np.zeros(len(log)), (log["action"] == 0).to_numpy(dtype=float)

    def value(nights: int, *, whose: bool) -> PolicyValue:
        return policy_value(
            np.tile(reward, nights),
            propensity=np.tile(log["propensity"], nights),
            target=np.tile(target, nights),
            predicted=np.tile(nothing, nights),
            predicted_under_target=np.tile(nothing, nights),
            customer=np.tile(log["customer"].to_numpy(), nights) if whose else None,
        )

    once, four, blind = value(1, whose=False), value(4, whose=True), value(4, whose=False)
    for method, estimate in once.estimates.items():
        assert four.estimates[method].error == pytest.approx(estimate.error)
        assert blind.estimates[method].error == pytest.approx(estimate.error / 2, rel=0.01)
    assert value(1, whose=True).logged.error == pytest.approx(once.logged.error)


def test_what_the_log_hardly_did_is_named() -> None:
    log = _log(1)
    few, nothing = log.head(400), np.zeros(400)
    rare = (few["action"] == 3).to_numpy(dtype=float)
    given = {"propensity": few["propensity"], "predicted": nothing, "predicted_under_target": nothing}
    found = policy_value(nothing, target=rare, **given)
    assert found.finding == "overlap_too_small"
    assert "too few" in found.words
    never = policy_value(nothing, target=nothing, **given)
    assert never.finding == "overlap_too_small"
    assert np.isnan(never.estimates["self_normalised"].value)


def test_a_log_with_wrong_probabilities_is_named() -> None:
    log = _log(2)
    nothing = np.zeros(len(log))
    found = policy_value(
        nothing,
        propensity=log["propensity"],
        target=np.minimum(1.0, 0.5 * log["propensity"]),
        predicted=nothing,
        predicted_under_target=nothing,
    )
    assert found.finding == "overlap_too_small"
    assert "50%" in found.words


def test_what_is_no_log_is_refused() -> None:
    two = [0.5, 0.5]
    given = {"target": two, "predicted": two, "predicted_under_target": two}
    with pytest.raises(ExperimentError, match="propensities must be above 0"):
        policy_value(two, propensity=[0.0, 0.5], **given)
    with pytest.raises(ExperimentError, match="no number"):
        policy_value([0.5, np.nan], propensity=two, **given)
    with pytest.raises(ExperimentError, match="two decisions"):
        policy_value([0.5], propensity=two, **given)
