"""Units laid down in bundles, one row of lists a bundle, so that no engine can part a unit's rows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from outreach.arbitrate.problem import Problem
from outreach.arbitrate.units import Units, units_of

_LISTS = {
    "starts": pa.int64(),
    "luck": pa.int64(),
    "worth": pa.float64(),
    "codes": pa.int32(),
    "held": pa.bool_(),
    "place": pa.int64(),
    "row": pa.int64(),
}
BUNDLE = pa.schema([(name, pa.list_(kind)) for name, kind in _LISTS.items()])
_IN_THE_ENGINE = {pa.int64(): "bigint", pa.float64(): "double", pa.int32(): "int", pa.bool_(): "boolean"}


def rows_of(problem: Problem) -> pa.Table:
    """A problem's rows as ``solve_in_partitions`` reads them; units and rows are named by their places."""
    sizes = np.diff(problem.starts)
    return pa.table(
        {
            "unit": np.repeat(np.arange(problem.units), sizes),
            "row": np.arange(problem.rows),
            "unit_luck": np.repeat(problem.unit_luck.view(np.int64), sizes),
            "luck": problem.luck.view(np.int64),
            "worth": problem.worth,
            "treated": problem.treated,
            **{factor.name: factor.codes for factor in problem.factors},
        }
    )


def without_rows(problem: Problem) -> Problem:
    """The problem's factors and limits alone."""
    none = np.empty(0, dtype=np.int64)
    return replace(
        problem,
        starts=np.zeros(1, dtype=np.int64),
        unit_luck=none.astype(np.uint64),
        worth=none.astype(np.float64),
        luck=none.astype(np.uint64),
        treated=none.astype(np.bool_),
        factors=tuple(replace(factor, codes=none.astype(np.int32)) for factor in problem.factors),
    )


def bundled(terms: Problem) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A partition's rows as one bundle of units, in the order of their numbers."""

    def bundled(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        given = [batch for batch in batches if batch.num_rows]
        if given:
            rows = pa.Table.from_batches(given).sort_by([("unit", "ascending"), ("row", "ascending")])
            yield one_row(packed(_units_in(rows, terms)), BUNDLE)

    return bundled


def _units_in(rows: pa.Table, terms: Problem) -> Units:
    unit = rows["unit"].to_numpy()
    first = np.flatnonzero(np.append(True, unit[1:] != unit[:-1]))
    problem = replace(
        terms,
        starts=np.append(first, len(unit)),
        unit_luck=rows["unit_luck"].to_numpy()[first].view(np.uint64),
        worth=rows["worth"].to_numpy(),
        luck=rows["luck"].to_numpy().view(np.uint64),
        treated=rows["treated"].to_numpy(),
        factors=tuple(replace(factor, codes=rows[factor.name].to_numpy()) for factor in terms.factors),
    )
    units = units_of(problem, threads=1)
    return replace(units, place=unit[first], row=rows["row"].to_numpy()[units.row])


def one_row(lists: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([lists[field.name]], field.type) for field in schema], schema=schema
    )


def ddl(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} array<{_IN_THE_ENGINE[field.type.value_type]}>" for field in schema)


def packed(units: Units) -> dict[str, Any]:
    return {
        "starts": units.starts,
        "luck": units.luck.view(np.int64),
        "worth": units.worth,
        "codes": units.codes.ravel(),
        "held": units.held,
        "place": units.place,
        "row": units.row,
    }


def unpacked(batches: Iterable[pa.RecordBatch], *, sides: int) -> Iterator[Units]:
    for batch in batches:
        for at in range(batch.num_rows):
            found = {
                name: batch.column(name)[at].values.to_numpy(zero_copy_only=False) for name in BUNDLE.names
            }
            yield Units(
                starts=found["starts"],
                luck=found["luck"].view(np.uint64),
                worth=found["worth"],
                codes=found["codes"].reshape(-1, sides),
                held=found["held"],
                place=found["place"],
                row=found["row"],
            )


def joined(parts: Iterable[Units], *, sides: int) -> Units:
    """The units of all parts, each part whole, parts in the order of their first unit's number."""
    none = Units(
        starts=np.zeros(1, dtype=np.int64),
        luck=np.empty(0, dtype=np.uint64),
        worth=np.empty(0),
        codes=np.empty((0, sides), dtype=np.int32),
        held=np.empty(0, dtype=np.bool_),
        place=np.empty(0, dtype=np.int64),
        row=np.empty(0, dtype=np.int64),
    )
    some = [none, *sorted((part for part in parts if len(part)), key=lambda part: int(part.place[0]))]
    return Units(
        starts=np.append(0, np.cumsum(np.concatenate([np.diff(part.starts) for part in some]))),
        luck=np.concatenate([part.luck for part in some]),
        worth=np.concatenate([part.worth for part in some]),
        codes=np.concatenate([part.codes for part in some]),
        held=np.concatenate([part.held for part in some]),
        place=np.concatenate([part.place for part in some]),
        row=np.concatenate([part.row for part in some]),
    )
