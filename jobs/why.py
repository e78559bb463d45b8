"""Why a customer is, or is not, contacted: every strategy asked of him, and what came of it."""

import codecs
import contextlib
import io
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from base.errors import SettingsError, StoreError
from base.settings import Settings
from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from jobs.decided import Decided, open_decided
from jobs.job import Night
from lake.tables import (
    CANDIDATES,
    CUSTOMER_SEGMENTS,
    CUSTOMERS,
    LIMITS,
    PERSONS,
    PLAN,
    POSITIONS,
    SUPPRESSIONS,
)
from outreach.policy.suppressions import non_personalised
from outreach.publish import publish_file
from outreach.why import FORBIDDEN, price_parts, why
from strategies.atoms import RuleError
from strategies.candidates import for_everybody, selected
from strategies.document import Strategy
from strategies.funnel import positions
from strategies.rule import Rule, parse

_TOKENS = "the column customer of every table holds them, and so does longreach why --all --to FILE.csv"
_YUAN = ("value", "cost", "price", "short_by")
_UNREAD = "its rule of that night no longer reads", "a feature that is gone since"
_NOT_LET_IN = "left out of its experiment by ramp or layer", "a wider ramp or layer"


@dataclass(frozen=True, kw_only=True)
class NotAsked:
    """A strategy whose rule selects the customer, and which is no candidate all the same."""

    strategy: str
    reason: str
    otherwise: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a night made of one customer.

    ``standing``: why nothing is asked of him at all; None where strategies are. ``candidates``: the columns
    of ``outreach.why.WHY`` and, where permitted, ``prices``, CNY by limit; chosen ones first. ``unselected``:
    strategies whose rules do not select him. ``titles``: what people call the strategies named.
    """

    as_of: date
    customer: str
    standing: str | None
    candidates: tuple[dict[str, Any], ...]
    not_asked: tuple[NotAsked, ...]
    unselected: int
    titles: dict[str, str]


def ask(settings: Settings, customer: str, *, as_of: date | None, progress: Callable[[str], None]) -> Answer:
    """What the night, or the last one, made of ``customer`` (a token).

    Raises ScheduleError where the night is not decided, SettingsError where it knows no such customer.
    """
    with open_decided(settings, as_of=as_of, progress=progress) as decided:
        night, one = decided.night, F.col("customer") == customer
        _require(night, customer)
        tail = night.store.read(CUSTOMER_SEGMENTS, as_of=night.as_of).filter(one)
        standing = None if tail.count() else _not_long_tail(night, customer)
        rows = _with_prices(decided, _rows(decided).filter(one).toArrow().to_pylist())
        not_asked, unselected = ([], 0) if standing else _silent(decided, customer, asked=rows)
        return Answer(
            as_of=night.as_of,
            customer=customer,
            standing=standing,
            candidates=tuple(sorted(rows, key=_graded)),
            not_asked=tuple(not_asked),
            unselected=unselected,
            titles=_titles(decided, {row["strategy"] for row in rows} | {one.strategy for one in not_asked}),
        )


def write_all(settings: Settings, path: Path, *, as_of: date | None, progress: Callable[[str], None]) -> int:
    """Writes the whole night's answers to a CSV file that only its owner may read; returns its rows.

    The file appears whole or not at all. Raises ScheduleError where the night is not decided, StoreError
    where the file cannot be written.
    """
    with open_decided(settings, as_of=as_of, progress=progress) as decided:
        night = decided.night
        staging = night.settings.home.resolve() / "staging"
        with TemporaryDirectory(prefix="why-", dir=staging) as folder:
            _rows(decided).write.mode("overwrite").parquet(folder)
            parts = sorted(Path(folder).glob("*.parquet"))
            try:
                publish_file(path, _lines(parts), mode=0o600)
            except OSError as error:
                raise StoreError(f"{path}: not written ({error.strerror}); make room, ask again") from error
            return sum(pq.read_metadata(part).num_rows for part in parts)


def _rows(decided: Decided) -> DataFrame:
    night = decided.night
    candidates, plan, limits = (
        night.store.read(table, as_of=night.as_of) for table in (CANDIDATES, PLAN, LIMITS)
    )
    highs = {row["name"]: row["high"] for row in limits.select("name", "high").collect()}
    return why(candidates, plan, rooms=decided.rooms, highs=highs)


def _with_prices(decided: Decided, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The candidates, those that policy permits with ``prices``: what each limit adds to their price."""
    night = decided.night
    limits = night.store.read(LIMITS, as_of=night.as_of).select("name", "price").collect()
    permitted = [row for row in rows if row["fate"] != FORBIDDEN]
    if not permitted:
        return rows
    prices = {row["name"]: row["price"] for row in limits}
    parts = price_parts(permitted, rooms=decided.rooms, prices=prices)
    return [row for row in rows if row["fate"] == FORBIDDEN] + [
        row | {"prices": own} for row, own in zip(permitted, parts, strict=True)
    ]


def _lines(parts: Sequence[Path]) -> Iterator[bytes]:
    """The rows as CSV, a batch at a time, under one heading; marked as UTF-8, which spreadsheets ask for."""
    yield codecs.BOM_UTF8
    heading = True
    for part in parts:
        for batch in pq.ParquetFile(part).iter_batches():
            text = io.BytesIO()
            csv.write_csv(
                _rounded(pa.Table.from_batches([batch])), text, csv.WriteOptions(include_header=heading)
            )
            heading = False
            yield text.getvalue()


def _rounded(rows: pa.Table) -> pa.Table:
    """With yuan to the hundredth of a fen, below which is only what binary fractions add."""
    for name in _YUAN:
        yuan = pa.array(np.round(rows[name].to_numpy(), 4), mask=rows[name].is_null().to_numpy())
        rows = rows.set_column(rows.column_names.index(name), name, yuan)
    return rows


def _require(night: Night, customer: str) -> None:
    known = night.store.read(CUSTOMERS, as_of=night.as_of).filter(F.col("customer") == customer)
    if known.count() == 0:
        said = "that looks like a number of the customer's" if _is_number(customer) else "no such customer"
        # What was typed may be a phone number, so it is not repeated.
        raise SettingsError(f"{said} on {night.as_of}: customers go by their tokens here; {_TOKENS}")


def _is_number(customer: str) -> bool:
    digits = sum(sign.isdigit() for sign in customer)
    return digits >= 6 and not any(sign.isalpha() for sign in customer)


def _not_long_tail(night: Night, customer: str) -> str:
    band = night.settings.long_tail
    known = night.store.read(CUSTOMER_FEATURES, as_of=night.as_of).filter(F.col("customer") == customer)
    found = known.select("aum_now").collect()
    if not found or found[0]["aum_now"] is None:
        return "not of the long tail: the assets are not known"
    return (
        f"not of the long tail: assets of {found[0]['aum_now']:,.2f} yuan, where the long tail goes from "
        f"{band.aum_low:,.0f} to under {band.aum_high:,.0f}"
    )


def _silent(
    decided: Decided, customer: str, *, asked: Sequence[dict[str, Any]]
) -> tuple[list[NotAsked], int]:
    """The strategies that run and are no candidates of his: those that know him, and how many do not."""
    night, one, day = decided.night, F.col("customer") == customer, decided.night.as_of + timedelta(days=1)
    running = [each for each in decided.book if each.runs_on(day)]
    names, rules = {each.name for each in running}, _rules(running)
    known = night.store.read(CUSTOMER_FEATURES, as_of=night.as_of).filter(one)
    asking = for_everybody(rules) if _is_unread(night, customer, day=day) else rules
    conditions = {name: rule.condition for name, rule in asking.items()}
    by_rule = selected(known, strategies=conditions, carried=("customer",), as_of=night.as_of).collect()
    touches = night.store.read(POSITIONS, as_of=night.as_of).filter(one)
    journeys = positions(touches, strategies=running, as_of=night.as_of).collect()
    silent = {each.name: _UNREAD for each in running if each.name not in rules}
    silent |= {row["strategy"]: _NOT_LET_IN for row in by_rule}
    silent |= {
        row["strategy"]: _begun(row["first_exposed"], is_due=row["step"] is not None)
        for row in journeys
        if row["strategy"] in names
    }
    for row in asked:
        silent.pop(row["strategy"], None)
    told = [
        NotAsked(strategy=name, reason=reason, otherwise=otherwise)
        for name, (reason, otherwise) in sorted(silent.items())
    ]
    return told, len(names - set(silent) - {row["strategy"] for row in asked})


def _is_unread(night: Night, customer: str, *, day: date) -> bool:
    """Whether he chose that nothing be read to choose him."""
    suppressions, persons = (night.store.read(table, as_of=night.as_of) for table in (SUPPRESSIONS, PERSONS))
    found = non_personalised(suppressions, persons=persons, day=day)
    return found.filter(F.col("customer") == customer).count() > 0


def _rules(book: Iterable[Strategy]) -> dict[str, Rule]:
    """The rules of those whose rule, written for the night, reads today."""
    found = {}
    for each in book:
        with contextlib.suppress(RuleError):
            found[each.name] = parse(each.who, FEATURES)
    return found


def _begun(first: date, *, is_due: bool) -> tuple[str, str]:
    if is_due:
        return f"begun on {first}; a product has been taken up since, so no more is asked", "nothing"
    return (
        f"begun on {first}: no touch is due, and by its terms it does not begin again yet",
        "another result or a later day",
    )


def _titles(decided: Decided, names: Collection[str]) -> dict[str, str]:
    return {each.name: each.title for each in decided.book if each.name in names}


def _graded(row: dict[str, Any]) -> tuple[int, float, str, int]:
    """Chosen, passed over, forbidden; the nearest to being chosen first, what worth cannot help last."""
    grade = {"contact": 0, "held_out": 0, "forbidden": 2}.get(row["fate"], 1)
    return grade, math.inf if row["short_by"] is None else row["short_by"], row["strategy"], row["step"]
