"""Every declared feature says what it is, keeps its type, and is null only where it may be."""

import re
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import Column, SparkSession

from features.catalogue import DECLARED, FEATURES, inputs, permitted
from features.compiler import CUSTOMER_FEATURES, READS, SOURCES, compile_features
from features.declaration import Feature, derived
from features.page import PAGE, render
from features.rows import Others
from jobs.features import features
from lake.table import Classification
from lake.tables.words import CHANNELS
from tests.features.world import features_of, frames, world

AS_OF = date(2026, 7, 1)


@pytest.mark.parametrize("each", DECLARED.values(), ids=lambda each: each.name)
def test_a_feature_says_what_it_is(each: Feature) -> None:
    assert re.fullmatch(r"_?[a-z][a-z0-9_]*", each.name)
    assert each.doc.endswith(".")
    assert re.search(r"[\u4e00-\u9fff]", each.label), "the label is what Chinese readers see"
    assert each.classification in (Classification.SENSITIVE, Classification.QUASI)


@pytest.mark.parametrize("each", DECLARED.values(), ids=lambda each: each.name)
def test_a_window_is_named_as_long_as_it_is(each: Feature) -> None:
    named = re.search(r"_(\d+)d$", each.name)
    if named and each.window:
        assert int(named.group(1)) == each.window


def test_labels_tell_features_apart() -> None:
    labels = [each.label for each in DECLARED.values()]
    assert len(set(labels)) == len(labels)


def test_a_derived_feature_is_known_to_rest_on_what_it_uses(engine: SparkSession) -> None:
    for each in DECLARED.values():
        if each.source is None:
            others = Others()
            each.compute(others)
            assert set(inputs(each, DECLARED)) == set(others.used), each.name


def test_what_customers_said_is_for_people_only_and_so_is_what_rests_on_it() -> None:
    told = {name for name, each in DECLARED.items() if each.channels != CHANNELS}
    assert {"inbound_calls_90d", "complaints_365d"} <= told
    assert all(DECLARED[name].channels == ("human_call",) for name in told)


def test_a_derived_feature_may_be_used_where_all_it_rests_on_may_be() -> None:
    def _worry(its: Others) -> Column:
        """Rests on a call."""
        return its.inbound_calls_90d + its.age

    def _care(its: Others) -> Column:
        """Rests on what rests on a call."""
        return its._worry

    made = [derived(unit="count", label="某", empty=0)(compute) for compute in (_care, _worry)]
    known = permitted(DECLARED | {each.name: each for each in made})
    assert known["_care"].channels == known["_worry"].channels == ("human_call",)
    assert known["age"].channels == CHANNELS


def test_the_table_holds_the_features_and_no_step() -> None:
    assert CUSTOMER_FEATURES.names == ("customer", *FEATURES)
    assert not [name for name in FEATURES if name.startswith("_")]


def test_the_job_reads_what_features_are_made_from() -> None:
    assert set(features.reads) == {seen.read for source in SOURCES for seen in source.seen} == set(READS)


def test_types_are_as_declared_and_nulls_only_where_allowed(engine: SparkSession) -> None:
    tables = world(seed=11, as_of=AS_OF)
    made = compile_features(AS_OF, frames(engine, tables))
    declared = CUSTOMER_FEATURES.spark_schema()
    assert [(field.name, field.dataType) for field in made.schema] == [
        (field.name, field.dataType) for field in declared
    ]
    rows = made.toArrow()
    null = {name for name in FEATURES if rows.column(name).null_count}
    assert null == {each.name for each in FEATURES.values() if each.nullable}


def test_every_feature_tells_customers_apart(engine: SparkSession) -> None:
    made = features_of(engine, world(seed=12, as_of=AS_OF), as_of=AS_OF)
    assert not [name for name in FEATURES if made[name].nunique(dropna=False) < 2]


def test_the_catalogue_page_is_fresh() -> None:
    page = Path(__file__).parents[2] / PAGE
    assert page.read_text(encoding="utf-8") == render(), "run: python -m features.page"
