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

from outreach.arbitrate.bundles import BUNDLE, bundled, ddl, joined, one_row, packed, unpacked
from outreach.arbitrate.dual import market_of
from outreach.arbitrate.evaluator import Bins, Choice, InProcess, Softened
from outreach.arbitrate.problem import Flags, Floats, Ints, Problem
from outreach.arbitrate.solve import Answer, search
from outreach.arbitrate.units import MOST, Units, beyond

_SUMS = pa.field("sums", pa.list_(pa.int64()))
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
    laid = staged(rows.repartition(bundles, "unit").mapInArrow(bundled(terms), ddl(BUNDLE)))
    market = market_of(terms)
    evaluator = InPartitions(bundles=laid, codes=market.usage.shape[0], sides=len(terms.factors))
    answer = search(evaluator, market, terms.limits, start=start)
    return evaluator.chosen(market.table(answer.prices), answer), answer


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

        def turn(direction: Floats) -> Ints:
            return self._added(lambda inside: inside.soften(table, heat).turn(direction), many=self.codes)

        sums = self._added(ask, many=2 * self.codes + 1)
        return Softened(
            used=sums[: self.codes],
            spread=sums[self.codes : 2 * self.codes],
            surplus=int(sums[-1]),
            turn=turn,
        )

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
            return packed(units) | {"sums": _sums_of(settled)}

        found = self._asked(answered, BUNDLE.append(_SUMS))
        settled = self._choice(_total(found, many=2 * self.codes + _MONEY))
        return joined(unpacked(found.to_batches(), sides=self.sides), sides=self.sides), settled

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
                yield one_row(answered(inside), schema)

        return self.bundles.mapInArrow(work, ddl(schema)).toArrow()

    @property
    def _inside(self) -> Callable[[Iterable[pa.RecordBatch]], Iterator[InProcess]]:
        """What turns bundles into evaluators on the engine's side; carries numbers alone, no frame."""
        codes, sides, share = self.codes, self.sides, self.share

        def inside_of(batches: Iterable[pa.RecordBatch]) -> Iterator[InProcess]:
            for units in unpacked(batches, sides=sides):
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
