"""Takes rows out of a table for good: out of its files, its earlier versions and its log."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

_FORGETFUL = {"delta.logRetentionDuration": "interval 0 days"}
_ORDINARY = {"delta.logRetentionDuration": "interval 30 days"}


def erase_delta(path: Path, *, columns: Sequence[str], tokens: Sequence[str]) -> int:
    """Deletes the rows in which a token stands; returns how many. No earlier version can be read after."""
    table = DeltaTable(str(path))
    values = ", ".join(f"'{token}'" for token in tokens)
    written = {field.name for field in table.schema().fields}
    predicate = " or ".join(f'"{column}" in ({values})' for column in columns if column in written)
    deleted = int(table.delete(predicate)["num_deleted_rows"])
    forget_versions(path)
    return deleted


def drop_delta_before(path: Path, day: date) -> int:
    """Deletes the partitions of the days before ``day``; returns how many rows. Earlier versions go too."""
    table = DeltaTable(str(path))
    deleted = int(table.delete(f"as_of < date '{day.isoformat()}'")["num_deleted_rows"])
    if deleted:
        forget_versions(path)
    return deleted


def forget_versions(path: Path) -> None:
    """Leaves nothing of a Delta table but what it holds now.

    Its log quotes the least and the greatest token of every file, so the log begins anew as well.
    """
    table = DeltaTable(str(path))
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    table.alter.set_table_properties(_FORGETFUL)
    table = DeltaTable(str(path))
    table.create_checkpoint()
    table.cleanup_metadata()
    table.alter.set_table_properties(_ORDINARY)


def erase_parquet(path: Path, *, columns: Sequence[str], tokens: Sequence[str]) -> int:
    """The same of a folder of Parquet files, each of which is replaced whole."""
    values, deleted = pa.array(tokens, pa.string()), 0
    for file in sorted(path.glob("as_of=*/*.parquet")):
        rows = pq.ParquetFile(file).read()
        theirs = pa.array([False] * rows.num_rows, pa.bool_())
        for column in set(columns) & set(rows.column_names):
            theirs = pc.or_(theirs, pc.is_in(rows[column].combine_chunks(), value_set=values))
        found = int(pc.sum(theirs).as_py() or 0)
        if found:
            # Readers pass over names that begin with a dot, so a half-written file is never seen.
            draft = file.with_name(f".{file.name}")
            pq.write_table(rows.filter(pc.invert(theirs)), draft)
            draft.replace(file)
        deleted += found
    return deleted
