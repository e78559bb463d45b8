"""What all extracts share: the days they speak of, when the bank learned of things, the form of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from lake.table import Table
from sources.synthetic.draws import Floats, Ints, day_number, stream
from sources.synthetic.population import PART, Population

SECONDS = 86_400
LATE_DAYS = 2
"""How many days after it happened the bank may learn of something."""

LATE_SHARE = 0.02
"""Share of events that the bank learns of half an hour to 40 hours later; the rest within two minutes."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Days in a row, and the words that make its draws and numbers its own."""

    start: date
    days: int

    @property
    def first(self) -> int:
        return day_number(self.start)

    @property
    def dates(self) -> tuple[date, ...]:
        return tuple(self.start + timedelta(days=offset) for offset in range(self.days))

    def days_of(self, rows: int, draw: np.random.Generator) -> Ints:
        """So many days of the span, each as likely as any other."""
        days: Ints = self.first + draw.integers(0, self.days, rows)
        return days

    def draw(self, people: Population, name: str) -> np.random.Generator:
        """The generator for one table of one part over this span."""
        return stream(people.seed, name, int(people.index[0]) // PART, self.first)

    def serials(self, people: Population, rows: int) -> Ints:
        """Numbers that no other span and part of the world uses for the same table."""
        part = int(people.index[0]) // PART
        serials: Ints = self.first * 10**13 + part * 10**9 + np.arange(rows, dtype=np.int64)
        return serials


def learned(happened: Ints, draw: np.random.Generator) -> Ints:
    """When the bank knew of what happened, both in microseconds since 1970."""
    late = draw.random(len(happened)) < LATE_SHARE
    delay = np.where(
        late, draw.integers(1_800, 40 * 3_600, len(happened)), draw.integers(0, 120, len(happened))
    )
    known: Ints = happened + delay * 1_000_000
    return known


def fen_of(yuan: Floats) -> Ints:
    """Whole fen."""
    return np.rint(yuan * 100).astype(np.int64)


def words(values: Sequence[str], at: Ints) -> pa.DictionaryArray:
    """Words by their position in ``values``; -1 is null. Held once each, not once a row."""
    positions = pa.array(at.astype(np.int8), mask=at < 0)
    return pa.DictionaryArray.from_arrays(positions, pa.array(values))


def extract(table: Table, people: Population, row: Ints, columns: Mapping[str, object]) -> pa.Table:
    """An extract of ``table``: the customer's number for the token, numbers cast to the declared types."""
    found: dict[str, object] = {
        "customer_no": pa.DictionaryArray.from_arrays(pa.array(row.astype(np.int32)), people.numbers)
    }
    for name in table.names:
        if name != "customer":
            given = columns[name]
            declared = table.arrow_schema().field(name).type
            words_ = isinstance(given, pa.Array)
            found[name] = given if words_ else pa.array(given).cast(declared)
    return pa.table(found)
