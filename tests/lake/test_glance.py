"""Glances: rows are chosen, what was looked up is kept until it is written again, the oldest forgotten."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, TableFeatures, write_deltalake

from base.errors import StoreError
from lake import glance
from lake.glance import Glance
from lake.table import Classification, Column, Table

DAY, NEXT = date(2026, 7, 1), date(2026, 7, 2)
TABLE = Table(
    name="told",
    doc="Something told of somebody.",
    grain=("name",),
    delivery="derived",
    columns=(
        Column(name="name", type="string", classification=Classification.INTERNAL, doc="Name."),
        Column(name="kind", type="string", classification=Classification.INTERNAL, doc="Kind."),
        Column(name="number", type="long", classification=Classification.INTERNAL, doc="Number."),
    ),
)


def write(lake: Path, day: date, *rows: tuple[str, str, int]) -> None:
    columns = [list(each) for each in zip(*rows, strict=True)]
    content = pa.table(dict(zip(TABLE.names, columns, strict=True)), schema=TABLE.arrow_schema())
    dated = content.append_column("as_of", pa.array([day] * len(content), pa.date32()))
    predicate = f"as_of = '{day}'"
    write_deltalake(
        str(lake / TABLE.name), dated, mode="overwrite", partition_by=["as_of"], predicate=predicate
    )


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    first = pa.table({"name": ["a"], "kind": ["x"], "number": [1], "as_of": pa.array([DAY], pa.date32())})
    write_deltalake(str(tmp_path / TABLE.name), first, partition_by=["as_of"])
    write(tmp_path, DAY, ("a", "x", 1), ("b", "y", 2), ("c", "x", 3))
    write(tmp_path, NEXT, ("a", "x", 7))
    return tmp_path


def test_only_rows_that_are_wanted_are_read(lake: Path) -> None:
    looks = Glance(lake)
    assert looks.read(TABLE, as_of=DAY, columns=("name",), where={"kind": ["x"]})["name"].to_pylist() == [
        "a",
        "c",
    ]
    both = looks.read(TABLE, as_of=DAY, where={"kind": ["x", "y"], "name": ["b", "c"]})
    assert sorted(both["number"].to_pylist()) == [2, 3]
    assert looks.read(TABLE, as_of=DAY, where={"kind": ["z"]}).num_rows == 0
    assert looks.read(TABLE, as_of=DAY).num_rows == 3


def test_what_was_looked_up_is_looked_up_again_once_it_was_written(lake: Path) -> None:
    looks = Glance(lake)
    wanted = {"kind": ["x"]}
    assert looks.read(TABLE, as_of=NEXT, where=wanted) is looks.read(TABLE, as_of=NEXT, where=wanted)
    assert looks.dates(TABLE) == (DAY, NEXT)
    write(lake, NEXT, ("a", "x", 8), ("d", "x", 9))
    assert sorted(looks.read(TABLE, as_of=NEXT, where=wanted)["number"].to_pylist()) == [8, 9]
    write(lake, date(2026, 7, 3), ("a", "x", 1))
    assert looks.dates(TABLE)[-1] == date(2026, 7, 3)


def test_what_is_made_of_tables_is_made_again_once_they_were_written(lake: Path) -> None:
    looks = Glance(lake)
    made: list[int] = []

    def total() -> int:
        made.append(sum(looks.read(TABLE, as_of=NEXT)["number"].to_pylist()))
        return made[-1]

    assert [looks.remembered("total", (TABLE,), total) for _ in range(3)] == [7, 7, 7]
    assert len(made) == 1
    write(lake, NEXT, ("a", "x", 5))
    assert looks.remembered("total", (TABLE,), total) == 5


def test_the_oldest_is_forgotten_and_can_be_looked_up_again(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance, "_MOST", 1)
    looks = Glance(lake)
    first = looks.read(TABLE, as_of=DAY)
    looks.read(TABLE, as_of=NEXT)
    again = looks.read(TABLE, as_of=DAY)
    assert again is not first
    assert again.equals(first)


def test_a_column_declared_since_the_table_was_written_is_null(lake: Path) -> None:
    later = Column(name="added", type="double", classification=Classification.INTERNAL, doc="New.")
    wider = replace(TABLE, columns=(*TABLE.columns, later))
    found = Glance(lake).read(wider, as_of=NEXT)
    assert found.to_pylist() == [{"name": "a", "kind": "x", "number": 7, "added": None}]
    assert found.schema.equals(wider.arrow_schema())


def test_folders_of_parquet_are_read_without_what_is_half_written(tmp_path: Path) -> None:
    night = tmp_path / TABLE.name / f"as_of={DAY}"
    night.mkdir(parents=True)
    for name, number in (("one", 1), ("two", 2), (".half", 3)):
        rows = pa.table({"name": [name], "kind": ["x"], "number": [number]})
        pq.write_table(rows, night / f"{name}.parquet")
    looks = Glance(tmp_path, table_format="parquet")
    assert looks.dates(TABLE) == (DAY,)
    assert sorted(looks.read(TABLE, as_of=DAY, columns=("number",))["number"].to_pylist()) == [1, 2]


def test_tables_whose_files_hold_deleted_rows_are_refused(lake: Path) -> None:
    DeltaTable(str(lake / TABLE.name)).alter.add_feature(
        TableFeatures.DeletionVectors, allow_protocol_versions_increase=True
    )
    with pytest.raises(StoreError, match="deletionVectors"):
        Glance(lake).read(TABLE, as_of=DAY)
