"""Takes in what recipients sent back about a night's contact list."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from base.errors import SourceError
from lake.tables import OUTCOMES
from lake.tables.words import RESULTS
from sources.source import ANSWERS

GRAVEST = ("complained", "refused")


@dataclass(frozen=True)
class TakenIn:
    """Accepted outcomes (columns of OUTCOMES), and how many rows were refused, by reason."""

    outcomes: pa.Table
    refused: dict[str, int]


def read_inbox(folder: Path) -> pa.Table:
    """Every outcome file of one night's inbox, as delivered: columns of ANSWERS. No folder: no rows.

    Raises SourceError naming the file when one cannot be read or lacks a column.
    """
    files = sorted(path for path in folder.glob("*") if path.suffix in (".parquet", ".csv"))
    return pa.concat_tables([ANSWERS.empty_table(), *(_read(path) for path in files)])


def take_in(delivered: pa.Table, lists: pa.Table, *, contact_day: date) -> TakenIn:
    """Joins outcomes to the contacts they answer; ``lists`` has CONTACT_LISTS' columns.

    Refused and counted: contacts that were never released, unknown results, and a second answer to one
    contact. A complaint stands before a refusal, a refusal before all else, then the earliest, in whatever
    order they are delivered: who opened a message and then said no has said no. What claims to have happened
    before the contact day counts from that day on, so that no refusal is too old to be honoured.
    """
    released = lists.select(["contact", "customer", "strategy", "step", "channel"])
    known = pc.is_in(delivered["contact"], value_set=released["contact"].combine_chunks())
    worded = pc.is_in(delivered["result"], value_set=pa.array(RESULTS))
    valid = delivered.filter(pc.and_(known, worded))
    dawn = pa.scalar(datetime.combine(contact_day, time(), tzinfo=UTC), ANSWERS.field("happened_at").type)
    moments = pc.if_else(pc.less(valid["happened_at"], dawn), dawn, valid["happened_at"])
    valid = valid.set_column(valid.schema.get_field_index("happened_at"), "happened_at", moments)
    rank = pc.fill_null(pc.index_in(valid["result"], value_set=pa.array(GRAVEST)), len(GRAVEST))
    ordered = valid.append_column("rank", rank).sort_by(
        [(name, "ascending") for name in ("contact", "rank", "happened_at", "result")]
    )
    first = ordered.group_by("contact", use_threads=False).aggregate(
        [("result", "first"), ("happened_at", "first"), ("seconds", "first")]
    )
    first = first.rename_columns(
        {"result_first": "result", "happened_at_first": "happened_at", "seconds_first": "seconds"}
    )
    joined = first.join(released, keys="contact", join_type="inner")
    refused = {
        "contact was never released": delivered.num_rows - (pc.sum(known).as_py() or 0),
        "result is not one of the known words": pc.sum(pc.and_(known, pc.invert(worded))).as_py() or 0,
        "contact was answered before": valid.num_rows - first.num_rows,
    }
    return TakenIn(
        joined.select(OUTCOMES.names).sort_by("contact"), {why: rows for why, rows in refused.items() if rows}
    )


def _read(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path) if path.suffix == ".parquet" else pa_csv.read_csv(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(
            f"outcome file {path.name} cannot be read ({type(error).__name__}); ask for it again"
        ) from error
    missing = [name for name in ANSWERS.names if name not in table.column_names]
    if missing:
        raise SourceError(f"outcome file {path.name} ({table.num_rows} rows) lacks {', '.join(missing)}")
    try:
        return table.select(ANSWERS.names).cast(ANSWERS)
    except pa.ArrowInvalid as error:
        raise SourceError(
            f"outcome file {path.name} ({table.num_rows} rows): a column has the wrong type; expected "
            + ", ".join(f"{field.name} {field.type}" for field in ANSWERS)
        ) from error
