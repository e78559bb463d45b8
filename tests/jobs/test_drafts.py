"""How the decided contacts are gathered before lists are made of them."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from base.settings import load_settings
from jobs.drafts import DecidedContacts
from jobs.freeze import READS
from jobs.job import Frames
from lake.tables import PERSONS, PLAN
from ledger.database import open_ledger
from tests.outreach.release_world import NIGHT, ROWS, House, make_house, write


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, engine: SparkSession) -> Iterator[House]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as ledger:
        yield make_house(tmp_path_factory.mktemp("house") / "home", engine=engine, ledger=ledger)


def test_the_plan_is_read_once(house: House, tmp_path: Path) -> None:
    frames, readings = _frames(house), tmp_path / "readings"
    counted = _counted(frames[PLAN], readings)
    counted.toArrow()
    once = len(readings.read_bytes())
    readings.unlink()
    decided = DecidedContacts(house.night, {**frames, PLAN: counted})
    assert decided.rows.num_rows == ROWS
    assert len(readings.read_bytes()) == once


def test_kin_are_all_at_their_numbers_and_all_accounts_of_these(house: House) -> None:
    """Each two neighbours share a number; only the first is planned, whose neighbour has another account."""
    first, neighbour, other = (house.customers[row] for row in (0, 1, 20))
    told: list[dict[str, object]] = [
        {"customer": customer, "person": "p1"} for customer in (neighbour, other)
    ]
    write(house.night, PERSONS, told)
    frames = _frames(house)
    for plan, kin in ((f"customer = '{first}'", {first, neighbour, other}), ("false", set[str]())):
        decided = DecidedContacts(house.night, {**frames, PLAN: frames[PLAN].filter(plan)})
        assert set(decided.kin["customer"].to_pylist()) == kin


def _frames(house: House) -> Frames:
    return {read.table: house.night.store.read(read.table, as_of=NIGHT, scope=read.scope) for read in READS}


def _counted(frame: DataFrame, readings: Path) -> DataFrame:
    """The frame; a byte is added to ``readings`` for every part of it that is read."""

    def noted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with readings.open("ab") as file:
            file.write(b".")
        yield from batches

    return frame.mapInArrow(noted, frame.schema)
