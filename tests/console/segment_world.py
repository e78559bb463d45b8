"""Three nights of made-up segments: a few customers move, one segment holds few."""

import json
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
from deltalake import write_deltalake

from lake.table import Table
from lake.tables import CUSTOMER_SEGMENTS, SEGMENT_CATALOG

SIZES = {"S01": 1_200, "S02": 800, "S03": 700, "S04": 96, "S05": 4}
MOVED = {
    "S01": {"S02": 60, "S03": 50, "S04": 40},
    "S02": {"S01": 45, "S03": 35, "S04": 3},
    "S03": {"S01": 55, "S02": 25, "S04": 20, None: 17},
    "S04": {"S01": 12, "S02": 14, "S03": 16},
}
"""From where to where, and how many, on the second night; None is out of the long tail."""
NEW = 12
WORDS = {
    "S01": ["年龄低 / low age: 24 against 39 years", "有信用卡 / has card"],
    "S02": ["理财余额高 / high wealth now: 18,993 against 0 yuan"],
    "S05": ["年龄高 / high age: 88 against 39 years"],
}
AGES = {"S01": 24.0, "S02": 39.0, "S03": 55.0, "S04": 60.0, "S05": 88.0}


def fill(lake: Path, nights: Sequence[date]) -> None:
    """Writes who was in which segment on each of the nights, and the segments' cards."""
    for place, night in enumerate(nights):
        of = customers(place)
        _write(
            lake,
            CUSTOMER_SEGMENTS,
            pd.DataFrame({"customer": of.index, "segment": of, "version": "v1", "distance": 1.0}),
            night,
        )
        _write(lake, SEGMENT_CATALOG, _cards(of), night)


def customers(place: int) -> "pd.Series[str]":
    """The segment of every customer of the long tail on that night: the first, or any after it."""
    names = [name for name, size in SIZES.items() for _ in range(size)]
    of = pd.Series(names, index=[f"a-{number:05}" for number in range(len(names))], dtype=object)
    if place == 0:
        return of
    for source, targets in MOVED.items():
        own = iter(of.index[[name == source for name in names]])
        for target, many in targets.items():
            of[list(islice(own, many))] = target
    joined = pd.Series("S03", index=[f"b-{number:05}" for number in range(NEW)], dtype=object)
    return pd.concat([of.dropna(), joined])


def _cards(of: "pd.Series[str]") -> pd.DataFrame:
    sizes = of.value_counts()
    return pd.DataFrame(
        [
            {
                "segment": name,
                "version": "v1",
                "name": f"{name}的特征",
                "customers": int(sizes[name]),
                "aum_fen": int(sizes[name]) * 1_000_000,
                "words": json.dumps(WORDS.get(name, []), ensure_ascii=False),
                "profile": json.dumps({"age": AGES[name], "has_card": float(name == "S01")}),
                "manager": "林晓岚" if name in ("S01", "S02") else "周立成",
            }
            for name in SIZES
        ]
    )


def _write(lake: Path, table: Table, rows: pd.DataFrame, night: date) -> None:
    content = pa.Table.from_pandas(rows[list(table.names)], schema=table.arrow_schema(), preserve_index=False)
    dated = content.append_column("as_of", pa.array([night] * len(content), pa.date32()))
    write_deltalake(str(lake / table.name), dated, mode="append", partition_by=["as_of"])
