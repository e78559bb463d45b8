"""Assignment keeps its promises whatever the terms: nobody is moved by what does not concern him."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from base.settings import Experiments
from experiments.assign import arms_of, assign, with_draw
from experiments.enrolment import is_enrolled
from strategies.experiment import Experiment, Layer, Variant
from tests.experiments.arm_world import ABOVE, BOOK, SCRIPTS

CUSTOMERS = [f"A{number:05d}" for number in range(400)]
SALT = "longreach-1"
names = st.from_regex(r"[a-z][a-z0-9_]{2,20}", fullmatch=True)
shares = st.floats(0.05, 0.5)


@st.composite
def variants(draw: st.DrawFn) -> dict[str, Variant]:
    arms = draw(st.lists(st.sampled_from(["treatment_b", "treatment_c", "treatment_d"]), unique=True))
    return {arm: Variant(share=draw(st.floats(0.05, 0.3)), scripts=SCRIPTS) for arm in arms}


def _taking_part(strategy: str, experiment: Experiment) -> set[str]:
    return {
        customer
        for customer in CUSTOMERS
        if is_enrolled(customer, strategy=strategy, experiment=experiment, salt=SALT)
    }


def _arms(strategy: str, experiment: Experiment, everywhere: float = 0.02) -> dict[str, str]:
    drawn = arms_of(
        CUSTOMERS,
        strategy=strategy,
        experiment=experiment,
        settings=Experiments(salt=SALT, global_holdout=everywhere),
    )
    return dict(zip(CUSTOMERS, map(str, drawn), strict=True))


@given(names, st.lists(st.floats(0.01, 1.0), min_size=2, max_size=5))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_a_ramp_that_is_raised_only_adds_customers(name: str, ramps: list[float]) -> None:
    steps = [_taking_part(name, Experiment(ramp=ramp)) for ramp in sorted(ramps)]
    assert all(before <= after for before, after in pairwise(steps))
    assert _taking_part(name, Experiment(ramp=1.0)) == set(CUSTOMERS)


@given(names, shares, variants(), st.floats(0.01, 1.0))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_neither_ramp_nor_layer_moves_anybody_between_arms(
    name: str, holdout: float, given_arms: dict[str, Variant], ramp: float
) -> None:
    plain = Experiment(holdout=holdout, variants=given_arms)
    layer = Layer(name="calls", first=1, last=40)
    assert _arms(name, plain.model_copy(update={"ramp": ramp, "layer": layer})) == _arms(name, plain)


@given(names, shares, shares, st.floats(0.0, 0.3), variants())
@settings(deadline=None, derandomize=True, max_examples=40)
def test_a_larger_control_group_takes_from_every_arm_and_moves_nobody_else(
    name: str, one: float, other: float, everywhere: float, given_arms: dict[str, Variant]
) -> None:
    small, large = sorted((one, other))
    before = _arms(name, Experiment(holdout=small, variants=given_arms), everywhere)
    after = _arms(name, Experiment(holdout=large, variants=given_arms), everywhere)
    assert all(after[each] in (arm, "control") for each, arm in before.items())
    assert all(after[each] == arm for each, arm in before.items() if arm in ("control", "global_holdout"))


@given(names, names, names, st.integers(1, 99), st.integers(0, 98))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_slots_of_a_layer_exclude_each_other_and_leave_nobody_out(
    layer: str, one: str, other: str, cut: int, gap: int
) -> None:
    first = _taking_part(one, Experiment(layer=Layer(name=layer, first=1, last=cut)))
    second = _taking_part(other, Experiment(layer=Layer(name=layer, first=cut + 1, last=100)))
    assert first | second == set(CUSTOMERS)
    assert not first & second
    inner = Layer(name=layer, first=min(cut + 1 + gap, 100), last=100)
    assert _taking_part(other, Experiment(layer=inner)) <= second


@pytest.fixture(scope="module")
def candidates(engine: SparkSession) -> DataFrame:
    rows = [
        (customer, strategy.name, 1 + place % 2, ("S01", "S03")[place % 2])
        for place, customer in enumerate(CUSTOMERS)
        for strategy in BOOK
    ]
    return engine.createDataFrame(rows, "customer string, strategy string, step int, segment string")


@pytest.fixture(scope="module")
def nobody(engine: SparkSession) -> DataFrame:
    return engine.createDataFrame([], "customer string, strategy string, arm string, first_exposed date")


def _rows(frame: DataFrame) -> Iterator[tuple[object, ...]]:
    yield from sorted(tuple(row.values()) for row in frame.toArrow().to_pylist())


def test_arms_depend_on_neither_order_nor_partitions_nor_anybody_else(
    candidates: DataFrame, nobody: DataFrame
) -> None:
    def drawn(rows: DataFrame, book: tuple[object, ...] = BOOK) -> list[tuple[object, ...]]:
        assigned = assign(rows, strategies=book, recorded=nobody, settings=ABOVE)  # type: ignore[arg-type]
        found = with_draw(assigned, strategies=book, settings=ABOVE)  # type: ignore[arg-type]
        return [tuple(map(str, row)) for row in _rows(found)]

    whole = drawn(candidates)
    assert drawn(candidates.orderBy(F.xxhash64("customer", "strategy")).repartition(5, "segment")) == whole
    assert drawn(candidates, BOOK[::-1]) == whole
    for strategy in BOOK:
        of_it = [row for row in whole if row[1] == strategy.name]
        assert drawn(candidates.where(F.col("strategy") == strategy.name), (strategy,)) == of_it
        assert drawn(candidates, (strategy,)) == of_it
    some = candidates.where(F.col("customer") < "A00100")
    assert drawn(some) == [row for row in whole if row[0] < "A00100"]
