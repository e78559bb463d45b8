"""What tea-tasting computes too must come out the same, to nine digits, in one vectorised call."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tea_tasting as tt
from tea_tasting.metrics import MetricBase

from experiments.bootstrap import quantile_difference
from experiments.design import detectable, power_of
from experiments.moments import Moments, adjusted
from experiments.ratios import ratio
from experiments.statistics import Difference, difference

EXPERIMENTS = 12

Read = Callable[[Moments, Moments], Difference]


@pytest.fixture(scope="module")
def experiments() -> list[pd.DataFrame]:
    """Customers of unlike experiments: small and large, few and many held out, covariates strong and weak."""
    rng = np.random.default_rng(19)
    made = []
    for _ in range(EXPERIMENTS):
        n = int(rng.integers(12, 900))
        before = rng.lognormal(8, 1, n)
        after = rng.uniform(0, 1.5) * before + rng.lognormal(7, 1.2, n) * (rng.random(n) < 0.4)
        held = rng.permutation(n) < max(4, int(n * rng.uniform(0.1, 0.5)))
        made.append(
            pd.DataFrame({"variant": held.astype(int), "y": after, "x": before, "d": rng.poisson(2, n) + 1})
        )
    return made


def _sums(experiments: list[pd.DataFrame], variant: int, covariate: str) -> Moments:
    arms = [each[each["variant"] == variant] for each in experiments]

    def sums(of: Callable[[pd.DataFrame], "pd.Series[float]"]) -> npt.NDArray[np.float64]:
        return np.array([of(arm).sum() for arm in arms], dtype=float)

    return Moments(
        n=np.array([len(arm) for arm in arms], dtype=float),
        total=sums(lambda arm: arm["y"]),
        squares=sums(lambda arm: arm["y"] ** 2),
        covariate_total=sums(lambda arm: arm[covariate]),
        covariate_squares=sums(lambda arm: arm[covariate] ** 2),
        product=sums(lambda arm: arm["y"] * arm[covariate]),
    )


@pytest.mark.parametrize(
    ("metric", "covariate", "read"),
    [
        (tt.Mean("y"), "x", lambda one, other: difference(one, other, binary=False)),
        (tt.Mean("y", "x"), "x", lambda one, other: difference(*adjusted(one, other), binary=False)),
        (tt.RatioOfMeans("y", "d"), "d", ratio),
    ],
    ids=["mean", "mean with its covariate", "ratio"],
)
def test_differences_are_those_of_the_reference(
    experiments: list[pd.DataFrame], metric: MetricBase, covariate: str, read: Read
) -> None:
    found = read(_sums(experiments, 0, covariate), _sums(experiments, 1, covariate))
    told = np.flatnonzero(np.isfinite(found.low))
    assert len(told) >= EXPERIMENTS - 4
    for entry in told:
        data = experiments[entry]
        wanted = metric.analyze(data, 1, 0, "variant")
        pairs = {
            "mean": wanted.treatment,
            "control_mean": wanted.control,
            "lift": wanted.effect_size,
            "low": wanted.effect_size_ci_lower,
            "high": wanted.effect_size_ci_upper,
            "p_value": wanted.pvalue,
        }
        assert {name: getattr(found, name)[entry] for name in pairs} == pytest.approx(pairs, rel=1e-9)


def test_power_and_smallest_detectable_lift_are_those_of_the_reference(
    experiments: list[pd.DataFrame],
) -> None:
    data = experiments[0]
    deviation = float(data["y"].std())
    for customers, holdout in ((1_000, 0.15), (20_000, 0.5)):
        error = deviation * np.sqrt(1 / (customers * (1 - holdout)) + 1 / (customers * holdout))
        asked = {"n_obs": customers, "ratio": (1 - holdout) / holdout, "use_t": False, "equal_var": True}
        lift = tt.Mean("y", power=0.8, alpha=0.05, **asked).solve_power(data, "effect_size")[0].effect_size
        assert detectable(error) == pytest.approx(lift, rel=1e-9)
        power = tt.Mean("y", effect_size=2.2 * error, alpha=0.05, **asked).solve_power(data, "power")[0].power
        assert power_of(2.2 * error, error) == pytest.approx(power, rel=1e-9)


def test_quantiles_are_those_of_the_reference_within_the_noise_of_resampling(
    experiments: list[pd.DataFrame],
) -> None:
    data = max(experiments, key=len)
    one, other = (data.loc[data["variant"] == arm, "y"].to_numpy() for arm in (0, 1))
    found = quantile_difference(one, other, quantile=0.75, seed=3)
    wanted = tt.Quantile("y", 0.75, n_resamples=4_000, rng=5, method="percentile").analyze(
        data, 1, 0, "variant"
    )
    width = wanted.effect_size_ci_upper - wanted.effect_size_ci_lower
    assert found.lift[0] == pytest.approx(wanted.effect_size, rel=1e-9)
    assert found.low[0] == pytest.approx(wanted.effect_size_ci_lower, abs=0.1 * width)
    assert found.high[0] == pytest.approx(wanted.effect_size_ci_upper, abs=0.1 * width)
