"""Uplift is learned from randomised exposures, kept with its evidence, and followed once it is proven."""

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from base.settings import load_settings
from features.catalogue import FEATURES
from jobs.job import Night
from jobs.run import open_house
from jobs.uplift import PROFILE, refit, with_champions
from models.shelf import Shelf, open_shelf
from strategies.document import Strategy
from strategies.reader import read

NIGHT = date(2026, 8, 1)
EXPOSED = date(2026, 7, 2)
CUSTOMERS = 6_000
KIND = "deposit"


@dataclasses.dataclass
class House:
    night: Night
    told: list[str]

    @property
    def shelf(self) -> Shelf:
        return open_shelf(self.night.settings)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = load_settings(home=tmp_path_factory.mktemp("uplift") / "home", mlflow_tracking_uri=None)
    told: list[str] = []
    with open_house(settings, as_of=NIGHT, progress=told.append) as night:
        yield House(night, told)


def _world(*, moved: float, exposed: date, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """MEASURED and CUSTOMER_FEATURES: those with a salary are moved by ``moved``, the others not."""
    rng = np.random.default_rng(seed)
    names = [f"c{seed}-{n}" for n in range(CUSTOMERS)]
    salary = rng.integers(0, 2, CUSTOMERS)
    treated = rng.random(CUSTOMERS) < 0.7
    converted = rng.random(CUSTOMERS) < 0.1 + moved * salary * treated
    measured = pd.DataFrame(
        {
            "customer": names,
            "strategy": "grow",
            "kind": KIND,
            "arm": np.where(treated, "treatment", "control"),
            "channel": rng.choice(["sms", "human_call"], CUSTOMERS),
            "first_exposed": exposed,
            "treatment_share": 0.7,
            "converted": converted.astype(np.int64),
        }
    )
    measured["flaw"] = pd.Series([None] * CUSTOMERS, dtype="object")
    traits = {name: rng.normal(size=CUSTOMERS) for name in PROFILE} | {"salary_90d": salary * 9_000.0}
    features = pd.DataFrame({"customer": names, **traits, "as_of": exposed - timedelta(days=1)})
    return measured, features


def _refit(house: House, night: date, measured: pd.DataFrame, features: pd.DataFrame) -> list[str]:
    house.told.clear()
    at = dataclasses.replace(house.night, as_of=night)
    spark = house.night.spark
    refit(
        at,
        measured=spark.createDataFrame(measured, _schema(measured)),
        features=spark.createDataFrame(features),
    )
    return list(house.told)


def _schema(measured: pd.DataFrame) -> str:
    types: dict[str, Any] = {"first_exposed": "date", "treatment_share": "double", "converted": "long"}
    return ", ".join(f"{name} {types.get(name, 'string')}" for name in measured.columns)


@pytest.fixture(scope="module")
def proven(house: House) -> tuple[list[str], pd.DataFrame]:
    """A champion, fitted on a world where the salaried are moved."""
    measured, features = _world(moved=0.2, exposed=EXPOSED, seed=1)
    return _refit(house, NIGHT, measured, features), features


def test_a_fit_that_orders_customers_becomes_champion_with_its_evidence(
    house: House, proven: tuple[list[str], pd.DataFrame]
) -> None:
    told, _ = proven
    assert told == [f"fitting the uplift of {KIND} on {CUSTOMERS:,} exposures"]
    champion = house.shelf.champion(f"uplift_{KIND}", as_of=NIGHT)
    assert champion is not None
    run = house.shelf._client.search_model_versions(f"name = 'uplift_{KIND}'")[0].run_id
    metrics = house.shelf._client.get_run(run).data.metrics
    assert 0 < metrics["qini_low"] < metrics["qini"] < metrics["qini_high"]
    assert metrics["uplift_at_k_low"] < 0.2 < metrics["uplift_at_k_high"]
    assert metrics["exposures"] == CUSTOMERS


def test_it_is_not_fitted_again_before_it_has_aged(
    house: House, proven: tuple[list[str], pd.DataFrame]
) -> None:
    measured, features = _world(moved=0.2, exposed=EXPOSED, seed=1)
    for night in (NIGHT, NIGHT + timedelta(days=29)):
        assert _refit(house, night, measured, features) == []


def test_a_fit_that_learned_nothing_stays_challenger(
    house: House, proven: tuple[list[str], pd.DataFrame]
) -> None:
    later = NIGHT + timedelta(days=40)
    told = _refit(house, later, *_world(moved=0.0, exposed=NIGHT + timedelta(days=2), seed=2))
    assert any("no better than chance" in line for line in told)
    champion = house.shelf.champion(f"uplift_{KIND}", as_of=later)
    assert champion is not None
    assert champion.as_of == NIGHT


def test_too_little_is_said_and_not_fitted(house: House) -> None:
    measured, features = _world(moved=0.2, exposed=EXPOSED, seed=3)
    measured["kind"] = "fund"
    assert "fund (500 exposures" in _refit(house, NIGHT, measured.head(500), features)[0]
    # An opening delivered twice counts once, and its customer with it.
    twice = measured.assign(flaw=["duplicate_outcomes" if hit else None for hit in measured["converted"]])
    assert _refit(house, NIGHT, twice.head(500), features) == _refit(
        house, NIGHT, measured.head(500), features
    )
    # Customers held out above the strategy, and flawed rows, are no part of its experiment.
    measured.loc[measured.index >= 1_000, "arm"] = "global_holdout"
    assert "fund (1,000 exposures" in _refit(house, NIGHT, measured, features)[0]
    assert house.shelf.versions("uplift_fund") == []


def test_first_contacts_are_valued_by_the_champion(
    house: House, proven: tuple[list[str], pd.DataFrame]
) -> None:
    _, features = proven
    strategy = _strategy()
    contacts = pd.DataFrame(
        {
            "customer": np.repeat(features["customer"].head(400), 2),
            "strategy": strategy.name,
            "step": [1, 2] * 400,
            "channel": "sms",
            "kind": KIND,
            "value": 7.0,
        }
    )
    spark = house.night.spark
    given = spark.createDataFrame(contacts)
    known = spark.createDataFrame(features)
    # What a night teaches is followed from the next night on.
    assert with_champions(house.night, given, features=known, book=[strategy]) is given
    next_night = dataclasses.replace(house.night, as_of=NIGHT + timedelta(days=1))
    found = with_champions(next_night, given, features=known, book=[strategy]).toPandas()
    assert len(found) == len(contacts)
    assert (found.loc[found["step"] == 2, "value"] == 7.0).all()
    first = found[found["step"] == 1].merge(features[["customer", "salary_90d"]], on="customer")
    stake = strategy.goal.value * strategy.priority
    salaried = first["salary_90d"] > 0
    assert first.loc[salaried, "value"].mean() == pytest.approx(0.2 * stake, rel=0.2)
    assert abs(first.loc[~salaried, "value"].mean()) < 0.03 * stake


def test_of_whom_nothing_may_be_read_the_author_is_followed(
    house: House, proven: tuple[list[str], pd.DataFrame]
) -> None:
    _, features = proven
    strategy, spark = _strategy(), house.night.spark
    names = features["customer"].head(100).tolist()
    contacts = spark.createDataFrame(
        [(name, strategy.name, 1, "sms", KIND, 7.0) for name in names], _CONTACTS
    )
    readable = spark.createDataFrame(features[~features["customer"].isin(names[:10])])
    next_night = dataclasses.replace(house.night, as_of=NIGHT + timedelta(days=1))
    found = with_champions(next_night, contacts, features=readable, book=[strategy]).toPandas()
    kept = found.loc[found["value"] == 7.0, "customer"]
    assert sorted(kept) == sorted(names[:10])
    assert len(found) == len(names)


def test_without_a_champion_the_author_is_followed(house: House) -> None:
    strategy, spark = _strategy(), house.night.spark
    contacts = spark.createDataFrame([("c", strategy.name, 1, "sms", KIND, 7.0)], _CONTACTS)
    before = dataclasses.replace(house.night, as_of=date(2026, 1, 1))
    assert with_champions(before, contacts, features=contacts, book=[strategy]) is contacts


_CONTACTS = "customer string, strategy string, step int, channel string, kind string, value double"


def _strategy() -> Strategy:
    path = Path(__file__).parents[2] / "strategies" / "book" / "deposit_salary_keep.yaml"
    return read(path.read_text(encoding="utf-8"), file=path.name, features=FEATURES)
