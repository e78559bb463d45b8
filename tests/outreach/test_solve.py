"""The choice on made-up nights: certificate, determinism, minima, arms, and what must not make it fall."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import sparse

from base.errors import ArbitrationError
from benchmarks.instances import instance
from outreach.arbitrate.certificate import row_prices
from outreach.arbitrate.dual import market_of
from outreach.arbitrate.evaluator import Choice, InProcess, Softened
from outreach.arbitrate.problem import NO_HIGH, WHOLE, Factor, Limits, Problem
from outreach.arbitrate.solve import Solution, search, solve
from outreach.arbitrate.units import units_of


def simple(
    worth: list[list[float]], *, high: int = NO_HIGH, low: int = 0, usage: int = WHOLE, treated: bool = True
) -> Problem:
    """Units with rows of these worths; every row uses ``usage`` of the one limit."""
    sizes = np.array([len(rows) for rows in worth], dtype=np.int64)
    rng = np.random.default_rng(0)
    rows = int(sizes.sum())
    return Problem(
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        unit_luck=rng.integers(0, 2**62, len(sizes)).astype(np.uint64),
        worth=np.array([each for rows in worth for each in rows], dtype=np.float64),
        luck=rng.integers(0, 2**62, rows).astype(np.uint64),
        treated=np.full(rows, treated),
        factors=(
            Factor(
                name="touch",
                codes=np.zeros(rows, dtype=np.int32),
                usage=sparse.csr_array(np.array([[usage]], dtype=np.int64)),
            ),
        ),
        limits=Limits(
            names=("room",), low=np.array([low]), high=np.array([high]), every_arm=np.zeros(1, dtype=np.bool_)
        ),
    )


def shuffled(problem: Problem, seed: int) -> tuple[Problem, np.ndarray]:
    """The same night with units and the rows within them in another order; and where each row came from."""
    rng = np.random.default_rng(seed)
    units = rng.permutation(problem.units)
    origin = np.concatenate(
        [rng.permutation(np.arange(problem.starts[unit], problem.starts[unit + 1])) for unit in units]
    )
    sizes = np.diff(problem.starts)[units]
    return (
        replace(
            problem,
            starts=np.concatenate([[0], np.cumsum(sizes)]),
            unit_luck=problem.unit_luck[units],
            worth=problem.worth[origin],
            luck=problem.luck[origin],
            treated=problem.treated[origin],
            factors=tuple(replace(each, codes=each.codes[origin]) for each in problem.factors),
        ),
        origin,
    )


def same(one: Solution, other: Solution) -> None:
    assert one.prices.tobytes() == other.prices.tobytes()
    assert one.certificate.value == other.certificate.value
    assert one.certificate.bound == other.certificate.bound
    assert one.certificate.lost.tobytes() == other.certificate.lost.tobytes()


@pytest.fixture(scope="module")
def problem() -> Problem:
    return instance(4_000, strategies=60, hours=30, tightness=0.2, held_back=0.1, seed=5)


@pytest.fixture(scope="module")
def found(problem: Problem) -> Solution:
    return solve(problem)


def test_no_limit_is_broken_and_nobody_is_contacted_twice(problem: Problem, found: Solution) -> None:
    contacts = found.chosen & problem.treated
    used = sum(factor.usage.T @ np.bincount(factor.codes[contacts], minlength=factor.usage.shape[0])
               for factor in problem.factors)  # fmt: skip
    assert (used == found.certificate.used).all()
    assert (used <= problem.limits.high).all()
    assert (used >= problem.limits.low).all()
    assert found.certificate.violations == 0
    assert np.add.reduceat(found.chosen.astype(np.int64), problem.starts[:-1]).max() == 1


def test_the_gap_is_small_and_the_loss_is_put_down_to_limits(problem: Problem, found: Solution) -> None:
    certificate = found.certificate
    assert 0 <= certificate.gap < 0.003
    assert certificate.value == pytest.approx(problem.worth[found.chosen].sum(), rel=1e-9)
    assert certificate.contact_value == pytest.approx(
        problem.worth[found.chosen & problem.treated].sum(), rel=1e-9
    )
    assert certificate.unconstrained > certificate.bound
    assert certificate.lost.sum() == pytest.approx(certificate.unconstrained - certificate.value, rel=1e-9)
    assert (certificate.lost[found.prices == 0] == 0).all()


def test_a_chosen_row_is_worth_its_price(problem: Problem, found: Solution) -> None:
    left = problem.worth - row_prices(problem, found.prices)
    assert np.mean(left[found.chosen] > -1e-6) > 0.97


@pytest.mark.parametrize("seed", [1, 2])
def test_another_order_of_units_and_rows_gives_the_same_bytes(
    problem: Problem, found: Solution, seed: int
) -> None:
    other, origin = shuffled(problem, seed)
    answer = solve(other)
    same(found, answer)
    back = np.zeros(problem.rows, dtype=np.bool_)
    back[origin[answer.chosen]] = True
    assert (back == found.chosen).all()


@pytest.mark.parametrize("threads", [1, 7])
def test_threads_do_not_change_a_byte(threads: int) -> None:
    problem = instance(9_000, strategies=60, hours=30, tightness=0.3, seed=6)
    one, other = solve(problem), solve(problem, threads=threads)
    same(one, other)
    assert (one.chosen == other.chosen).all()


def test_a_warm_start_takes_fewer_passes_to_as_good_an_answer(problem: Problem, found: Solution) -> None:
    again = solve(problem, start=found.prices)
    assert again.certificate.warm
    assert not found.certificate.warm
    assert again.certificate.passes < found.certificate.passes
    assert again.certificate.gap < 0.003


def test_arms_do_not_decide_who_is_chosen_where_all_are_alike() -> None:
    held = solve(simple([[3.0], [2.0], [1.0]], high=WHOLE, treated=False))
    assert held.chosen.tolist() == [True, True, True]  # who is held back uses no room
    assert held.certificate.used.tolist() == [0]
    assert held.certificate.contact_value == 0


def test_one_minimum_that_few_rows_can_serve_is_met() -> None:
    rng = np.random.default_rng(3)
    problem = instance(20_000, rows=4, strategies=50, hours=30, tightness=0.1, minima=0.0, seed=3)
    rare = rng.choice(problem.units, 100, replace=False)
    touch = problem.factors[0]
    wide = sparse.vstack([touch.usage, sparse.csr_array((1, len(problem.limits)), dtype=np.int64)])
    wide = sparse.csr_array(sparse.hstack([wide, sparse.csr_array((wide.shape[0], 1), dtype=np.int64)]))
    wide = wide.tolil()
    wide[-1, -1] = WHOLE
    wide = sparse.csr_array(wide)
    codes, worth = touch.codes.copy(), problem.worth.copy()
    codes[problem.starts[rare]] = wide.shape[0] - 1
    worth[problem.starts[rare]] = -40.0  # and each costs dear
    limits = problem.limits
    others = tuple(
        replace(
            factor,
            usage=sparse.csr_array(
                sparse.hstack([factor.usage, sparse.csr_array((factor.usage.shape[0], 1), dtype=np.int64)])
            ),
        )
        for factor in problem.factors[1:]
    )
    problem = replace(
        problem,
        worth=worth,
        factors=(replace(touch, codes=codes, usage=wide), *others),
        limits=replace(
            limits,
            names=(*limits.names, "rare"),
            low=np.append(limits.low, 95 * WHOLE),
            high=np.append(limits.high, NO_HIGH),
            every_arm=np.append(limits.every_arm, False),
        ),
    )
    found = solve(problem)
    assert not found.relaxed
    assert found.certificate.used[-1] == 95 * WHOLE
    assert found.certificate.violations == 0
    assert found.prices[-1] < 0


def test_minima_that_cannot_be_met_are_named_with_what_is_possible() -> None:
    found = solve(simple([[1.0, 2.0], [3.0], [-4.0]], low=5 * WHOLE))
    (missed,) = found.relaxed
    assert (missed.limit, missed.asked, missed.possible) == (0, 5 * WHOLE, 3 * WHOLE)
    assert found.chosen.sum() == 3
    assert found.certificate.violations == 0
    assert found.certificate.value == pytest.approx(1.0)


def test_a_minimum_takes_contacts_that_cost_more_than_they_bring_but_no_more_than_it_needs() -> None:
    found = solve(simple([[-1.0], [-2.0], [-3.0]], low=2 * WHOLE))
    assert found.chosen.tolist() == [True, True, False]
    assert found.prices[0] < 0


@pytest.mark.parametrize(
    ("problem", "chosen"),
    [
        pytest.param(simple([]), [], id="nobody"),
        pytest.param(simple([[]]), [], id="a unit without rows"),
        pytest.param(simple([[float("nan"), 1.0]]), [False, True], id="a worth that is no number"),
        pytest.param(simple([[5.0], [4.0]], high=0), [False, False], id="no room"),
        pytest.param(simple([[5.0], [4.0]], high=WHOLE, usage=2 * WHOLE), [False, False], id="too large"),
        pytest.param(simple([[0.0], [-1.0]]), [False, False], id="worth nothing"),
        pytest.param(simple([[5.0, 6.0], [4.0]], high=WHOLE), [False, True, False], id="one place"),
    ],
)
def test_small_and_odd_nights(problem: Problem, chosen: list[bool]) -> None:
    found = solve(problem)
    assert found.chosen.tolist() == chosen
    assert found.certificate.violations == 0
    assert 0 <= found.certificate.gap <= 1


def test_where_all_are_worth_the_same_luck_decides() -> None:
    problem = simple([[7.0]] * 3_000, high=1_000 * WHOLE)
    found = solve(problem)
    assert found.chosen.sum() == 1_000
    assert found.certificate.gap < 0.001
    lucky = np.argsort(problem.unit_luck)[:1_000]
    assert found.chosen[lucky].all()


def test_one_customer_with_ten_thousand_candidates() -> None:
    worth = np.random.default_rng(1).normal(0, 5, 10_000)
    found = solve(simple([worth.tolist(), [1.0]], high=WHOLE))
    assert np.flatnonzero(found.chosen).tolist() == [int(worth.argmax())]


def test_a_worth_without_end_is_refused() -> None:
    with pytest.raises(ArbitrationError, match="row 1 is worth without end"):
        solve(simple([[1.0, float("inf")]]))


@pytest.mark.parametrize("start", [np.array([np.nan]), np.zeros(2)])
def test_prices_to_begin_from_must_be_one_number_a_limit(start: np.ndarray) -> None:
    with pytest.raises(ArbitrationError, match="to begin from"):
        solve(simple([[1.0]]), start=start)


def test_limits_below_zero_are_refused() -> None:
    with pytest.raises(ArbitrationError, match="room"):
        simple([[1.0]], high=-WHOLE)


def test_a_worth_beyond_what_sums_hold_is_refused() -> None:
    with pytest.raises(ArbitrationError, match="row 1 is worth 10,000,000,000,000 CNY"):
        solve(simple([[1.0, 1e13]]))


def test_a_night_of_equal_worths_is_known_to_be_the_best() -> None:
    found = solve(simple([[1.0, 1.0, 1.0]] * 1_500, high=7 * WHOLE))
    assert found.chosen.sum() == 7
    assert found.prices.tolist() == [1.0]
    assert found.certificate.gap < 1e-9


@pytest.mark.parametrize("asked", [1, 5, 12])
def test_an_interrupted_solve_gives_nothing_and_leaves_nothing_behind(
    problem: Problem, found: Solution, asked: int
) -> None:
    market = market_of(problem)
    evaluator = _InterruptedAt(
        of=units_of(problem, threads=2), codes=market.usage.shape[0], threads=2, left=[asked]
    )
    with pytest.raises(KeyboardInterrupt):
        search(evaluator, market, problem.limits, start=None)
    same(solve(problem), found)


@dataclass(frozen=True, kw_only=True)
class _InterruptedAt(InProcess):
    """Somebody presses Ctrl-C while so many more questions are being answered."""

    left: list[int]

    def choose(self, table: np.ndarray) -> Choice:
        self._count()
        return super().choose(table)

    def soften(self, table: np.ndarray, heat: float) -> Softened:
        self._count()
        return super().soften(table, heat)

    def _count(self) -> None:
        self.left[0] -= 1
        if self.left[0] == 0:
            raise KeyboardInterrupt
