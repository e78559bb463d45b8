"""The compiled score interval against likeliest rates found by a search of their own, and against itself."""

import numpy as np
import pytest
from scipy import optimize, special

from experiments.score import Strata, pooled_interval, score_interval

LIMIT = float(special.ndtri(0.975))


def _z(hits: int, n: int, control_hits: int, m: int, apart: float) -> float:
    """The score of a difference ``apart``, at the rates under which both arms are likeliest."""
    variance = _variance(hits, n, control_hits, m, apart)
    return float((hits / n - control_hits / m - apart) / np.sqrt(variance))


def _variance(hits: int, n: int, control_hits: int, m: int, apart: float) -> float:
    def unlikely(low: float) -> float:
        high = low + apart
        return -float(
            special.xlogy(hits, high)
            + special.xlog1py(n - hits, -high)
            + special.xlogy(control_hits, low)
            + special.xlog1py(m - control_hits, -low)
        )

    ends = max(0.0, -apart), min(1.0, 1.0 - apart)
    low = optimize.minimize_scalar(unlikely, bounds=ends, method="bounded", options={"xatol": 1e-13}).x
    high = low + apart
    return float((high * (1 - high) / n + low * (1 - low) / m) * (n + m) / (n + m - 1))


def test_the_score_is_at_its_limit_at_both_ends() -> None:
    rng = np.random.default_rng(23)
    n, m = rng.integers(5, 3_000, 60), rng.integers(5, 600, 60)
    hits, control = rng.binomial(n, rng.uniform(0.01, 0.6, 60)), rng.binomial(m, rng.uniform(0.01, 0.6, 60))
    low, high, _ = score_interval(*(each.astype(float) for each in (hits, n, control, m)), limit=LIMIT)
    inside = (hits > 0) & (hits < n) & (control > 0) & (control < m)
    assert inside.sum() > 40
    for entry in np.flatnonzero(inside):
        arms = int(hits[entry]), int(n[entry]), int(control[entry]), int(m[entry])
        assert _z(*arms, low[entry]) == pytest.approx(LIMIT, abs=1e-5)
        assert _z(*arms, high[entry]) == pytest.approx(-LIMIT, abs=1e-5)


def test_the_stratified_score_is_at_its_limit_at_both_ends() -> None:
    """Three strata: in units of 30 and of 40 yuan, and one whose variance is given."""
    rng = np.random.default_rng(26)
    shape = (20, 3)
    n, m = rng.integers(50, 900, shape), rng.integers(20, 200, shape)
    hits, control = rng.binomial(n, 0.15) + 1, rng.binomial(m, 0.1) + 1
    unit, share = np.array([30.0, 40.0, np.nan]), rng.dirichlet([3.0, 2.0, 1.0], 20)
    times = np.nan_to_num(unit, nan=1.0)
    low, high = pooled_interval(
        Strata(
            mean=times * hits / n,
            n=n.astype(float),
            control=times * control / m,
            m=m.astype(float),
            scale=np.broadcast_to(unit, shape),
            fixed=np.full(shape, 0.3),
            share=share,
        ),
        limit=LIMIT,
    )
    lift = (share * times * (hits / n - control / m)).sum(axis=1)
    for row in range(20):
        for end, side in ((low[row], 1), (high[row], -1)):
            variance = share[row, 2] ** 2 * 0.3 + sum(
                (share[row, each] * times[each]) ** 2
                * _variance(
                    hits[row, each], n[row, each], control[row, each], m[row, each], end / times[each]
                )
                for each in (0, 1)
            )
            assert (lift[row] - end) / np.sqrt(variance) == pytest.approx(side * LIMIT, abs=1e-4)


def test_turned_round_it_is_the_mirror_image() -> None:
    rng = np.random.default_rng(24)
    n, m = rng.integers(1, 400, 3_000).astype(float), rng.integers(1, 90, 3_000).astype(float)
    hits, control = (rng.binomial(each.astype(int), 0.05).astype(float) for each in (n, m))
    low, high, error = score_interval(hits, n, control, m, limit=LIMIT)
    turned_low, turned_high, turned_error = score_interval(control, m, hits, n, limit=LIMIT)
    assert low == pytest.approx(-turned_high, abs=1e-9)
    assert high == pytest.approx(-turned_low, abs=1e-9)
    assert error == pytest.approx(turned_error)


def test_many_entries_on_several_threads_are_the_same_as_few() -> None:
    rng = np.random.default_rng(25)
    n, m = np.full(90_000, 300.0), np.full(90_000, 60.0)
    hits, control = rng.binomial(300, 0.1, 90_000).astype(float), rng.binomial(60, 0.1, 90_000).astype(float)
    together = score_interval(hits, n, control, m, limit=LIMIT)
    some = slice(44_000, 46_000)
    apart = score_interval(hits[some], n[some], control[some], m[some], limit=LIMIT)
    for one, other in zip(together, apart, strict=True):
        assert np.array_equal(one[some], other)
