"""Declarations that contradict themselves are refused, with what to mend."""

from collections.abc import Callable
from datetime import date

import pytest
from pyspark.sql import Column, SparkSession

from base.errors import DeclarationError
from features.compiler import rounds
from features.declaration import Feature, days, derived, feature
from features.rows import Aggregates, Others, Rows
from features.sources import MOVEMENTS


def _over(*names: str) -> Callable[[Others], Column]:
    def compute(its: Others) -> Column:
        """Rests on others."""
        found = [getattr(its, name) for name in names]
        return found[0]

    return compute


def _derived(name: str, *names: str) -> Feature:
    compute = _over(*names)
    compute.__name__ = name
    return derived(unit="CNY", label="某", empty=0)(compute)


def _all(*declared: Feature) -> dict[str, Feature]:
    return {each.name: each for each in declared}


def _counted(moved: Rows) -> Column:
    """Counts."""
    return moved.count()


def test_a_window_holds_a_day_at_least() -> None:
    with pytest.raises(DeclarationError, match="at least 1"):
        days(0)


def test_a_feature_without_a_text_is_refused() -> None:
    def silent(moved: Rows) -> Column:
        return moved.count()

    with pytest.raises(DeclarationError, match="has no docstring"):
        feature(MOVEMENTS, unit="count", label="某", empty=0)(silent)


def test_a_flag_stands_on_yes_or_no() -> None:
    with pytest.raises(DeclarationError, match="_counted: a boolean feature cannot have empty=0"):
        feature(MOVEMENTS, unit="flag", label="某", empty=0)(_counted)
    with pytest.raises(DeclarationError, match="cannot have empty=False"):
        feature(MOVEMENTS, unit="count", label="某", empty=False)(_counted)


def test_derived_features_come_after_what_they_need(engine: SparkSession) -> None:
    base = feature(MOVEMENTS, unit="count", label="某", empty=0)(_counted)
    declared = _all(_derived("last", "first", "_counted"), _derived("first", "_counted"), base)
    assert [[each.name for each in level] for level in rounds(declared)] == [["first"], ["last"]]


def test_features_in_a_ring_are_refused(engine: SparkSession) -> None:
    with pytest.raises(DeclarationError, match="hen needs egg; egg needs hen"):
        rounds(_all(_derived("hen", "egg"), _derived("egg", "hen")))


def test_a_feature_over_one_that_is_not_there_is_refused(engine: SparkSession) -> None:
    with pytest.raises(DeclarationError, match="hope needs nothing_such"):
        rounds(_all(_derived("hope", "nothing_such")))


def test_days_of_activity_need_a_window(engine: SparkSession) -> None:
    rows = Rows(Aggregates(), as_of=date(2026, 7, 1), window=None)
    with pytest.raises(DeclarationError, match="within a window only"):
        rows.active_days()


def test_an_aggregate_asked_for_twice_is_computed_once(engine: SparkSession) -> None:
    aggregates = Aggregates()
    rows = Rows(aggregates, as_of=date(2026, 7, 1), window=30)
    for _ in range(2):
        rows.sum(rows.amount_fen, rows.direction == "credit")
    rows.sum(rows.amount_fen, rows.direction == "debit")
    assert len(list(aggregates)) == 2
