"""Turns declared features into frames: filters by both times, one pass a source, one row a customer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from base.errors import DeclarationError
from features.catalogue import DECLARED, FEATURES
from features.declaration import Feature
from features.rows import Aggregates, Holdings, Others, Person, Rows
from features.sources import HOLDINGS, PERSON, Seen, Source
from lake.table import Classification, Read, Scope, Table
from lake.table import Column as TableColumn

CUSTOMER_FEATURES = Table(
    name="customer_features",
    doc="What is known of a customer at the close of the business date.",
    grain=("customer",),
    delivery="derived",
    columns=(
        TableColumn(
            name="customer", type="string", classification=Classification.TOKEN, doc="Token of the customer."
        ),
        *(
            TableColumn(
                name=each.name,
                type=each.type,
                classification=each.classification,
                doc=each.doc,
                required=not each.nullable,
                unit=each.unit,
            )
            for each in FEATURES.values()
        ),
    ),
)

SOURCES: tuple[Source, ...] = tuple(
    {each.source.name: each.source for each in DECLARED.values() if each.source}.values()
)

READS: tuple[Read, ...] = tuple(seen.read for source in SOURCES for seen in source.seen)
"""What the features read, for the job that makes them."""


def compile_features(as_of: date, frames: Mapping[Table, DataFrame]) -> DataFrame:
    """``customer_features`` at the close of ``as_of``: one row for every customer of the customers snapshot.

    ``frames`` holds each table of READS with its ``as_of`` column. Rows that happened or became known later
    are left out, whatever the frames hold.
    """
    people = _visible_rows(PERSON, frames, as_of)
    person = Person(as_of=as_of)
    base = people.select(
        "customer", *(each.compute(person).alias(each.name) for each in _features_of(PERSON))
    )
    passes = [_one_pass(source, frames, as_of) for source in SOURCES if source is not PERSON]
    joined = reduce(lambda left, right: left.join(right, "customer", "left"), passes, base)
    direct = [each for each in DECLARED.values() if each.source]
    frame = joined.select("customer", *(_finished(each, F.col(each.name)) for each in direct))
    for level in rounds(DECLARED):
        frame = frame.select("*", *(_finished(each, each.compute(Others())) for each in level))
    return frame.select(*CUSTOMER_FEATURES.names)


def _one_pass(source: Source, frames: Mapping[Table, DataFrame], as_of: date) -> DataFrame:
    aggregates = Aggregates()
    handle = Holdings if source is HOLDINGS else Rows
    features = [
        each.compute(handle(aggregates, as_of=as_of, window=each.window)).alias(each.name)
        for each in _features_of(source)
    ]
    rows = _visible_rows(source, frames, as_of)
    return rows.groupBy("customer").agg(*aggregates).select("customer", *features)


def _visible_rows(source: Source, frames: Mapping[Table, DataFrame], as_of: date) -> DataFrame:
    rows = source.shape(*(_visible(frames[seen.read.table], seen, as_of) for seen in source.seen))
    if source.in_force is None:
        return rows
    first, last = (F.col(name) for name in source.in_force)
    return rows.filter((first <= F.lit(as_of)) & (last.isNull() | (last >= F.lit(as_of))))


def _visible(frame: DataFrame, seen: Seen, as_of: date) -> DataFrame:
    """Rows that had happened, and that the bank knew, at the close of ``as_of``."""
    table = seen.read.table
    rows = frame.filter(_PARTITIONS[seen.read.scope](F.col("as_of"), F.lit(as_of)))
    tomorrow = F.lit(as_of + timedelta(days=1))
    for column in filter(None, (seen.happened, table.known)):
        rows = rows.filter(F.col(column) < tomorrow.cast(table[column].type))
    if seen.happened is None:
        return rows
    age = F.date_diff(F.lit(as_of), F.col(seen.happened).cast("date"))
    return rows.withColumn("age_days", age)


_PARTITIONS: dict[Scope, Callable[[Column, Column], Column]] = {
    "at": lambda partition, as_of: partition == as_of,
    "until": lambda partition, as_of: partition <= as_of,
    "before": lambda partition, as_of: partition < as_of,
}


def _features_of(source: Source) -> list[Feature]:
    return [each for each in DECLARED.values() if each.source is source]


def _finished(each: Feature, value: Column) -> Column:
    kept = value.cast(each.type)
    if each.empty is not None:
        kept = F.coalesce(kept, F.lit(each.empty).cast(each.type))
    return kept.alias(each.name)


def rounds(declared: Mapping[str, Feature]) -> Sequence[list[Feature]]:
    """Derived features in rounds: each round needs only what earlier rounds made.

    Raises DeclarationError when features are missing, or need each other in a ring.
    """
    needs = {name: _needs(each) for name, each in declared.items() if each.source is None}
    made = {name for name, each in declared.items() if each.source}
    found = []
    while needs:
        ready = [name for name, needed in needs.items() if needed <= made]
        if not ready:
            wanting = "; ".join(f"{name} needs {', '.join(sorted(needs[name] - made))}" for name in needs)
            raise DeclarationError(f"these features can never be computed: {wanting}")
        found.append([declared[name] for name in ready])
        made.update(ready)
        for name in ready:
            del needs[name]
    return found


def _needs(each: Feature) -> set[str]:
    others = Others()
    each.compute(others)
    return set(others.used)
