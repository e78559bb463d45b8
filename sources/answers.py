"""What an outcome is, in files and in answers, and how a file of them is read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from base.errors import SourceError

ANSWERS = pa.schema(
    [
        ("contact", pa.string()),
        ("result", pa.string()),
        ("happened_at", pa.timestamp("us", tz="UTC")),
        ("seconds", pa.int32()),
    ]
)
_READERS = {".parquet": pq.read_table, ".csv": pa_csv.read_csv}
SUFFIXES = tuple(_READERS)


def read_answers(path: Path) -> pa.Table:
    """The outcomes of one file: columns of ANSWERS. Raises SourceError like ``parse_answers``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"outcome file {path.name} cannot be read ({error.strerror})") from error
    return parse_answers(content, name=path.name)


def parse_answers(content: bytes, *, name: str) -> pa.Table:
    """The outcomes that a file of that name holds: columns of ANSWERS.

    Raises SourceError naming the file when it cannot be read, lacks a column or holds a wrong type.
    """
    try:
        table = _READERS[Path(name).suffix](pa.BufferReader(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(
            f"outcome file {name} cannot be read ({type(error).__name__}); ask for it again"
        ) from error
    missing = [column for column in ANSWERS.names if column not in table.column_names]
    if missing:
        raise SourceError(f"outcome file {name} ({table.num_rows} rows) lacks {', '.join(missing)}")
    try:
        return table.select(ANSWERS.names).cast(ANSWERS)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SourceError(
            f"outcome file {name} ({table.num_rows} rows): a column has the wrong type; expected "
            + ", ".join(f"{field.name} {field.type}" for field in ANSWERS)
        ) from error
