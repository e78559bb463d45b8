"""Stands where the outside world answers: a night's lists go to the source, its outcomes into the inbox."""

import io
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from base.errors import ReleaseError, SourceError
from base.settings import Settings, load_settings
from ledger.database import Ledger, open_ledger
from outreach.publish import publish_file
from outreach.release import left
from outreach.vault import Vault
from sources.source import COMPLETE, open_source
from strategies.book import ever_live


def outcomes_ready(*, as_of: date, settings: Settings | None = None) -> bool:
    """Whether the inbox holds the outcomes of the lists released on night ``as_of``.

    Asks the source first, where it can answer. True also where nothing was released, so nothing can come.
    Raises SourceError when the answers cannot be laid down.
    """
    settings = settings or load_settings()
    folder = settings.home / "inbox" / as_of.isoformat()
    if (folder / COMPLETE).exists():
        return True
    with open_ledger(settings) as ledger:
        with ledger.engine.connect() as connection:
            lists = left(connection, as_of)
        if lists.num_rows == 0:
            return True
        contacts = _resolved(lists, ledger, as_of=as_of, settings=settings)
    answers = open_source(settings).answer(as_of, contacts)
    if answers is None:
        return False
    _lay_into(folder, answers)
    return True


def _resolved(lists: pa.Table, ledger: Ledger, *, as_of: date, settings: Settings) -> pa.Table:
    """The released contacts as the world knows them: by the bank's own customer numbers."""
    people = Vault(settings).take(as_of, lists["customer"], purpose="dial", recipient="source", ledger=ledger)
    kinds = {strategy.name: strategy.kind for strategy in ever_live(ledger)}
    strategies = lists["strategy"].to_pylist()
    gone = sorted(set(strategies) - set(kinds))
    if gone or people.num_rows != lists.num_rows:
        raise ReleaseError(
            f"the lists of {as_of} cannot be answered: "
            f"strategies gone from the book: {', '.join(gone) or 'none'}; "
            f"customers gone from the vault: {lists.num_rows - people.num_rows}; put them back"
        )
    columns = {name: lists[name] for name in ("contact", "strategy", "step", "channel", "hour")}
    kind = pa.array([kinds[name] for name in strategies], pa.string())
    named = {**columns, "customer_no": people["customer_no"], "kind": kind}
    return pa.table(named).select(["contact", "customer_no", "strategy", "kind", "step", "channel", "hour"])


def _lay_into(folder: Path, answers: pa.Table) -> None:
    sink = io.BytesIO()
    parquet.write_table(answers, sink)
    try:
        publish_file(folder / "outcomes.parquet", [sink.getvalue()])
        publish_file(folder / COMPLETE, [json.dumps({"rows": answers.num_rows}).encode()])
    except OSError as error:
        raise SourceError(
            f"outcomes of {folder.name}: not written into the inbox ({error.strerror}); make room, ask again"
        ) from error
