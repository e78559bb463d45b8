"""Student's t by polynomial against SciPy's."""

import numpy as np
import pytest
from scipy import stats

from experiments.student import student


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99, 0.999])
def test_quantiles_and_p_values_are_scipys(confidence: float) -> None:
    rng = np.random.default_rng(26)
    freedom = np.r_[1.0, 1.0001, 2.0, 1e9, np.exp(rng.uniform(0, 15, 3_000))]
    t = rng.normal(0, 3, freedom.size)
    quantile, p_value = student(t, freedom, confidence=confidence)
    assert quantile == pytest.approx(stats.t.isf((1 - confidence) / 2, freedom), rel=1e-11)
    assert p_value == pytest.approx(2 * stats.t.sf(np.abs(t), freedom), rel=1e-11)


def test_less_than_one_degree_of_freedom_is_none() -> None:
    quantile, p_value = student(np.ones(3), np.array([np.nan, 0.0, 0.5]), confidence=0.95)
    assert np.isnan(quantile).all()
    assert np.isnan(p_value).all()
