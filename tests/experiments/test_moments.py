"""Sums of one arm: pouring them together loses nothing, and CUPED takes out what the covariate explains."""

import numpy as np
import pytest

from experiments.moments import Floats, Moments, adjusted
from experiments.statistics import difference

CORRELATION = 0.7


def _sums(y: Floats, x: Floats) -> Moments:
    """Over the last axis."""
    return Moments(
        n=np.full(y.shape[:-1], float(y.shape[-1])),
        total=y.sum(axis=-1),
        squares=(y**2).sum(axis=-1),
        covariate_total=x.sum(axis=-1),
        covariate_squares=(x**2).sum(axis=-1),
        product=(x * y).sum(axis=-1),
        gains=np.maximum(y, 0).sum(axis=-1),
        gain_squares=(np.maximum(y, 0) ** 2).sum(axis=-1),
    )


def test_sums_of_parts_are_the_sums_of_all() -> None:
    rng = np.random.default_rng(1)
    y, x = rng.normal(3, 2, (4, 3, 50)), rng.normal(1, 5, (4, 3, 50))
    parts, whole = _sums(y, x), _sums(y.reshape(4, 150), x.reshape(4, 150))
    for poured in (
        parts.sum(axis=-1),
        _sums(y[:, 0], x[:, 0]) + _sums(y[:, 1], x[:, 1]) + _sums(y[:, 2], x[:, 2]),
    ):
        for name in vars(whole):
            assert poured.array(name) == pytest.approx(whole.array(name))
    assert whole.losses == pytest.approx(-np.minimum(y, 0).sum(axis=(1, 2)))
    assert whole.variance == pytest.approx(y.reshape(4, 150).var(axis=1, ddof=1))
    assert whole.covariance[0] == pytest.approx(np.cov(y[0].ravel(), x[0].ravel())[0, 1])


def test_adjusted_sums_are_those_of_the_adjusted_values() -> None:
    rng = np.random.default_rng(2)
    x, held_x = rng.normal(50, 9, 300), rng.normal(52, 9, 80)
    y, held_y = x + rng.normal(0, 4, 300), held_x + rng.normal(0, 4, 80)
    both_x, both_y = np.r_[x, held_x], np.r_[y, held_y]
    theta = np.cov(both_x, both_y)[0, 1] / both_x.var(ddof=1)
    for found, values in zip(
        adjusted(_sums(y, x), _sums(held_y, held_x)),
        (y - theta * (x - both_x.mean()), held_y - theta * (held_x - both_x.mean())),
        strict=True,
    ):
        assert found.mean == pytest.approx(values.mean())
        assert found.variance == pytest.approx(values.var(ddof=1))


def test_the_variance_falls_as_theory_says_overall_and_in_every_segment() -> None:
    rng = np.random.default_rng(3)
    worlds, segments = 4_000, 3
    strength = np.array([0.2, CORRELATION, 0.9])[:, None]

    def arm(customers: int) -> Moments:
        x = rng.normal(size=(worlds, segments, customers))
        return _sums(
            strength * x + np.sqrt(1 - strength**2) * rng.normal(size=(worlds, segments, customers)), x
        )

    treatment, control = arm(120), arm(30)
    plain = difference(treatment, control, binary=False)
    better = difference(*adjusted(treatment, control), binary=False)
    left = better.lift.var(axis=0) / plain.lift.var(axis=0)
    assert left == pytest.approx(1 - strength[:, 0] ** 2, rel=0.05)
    covered = np.mean((better.low <= 0) & (better.high >= 0), axis=0)
    assert ((covered > 0.94) & (covered < 0.96)).all()


def test_a_covariate_that_does_not_vary_changes_nothing() -> None:
    y = np.random.default_rng(4).normal(size=(2, 40))
    arms = [_sums(each, np.full(40, 7.0)) for each in y]
    plain, better = difference(*arms, binary=False), difference(*adjusted(*arms), binary=False)
    assert better.lift == pytest.approx(plain.lift)
    assert better.error == pytest.approx(plain.error)
