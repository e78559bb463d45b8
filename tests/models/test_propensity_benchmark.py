"""The rolling benchmark judges fairly: no column that is known too late, no label from the rows it scores."""

import numpy as np
import pandas as pd
import pytest

from base.errors import SourceError
from benchmarks.propensity import read, rolling_scores
from models.propensity import Propensity


def test_what_is_known_only_after_the_call_is_left_out(shared_data):
    frame, converted = read(shared_data)
    assert (len(frame), int(converted.sum())) == (41_188, 4_640)
    assert not {"duration", "y"} & set(frame.columns)
    assert frame["pdays"].max() < 999


def test_missing_data_are_named(tmp_path):
    with pytest.raises(SourceError, match=r"bank-additional-full.csv.gz is missing; .* DATA="):
        read(tmp_path)


def test_a_score_depends_on_no_label_from_its_own_update_on():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=400), "job": rng.choice(["a", "b"], 400)})
    converted = (rng.random(400) < 0.3).astype(np.int64)
    later = converted.copy()
    later[360:] = 1 - later[360:]  # updates come every ten rows, so rows until 369 are scored before
    scores = rolling_scores(Propensity(trees=3), frame, converted, start=200, stop=400)
    changed = rolling_scores(Propensity(trees=3), frame, later, start=200, stop=400)
    np.testing.assert_array_equal(scores[:170], changed[:170])
    assert not np.array_equal(scores[170:], changed[170:])
