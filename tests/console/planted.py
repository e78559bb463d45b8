"""What each kind of field looks like where a night has run, so that answers can be searched for it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import select

import lake.tables
from base.roles import Field
from console.pages.segments.cards import cards, phrases
from features.compiler import CUSTOMER_FEATURES
from lake.glance import Glance
from lake.table import Classification, Column, Table
from lake.tables import SEGMENT_CATALOG
from ledger.schema import STRATEGIES
from outreach.mask import WHOLE, mask_phone
from tests.console.desk import Desk

WATCHED = "watched-by-the-trail"
"""Stands in the trail and in an alert."""
SHARED_BY = 3
"""What more rows than that have in common is no fact of one person."""
_LEAST = 6
"""Characters that make a value unlike words and other numbers of a page."""
_LARGE = 10_000
"""Yuan from which an amount to the cent is hardly another number of a page by chance."""
_WORDS = (
    r"[A-Za-z0-9_*-]+",
    r"-?[0-9][0-9,]*\.[0-9]{2}",
    r"[A-Z][a-z]{2} [0-9]{4}",
    r"[\u4e00-\u9fff·*]{2,}",
)
"""Tokens, numbers and days; amounts; months; names."""


def planted(desk: Desk) -> dict[Field, frozenset[str]]:
    """By kind of field the values that a page may not show to whoever may not see that kind.

    Of the lake's columns what few rows share, by the classification that their tables declare; of the
    house's own bookkeeping the names of strategies.
    """
    by_kind: dict[Field, set[str]] = {kind: set() for kind in Field}
    for table in _tables():
        for column in table.columns:
            by_kind[Field[column.classification.name]] |= _rare(desk, table, column)
    for names, values in _identities(desk).items():
        by_kind[names] |= values
    own = by_kind[Field.INTERNAL]
    by_kind = {kind: values - own for kind, values in by_kind.items()}
    with desk.ledger.engine.connect() as connection:
        by_kind[Field.INTERNAL] = set(connection.execute(select(STRATEGIES.c.name)).scalars())
    by_kind[Field.FIGURES] = _figures(desk)
    by_kind[Field.TRAIL] = {WATCHED}
    return {kind: frozenset(values) for kind, values in by_kind.items()}


def shown(text: str, values: frozenset[str]) -> set[str]:
    """Which of the values stand in an answer, as words of it or of its addresses."""
    return {*(_words(text) & values), *(one for one in values if " against " in one and one in text)}


@lru_cache(maxsize=2_000)
def _words(text: str) -> frozenset[str]:
    plain = f"{text}\n{unescape(unquote(text))}"
    return frozenset(word for pattern in _WORDS for word in re.findall(pattern, plain))


def _tables() -> Iterator[Table]:
    yield from (one for one in vars(lake.tables).values() if isinstance(one, Table))
    yield CUSTOMER_FEATURES


def _rare(desk: Desk, table: Table, column: Column) -> set[str]:
    """How a page would write what few rows of the last night have in common; of words and tokens, all."""
    glance, found = Glance(desk.settings.lake_folder), set[str]()
    for as_of in glance.dates(table)[-1:]:
        rows = glance.read(table, as_of=as_of, columns=(column.name,))[column.name]
        counts = pc.value_counts(rows)
        values, times = counts.field("values"), counts.field("counts")
        if not pa.types.is_string(values.type):
            values = values.filter(pc.less_equal(times, SHARED_BY))
        for value in values.drop_null().to_pylist():
            found.update(_written(value, column))
    return found


def _written(value: Any, column: Column) -> Iterable[str]:
    """The ways in which a page would write the value; none for what says nothing of anybody by itself."""
    kind = column.classification
    if kind in (Classification.TOKEN, Classification.INTERNAL):
        return [value] if isinstance(value, str) and len(value) >= _LEAST else []
    if kind is Classification.QUASI:
        return [value.isoformat(), f"{value:%b %Y}"] if isinstance(value, date) else []
    amount = value / 100 if column.unit == "fen" else value
    if isinstance(amount, float) and abs(amount) >= _LARGE and round(amount, 2) != round(amount):
        return [f"{amount:.2f}", f"{amount:,.2f}"]
    return []


def _identities(desk: Desk) -> Mapping[Field, set[str]]:
    """Who the customers are, as they were delivered."""
    (file,) = desk.settings.landing_folder.glob(f"*{desk.settings.synthetic.first_night}*/identities.parquet")
    people = pq.read_table(file, columns=["customer_no", "name", "phone", "id_number"])
    named = {one for column in people.columns for one in column.to_pylist() if one}
    return {Field.IDENTIFIER: named, Field.MASKED: set(mask_phone(people["phone"]).to_pylist()) - {WHOLE}}


def _figures(desk: Desk) -> set[str]:
    """What is told of segments: their middle against everybody's."""
    glance = Glance(desk.settings.lake_folder)
    told = cards(glance, as_of=glance.dates(SEGMENT_CATALOG)[-1]).values()
    return {phrase for card in told for phrase in phrases(card, "en") if " against " in phrase}
