"""The same search inside the engine's partitions: prices go out, whole-number sums come back.

Units are laid down once in bundles, one row of lists a bundle, so that no engine can part a unit's rows or
sort them anew. Every pass is one job over the bundles that runs the kernel of ``InProcess``; its sums are
whole numbers, so neither the engine nor the number of bundles shows in the answer. Only the open units
come here with their rows, as many as the prices leave undecided.

The engine's workers must have this package installed, as they do in process.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from outreach.arbitrate.dual import market_of
from outreach.arbitrate.evaluator import (
    MOST,
    Bins,
    Choice,
    Curve,
    InProcess,
    Softened,
    Units,
    beyond,
    units_of,
)
from outreach.arbitrate.problem import Flags, Floats, Ints, Problem
from outreach.arbitrate.solve import Answer, search

_LISTS = {
    "starts": pa.int64(),
    "luck": pa.int64(),
    "worth": pa.float64(),
    "codes": pa.int32(),
    "held": pa.bool_(),
    "place": pa.int64(),
    "row": pa.int64(),
}
_BUNDLE = pa.schema([(name, pa.list_(kind)) for name, kind in _LISTS.items()])
_SUMS = pa.field("sums", pa.list_(pa.int64()))
_IN_THE_ENGINE = {pa.int64(): "bigint", pa.float64(): "double", pa.int32(): "int", pa.bool_(): "boolean"}

_MONEY = 3  # sums of money in a choice

Ask = Callable[[InProcess], Ints]


def solve_in_partitions(
    rows: DataFrame,
    *,
    terms: Problem,
    bundles: int,
    staged: Callable[[DataFrame], DataFrame],
    start: Floats | None = None,
) -> tuple[DataFrame, Answer]:
    """The night's choice from a frame of rows, in any order, the same as ``solve`` makes in process.

    ``rows``: ``unit`` and ``row`` (numbers that name them), ``unit_luck`` and ``luck`` (64 bits, as a
    signed long), ``worth``, ``treated`` and one int column a factor, by its name. ``terms``: the factors and
    limits, in a problem without rows. ``bundles``: how many parts to lay the units down in; ``staged`` lays a
    frame down and reads it back. ``start``: prices to begin from, CNY a whole unit of each limit.

    Returns a frame of the chosen ``row``, and what the search found. Raises ArbitrationError where a worth is
    infinite or beyond ``MOST``.
    """
    worth = F.col("worth")
    vast = (F.abs(worth) > MOST) & ~F.isnan(worth) & (worth != float("-inf"))
    found = rows.where(vast).select("row", "worth").limit(1).toArrow().to_pylist()
    if found:
        raise beyond(found[0]["row"], found[0]["worth"])
    laid = staged(rows.repartition(bundles, "unit").mapInArrow(_bundled(terms), _ddl(_BUNDLE)))
    market = market_of(terms)
    evaluator = InPartitions(bundles=laid, codes=market.usage.shape[0], sides=len(terms.factors))
    answer = search(evaluator, market, terms.limits, start=start)
    return evaluator.chosen(market.table(answer.prices), answer), answer


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


@dataclass(frozen=True, kw_only=True)
class InPartitions:
    """Passes over bundles of units in the engine; see ``Evaluator``. ``sides``: factors a row."""

    bundles: DataFrame
    codes: int
    sides: int
    share: int = 1

    @cached_property
    def units(self) -> int:
        return int(self._added(lambda inside: np.array([inside.units]), many=1)[0])

    @cached_property
    def holds_back(self) -> bool:
        return bool(self._added(lambda inside: np.array([int(inside.holds_back)]), many=1)[0])

    def sample(self, share: int) -> Self:
        return replace(self, share=share)

    def choose(self, table: Floats) -> Choice:
        return self._choice(
            self._added(lambda inside: _sums_of(inside.choose(table)), many=2 * self.codes + _MONEY)
        )

    def soften(self, table: Floats, heat: float) -> Softened:
        def ask(inside: InProcess) -> Ints:
            found = inside.soften(table, heat)
            return np.concatenate([found.used, found.spread, [found.surplus]])

        sums = self._added(ask, many=2 * self.codes + 1)
        return Softened(
            used=sums[: self.codes], spread=sums[self.codes : 2 * self.codes], surplus=int(sums[-1])
        )

    def curve(self, table: Floats, heat: float) -> Curve:
        def moved(direction: Floats) -> Ints:
            return self._added(lambda inside: inside.curve(table, heat)(direction), many=self.codes)

        return moved

    def rank(self, table: Floats, bins: Bins) -> Ints:
        # Most bins are empty, and there are very many: only the others travel.
        def ask(inside: InProcess) -> Ints:
            ranked = inside.rank(table, bins).ravel()
            filled = np.flatnonzero(ranked)
            return np.concatenate([filled, ranked[filled]])

        total = np.zeros(len(bins.price) * (2 * bins.each + 1), dtype=np.int64)
        for found in self._asked(lambda inside: {"sums": ask(inside)}, pa.schema([_SUMS]))["sums"]:
            filled, ranked = found.values.to_numpy().reshape(2, -1)
            total[filled] += ranked
        return total.reshape(len(bins.price), -1)

    def contested(self, table: Floats, within: float, wanted: Flags) -> tuple[Units, Choice]:
        def answered(inside: InProcess) -> dict[str, Any]:
            units, settled = inside.contested(table, within, wanted)
            return _packed(units) | {"sums": _sums_of(settled)}

        found = self._asked(answered, _BUNDLE.append(_SUMS))
        settled = self._choice(_total(found, many=2 * self.codes + _MONEY))
        return _joined(_unpacked(found.to_batches(), sides=self.sides), sides=self.sides), settled

    def chosen(self, table: Floats, answer: Answer) -> DataFrame:
        """A frame of the chosen ``row``: the best of all settled units at ``table``, and the answer's own."""
        inside_of, places, rows = self._inside, answer.places, answer.rows

        def named(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for inside in inside_of(batches):
                best = inside.rows(table)
                best[np.isin(inside.of.place, places)] = -1
                settled = inside.of.row[best[best >= 0]]
                opened = inside.of.row[np.isin(inside.of.row, rows)]
                yield pa.RecordBatch.from_pydict({"row": np.concatenate([settled, opened])})

        return self.bundles.mapInArrow(named, "row long")

    def _added(self, ask: Ask, *, many: int) -> Ints:
        """The sum over all bundles of what ``ask`` finds in each, ``many`` whole numbers."""
        return _total(self._asked(lambda inside: {"sums": ask(inside)}, pa.schema([_SUMS])), many=many)

    def _asked(self, answered: Callable[[InProcess], dict[str, Any]], schema: pa.Schema) -> pa.Table:
        """One job: one row a bundle."""
        inside_of = self._inside

        def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for inside in inside_of(batches):
                yield _one_row(answered(inside), schema)

        return self.bundles.mapInArrow(work, _ddl(schema)).toArrow()

    @property
    def _inside(self) -> Callable[[Iterable[pa.RecordBatch]], Iterator[InProcess]]:
        """What turns bundles into evaluators on the engine's side; carries numbers alone, no frame."""
        codes, sides, share = self.codes, self.sides, self.share

        def inside_of(batches: Iterable[pa.RecordBatch]) -> Iterator[InProcess]:
            for units in _unpacked(batches, sides=sides):
                whole = InProcess(of=units, codes=codes, threads=1)
                yield whole if share == 1 else whole.sample(share)

        return inside_of

    def _choice(self, sums: Ints) -> Choice:
        value, contact_value, surplus = sums[2 * self.codes :].tolist()
        return Choice(
            used=sums[: self.codes],
            held=sums[self.codes : 2 * self.codes],
            value=value,
            contact_value=contact_value,
            surplus=surplus,
        )


def _total(found: pa.Table, *, many: int) -> Ints:
    return sum((each.values.to_numpy() for each in found["sums"]), start=np.zeros(many, dtype=np.int64))


def _sums_of(choice: Choice) -> Ints:
    return np.concatenate([choice.used, choice.held, [choice.value, choice.contact_value, choice.surplus]])


def _bundled(terms: Problem) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A partition's rows as one bundle of units, in the order of their numbers."""

    def bundled(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        given = [batch for batch in batches if batch.num_rows]
        if given:
            rows = pa.Table.from_batches(given).sort_by([("unit", "ascending"), ("row", "ascending")])
            yield _one_row(_packed(_units_in(rows, terms)), _BUNDLE)

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


def _one_row(lists: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([lists[field.name]], field.type) for field in schema], schema=schema
    )


def _ddl(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} array<{_IN_THE_ENGINE[field.type.value_type]}>" for field in schema)


def _packed(units: Units) -> dict[str, Any]:
    return {
        "starts": units.starts,
        "luck": units.luck.view(np.int64),
        "worth": units.worth,
        "codes": units.codes.ravel(),
        "held": units.held,
        "place": units.place,
        "row": units.row,
    }


def _unpacked(batches: Iterable[pa.RecordBatch], *, sides: int) -> Iterator[Units]:
    for batch in batches:
        for at in range(batch.num_rows):
            found = {
                name: batch.column(name)[at].values.to_numpy(zero_copy_only=False) for name in _BUNDLE.names
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


def _joined(parts: Iterable[Units], *, sides: int) -> Units:
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
