"""The uplift learners keep scikit-learn's contract, find a planted effect, and use a known propensity."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from base.errors import ModelError
from models.uplift import DRLearner, TLearner, XLearner, score


class _EveryOther:
    """Takes every other row as treated, for checks that know X and y only."""

    def fit(self, X, y):  # noqa: N803 - scikit-learn's own name
        return super().fit(X, y, treatment=np.arange(len(X)) % 2)


class DrawnT(_EveryOther, TLearner): ...


class DrawnX(_EveryOther, XLearner): ...


class DrawnDR(_EveryOther, DRLearner): ...


@parametrize_with_checks([DrawnT(), DrawnX(), DrawnDR()])
def test_keeps_the_scikit_learn_contract(estimator, check):
    check(estimator)


def _trial(*, rows, seed, share=0.5):
    """Customers whose effect is 2 points, and 12 for those with a positive first trait."""
    rng = np.random.default_rng(seed)
    traits = rng.normal(size=(rows, 4))
    effect = np.where(traits[:, 0] > 0, 0.12, 0.02)
    share = np.broadcast_to(share, rows)
    treated = (rng.random(rows) < share).astype(int)
    chance = np.clip(0.1 + 0.05 * traits[:, 1], 0.01, 0.8) + effect * treated
    return traits, (rng.random(rows) < chance).astype(int), treated, effect


@pytest.mark.parametrize("learner", [TLearner(), XLearner(), DRLearner()], ids=lambda one: type(one).__name__)
def test_a_planted_effect_is_found(learner):
    traits, converted, treated, _ = _trial(rows=40_000, seed=1)
    unseen, _, _, effect = _trial(rows=10_000, seed=2)
    found = learner.fit(traits, converted, treatment=treated, propensity=0.5).predict(unseen)
    assert found.mean() == pytest.approx(effect.mean(), abs=0.015)
    # Of the true difference, 10 points, few trees may leave a part unsaid; they add nothing to it.
    assert 0.04 < found[effect > 0.1].mean() - found[effect < 0.1].mean() < 0.115


def test_the_default_says_how_far_effects_lie_apart():
    traits, converted, treated, _ = _trial(rows=40_000, seed=1)
    unseen, _, _, effect = _trial(rows=10_000, seed=2)
    found = TLearner().fit(traits, converted, treatment=treated, propensity=0.5).predict(unseen)
    assert found[effect > 0.1].mean() == pytest.approx(0.12, abs=0.02)
    assert found[effect < 0.1].mean() == pytest.approx(0.02, abs=0.02)


def test_where_nothing_moves_apart_the_default_says_the_mean():
    rng = np.random.default_rng(5)
    traits, treated = rng.normal(size=(20_000, 5)), rng.integers(0, 2, 20_000)
    converted = (rng.random(20_000) < 0.1 + 0.05 * treated).astype(int)
    found = TLearner().fit(traits, converted, treatment=treated).predict(traits)
    assert found.mean() == pytest.approx(0.05, abs=0.015)
    assert found.std() < 0.01


def test_a_known_propensity_keeps_the_doubly_robust_effect_true():
    """Half the customers are drawn more often and convert more anyway: without p the effect would be off."""
    rng = np.random.default_rng(3)
    often = rng.integers(0, 2, 40_000)
    share = np.where(often == 1, 0.9, 0.1)
    treated = (rng.random(40_000) < share).astype(int)
    converted = (rng.random(40_000) < 0.05 + 0.4 * often + 0.05 * treated).astype(int)
    blind = np.zeros((40_000, 1))
    learner = DRLearner(outcome=LinearRegression(), effect=LinearRegression())
    given = learner.fit(blind, converted, treatment=treated, propensity=share).predict(blind[:1])
    taken = learner.fit(blind, converted, treatment=treated).predict(blind[:1])
    assert given[0] == pytest.approx(0.05, abs=0.02)
    assert taken[0] > 0.3


@pytest.mark.parametrize(
    ("treatment", "propensity", "why"),
    [
        ([1, 1, 1, 1], None, "all of one arm"),
        ([0, 1, 2, 1], None, "0 or 1"),
        ([0, 1, 0], None, "each of the 4 rows"),
        ([0, 1, 0, 1], 1.0, "between 0 and 1"),
    ],
)
def test_what_is_no_experiment_is_refused(treatment, propensity, why):
    with pytest.raises(ValueError, match=why):
        XLearner().fit(np.eye(4), [0, 1, 0, 1], treatment=treatment, propensity=propensity)


def test_the_engine_scores_as_the_model_predicts(engine):
    traits, converted, treated, _ = _trial(rows=4_000, seed=6)
    profile = pd.DataFrame(traits, columns=["a", "b", "c", "d"])
    profile.loc[::7, "a"] = np.nan
    models = {
        kind: TLearner().fit(profile, hits, treatment=treated)
        for kind, hits in (("fund", converted), ("loan", 1 - converted))
    }
    rows = profile.assign(
        customer=[f"c{n}" for n in range(4_000)], kind=np.resize(["fund", "loan", "card"], 4_000)
    )
    found = (
        score(engine.createDataFrame(rows), models=models, keys=["customer"]).toPandas().set_index("customer")
    )
    assert set(found["kind"]) == set(models)  # rows of a kind without a model are left out
    for kind, model in models.items():
        own = rows[rows["kind"] == kind]
        expected = model.predict(own[profile.columns])
        np.testing.assert_array_equal(found.loc[own["customer"], "uplift"], expected)
    with pytest.raises(ModelError, match="not there: b"):
        score(engine.createDataFrame(rows.drop(columns="b")), models=models, keys=["customer"])
