"""Takes in what recipients sent back about a night's contact list."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lake.tables import OUTCOMES
from lake.tables.words import RESULTS
from sources.answers import ANSWERS, SUFFIXES, read_answers


@dataclass(frozen=True)
class TakenIn:
    """Accepted outcomes (columns of OUTCOMES), and how many rows were refused, by reason."""

    outcomes: pa.Table
    refused: dict[str, int]


def read_inbox(folder: Path) -> pa.Table:
    """Every outcome file of one night's inbox, as delivered: columns of ANSWERS. No folder: no rows.

    Raises SourceError naming the file when one cannot be read or lacks a column.
    """
    files = sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)
    return pa.concat_tables([ANSWERS.empty_table(), *map(read_answers, files)])


def take_in(delivered: pa.Table, lists: pa.Table, *, before: pa.Table) -> TakenIn:
    """Joins outcomes to the contacts they answer, of tonight's list or of earlier ones.

    ``lists``: contact, customer, strategy, step, channel, contact_day. ``before``: contact and result of what
    earlier nights took in for these contacts. Refused and counted: contacts that were never released, unknown
    results, and answers to one contact besides the gravest (the order of RESULTS, then the earliest), in
    whatever order and on whatever night they are delivered: who opened a message and then said no has said
    no. What claims to have happened before the contact day counts from that day on, so that no refusal is too
    old to be honoured.
    """
    known = pc.is_in(delivered["contact"], value_set=lists["contact"].combine_chunks())
    worded = pc.is_in(delivered["result"], value_set=pa.array(RESULTS))
    valid = delivered.filter(pc.and_(known, worded)).join(lists, keys="contact", join_type="inner")
    dawn = valid["contact_day"].cast(pa.timestamp("us")).cast(ANSWERS.field("happened_at").type)
    moments = pc.if_else(pc.less(valid["happened_at"], dawn), dawn, valid["happened_at"])
    gravity = pc.index_in(valid["result"], value_set=pa.array(RESULTS))
    gravest = (
        valid.set_column(valid.schema.get_field_index("happened_at"), "happened_at", moments)
        .append_column("gravity", gravity)
        .sort_by(
            [
                ("contact", "ascending"),
                ("gravity", "descending"),
                ("happened_at", "ascending"),
                ("seconds", "ascending"),
            ]
        )
    )
    new = _firsts(gravest)
    news = new.filter(pc.greater(new["gravity"], _known_gravity(new["contact"], before)))
    refused = {
        "contact was never released": delivered.num_rows - (pc.sum(known).as_py() or 0),
        "result is not one of the known words": pc.sum(pc.and_(known, pc.invert(worded))).as_py() or 0,
        "contact was answered before": valid.num_rows - news.num_rows,
    }
    return TakenIn(news.select(OUTCOMES.names), {why: rows for why, rows in refused.items() if rows})


def _firsts(rows: pa.Table) -> pa.Table:
    """The first row of every contact; ``rows`` are sorted by it."""
    others = [name for name in rows.column_names if name != "contact"]
    grouped = rows.group_by("contact", use_threads=False).aggregate([(name, "first") for name in others])
    return grouped.rename_columns({f"{name}_first": name for name in others})


def _known_gravity(contacts: pa.ChunkedArray, before: pa.Table) -> pa.Array:
    """The rank of the gravest result known before, -1 where there is none."""
    ranked = before.append_column("gravity", pc.index_in(before["result"], value_set=pa.array(RESULTS)))
    worst = ranked.group_by("contact").aggregate([("gravity", "max")])
    places = pc.index_in(contacts, value_set=worst["contact"].combine_chunks())
    return pc.fill_null(worst["gravity_max"].take(places), -1)
