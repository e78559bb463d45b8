"""The segments job: the band is cut out, cards add up, identity lasts, a night twice is one night."""

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from base.errors import ModelError
from base.settings import load_settings
from features.compiler import CUSTOMER_FEATURES
from jobs.run import execute, open_house
from jobs.segments import MODEL, segments
from lake.tables import CUSTOMER_SEGMENTS, SEGMENT_CATALOG
from models.portrait import BASIS
from models.shelf import open_shelf

FIRST = date(2026, 7, 1)


def _features(*, customers: int, seed: int) -> pd.DataFrame:
    """Customers of four kinds told apart by every feature; one in ten is too rich for the long tail."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 4, customers)
    frame = pd.DataFrame({"customer": [f"c{n:06}" for n in range(customers)]})
    for at, column in enumerate(CUSTOMER_FEATURES.columns[1:]):
        level = 10.0 * ((kind >> at % 2) & 1)
        values = rng.normal(level + 5, 1)
        frame[column.name] = values > 10 if column.type == "boolean" else values
        if column.type == "long":
            frame[column.name] = frame[column.name].round().astype("int64")
        if column.type == "date":
            frame[column.name] = FIRST
    frame["aum_now"] = np.where(
        rng.random(customers) < 0.1, 80_000.0, rng.integers(0, 4_999_999, customers) / 100
    )
    return frame


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    home = tmp_path_factory.mktemp("house")
    with open_house(load_settings(home=home, segments={"count": 6}), as_of=FIRST) as night:
        yield night


def _night(house, as_of: date, frame: pd.DataFrame):
    table = house.spark.createDataFrame(frame, CUSTOMER_FEATURES.spark_schema())
    house.store.write(CUSTOMER_FEATURES, table, as_of=as_of)
    night = replace(house, as_of=as_of)
    execute(segments, night)
    return {
        table: house.store.read(table, as_of=as_of).toPandas()
        for table in (CUSTOMER_SEGMENTS, SEGMENT_CATALOG)
    }


@pytest.fixture(scope="module")
def first(house):
    return _night(house, FIRST, _features(customers=1_500, seed=1))


def test_the_long_tail_and_nobody_else_has_a_segment(first):
    features = _features(customers=1_500, seed=1)
    tail = set(features.loc[features["aum_now"] < 50_000, "customer"])
    assert set(first[CUSTOMER_SEGMENTS]["customer"]) == tail


def test_cards_add_up_and_speak(first):
    features = _features(customers=1_500, seed=1).merge(first[CUSTOMER_SEGMENTS], on="customer")
    cards = first[SEGMENT_CATALOG].set_index("segment")
    assert list(cards.index) == ["S01", "S02", "S03", "S04", "S05", "S06"]
    assert cards["customers"].to_dict() == features.groupby("segment").size().to_dict()
    fen = (features["aum_now"] * 100).round().astype("int64")
    assert cards["aum_fen"].to_dict() == fen.groupby(features["segment"]).sum().to_dict()
    assert all(set(json.loads(profile)) == set(BASIS) for profile in cards["profile"])
    assert all(json.loads(words) for words in cards["words"])
    assert cards["manager"].nunique() == 6


def test_the_same_night_twice_is_the_same_night(house, first):
    before = {table: house.store.digest(table, as_of=FIRST) for table in first}
    fitted = len(open_shelf(house.settings).versions(MODEL))
    execute(segments, house)
    assert {table: house.store.digest(table, as_of=FIRST) for table in first} == before
    assert len(open_shelf(house.settings).versions(MODEL)) == fitted


def test_nights_in_between_are_scored_and_an_aged_champion_is_fitted_anew(house, first):
    between = _night(house, FIRST + timedelta(days=1), _features(customers=1_500, seed=2))
    assert set(between[CUSTOMER_SEGMENTS]["version"]) == {"v1"}
    month = FIRST + timedelta(days=30)
    later = _night(house, month, _features(customers=1_500, seed=3))
    assert set(later[CUSTOMER_SEGMENTS]["version"]) == {"v2"}
    assert open_shelf(house.settings).champion(MODEL, as_of=FIRST + timedelta(days=29)).number == 1
    # The kinds are what they were, so what sets each segment apart is, too.
    names = {
        date_: frames[SEGMENT_CATALOG].set_index("segment")["profile"]
        for date_, frames in ((1, first), (2, later))
    }
    for segment in set(names[1].index) & set(names[2].index):
        before, after = json.loads(names[1][segment]), json.loads(names[2][segment])
        assert abs(before["age"] - after["age"]) < 3


def test_too_few_customers_are_named_with_the_mend(house):
    with pytest.raises(ModelError, match=r"holds 3 customers .* lower segments.count"):
        _night(house, FIRST - timedelta(days=1), _features(customers=3, seed=4).assign(aum_now=1.0))
