"""The compiled score interval against likeliest rates found by a search of their own, and against itself."""

import numpy as np
import pytest
from scipy import optimize, special, stats

from experiments.score import Strata, pooled_interval, score_interval

LIMIT = float(special.ndtri(0.975))


def _z(hits: int, n: int, control_hits: int, m: int, apart: float) -> float:
    """The score of a difference ``apart``, at the rates under which both arms are likeliest."""
    variance = _variance(hits, n, control_hits, m, apart)
    return float((hits / n - control_hits / m - apart) / np.sqrt(variance))


def _variance(hits: int, n: int, control_hits: int, m: int, apart: float) -> float:
    high, low = _likeliest(hits, n, control_hits, m, apart)
    return float((high * (1 - high) / n + low * (1 - low) / m) * (n + m) / (n + m - 1))


def _likeliest(hits: int, n: int, control_hits: int, m: int, apart: float) -> tuple[float, float]:
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
    return float(low + apart), float(low)


def _skew(hits: int, n: int, control_hits: int, m: int, apart: float) -> float:
    """A sixth of the lift's skewness at the rates under which both arms are likeliest."""
    high, low = _likeliest(hits, n, control_hits, m, apart)
    third = high * (1 - high) * (1 - 2 * high) / n**2 - low * (1 - low) * (1 - 2 * low) / m**2
    return float(third / _variance(hits, n, control_hits, m, apart) ** 1.5 / 6)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table II, method 6.
        ((56, 70, 48, 80), 0.0528, 0.3382),
        ((9, 10, 3, 10), 0.1700, 0.8406),
        ((10, 10, 0, 10), 0.6636, 1.0000),
        ((5, 56, 0, 29), -0.0326, 0.1933),
    ],
)
def test_uncorrected_intervals_are_the_published_ones(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    found = score_interval(*np.array(counts, dtype=float)[:, None], limit=LIMIT, corrected=False)
    assert found[0][0] == pytest.approx(low, abs=6e-4)
    assert found[1][0] == pytest.approx(high, abs=6e-4)


def test_the_uncorrected_score_is_pearsons() -> None:
    *_, score = score_interval(*np.array([[30.0], [200], [8], [100]]), limit=LIMIT, corrected=False)
    chi2 = stats.chi2_contingency([[30, 170], [8, 92]], correction=False).statistic * (299 / 300)
    assert score[0] ** 2 == pytest.approx(chi2, rel=1e-9)


def test_the_corrected_score_undoes_its_correction() -> None:
    rng = np.random.default_rng(27)
    n, m = rng.integers(200, 3_000, 2_000), rng.integers(50, 600, 2_000)
    counts = [each.astype(float) for each in (rng.binomial(n, 0.08), n, rng.binomial(m, 0.05), m)]
    (*_, plain), (*_, score) = (
        score_interval(*counts, limit=LIMIT, corrected=corrected) for corrected in (False, True)
    )
    rate = (counts[0] + counts[2]) / (n + m)
    spread = rate * (1 - rate) * (1 / n + 1 / m) * (n + m) / (n + m - 1)
    sixth = rate * (1 - rate) * (1 - 2 * rate) * (1 / n**2 - 1 / m**2) / spread**1.5 / 6
    below_vertex = np.abs(score) < 1 / (2 * np.abs(sixth))
    assert below_vertex.mean() > 0.9
    assert (score + sixth * (score**2 - 1))[below_vertex] == pytest.approx(plain[below_vertex], abs=1e-9)


@pytest.mark.parametrize("corrected", [False, True])
def test_the_score_is_at_its_limit_at_both_ends(corrected: bool) -> None:
    rng = np.random.default_rng(23)
    n, m = rng.integers(5, 3_000, 60), rng.integers(5, 600, 60)
    hits, control = rng.binomial(n, rng.uniform(0.01, 0.6, 60)), rng.binomial(m, rng.uniform(0.01, 0.6, 60))
    counts = [each.astype(float) for each in (hits, n, control, m)]
    low, high, _, _ = score_interval(*counts, limit=LIMIT, corrected=corrected)
    inside = (hits > 0) & (hits < n) & (control > 0) & (control < m)
    assert inside.sum() > 40
    for entry in np.flatnonzero(inside):
        arms = int(hits[entry]), int(n[entry]), int(control[entry]), int(m[entry])
        for end, side in ((low[entry], LIMIT), (high[entry], -LIMIT)):
            moved = _skew(*arms, end) * (LIMIT**2 - 1) if corrected else 0.0
            assert abs(moved) < (LIMIT**2 - 1) / 6
            assert _z(*arms, end) == pytest.approx(side + moved, abs=1e-5)


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
    low, high, error, score = score_interval(hits, n, control, m, limit=LIMIT, corrected=True)
    turned_low, turned_high, turned_error, turned_score = score_interval(
        control, m, hits, n, limit=LIMIT, corrected=True
    )
    assert low == pytest.approx(-turned_high, abs=1e-9)
    assert high == pytest.approx(-turned_low, abs=1e-9)
    assert error == pytest.approx(turned_error)
    assert score == pytest.approx(-turned_score)


def test_many_entries_on_several_threads_are_the_same_as_few() -> None:
    rng = np.random.default_rng(25)
    n, m = np.full(90_000, 300.0), np.full(90_000, 60.0)
    hits, control = rng.binomial(300, 0.1, 90_000).astype(float), rng.binomial(60, 0.1, 90_000).astype(float)
    together = score_interval(hits, n, control, m, limit=LIMIT, corrected=True)
    some = slice(44_000, 46_000)
    apart = score_interval(hits[some], n[some], control[some], m[some], limit=LIMIT, corrected=True)
    for one, other in zip(together, apart, strict=True):
        assert np.array_equal(one[some], other)
