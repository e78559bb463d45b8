"""The gate of a delivered table: sound rows go on, others to the quarantine, too many stop the night."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from base.errors import QualityError, SourceError
from lake.table import Table
from quality.checks import Check, checks_of, faults
from quality.keys import KeyLog, Numbers
from quality.quarantine import Quarantine, contents

_EXAMPLES = 5
_HOPELESS = 500_000


@dataclass
class Tally:
    """How a table fared: rows delivered, rows rejected, and failures by check."""

    table: Table
    delivered: int = 0
    rejected: int = 0
    failures: Counter[Check] = field(default_factory=Counter)
    examples: dict[Check, list[str]] = field(default_factory=dict)


class Gate:
    """Judges one table of one night, piece by piece, against ``checks_of`` it.

    ``known`` are the numbers of all customers, in the order their tokens are kept; None for the customers
    themselves.
    """

    def __init__(self, table: Table, *, as_of: date, known: pa.Array | None, quarantine: Quarantine) -> None:
        self.tally = Tally(table)
        self._table = table
        self._as_of = as_of
        self._known = known
        self._quarantine = quarantine
        self._checks = {(check.kind, check.column): check for check in checks_of(table)}
        self._keys = KeyLog()
        self._origins: list[tuple[str, Sequence[int] | Numbers]] = []

    def admit(
        self,
        batch: pa.RecordBatch,
        *,
        file: str,
        rows: Sequence[int],
        unreadable: Mapping[str, pa.Array],
        torn: Sequence[int] = (),
    ) -> tuple[pa.RecordBatch, pa.Array | None]:
        """The sound rows, and where their customers stand in ``known``."""
        self.tally.delivered += batch.num_rows + len(torn)
        if torn:
            self._reject(self._checks["whole", None], file, list(torn), None)
        masks = {
            check: mask
            for check in self._checks.values()
            if (mask := faults(check, self._table, batch, as_of=self._as_of, unreadable=unreadable))
            is not None
        }
        places = (
            None if self._known is None else pc.index_in(batch.column("customer_no"), value_set=self._known)
        )
        if places is not None and places.null_count > batch.column("customer_no").null_count:
            strangers = pc.and_(pc.is_null(places), pc.is_valid(batch.column("customer_no")))
            masks[self._checks["known", "customer_no"]] = strangers
        numbers: Sequence[int] | Numbers = rows
        if masks:
            sound = self._set_aside(batch, masks, file, rows)
            batch, numbers = batch.filter(sound), np.asarray(rows)[sound.to_numpy(zero_copy_only=False)]
            places = None if places is None else places.filter(sound)
        self._keys.add([self._key_cells(batch, places, name) for name in self._table.grain])
        self._origins.append((file, numbers))
        return batch, places

    def repeats(self) -> Numbers:
        """Places among the admitted rows of those that repeat the key of an earlier one."""
        return self._keys.repeats()

    def reject_repeats(self, places: Numbers, rows: pa.Table) -> None:
        """Puts admitted rows that turned out to repeat a key into the quarantine; ``rows`` are those rows."""
        check = self._checks["unique", None]
        described = (
            contents(rows.combine_chunks().to_batches()[0], self._table, faulty=None) if len(places) else []
        )
        start = 0
        for file, numbers in self._origins:
            here = slice(*np.searchsorted(places, [start, start + len(numbers)]))
            mine = [int(numbers[place - start]) for place in places[here]]
            if mine:
                self._reject(check, file, mine, described[here])
            start += len(numbers)

    def close(self) -> None:
        """Says whether the table may go on.

        Raises SourceError when a column does not read as its type, and QualityError for any other fault, on
        more rows than the table tolerates: its ``tolerance`` as a share, rounded up to whole rows.
        """
        tally = self.tally
        if tally.rejected <= math.ceil(self._table.tolerance * tally.delivered):
            return
        worst, count = max(tally.failures.items(), key=lambda item: item[1])
        what = f"column {worst.column} is {worst.reason}" if worst.column else worst.reason
        if worst.kind in ("unique", "known", "whole"):
            what = worst.reason
        message = (
            f"{self._table.name}: {tally.rejected:,} of {tally.delivered:,} rows were rejected, "
            f"tolerated are {self._table.tolerance:.1%}. Most of all: {what} in {count:,} rows "
            f"({', '.join(tally.examples[worst])}{', ...' if count > _EXAMPLES else ''})"
        )
        raise (SourceError if worst.kind == "readable" else QualityError)(message)

    def _set_aside(
        self, batch: pa.RecordBatch, masks: dict[Check, pa.Array], file: str, rows: Sequence[int]
    ) -> pa.Array:
        """Quarantines each row for its first fault; the returned mask holds the rows without any."""
        sound = np.ones(batch.num_rows, bool)
        for check, mask in masks.items():
            self.tally.failures[check] += mask.true_count
        for check in sorted(masks, key=list(self._checks.values()).index):
            fresh = masks[check].to_numpy(zero_copy_only=False) & sound
            sound &= ~fresh
            if fresh.any():
                numbers = np.asarray(rows)[fresh].tolist()
                described = contents(batch.filter(pa.array(fresh)), self._table, faulty=check.column)
                self._reject(check, file, numbers, described, counted=True)
        return pa.array(sound)

    def _reject(
        self,
        check: Check,
        file: str,
        rows: list[int],
        described: Sequence[str] | None,
        *,
        counted: bool = False,
    ) -> None:
        tally = self.tally
        tally.rejected += len(rows)
        if not counted:
            tally.failures[check] += len(rows)
        examples = tally.examples.setdefault(check, [])
        examples += [f"{file} row {row:,}" for row in rows[: _EXAMPLES - len(examples)]]
        if tally.rejected > _HOPELESS:
            self.close()  # no need to read on and describe millions of rows
        self._quarantine.add(
            self._table,
            file=file,
            rows=rows,
            reason=check.reason,
            column=check.column,
            contents=described,
        )

    def _key_cells(self, batch: pa.RecordBatch, places: pa.Array | None, name: str) -> pa.Array:
        if name != "customer":
            return batch.column(name)
        return batch.column("customer_no") if places is None else places
