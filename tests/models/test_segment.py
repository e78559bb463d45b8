"""Segments do not depend on row order, keep their identity over re-fits, and score alike in every engine."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from base.errors import ModelError
from models.curve import Curve
from models.segment import Segmenter, match, score, successor


@parametrize_with_checks([Segmenter(n_segments=3)])
def test_keeps_the_scikit_learn_contract(estimator, check):
    check(estimator)


def _world(*, rows: int, seed: int, kinds: int = 5) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers of a few kinds: skewed money, a count, a flag, a share with gaps."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, kinds, rows)
    frame = pd.DataFrame(
        {
            "aum": rng.lognormal(6 + 1.5 * (kind % 3), 0.4),
            "logins": rng.poisson(2 + 9 * (kind % 2)).astype(float),
            "has_fund": (rng.random(rows) < np.where(kind >= 3, 0.95, 0.05)).astype(float),
            "share": np.where(
                rng.random(rows) < 0.05, np.nan, np.clip(kind / 10 + rng.normal(0.2, 0.03, rows), 0, 1)
            ),
        }
    )
    return frame, kind


def test_finds_the_kinds_of_customers():
    frame, kind = _world(rows=3_000, seed=1)
    assert adjusted_rand_score(kind, Segmenter(5).fit(frame).labels_) > 0.85


def test_row_order_changes_nothing():
    frame, _ = _world(rows=1_500, seed=2)
    shuffled = frame.sample(frac=1, random_state=0)
    one, other = Segmenter(6).fit(frame), Segmenter(6).fit(shuffled)
    np.testing.assert_array_equal(one.scaled_centres_, other.scaled_centres_)
    np.testing.assert_array_equal(one.predict(frame), other.predict(frame))


def test_labels_are_the_predictions_of_the_same_rows():
    frame, _ = _world(rows=1_000, seed=3)
    model = Segmenter(6).fit(frame)
    np.testing.assert_array_equal(model.labels_, model.predict(frame))
    assert model.ids_ == ("S01", "S02", "S03", "S04", "S05", "S06")


def test_a_refit_keeps_ids_when_nothing_has_changed():
    before, _ = _world(rows=3_000, seed=4)
    after, kind = _world(rows=3_000, seed=5)
    champion = Segmenter(5).fit(before)
    refit = successor(champion, n_segments=5).fit(after)
    assert refit.ids_ == champion.ids_
    assert (champion.predict(after) == refit.predict(after)).mean() > 0.98
    assert adjusted_rand_score(kind, refit.labels_) > 0.85


def test_a_vanished_segment_retires_its_id_and_a_new_one_gets_a_fresh_id():
    champion = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    new = np.array([[0.5, 9.0], [40.0, 40.0], [0.1, 0.0]])
    assert match(champion, new, ids=("S01", "S02", "S03")) == ["S03", None, "S01"]


def test_a_larger_refit_adds_fresh_ids_and_never_reuses_a_retired_one():
    frame, _ = _world(rows=2_000, seed=6)
    champion = Segmenter(4).fit(frame)
    champion.last_id_ = 9
    grown = successor(champion, n_segments=6).fit(frame)
    fresh = set(grown.ids_) - set(champion.ids_)
    assert len(fresh) >= 2
    assert min(int(name[1:]) for name in fresh) == 10


def test_start_over_other_features_is_refused():
    frame, _ = _world(rows=500, seed=7)
    champion = Segmenter(4).fit(frame)
    with pytest.raises(ModelError, match="same 3 features"):
        successor(champion, n_segments=4).fit(frame.drop(columns="share"))


@settings(max_examples=100, deadline=None)
@given(
    arrays(
        np.float64,
        st.integers(1, 60),
        elements=st.one_of(st.floats(-1e9, 1e9), st.just(0.0), st.just(float("nan"))),
    )
)
@example(np.array([0.0, 2e-311]))
def test_scaling_rises_is_bounded_and_can_be_undone(values):
    curve = Curve.fit(values)
    scaled = curve.scale(np.sort(values[~np.isnan(values)]))
    assert np.isfinite(scaled).all()
    assert (np.diff(scaled) >= -1e-9).all()
    if len(scaled):
        assert scaled[-1] - scaled[0] <= 4 + 1e-9
    inside = np.linspace(curve.knots[0], curve.knots[-1], 7)
    if curve.heights[0] != curve.heights[-1]:
        np.testing.assert_allclose(
            curve.unscale(curve.scale(inside)), inside, rtol=1e-6, atol=1e-6 * np.ptp(inside)
        )


def test_a_rare_flag_does_not_outweigh_money():
    flag = (np.arange(1_000) % 50 == 0).astype(float)
    scaled = Curve.fit(flag).scale(np.array([0.0, 1.0]))
    assert np.ptp(scaled) == pytest.approx(4)


def test_the_engine_scores_as_predict_does_to_the_last_bit(engine):
    frame, _ = _world(rows=2_000, seed=8)
    model = Segmenter(7).fit(frame)
    given = frame.assign(customer=[f"c{n:05}" for n in range(len(frame))], has_fund=frame["has_fund"] > 0)
    table = engine.createDataFrame(given).repartition(3)
    found = score(table, model=model).toPandas().set_index("customer").loc[given["customer"]]
    assert list(found["segment"]) == [model.ids_[at] for at in model.predict(frame)]
    np.testing.assert_array_equal(found["distance"], model.distance(frame))


def test_scoring_without_a_column_names_it(engine):
    frame, _ = _world(rows=200, seed=9)
    model = Segmenter(3).fit(frame)
    table = engine.createDataFrame(frame.drop(columns="logins").assign(customer="c"))
    with pytest.raises(ModelError, match="logins"):
        score(table, model=model)
