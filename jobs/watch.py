"""What the watch does in a night: before lists are made, when outcomes have come, and over the trail."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import func, select, text

from base.errors import LedgerError
from jobs.job import Night
from ledger.audit.checkpoints import FILE, PUBLIC_KEY, folder_of, read_checkpoints
from ledger.audit.verdicts import keep
from ledger.audit.verify import Verdict, verify
from ledger.database import Ledger
from outreach.watch.alerts import raise_alert, tell
from outreach.watch.nights import watch_night
from outreach.watch.past import Night as Counted

_DROPS = ("suppressed", "opted_out", "number_opted_out")
_SWITCHED_OFF = ("strategy_switched_off", "channel_switched_off")
_NOT_REACHED = ("not_delivered", "no_answer")


def watch_release(night: Night, decided: pa.Table, why: pa.Array) -> None:
    """Looks at what was decided (``channel``) and why a row must not leave (null: it goes), before lists are
    made: a channel that drops far more than usual is stopped then, and stays off tonight's lists. What people
    switched off is their own doing, and is left out.
    """
    running = pc.invert(pc.is_in(why, value_set=pa.array(_SWITCHED_OFF)))
    decided, why = decided.filter(running), why.filter(running)
    dropped = pc.is_in(why, value_set=pa.array(_DROPS))
    counts = {
        channel: Counted(hits=hits, total=total) for channel, hits, total in _by_channel(decided, dropped)
    }
    watch_night(night.ledger, "drop_rate", counts, as_of=night.as_of)
    sizes = {channel: Counted(hits=hits) for channel, hits, _ in _by_channel(decided, pc.is_null(why))}
    watch_night(night.ledger, "list_size", sizes, as_of=night.as_of)


def watch_outcomes(night: Night, outcomes: pa.Table) -> None:
    """Looks at tonight's outcomes (channel, result, contact_day), stops channels that go wrong, and proves
    the audit trail. Late answers to earlier nights are left out: those nights were looked at."""
    contact_day = pa.scalar(night.as_of + timedelta(days=1), pa.date32())
    own = outcomes.filter(pc.equal(outcomes["contact_day"], contact_day))
    signs = {
        "pick_up_rate": pc.invert(pc.is_in(own["result"], value_set=pa.array(_NOT_REACHED))),
        "complaint_rate": pc.equal(own["result"], "complained"),
    }
    for measure, rows in signs.items():
        counts = {channel: Counted(hits=hits, total=total) for channel, hits, total in _by_channel(own, rows)}
        watch_night(night.ledger, measure, counts, as_of=night.as_of)
    with suppress(LedgerError):  # the alarm is raised; what was learned is learned
        prove_the_trail(night.ledger)
    tell(night.ledger)


def _by_channel(rows: pa.Table, hit: pa.Array | pa.ChunkedArray) -> list[tuple[str, int, int]]:
    """Channel, rows that are hit, rows."""
    counted = pa.table({"channel": rows["channel"], "hit": pc.cast(hit, pa.int64())})
    found = counted.group_by("channel").aggregate([("hit", "sum"), ("hit", "count")]).sort_by("channel")
    return [(row["channel"], row["hit_sum"], row["hit_count"]) for row in found.to_pylist()]


def prove_the_trail(
    ledger: Ledger, *, since: int = 0, checkpoints: Path | None = None, public_key: Path | None = None
) -> Verdict:
    """Verifies the audit against the checkpoints kept outside, keeps the verdict beside them, and raises the
    alarm where the trail was bent.

    Raises LedgerError where a checkpoint's signature does not hold.
    """
    folder = folder_of(ledger.settings)
    kept, key = checkpoints or folder / FILE, public_key or folder / PUBLIC_KEY
    try:
        witnesses = read_checkpoints(kept, public_key=key)
    except LedgerError as error:
        raise_alert(ledger, kind="chain_broken", subject="checkpoints", detail={"why": str(error)})
        raise
    with ledger.engine.connect() as connection:
        connection.execute(text("set transaction isolation level repeatable read, read only"))
        now = connection.execute(select(func.now())).scalar_one()
        verdict = verify(connection, witnesses, since=since)
    keep(verdict, folder, now=now)
    if verdict.fault is not None:
        raise_alert(
            ledger,
            kind="chain_broken",
            subject=f"line {verdict.fault.number}",
            detail={"bend": verdict.fault.bend, "intact_to": verdict.intact_to},
        )
    return verdict
