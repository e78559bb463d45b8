"""What only the world knows of the contacts it answered: kept by night, apart from all that is delivered."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from base.errors import SourceError
from lake.tables.words import RESULTS
from sources.synthetic.draws import Ints
from sources.synthetic.landing import keep
from sources.synthetic.response import Answers, Contacts, expected_lift

PLANTED_WINDOW_DAYS = 7
"""The window for which the expected effect of a contact is written down; ``planted`` takes any other."""

_ANSWERS = pa.schema(
    [
        ("index", pa.int64()),
        ("product", pa.int64()),
        ("second", pa.int64()),
        ("caused", pa.bool_()),
        ("stifled", pa.bool_()),
        ("complained", pa.bool_()),
    ]
)


class Truth:
    """A folder, by night: ``answers`` say what contacts brought about, ``effects`` what they were worth."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def remember(self, as_of: date, *, index: Ints, contacts: Contacts, answers: Answers) -> None:
        """Keep what was answered on night ``as_of``, in place of any earlier answers of that night."""
        table = pa.table(
            {
                "index": index,
                "product": contacts.product,
                "second": answers.second + answers.seconds,
                "caused": answers.caused,
                "stifled": answers.stifled,
                "complained": answers.result == RESULTS.index("complained"),
            },
            schema=_ANSWERS,
        )
        keep(table.sort_by("index"), self._answers(as_of))

    def answers(self, as_of: date) -> pa.Table:
        """index, product, second, caused and stifled of that night's contacts; no rows if there were none."""
        path = self._answers(as_of)
        return pq.read_table(path) if path.exists() else _ANSWERS.empty_table()

    def fingerprint(self, as_of: date) -> bytes:
        """Changes when the answers of that night do."""
        path = self._answers(as_of)
        return path.read_bytes() if path.exists() else b"none"

    def earlier(self, index: Ints, nights: Iterable[date]) -> Ints:
        """How often each customer was contacted in those nights."""
        contacted = np.concatenate([self.answers(night)["index"].to_numpy() for night in nights])
        found, counts = np.unique(contacted, return_counts=True)
        if not len(found):
            return np.zeros(len(index), dtype=np.int64)
        at = np.minimum(np.searchsorted(found, index), len(found) - 1)
        earlier: Ints = np.where(found[at] == index, counts[at], 0)
        return earlier

    def plant(self, as_of: date, contacts: pa.Table, *, archetype: pa.Array, answers: Answers) -> None:
        """Write down what each contact of the night was truly worth."""
        lift = expected_lift(answers.tau, answers.base, PLANTED_WINDOW_DAYS)
        table = contacts.select(["contact", "customer_no", "strategy", "kind", "channel"])
        for name, column in (
            ("archetype", archetype),
            ("base", answers.base),
            ("tau", answers.tau),
            ("expected_effect", lift),
        ):
            table = table.append_column(name, pa.array(column))
        keep(table.sort_by("contact"), self._effects(as_of))

    def planted(self, nights: Iterable[date], *, window_days: int = PLANTED_WINDOW_DAYS) -> pa.Table:
        """The true effect of every contact of those nights, for conversions within a window.

        as_of, contact, customer_no, strategy, kind, channel, archetype, base (chance a day unprompted), tau
        (added to it on the day) and expected_effect. Raises SourceError when none of the nights was answered.
        """
        found = []
        for as_of in nights:
            if self._effects(as_of).exists():
                table = pq.read_table(self._effects(as_of))
                found.append(table.add_column(0, "as_of", pa.array([as_of] * len(table), pa.date32())))
        if not found:
            raise SourceError("no contact list of those nights was answered yet; run the nights first")
        whole = pa.concat_tables(found)
        lift = expected_lift(whole["tau"].to_numpy(), whole["base"].to_numpy(), window_days)
        return whole.drop_columns("expected_effect").append_column("expected_effect", pa.array(lift))

    def _answers(self, as_of: date) -> Path:
        return self.folder / "answers" / f"{as_of}.parquet"

    def _effects(self, as_of: date) -> Path:
        return self.folder / "effects" / f"{as_of}.parquet"
