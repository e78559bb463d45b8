"""A large bank's experiments: exposures measured, those under observation, and what their customers did."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from evaluation.exposures import LATE_DAYS
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    BALANCES,
    COMPLAINTS,
    CONTACT_LISTS,
    ENTRIES,
    MEASURED,
    MEASURED_ENTRIES,
    OPENINGS,
    OUTCOMES,
    SUPPRESSIONS,
)
from lake.tables.words import ASSET_CLASSES, CHANNELS, PRODUCTS

STRATEGIES, SEGMENTS, MANAGERS = 5_000, 40, 60
HOLDOUT, VARIANT, GLOBAL = 0.15, 0.4, 0.02
# So many more than were exposed would have been, had there been room.
CROWDED_OUT = 0.1
WINDOW_DAYS = 14
# Nights whose exposures are under observation; the oldest of them closes tonight.
OPEN_NIGHTS = WINDOW_DAYS + LATE_DAYS
AS_OF = date(2026, 10, 1)
MONTHS_ENDS = (np.datetime64("2026-08-31"), np.datetime64("2026-09-30"))
BALANCES_EACH = len(MONTHS_ENDS) + 1
_NAMES = {
    "strategy": [f"strategy_{number:04d}" for number in range(STRATEGIES)],
    "segment": [f"S{number:02d}" for number in range(1, SEGMENTS + 1)],
    "kind": list(PRODUCTS),
    "channel": list(CHANNELS),
    "manager": [f"desk {number}" for number in range(1, MANAGERS + 1)],
}


class Night:
    """The exposures of one night, drawn from its seed: ``rows`` of them among ``customers``; and its entries,
    which are those and as many more as found no room."""

    def __init__(self, night: date, *, rows: int, customers: int) -> None:
        self.rng = np.random.default_rng(night.toordinal())
        self.night, self.rows, self.entered = night, rows, round(rows * (1 + CROWDED_OUT))
        pairs = (
            self.rng.choice(customers * STRATEGIES, size=self.entered, replace=False)
            if rows
            else np.zeros(0, int)
        )
        self.customer, self.strategy = pairs // STRATEGIES, pairs % STRATEGIES
        drawn = self.rng.random(self.entered)
        above = self.customer % round(1 / GLOBAL) == 0
        self.treated = ~above & (drawn >= HOLDOUT)
        self.sent = self.treated & (np.arange(self.entered) < rows)
        arm = np.where(
            drawn < HOLDOUT, "control", np.where(drawn < HOLDOUT + VARIANT, "treatment_b", "treatment")
        )
        share = np.where(
            drawn < HOLDOUT, HOLDOUT, np.where(drawn < HOLDOUT + VARIANT, VARIANT, 1 - HOLDOUT - VARIANT)
        )
        self.arm, self.share = np.where(above, "global_holdout", arm), np.where(above, np.nan, share)
        self.above = above

    def begun(self) -> Iterator[tuple[Table, pa.Table]]:
        """ASSIGNMENTS and ENTRIES."""
        columns = self._drawn()
        for table, rows in ((ASSIGNMENTS, self.rows), (ENTRIES, self.entered)):
            yield table, _shaped(columns, table).slice(0, rows)

    def measured(self) -> Iterator[tuple[Table, pa.Table]]:
        """MEASURED and MEASURED_ENTRIES: conversions of 2 to 4 %, amounts log-normal, assets that move."""
        rows, rng = self.entered, self.rng
        converted = rng.random(rows) < 0.02 + 0.01 * self.sent * (self.strategy % 10 == 0)
        change = np.where(rng.random(rows) < 0.2, rng.normal(0, 3_000, rows), 0).astype(np.int64)
        columns = {
            **self._drawn(),
            "listed": self.sent,
            "contacted": self.sent & (rng.random(rows) < 0.6),
            "flaw": pa.nulls(rows, pa.string()),
            # A quarter of exposures are a customer's first where everybody has about four.
            "first_in": pa.array(np.where(rng.random(rows) < 0.25, "global", "")),
            "converted": converted.astype(np.int64),
            "openings": converted.astype(np.int64),
            "amount": np.where(converted, np.exp(rng.normal(9, 1, rows)), 0).astype(np.int64),
            "aum_change": change,
            "outflow": (rng.random(rows) < 0.03).astype(np.int64),
            "complained": (rng.random(rows) < 0.002).astype(np.int64),
            "opted_out": (rng.random(rows) < 0.003).astype(np.int64),
        }
        for table, counted in ((MEASURED, self.rows), (MEASURED_ENTRIES, self.entered)):
            made = _shaped(columns, table).slice(0, counted)
            yield table, made.sort_by([("strategy", "ascending"), ("segment", "ascending")])

    def _drawn(self) -> dict[str, object]:
        """The columns of ASSIGNMENTS and of ENTRIES."""
        codes = {
            "strategy": self.strategy,
            "segment": self.customer % SEGMENTS,
            "kind": self.strategy % len(PRODUCTS),
            "channel": self.strategy % len(CHANNELS),
            "manager": self.strategy % MANAGERS,
        }
        tomorrow = pa.array([self.night + timedelta(days=1)] * self.entered, pa.date32())
        return {
            **{name: _named(values, _NAMES[name]) for name, values in codes.items()},
            "customer": tokens(self.customer),
            "arm": pa.array(self.arm),
            "first_exposed": tomorrow,
            "entered_on": tomorrow,
            "window_days": np.full(self.entered, WINDOW_DAYS, dtype=np.int32),
            "treatment_share": np.full(self.entered, 1 - HOLDOUT),
            "arm_share": pa.array(self.share, from_pandas=True),
            "aum_before": np.round(np.exp(np.random.default_rng(2).normal(8, 1.5, self.entered)), 2),
            "covered_by": pa.array(["global"] * self.entered),
            "held_by": pa.array(np.where(self.above, "global", "")),
        }

    def lists(self) -> pa.Table:
        """CONTACT_LISTS' columns: the treated for whom there was room."""
        rows = int(self.sent.sum())
        columns = {
            "contact": self._contacts(),
            "customer": tokens(self.customer[self.sent]),
            "recipient": pa.array(["sms_gateway"] * rows),
            "strategy": _named(self.strategy[self.sent], _NAMES["strategy"]),
            "step": np.ones(rows, dtype=np.int32),
            "channel": _named(self.strategy[self.sent] % len(CHANNELS), list(CHANNELS)),
            "hour": np.full(rows, 12, dtype=np.int32),
            "payload": pa.array(["{}"] * rows),
            "expires_on": pa.array([self.night + timedelta(days=1)] * rows, pa.date32()),
        }
        return _shaped(columns, CONTACT_LISTS)

    def outcomes(self) -> pa.Table:
        """OUTCOMES' columns: six in ten come through."""
        lists = self.lists()
        rows = lists.num_rows
        through = np.random.default_rng(self.night.toordinal()).random(rows) < 0.6
        columns = {
            **{name: lists[name] for name in ("contact", "customer", "strategy", "step", "channel")},
            "result": pa.array(np.where(through, "delivered", "not_delivered")),
            "happened_at": pa.array(np.full(rows, _noon(self.night + timedelta(days=1)))),
            "seconds": np.zeros(rows, dtype=np.int32),
            "contact_day": pa.array([self.night + timedelta(days=1)] * rows, pa.date32()),
        }
        return _shaped(columns, OUTCOMES)

    def _contacts(self) -> pa.Array:
        return tokens(self.customer[self.sent] * STRATEGIES + self.strategy[self.sent])


def delivered(*, customers: int) -> Iterator[tuple[Table, pa.Table]]:
    """What the bank tells of its customers: openings, balances, complaints and opt-outs."""
    rng = np.random.default_rng(1)
    days = np.datetime64(AS_OF) - rng.integers(0, OPEN_NIGHTS, customers)
    few = np.flatnonzero(rng.random(customers) < 0.05)
    yield (
        OPENINGS,
        _shaped(
            {
                "opening": few,
                "customer": tokens(few),
                "occurred_at": _noon(days[few]),
                "product": _named(rng.integers(0, len(PRODUCTS), len(few)), list(PRODUCTS)),
                "amount_fen": rng.integers(10_000, 5_000_000, len(few)),
                "known_at": _noon(days[few]),
            },
            OPENINGS,
        ),
    )
    yield BALANCES, _balances(days, rng)
    some = np.flatnonzero(rng.random(customers) < 0.003)
    yield (
        COMPLAINTS,
        _shaped(
            {
                "complaint": some,
                "customer": tokens(some),
                "opened_at": _noon(days[some]),
                "topic": pa.array(["contact"] * len(some)),
                "known_at": _noon(days[some]),
            },
            COMPLAINTS,
        ),
    )
    gone = np.flatnonzero(rng.random(customers) < 0.003)
    yield (
        SUPPRESSIONS,
        _shaped(
            {
                "customer": tokens(gone),
                "kind": pa.array(["opt_out"] * len(gone)),
                "channel": pa.array(["all"] * len(gone)),
                "since": pa.array(days[gone]),
                "until": pa.nulls(len(gone), pa.date32()),
                "known_at": _noon(days[gone]),
            },
            SUPPRESSIONS,
        ),
    )


def _balances(changed: np.ndarray, rng: np.random.Generator) -> pa.Table:
    """Everybody's at the two month's ends that open windows reach back to, and at one change inside them."""
    days = np.concatenate([np.full(len(changed), day) for day in MONTHS_ENDS] + [changed])
    customer = np.tile(np.arange(len(changed)), BALANCES_EACH)
    nothing = {f"{asset}_fen": np.zeros(len(days), dtype=np.int64) for asset in ASSET_CLASSES}
    assets = np.round(100 * np.exp(rng.normal(8, 1.5, len(days)))).astype(np.int64)
    given = {
        "customer": tokens(customer),
        "balance_date": pa.array(days),
        **nothing,
        "demand_fen": assets,
        "known_at": _noon(days),
    }
    return _shaped(given, BALANCES)


def tokens(numbers: np.ndarray) -> pa.Array:
    """Tokens as long as the vault's, one a number."""
    return pa.array(np.char.add("t1", np.char.zfill(np.char.mod("%x", numbers * 2_654_435_761), 24)))


def _shaped(columns: Mapping[str, object], table: Table) -> pa.Table:
    return pa.table({name: columns[name] for name in table.names}).cast(table.arrow_schema())


def _named(codes: np.ndarray, names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), names).cast(pa.string())


def _noon(days: object) -> np.ndarray:
    return np.asarray(days, dtype="datetime64[us]") + np.timedelta64(12, "h")
