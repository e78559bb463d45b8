"""Whether the readouts keep their promises where the truth is known: ``python -m benchmarks.calibration``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmarks.figure import Figure, at_least, at_most, show
from benchmarks.worlds import SPREAD, Kind, Portfolio, given, nightly, portfolio, rare
from experiments.changes import changes
from experiments.discoveries import discovered_by_evidence, q_values
from experiments.moments import Floats, Moments, adjusted
from experiments.sample_ratio import evidence
from experiments.sequences import Sequence as Band
from experiments.sequences import scored_sequence, sequence
from experiments.shrinkage import FEWEST, certified, shrink
from experiments.statistics import Difference, difference, slope, slope_of

KINDS: tuple[Kind, ...] = ("share", "late share", "amount", "change")
RARE_KINDS: tuple[Kind, ...] = ("share", "amount")
# Readings whose intervals keep their word; the others were tried.
PROMISED = ("amount", "change")
# Customers treated and held out, and the shares of them that give: far fewer of the treated.
HARM = ((950, 50, (0.01, 0.10)), (2_000, 105, (0.002, 0.03)), (8_500, 1_500, (0.005, 0.03)))
DAYS = 30
_LEVEL = 0.05
_REAL = 0.1


@dataclass(frozen=True, kw_only=True)
class Found:
    """Discoveries where the truth is known: false ones among all, and among those called better; real ones
    found among the real."""

    false: float
    false_better: float
    power: float


@dataclass(frozen=True, kw_only=True)
class Winners:
    """The chosen of some worlds: how often the total was inside its interval, what was said of a true 1."""

    covered: float
    shrunk: float
    naive: float


def figures() -> Iterator[Figure]:
    """Every calibration at full size; the tests hold the same at a smaller one."""
    for kind in KINDS:
        always, naive = peeking(kind, strategies=2_000, days=DAYS, seed=1)
        name = f"null strategies ever called something in {DAYS} daily looks, {kind}"
        yield at_most(name, 100 * always, "%", goal=5.0)
        yield at_least(f"{name}, naive reading", 100 * naive, "%", goal=0.0)
    for kind in RARE_KINDS:
        for rate in (0.001, 0.002):
            ever, alarms = rare_goals(kind, 20, rate=rate, seed=9)
            name = f"5 % held out, one of {1 / rate:,.0f} gives, {kind}"
            yield at_most(f"null strategies ever called something, {name}", 100 * ever, "%", goal=5.0)
            yield at_most(f"false among discoveries of 4,000, {name}", 100 * alarms, "%", goal=5.0)
    for treated, held, rates in HARM:
        missed = 100 * harm_missed(treated, held, rates=rates, draws=40_000, seed=10)
        name = f"{treated}/{held}, {rates[0]:.1%} against {rates[1]:.1%}"
        yield at_most(f"always-valid interval misses harm at one look, {name}", missed, "%", goal=5.0)
    for treated, held in ((1_500, 300), (850, 150), (5_000, 1_000)):
        for zeros in (0.70, 0.90, 0.95):
            for lift in (0.0, 0.5):
                name = f"coverage of 95 %, {treated}/{held}, {zeros:.0%} zeros, lift {lift:.0%}"
                for losing in (0.0, (1 - zeros) / 2):
                    read = coverage(
                        treated, held, zeros=zeros, lift=lift, losing=losing, draws=20_000, seed=2
                    )
                    for method, held_truth in read.items():
                        told = f"{name}, {losing:.1%} lose, {method}"
                        promised = method in PROMISED
                        yield at_least(told, 100 * held_truth, "%", goal=94.0 if promised else 0.0)
                        if promised:
                            yield at_most(f"{told}, from above", 100 * held_truth, "%", goal=96.0)
    for look, found in (("one look", one_look(20, seed=3)), ("daily looks", daily_looks(5, seed=4))):
        name = f"false among discoveries of 4,000, {look}"
        yield at_most(name, 100 * found.false, "%", goal=5.0)
        yield at_most(f"{name}, those called better", 100 * found.false_better, "%", goal=5.0)
        yield at_least(f"real ones discovered, {look}", 100 * found.power, "%", goal=0.0)
    for strategies in (FEWEST, 200, 1_000):
        for median in (300, 2_000):
            for real in (_REAL, 0.5):
                name = f"{strategies:,} strategies of {median:,} customers, {real:.0%} real"
                covered = 100 * shrunk_coverage(strategies, median=median, real=real, seed=11)
                yield at_least(f"shrunk intervals that hold the truth, {name}", covered, "%", goal=95.0)
    winners = certified_worlds(100, strategies=4_000, seed=5)
    yield at_least(
        "worlds whose certified total was inside its interval", 100 * winners.covered, "%", goal=95.0
    )
    yield at_least("certified total of a true 1", winners.shrunk, "", goal=0.9)
    yield at_least("naive sum of a true 1", winners.naive, "", goal=1.0)
    for correlation in (0.3, 0.6, 0.9):
        left = cuped(correlation, draws=4_000, seed=6)
        name = f"variance left by CUPED over 1 - correlation^2, {correlation}"
        yield at_most(f"{name}, off by", 100 * abs(left / (1 - correlation**2) - 1), "%", goal=5.0)
    yield at_most(
        "worlds of 4,000 sound splits with a false alarm in 30 days",
        100 * split_alarms(40, strategies=4_000, seed=7),
        "%",
        goal=5.0,
    )
    for customers, lost in ((5_000, 0.2), (20_000, 0.1), (100_000, 0.02), (1_000_000, 0.02)):
        power = split_power(customers, lost=lost, strategies=4_000, seed=8)
        name = f"splits of {customers:,} found that lost {lost:.0%} of the treated"
        yield at_least(name, 100 * power, "%", goal=0.0)


def peeking(kind: Kind, *, strategies: int, days: int, seed: int) -> tuple[float, float]:
    """Shares of null strategies that ever exclude zero: by confidence sequence, and by plain interval."""
    world = portfolio(strategies, seed=seed, days=days)
    ever, naive = np.zeros(strategies, dtype=bool), np.zeros(strategies, dtype=bool)
    for treatment, control in nightly(world, kind, days=days, seed=seed + 1):
        found = read(kind, treatment, control)
        band = _watched(kind, found, treatment, control)
        ever |= (band.low > 0) | (band.high < 0)
        naive |= (found.low > 0) | (found.high < 0)
    return float(ever.mean()), float(naive.mean())


def read(kind: Kind, treatment: Moments, control: Moments) -> Difference:
    """The difference by the method for this kind of metric."""
    if kind == "change":
        return changes(treatment, control)
    return difference(treatment, control, binary=kind != "amount", never_negative=kind == "amount")


def rare_goals(
    kind: Kind, worlds: int, *, rate: float, strategies: int = 4_000, days: int = DAYS, seed: int
) -> tuple[float, float]:
    """Share of null strategies whose always-valid p-value is ever 5 % or less, and share of the worlds in
    which any is ever discovered by its q-value: all of those are false."""
    called, discovered = [], []
    for number in range(worlds):
        ever, least = np.zeros(strategies, dtype=bool), 1.0
        for treatment, control in nightly(
            rare(strategies, rate=rate), kind, days=days, seed=seed * 1_000 + number
        ):
            p = _watched(kind, read(kind, treatment, control), treatment, control).p_value
            ever |= p <= _LEVEL
            least = min(least, np.nanmin(q_values(p)))
        called.append(ever.mean())
        discovered.append(least <= _LEVEL)
    return float(np.mean(called)), float(np.mean(discovered))


def harm_missed(treated: int, held: int, *, rates: tuple[float, float], draws: int, seed: int) -> float:
    """How often the always-valid interval of a share does not hold the true difference, at one look."""
    rng = np.random.default_rng(seed)
    arms = []
    for customers, rate in zip((treated, held), rates, strict=True):
        hits = rng.binomial(customers, rate, draws).astype(float)
        arms.append(Moments(n=np.full(draws, float(customers)), total=hits, squares=hits))
    band = _watched("share", difference(*arms, binary=True), *arms)
    truth = rates[0] - rates[1]
    return float(np.mean((truth < band.low) | (band.high < truth)))


def _watched(kind: Kind, found: Difference, treatment: Moments, control: Moments) -> Band:
    if kind == "change":
        return sequence(found.lift, found.error, treatment.n, control.n, slope=slope_of(found))
    return scored_sequence(found, treatment.n, control.n)


def coverage(
    treated: int, held: int, *, zeros: float, lift: float, losing: float = 0.0, draws: int, seed: int
) -> dict[str, float]:
    """How often 95 % intervals hold the true lift of log-normal amounts with zeros, by how they are read.

    ``losing``: a share of the customers loses such amounts, in both arms; these are changes, not amounts.
    """
    rng = np.random.default_rng(seed)
    rate = 1 - zeros
    arms, cubes = [], []
    for customers, giving in ((treated, rate * (1 + lift)), (held, rate)):
        gained, lost = (given(rng.binomial(customers, each, draws), rng) for each in (giving, losing))
        n = np.full(draws, float(customers))
        arms.append(
            Moments(
                n=n,
                total=gained[0] - lost[0],
                squares=gained[1] + lost[1],
                gains=gained[0],
                gain_squares=gained[1],
            )
        )
        cubes.append(gained[2] - lost[2])
    truth = lift * rate * np.exp(SPREAD**2 / 2)
    found = {"change": changes(*arms), "Welch's t (tried)": difference(*arms, binary=False)}
    if not losing:
        found["amount"] = difference(*arms, binary=False, never_negative=True)
    ends = {method: (each.low, each.high) for method, each in found.items()}
    ends["Hall's t of third moments (tried)"] = third_moments(arms[0], arms[1], cubes)
    return {method: float(np.mean((low <= truth) & (truth <= high))) for method, (low, high) in ends.items()}


def third_moments(treatment: Moments, control: Moments, cubes: Sequence[Floats]) -> tuple[Floats, Floats]:
    """What was tried against skew and does worse: t by Hall's transformation, JRSS B 54 (1992); low, high."""
    own, skew = [], []
    for arm, cubed in zip((treatment, control), cubes, strict=True):
        n, mean = arm.array("n"), arm.mean
        own.append(arm.variance / n)
        skew.append((cubed / n - 3 * mean * arm.array("squares") / n + 2 * mean**3) / n**2)
    error = np.sqrt(own[0] + own[1])
    third = (skew[0] - skew[1]) / error**3 / 3
    limit = special.ndtri(0.975)
    ends = [(np.cbrt(1 + 3 * third * (side - third / 2)) - 1) / third for side in (limit, -limit)]
    lift = treatment.mean - control.mean
    return lift - error * ends[0], lift - error * ends[1]


def one_look(worlds: int, *, strategies: int = 4_000, seed: int) -> Found:
    """Discoveries by q-values of the plain p-value, looked at once, when all is in; a tenth is real."""
    found = []
    for world in range(worlds):
        truth = portfolio(strategies, seed=seed * 1_000 + world, days=1, real=_REAL)
        ((treatment, control),) = nightly(truth, "share", days=1, seed=seed * 1_000 + world)
        each = difference(treatment, control, binary=True)
        discovered = q_values(each.p_value) <= _LEVEL
        found.append(_counted(discovered & (each.lift > 0), discovered & (each.lift < 0), truth))
    return _over(found)


def daily_looks(worlds: int, *, strategies: int = 4_000, days: int = DAYS, seed: int) -> Found:
    """Discoveries by q-values of the always-valid p-value, those of all nights together; a tenth is real."""
    found = []
    for world in range(worlds):
        truth = portfolio(strategies, seed=seed * 1_000 + world, days=days, real=_REAL)
        better, worse = np.zeros(strategies, dtype=bool), np.zeros(strategies, dtype=bool)
        for treatment, control in nightly(truth, "share", days=days, seed=seed * 1_000 + world):
            each = difference(treatment, control, binary=True)
            p = scored_sequence(each, treatment.n, control.n).p_value
            discovered = q_values(p) <= _LEVEL
            better |= discovered & (each.lift > 0)
            worse |= discovered & (each.lift < 0)
        found.append(_counted(better, worse, truth))
    return _over(found)


def certified_worlds(worlds: int, *, strategies: int, seed: int) -> Winners:
    """Lifts in customers of those chosen (q at most 5 %, positive), against the truth of the same ones."""
    covered, truths, values, naive = [], [], [], []
    for world in range(worlds):
        truth = portfolio(strategies, seed=seed * 1_000 + world, days=1, real=_REAL)
        ((treatment, control),) = nightly(truth, "share", days=1, seed=seed * 1_000 + world)
        found = difference(treatment, control, binary=True)
        chosen = (q_values(found.p_value) <= _LEVEL) & (found.lift > 0)
        total = certified(
            found.lift,
            found.error,
            treatment.n,
            chosen,
            slope=slope(found, treatment.n, control.n),
        )
        true = float((treatment.array("n") * truth.lift)[chosen].sum())
        covered.append(total.low <= true <= total.high)
        truths.append(true)
        values.append(total.value)
        naive.append(total.naive)
    return Winners(
        covered=float(np.mean(covered)), shrunk=sum(values) / sum(truths), naive=sum(naive) / sum(truths)
    )


def shrunk_coverage(
    strategies: int, *, median: float, real: float, entries: int = 10_000, seed: int
) -> float:
    """Share of shrunk intervals of shares, over so many ``entries`` in all, that hold the true lift."""
    held = []
    for world in range(entries // strategies):
        truth = portfolio(strategies, seed=seed * 1_000 + world, days=1, real=real, median=median)
        ((treatment, control),) = nightly(truth, "share", days=1, seed=seed * 1_000 + world)
        found = difference(treatment, control, binary=True)
        shrunk = shrink(found.lift, found.error, slope=slope(found, treatment.n, control.n))
        told = np.isfinite(shrunk.mean)
        held.append(((shrunk.low <= truth.lift) & (truth.lift <= shrunk.high))[told])
    return float(np.concatenate(held).mean())


def cuped(correlation: float, *, draws: int, seed: int) -> float:
    """Variance of the adjusted lift over that of the plain one; 400 treated and 100 held out."""
    rng = np.random.default_rng(seed)
    arms = []
    for customers in (400, 100):
        before = rng.normal(size=(customers, draws))
        after = correlation * before + np.sqrt(1 - correlation**2) * rng.normal(size=(customers, draws))
        arms.append(
            Moments(
                n=np.full(draws, float(customers)),
                total=after.sum(axis=0),
                squares=(after**2).sum(axis=0),
                covariate_total=before.sum(axis=0),
                covariate_squares=(before**2).sum(axis=0),
                product=(after * before).sum(axis=0),
            )
        )
    plain, better = (difference(*pair, binary=False).lift for pair in (arms, adjusted(*arms)))
    return float(better.var() / plain.var())


def split_alarms(worlds: int, *, strategies: int, days: int = DAYS, seed: int) -> float:
    """Share of worlds of sound splits in which any strategy is ever called broken, looked at every night."""
    alarms = []
    for world in range(worlds):
        truth = portfolio(strategies, seed=seed * 1_000 + world, days=days)
        ever = False
        for treatment, control in nightly(truth, "share", days=days, seed=seed * 1_000 + world):
            counts = np.stack([treatment.array("n"), control.array("n")], axis=-1)
            ever |= bool(discovered_by_evidence(evidence(counts, _drawn(truth.holdout)), _LEVEL).any())
        alarms.append(ever)
    return float(np.mean(alarms))


def split_power(customers: int, *, lost: float, strategies: int, seed: int) -> float:
    """Share found of the 2 % of strategies that lost ``lost`` of their treated; 15 % held out."""
    rng = np.random.default_rng(seed)
    broken = np.arange(strategies) < strategies // 50
    held = rng.binomial(customers, 0.15, strategies)
    treated = rng.binomial(customers - held, np.where(broken, 1 - lost, 1.0))
    counts = np.stack([treated, held], axis=-1)
    found = discovered_by_evidence(evidence(counts, _drawn(np.full(strategies, 0.15))), _LEVEL)
    return float(found[broken].mean())


def _drawn(holdout: Floats) -> Floats:
    return np.stack([1 - holdout, holdout], axis=-1)


def _counted(better: NDArray[np.bool_], worse: NDArray[np.bool_], truth: Portfolio) -> Found:
    real = truth.lift > 0
    wrong = (better & ~real).sum()
    return Found(
        false=float((wrong + worse.sum()) / max((better | worse).sum(), 1)),
        false_better=float(wrong / max(better.sum(), 1)),
        power=float(better[real].mean()),
    )


def _over(worlds: list[Found]) -> Found:
    return Found(
        false=float(np.mean([each.false for each in worlds])),
        false_better=float(np.mean([each.false_better for each in worlds])),
        power=float(np.mean([each.power for each in worlds])),
    )


def main() -> None:
    show(figures())


if __name__ == "__main__":
    main()
