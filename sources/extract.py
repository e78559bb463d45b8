"""How a source writes one table: encoding, separator, formats, and what its columns and words are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lake.table import Classification, Column, Table

CUSTOMER_NO = Column(
    name="customer_no",
    type="string",
    classification=Classification.IDENTIFIER,
    doc="The bank's own number of the customer.",
)


@dataclass(frozen=True, kw_only=True)
class Extract:
    """One table as a source delivers it. What is left out is plain: UTF-8, commas, ISO dates, money in fen.

    ``date_format`` and ``time_format`` are strptime patterns; ``columns`` maps our column names to theirs and
    ``words`` their values to ours, by our column name; ``ignored`` lists columns of theirs that are never
    read; ``nulls`` are the cells that mean "nothing"; ``needs_rows`` says that an empty file cannot be right.
    Parquet carries its own types, so only money, columns, words, ignored and needs_rows matter there.
    """

    table: Table
    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    money: Literal["fen", "yuan"] = "fen"
    date_format: str | None = None
    time_format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ("",)
    needs_rows: bool = False

    @property
    def delivered(self) -> tuple[Column, ...]:
        """The columns agreed with the bank: those of the table, with the customer's number for the token."""
        columns = [
            column for column in self.table.columns if column.name not in ("customer", CUSTOMER_NO.name)
        ]
        return (CUSTOMER_NO, *columns)

    def theirs(self, name: str) -> str:
        """What the source calls our column ``name``."""
        return self.columns.get(name, name)
