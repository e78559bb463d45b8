"""Entries that can say nothing say nothing, without a warning, and do not disturb their neighbours."""

import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from experiments.moments import Moments, adjusted
from experiments.ratios import ratio
from experiments.statistics import Difference, difference, slope

Read = Callable[[Moments, Moments], Difference]

METHODS: dict[str, Read] = {
    "mean": lambda one, other: difference(one, other, binary=False),
    "amount": lambda one, other: difference(one, other, binary=False, never_negative=True),
    "adjusted": lambda one, other: difference(*adjusted(one, other), binary=False),
    "ratio": ratio,
}


@pytest.fixture(autouse=True)
def _warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def _arm(*values: list[float]) -> Moments:
    """One entry for each list of values; the covariate is the value plus one."""
    y = [np.array(each, dtype=float) for each in values]
    return Moments(
        n=np.array([len(each) for each in y], dtype=float),
        total=np.array([each.sum() for each in y]),
        squares=np.array([(each**2).sum() for each in y]),
        covariate_total=np.array([(each + 1).sum() for each in y]),
        covariate_squares=np.array([((each + 1) ** 2).sum() for each in y]),
        product=np.array([(each * (each + 1)).sum() for each in y]),
    )


GOOD, OTHER = [0.0, 3.0, 0.0, 5.0, 0.0, 0.0, 2.0], [0.0, 1.0, 0.0, 0.0, 4.0]


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("treated", "held"),
    [([], OTHER), (GOOD, []), ([], []), ([0.0] * 5, [0.0] * 5), ([np.nan] * 3, OTHER)],
    ids=["nobody treated", "nobody held out", "nobody", "nobody did anything", "all missing"],
)
def test_no_interval_and_no_p_value(name: str, treated: list[float], held: list[float]) -> None:
    found = METHODS[name](_arm(GOOD, treated), _arm(OTHER, held))
    for told in (found.low, found.high, found.p_value, found.error):
        assert np.isfinite(told[0]) or name in ("adjusted", "ratio")
        assert np.isnan(told[1])


@pytest.mark.parametrize("name", ["mean", "adjusted", "ratio"])
def test_one_customer_in_an_arm_is_too_few(name: str) -> None:
    found = METHODS[name](_arm(GOOD, [3.0]), _arm(OTHER, OTHER))
    assert np.isnan(found.low[1])
    assert np.isnan(found.p_value[1])


def test_a_constant_metric_has_no_interval() -> None:
    found = METHODS["mean"](_arm([2.0] * 6), _arm([1.0] * 4))
    assert np.isnan(found.low).all()
    assert np.isnan(found.p_value).all()


def test_shares_of_nobody_have_no_slope_either() -> None:
    hits = np.array([3.0, 0.0, 0.0])
    n, m = np.array([50.0, 0.0, 50.0]), np.array([20.0, 20.0, 0.0])
    held = np.array([1.0, 1.0, 0.0])
    found = difference(
        Moments(n=n, total=hits, squares=hits), Moments(n=m, total=held, squares=held), binary=True
    )
    assert np.isnan(found.low[1:]).all()
    assert np.isnan(found.p_value[1:]).all()
    assert np.isfinite(slope(found, n, m)).tolist() == [True, False, False]


def test_without_a_covariate_nothing_is_adjusted() -> None:
    arm = Moments(n=[5.0], total=[4.0], squares=[9.0])
    assert np.isnan(difference(*adjusted(arm, arm), binary=False).low).all()
