"""What the watch does at a job's end, a call each."""

from pathlib import Path

from sqlalchemy import text

from ledger.audit.checkpoints import FILE, PUBLIC_KEY, folder_of, read_checkpoints
from ledger.audit.verify import Verdict, verify
from ledger.database import Ledger
from outreach.watch.alerts import raise_alert


def prove_the_trail(
    ledger: Ledger, *, since: int = 0, checkpoints: Path | None = None, public_key: Path | None = None
) -> Verdict:
    """Verifies the audit against the checkpoints kept outside, and raises the alarm where it was bent.

    Raises LedgerError where a checkpoint's signature does not hold.
    """
    folder = folder_of(ledger.settings)
    witnesses = read_checkpoints(checkpoints or folder / FILE, public_key=public_key or folder / PUBLIC_KEY)
    with ledger.engine.connect() as connection:
        connection.execute(text("set transaction isolation level repeatable read, read only"))
        verdict = verify(connection, witnesses, since=since)
    if verdict.fault is not None:
        raise_alert(
            ledger,
            kind="chain_broken",
            subject=f"line {verdict.fault.number}",
            detail={"bend": verdict.fault.bend, "intact_to": verdict.intact_to},
        )
    return verdict
