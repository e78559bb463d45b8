"""What all tables of the ledger belong to."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, MetaData, String, any_, cast
from sqlalchemy.dialects.postgresql import ARRAY

METADATA = MetaData()


def among(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Whether the column is one of ``values``, however many: a list of parameters has an end."""
    return column == any_(cast(values, ARRAY(String)))
