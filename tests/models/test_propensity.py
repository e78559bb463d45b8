"""The propensity model keeps scikit-learn's contract and gives probabilities that mean what they say."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from base.errors import ModelError
from models.propensity import Propensity, gains_area, recency_weights


@parametrize_with_checks([Propensity(trees=20)])
def test_keeps_the_scikit_learn_contract(estimator, check):
    check(estimator)


def _customers(*, rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "aum": rng.lognormal(9, 1, rows),
            "city": rng.choice(["北京", "上海", "Xi'an"], rows),
            "age": np.where(rng.random(rows) < 0.2, np.nan, rng.uniform(18, 80, rows)),
        }
    )
    log_odds = np.log(frame["aum"]) - 10 + (frame["city"] == "北京") + frame["age"].isna() * 0.8
    return frame, (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int).to_numpy()


def test_probabilities_are_calibrated_with_categories_and_missing_values():
    frame, y = _customers(rows=6_000, seed=1)
    unseen, truth = _customers(rows=6_000, seed=2)
    p = Propensity().fit(frame, y).predict_proba(unseen)[:, 1]
    tenths = pd.qcut(p, 10, labels=False)
    gaps = [abs(p[tenths == t].mean() - truth[tenths == t].mean()) for t in range(10)]
    assert max(gaps) < 0.06
    assert roc_auc_score(truth, p) > 0.72


def test_an_unseen_level_counts_as_missing():
    frame, y = _customers(rows=2_000, seed=1)
    model = Propensity().fit(frame, y)
    unseen, missing = frame.head(5).assign(city="Urumqi"), frame.head(5).assign(city=None)
    np.testing.assert_array_equal(model.predict_proba(unseen), model.predict_proba(missing))


def test_more_levels_than_trees_can_take():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"branch": [f"B{n:03}" for n in rng.integers(0, 400, 3_000)]})
    p = Propensity(trees=5).fit(frame, rng.integers(0, 2, 3_000)).predict_proba(frame)
    assert np.isfinite(p).all()


def test_with_a_half_life_the_newest_rows_decide():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=4_000)})
    old_then_new = np.where(np.arange(4_000) < 3_000, frame["x"] > 0, frame["x"] < 0).astype(int)
    probe = pd.DataFrame({"x": [-2.0, 2.0]})
    low, high = Propensity(half_life=200).fit(frame, old_then_new).predict_proba(probe)[:, 1]
    assert low > 0.8 > 0.2 > high
    low, high = Propensity().fit(frame, old_then_new).predict_proba(probe)[:, 1]
    assert low < high


def test_recency_weights_halve():
    np.testing.assert_allclose(recency_weights(3, half_life=1), [0.25, 0.5, 1])
    with pytest.raises(ModelError, match="half_life"):
        recency_weights(3, half_life=0)


@pytest.mark.parametrize("seed", range(5))
def test_gains_area_is_half_the_rate_plus_the_auc_of_the_rest(seed):
    """ALIFT = rate/2 + (1 - rate) * AUC, an identity that also holds with ties."""
    rng = np.random.default_rng(seed)
    y, scores = rng.integers(0, 2, 200), rng.integers(0, 20, 200)
    expected = y.mean() / 2 + (1 - y.mean()) * roc_auc_score(y, scores)
    assert gains_area(y, scores) == pytest.approx(expected)


def test_gains_area_needs_a_conversion():
    with pytest.raises(ModelError, match="at least one conversion"):
        gains_area([0, 0], [0.1, 0.2])
