"""A bank whose lists have left, and its door for what comes back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from sqlalchemy import delete, insert

from base.settings import Settings, load_settings
from evaluation.outcomes import read_inbox
from ledger.database import Ledger
from ledger.schema import CANARIES, INBOX_FILES, RELEASED_CONTACTS, RELEASES
from outreach.deliver import answering_key
from outreach.inbox import arrivals_folder, hand_in, take_arrivals
from sources.answers import ANSWERS
from tests.ledger.owner import as_owner

NIGHT = date(2026, 7, 1)
NOON = datetime(2026, 7, 2, 4, tzinfo=UTC)
RECIPIENT = "ai_dialler"


@dataclass(frozen=True, kw_only=True)
class Door:
    """A bank that released lists of some nights, and its ledger."""

    settings: Settings
    ledger: Ledger

    def hand_in(self, *contacts: str, **changes: object) -> None:
        """Puts a file into the arrivals: nobody picked up, or another ``result``."""
        result = changes.pop("result", "no_answer")
        rows = [
            {"contact": contact, "result": result, "happened_at": NOON, "seconds": 0} for contact in contacts
        ]
        recipient = str(changes.get("recipient", RECIPIENT))
        given: dict[str, object] = {
            "recipient": recipient,
            "as_of": NIGHT,
            "name": "first.parquet",
            "last": True,
            "key": changes.get("key") or answering_key(self.settings, recipient),
        }
        answers = pa.Table.from_pylist(rows, schema=ANSWERS)
        hand_in(self.settings, answers, **{**given, **changes})  # type: ignore[arg-type]

    def take(self, as_of: date = NIGHT) -> tuple[tuple[str, ...], tuple[str, ...]]:
        result = take_arrivals(self.ledger, settings=self.settings, as_of=as_of)
        return result.taken, result.refused

    def accepted(self, as_of: date = NIGHT) -> list[str]:
        """Contacts that ``learn`` reads of that night."""
        return sorted(read_inbox(self.inbox / as_of.isoformat())["contact"].to_pylist())

    @property
    def inbox(self) -> Path:
        return self.settings.home / "inbox"

    @property
    def arrivals(self) -> Path:
        return arrivals_folder(self.settings, RECIPIENT)


def make_door(home: Path, *, ledger: Ledger) -> Door:
    """Three lists of the dialler, two months apart at most; one of the desk, and an empty one."""
    lists = [
        {"as_of": NIGHT + timedelta(days=day), "recipient": recipient, "rows": rows}
        for day, recipient, rows in (
            (-60, RECIPIENT, 3),
            (-1, RECIPIENT, 3),
            (0, RECIPIENT, 3),
            (0, "human_desk", 2),
            (0, "push_gateway", 0),
        )
    ]
    with ledger.engine.begin() as connection:
        # How releases come to be is not asked here; nor may their past, or the inbox's, be removed otherwise.
        as_owner(connection)
        for table in (RELEASES, RELEASED_CONTACTS, CANARIES, INBOX_FILES):
            connection.execute(delete(table))
        frozen = {"attempt": 1, "size": 9, "sha256": "0" * 64, "opt_outs_to": 0}
        moved = {"state": "written", "author": "a", "approver": "b", "actor": "a"}
        connection.execute(insert(RELEASES), [{**one, **frozen, **moved} for one in lists])
        given = {"customer": "c", "strategy": "s", "channel": "ai_call", "as_of": NIGHT}
        connection.execute(
            insert(RELEASED_CONTACTS),
            [
                {**given, "contact": contact, "address": f"to {contact}", "recipient": recipient}
                for contact, recipient in (("a1", RECIPIENT), ("a2", RECIPIENT), ("d1", "human_desk"))
            ],
        )
    return Door(settings=load_settings(home=home), ledger=ledger)
