"""What a live count tells: right on average, and of nobody alone. Six seconds, the nights' desk is shared."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from console.cell_key import rounded, summed, told
from console.crowd import Crowd
from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from lake.glance import Glance
from strategies.rule import parse
from tests.console.desk import Desk

RULE = "age > 40 and not has_fund"


@pytest.fixture
def lake(night_desk: Desk) -> Glance:
    return Glance(night_desk.settings.lake_folder, table_format=night_desk.settings.table_format)


@pytest.fixture
def crowd(lake: Glance) -> Crowd:
    return Crowd(lake)


def keys(many: int, *, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, many, dtype=np.uint64)


@pytest.mark.parametrize(("count", "higher"), [(4_997, 0.7), (4_991, 0.1), (4_995, 0.5)])
def test_a_count_is_rounded_to_the_nearer_ten_more_often_and_right_on_average(
    count: int, higher: float
) -> None:
    found = np.array([rounded(count, int(key)) for key in keys(20_000)])
    assert {*found.tolist()} == {4_990, 5_000}
    assert (found == 5_000).mean() == pytest.approx(higher, abs=0.015)
    assert found.mean() == pytest.approx(count, abs=0.15)


def test_tens_stay_as_they_are_and_the_same_key_tells_the_same() -> None:
    assert {rounded(4_990, int(key)) for key in keys(500)} == {4_990}
    assert len({rounded(4_995, 17) for _ in range(20)}) == 1


def test_few_are_never_told_and_no_number_begins_to_tell_for_certain() -> None:
    told_of = {
        count: np.mean([told(count, int(key)) is not None for key in keys(2_000)]) for count in range(25)
    }
    assert [told_of[count] for count in range(11)] == [0] * 11
    assert [told_of[count] for count in range(20, 25)] == [1] * 5
    assert [told_of[count] for count in range(10, 21)] == pytest.approx(np.linspace(0, 1, 11), abs=0.05)


def test_keys_and_heads_are_summed_over_those_selected() -> None:
    own, chosen = keys(150), np.random.default_rng(6).random((3, 150)) < 0.4
    packed = np.packbits(np.pad(chosen, ((0, 0), (0, 42))), axis=1, bitorder="little").view(np.uint64)
    counts, sums = summed(packed, own)
    assert counts.tolist() == chosen.sum(axis=1).tolist()
    assert sums.tolist() == [sum(own[one].tolist()) % 2**64 for one in chosen]


def test_one_customer_left_out_is_not_told_by_the_difference(crowd: Crowd, lake: Glance) -> None:
    """Of many rules, each asked with and without one customer: what is told differs by tens or by nothing."""
    as_of = crowd.estimate("everybody").as_of
    richest = lake.read(CUSTOMER_FEATURES, as_of=as_of, columns=("aum_now",))["aum_now"].to_numpy().max()
    alone = f"aum_now >= {richest - 0.004:.3f}"
    steps = []
    for age in range(18, 50):
        with_him, without = (
            ask(rule).count
            for rule in (f"age > {age}", f"age > {age} and not ({alone})")
            for ask in (crowd.estimate if age % 8 else crowd.count,)
        )
        assert with_him is not None
        assert without is not None
        assert with_him % 10 == without % 10 == 0
        steps.append(with_him - without)
    assert {*steps} <= {-10, 0, 10}
    assert steps.count(0) > len(steps) / 3
    for rule in (alone, f"{alone} and age > 150"):
        assert (crowd.count(rule).count, crowd.estimate(rule).count) == (None, None)
    told_of = crowd.count(f"age > 0 and not ({alone})", among=[f"not ({alone})", alone])
    assert None not in (told_of.count, *told_of.each, told_of.among[0])
    assert told_of.among == (told_of.count, None)


def test_the_same_customers_tell_the_same_however_the_rule_is_written(crowd: Crowd) -> None:
    plain, exact = crowd.estimate(RULE), crowd.count(RULE)
    assert (plain.count, plain.each, plain.of) == (exact.count, exact.each, exact.of)
    for same in ("not has_fund and age > 40", "not (has_fund or age <= 40) and age > 40 and age > 12"):
        assert crowd.estimate(same).count == plain.count
    assert crowd.estimate("age > 40", among=["not has_fund"]).among == (plain.count,)
    assert crowd.estimate("everybody").count == plain.of


def test_a_sample_tells_of_everybody_to_tens_and_nothing_of_few(night_desk: Desk, crowd: Crowd) -> None:
    part = Crowd(watched(night_desk), sample=600)
    true = crowd.count(RULE).count
    found = part.estimate(RULE, among=["has_app"])
    assert not found.exact
    assert (found.low or 0) < (true or 0) < (found.high or 0)
    assert all(one is not None and one % 10 == 0 for one in (found.count, found.low, found.high, *found.each))
    for age in range(60, 96):
        few = part.estimate(f"age > {age}")
        assert (few.low is None) == (few.count is None)
        assert few.low is None or few.low >= 10
        assert few.count is None or few.count >= 20


def test_rivals_share_by_what_may_be_told_and_none_shares_few(crowd: Crowd) -> None:
    written = {"all": "everybody", "same": RULE, "most": "age > 41", "none": "age > 150"}
    rules = {name: parse(rule, FEATURES).condition for name, rule in written.items()}
    found = crowd.shared(RULE, book=1, rules=lambda: rules, most=10)
    shares = {one.name: (one.of_these, one.of_theirs) for one in found}
    these, everybody = crowd.estimate(RULE).count, crowd.estimate("everybody").count
    assert these is not None
    assert everybody is not None
    assert (shares["same"], shares["all"]) == ((1, 1), (1, these / everybody))
    assert "none" not in shares
    assert all(one.customers % 10 == 0 for one in found)


class Watched(Glance):
    """Runs ``before`` whenever the features of everybody are begun to be read."""

    before = staticmethod(lambda: None)

    def batches(self, *given: Any, **named: Any) -> Iterator[pa.RecordBatch]:
        self.before()
        return super().batches(*given, **named)


def watched(desk: Desk, before: Callable[[], Any] = lambda: None) -> Watched:
    found = Watched(desk.settings.lake_folder, table_format=desk.settings.table_format)
    found.before = before
    return found


def test_everybody_is_counted_once_a_night_for_a_rule(night_desk: Desk) -> None:
    read: list[int] = []
    crowd = Crowd(watched(night_desk, lambda: read.append(1)))
    first = crowd.count(RULE)
    before = len(read)
    assert crowd.count(RULE) == first
    assert len(read) == before
    crowd.count(RULE, among=["has_app"])
    assert len(read) > before


def test_no_three_count_everybody_at_once(night_desk: Desk) -> None:
    lake = watched(night_desk)
    crowd = Crowd(lake)
    crowd.estimate(RULE)
    three = threading.Barrier(3)
    met: list[int] = []

    def meet() -> None:
        with suppress(threading.BrokenBarrierError):
            met.append(three.wait(timeout=0.3))

    lake.before = meet
    with ThreadPoolExecutor(4) as pool:
        found = [one.count for one in pool.map(crowd.count, [f"age > {age}" for age in (30, 40, 50, 60)])]
    assert met == []
    assert all(found)


def test_while_a_new_sample_is_drawn_the_one_before_answers(night_desk: Desk, tmp_path: Path) -> None:
    shutil.copytree(night_desk.settings.lake_folder, tmp_path / "lake")
    lake = Watched(tmp_path / "lake", table_format=night_desk.settings.table_format)
    crowd = Crowd(lake)
    before = crowd.estimate(RULE)
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        assert go_on.wait(timeout=30)

    lake.before = wait
    os.utime(tmp_path / "lake" / CUSTOMER_FEATURES.name / "_delta_log", ns=(1, 1))
    with ThreadPoolExecutor(1) as pool:
        try:
            drawing = pool.submit(crowd.estimate, RULE)
            assert begun.wait(timeout=30)
            assert crowd.estimate(RULE) == before
            assert not drawing.done()
        finally:
            go_on.set()
        assert drawing.result() == before
