"""What a table is: grain, typed columns, and for every column how delicate it is."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import pyarrow as pa
from pyspark.sql import types as spark

from base.errors import DeclarationError

Type = Literal["string", "long", "int", "double", "boolean", "date", "timestamp"]
Delivery = Literal["snapshot", "events", "derived"]
Scope = Literal["at", "until", "before"]

_ARROW: dict[Type, pa.DataType] = {
    "string": pa.string(),
    "long": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
_SPARK: dict[Type, spark.DataType] = {
    "string": spark.StringType(),
    "long": spark.LongType(),
    "int": spark.IntegerType(),
    "double": spark.DoubleType(),
    "boolean": spark.BooleanType(),
    "date": spark.DateType(),
    "timestamp": spark.TimestampType(),
}


class Classification(Enum):
    """How delicate a column is; a column without one cannot be declared."""

    IDENTIFIER = "names a person: name, phone, ID number; lives in the vault only"
    TOKEN = "keyed stand-in for an identifier"  # noqa: S105
    QUASI = "may single a person out together with others: birth month, city"
    SENSITIVE = "financial or behavioural fact about a person"
    INTERNAL = "the house's own bookkeeping, not about a person"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. ``values``, ``low`` and ``high`` bound what is accepted; ``unit`` is CNY, days, fen, ..."""

    name: str
    type: Type
    classification: Classification
    doc: str
    required: bool = True
    unit: str | None = None
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the lake, partitioned by the business date ``as_of`` (not listed among its columns).

    ``delivery`` says how a date is read: a *snapshot* is whole in every partition; *events* add up over
    partitions; *derived* is made by the house, one partition a night. All times are the bank's local wall
    clock. ``happened`` and ``known`` name the columns that say when an event took place and when the bank
    learned of it. ``tolerance`` is the share of rejected rows above which the night stops.
    """

    name: str
    doc: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    delivery: Delivery
    happened: str | None = None
    known: str | None = None
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names) or "as_of" in names:
            raise DeclarationError(f"table {self.name}: column names must be unique and 'as_of' is implied")
        for name in (*self.grain, *filter(None, (self.happened, self.known))):
            if name not in names:
                raise DeclarationError(f"table {self.name}: {name!r} is not one of its columns")
        for column in self.columns:
            if column.classification is Classification.IDENTIFIER and self.name != "identities":
                raise DeclarationError(
                    f"table {self.name}: column {column.name} names a person; "
                    "identifiers live in the vault only"
                )

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def at(self) -> "Read":
        """This date's partition."""
        return Read(self, "at")

    @property
    def until(self) -> "Read":
        """All partitions up to and with this date's."""
        return Read(self, "until")

    @property
    def before(self) -> "Read":
        """All partitions before this date's."""
        return Read(self, "before")

    @property
    def names(self) -> tuple[str, ...]:
        """Column names without ``as_of``, in order."""
        return tuple(column.name for column in self.columns)

    def arrow_schema(self) -> pa.Schema:
        """Arrow schema without ``as_of``."""
        return pa.schema([pa.field(c.name, _ARROW[c.type], nullable=not c.required) for c in self.columns])

    def spark_schema(self) -> spark.StructType:
        """Spark schema without ``as_of``; every field nullable, as stores deliver them."""
        return spark.StructType([spark.StructField(c.name, _SPARK[c.type], True) for c in self.columns])


@dataclass(frozen=True)
class Read:
    """Which partitions of a table a job reads, seen from its business date."""

    table: Table
    scope: Scope
