"""What recipes for public data sets share: finding the file, shaping extracts, assuming consents."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from base.errors import SourceError
from base.settings import Settings
from lake.table import Table
from lake.tables import CONSENTS
from sources.extract import Extract


def read_public(settings: Settings, name: str, **options: Any) -> pd.DataFrame:
    """The file ``name`` below the folder of public data, as text separated by semicolons.

    Raises SourceError saying where it was looked for.
    """
    path = settings.data / name
    if not path.is_file():
        raise SourceError(
            f"{name} is not in {settings.data}; set DATA= (or LONGREACH_DATA) to the folder that holds it, "
            "README.md says where the public originals are to be had"
        )
    try:
        read: pd.DataFrame = pd.read_csv(path, sep=";", **options)
        return read
    except (ValueError, OSError, EOFError) as error:
        raise SourceError(f"{name} does not read ({type(error).__name__}); fetch it anew") from None


def shape(table: Table, columns: Mapping[str, Any]) -> pa.Table:
    """An extract of ``table`` from arrays by column name; declared columns that are left out are null."""
    rows = len(columns["customer_no"])
    types = {field.name: field.type for field in table.arrow_schema()}
    arrays = {}
    for column in Extract(table=table).delivered:
        type_ = types.get(column.name, pa.string())
        given = columns.get(column.name)
        arrays[column.name] = pa.nulls(rows, type_) if given is None else _array(given, type_)
    return pa.table(arrays)


def assumed_consents(customer_nos: pa.Array, since: "pd.Series[Any]", channels: tuple[str, ...]) -> pa.Table:
    """Marketing consents by each of ``channels`` from ``since`` on; public data sets record none."""
    days = since.to_numpy().astype("datetime64[D]")
    return pa.concat_tables(
        shape(
            CONSENTS,
            {
                "customer_no": customer_nos,
                "purpose": ["marketing"] * len(customer_nos),
                "channel": [channel] * len(customer_nos),
                "granted": [True] * len(customer_nos),
                "valid_from": days,
                "known_at": days.astype("datetime64[us]"),
            },
        )
        for channel in channels
    )


def _array(given: Any, type_: pa.DataType) -> pa.Array:
    if isinstance(given, pa.Array):
        return given
    naive = pa.timestamp("us") if pa.types.is_timestamp(type_) else type_
    if isinstance(given, pd.Series) and pa.types.is_date(type_):
        given = given.dt.date
    return pa.array(given, naive, from_pandas=True)
