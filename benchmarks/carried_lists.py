"""A night's lists carried without an engine: prepared rows, a real ledger, folders for recipients."""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
from sqlalchemy import event, insert

from base.settings import Settings
from ledger.database import Ledger
from ledger.schema import OPT_OUTS
from outreach.deliver.approvals import APPROVAL, Approval, check_approval
from outreach.deliver.keys import bank_key, opening_keys, sealing_keys
from outreach.deliver.manifest import MANIFEST, Terms, make_manifest
from outreach.deliver.package import seal, unseal
from outreach.deliver.route import transport_of
from outreach.release import LISTED, Carrier, Draft, approve_by_limits, contact_day, expires_at, plan
from outreach.release.drafts import KIN, Sealed

CHANNELS = {"ai_dialler": "ai_call", "human_desk": "human_call"}
HANDED = ["contact", "address", "customer", "number", "strategy", "channel", "caller"]


@dataclass(frozen=True)
class Lists:
    """What may leave on one night: ``size`` rows a recipient, two of which share each number, made from the
    number in ``callers`` where there is one. ``by_calendar``: whether PostgreSQL's clock ends the lists."""

    ledger: Ledger
    settings: Settings
    as_of: date
    size: int = 6
    by_calendar: bool = False
    callers: Mapping[str, str] = field(default_factory=dict)

    def carry(self) -> None:
        """What the release job does, from the rows on."""
        drafts = {recipient: self.draft(recipient) for recipient in CHANNELS}
        with self.ledger.engine.begin() as connection:
            plan(connection, self.as_of, CHANNELS, author="release job")
        carrier = self.carrier()
        carrier.freeze(drafts, looked_to=0)
        limits = self.settings.release
        assert approve_by_limits(self.ledger, self.as_of, limits=limits) is None
        carrier.write()
        carrier.hand_over()

    def carrier(self) -> Carrier:
        ends = expires_at(self.as_of, self.settings.contact)
        return Carrier(
            ledger=self.ledger,
            as_of=self.as_of,
            expires_at=ends,
            until=ends if self.by_calendar else None,
            pack=self.pack,
            way=lambda recipient: transport_of(recipient, settings=self.settings),
            runner="release job",
            key=bank_key(self.settings),
        )

    def customer(self, recipient: str, row: int) -> str:
        return f"{recipient} {self.as_of} {row}"

    def kin(self, row: int) -> str:
        """Somebody on no list who shares the number of this row, and of the one beside it."""
        return f"kin {self.as_of} {row // 2}"

    def everybody(self, recipient: str) -> list[str]:
        return [self.customer(recipient, row) for row in range(self.size)]

    def draft(self, recipient: str) -> Draft:
        rows = [
            {
                "contact": f"c{self.as_of:%y%m%d}{recipient[:2]}{row:03d}",
                "customer": self.customer(recipient, row),
                "recipient": recipient,
                "strategy": "rates",
                "step": 1,
                "channel": CHANNELS[recipient],
                "hour": 10,
                "expires_on": contact_day(self.as_of),
                "address": f"a{self.as_of:%y%m%d}{recipient[:2]}{row:03d}",
                "number": f"n {self.as_of} {row // 2}",
                "caller": self.callers.get(recipient),
            }
            for row in range(self.size)
        ]
        sharing = [(self.kin(row), row) for row in range(0, self.size, 2)]
        sharing += [(self.customer(name, row), row) for name in CHANNELS for row in range(self.size)]
        kin = [{"customer": who, "number": f"n {self.as_of} {row // 2}"} for who, row in sharing]
        return Draft(
            rows=pa.Table.from_pylist(rows, schema=LISTED), kin=pa.Table.from_pylist(kin, schema=KIN)
        )

    def pack(self, recipient: str, rows: pa.Table, attempt: int) -> Sealed:
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(rows.select(["contact", "customer"]), sink)
        files = {"list.csv": sink.getvalue().to_pybytes()}
        terms = Terms(
            recipient=recipient,
            as_of=self.as_of,
            attempt=attempt,
            contact_day=contact_day(self.as_of),
            expires_at=expires_at(self.as_of, self.settings.contact),
            strategies={},
            policy="",
            author="release job",
            approval="",
            masks={},
        )
        files[MANIFEST] = make_manifest(files, rows={"list.csv": rows.num_rows}, terms=terms)
        keys = sealing_keys(self.settings, recipient)
        return Sealed(content=seal(files, keys=keys), canaries=(), handed=rows.select(HANDED))

    def opened(self, recipient: str) -> list[str]:
        """The customers in the one file that the recipient has; fails where there are none or several, or not
        one approval, of it."""
        sealed, approval = self._delivered(recipient)
        files = unseal(
            sealed.read_bytes(),
            approval=approval.read_bytes(),
            recipient=recipient,
            keys=opening_keys(self.settings, recipient),
            now=expires_at(self.as_of, self.settings.contact).replace(hour=9),
        )
        table = pyarrow.csv.read_csv(pa.BufferReader(files["list.csv"]))
        return [] if table.num_rows == 0 else table["customer"].to_pylist()

    def approval(self, recipient: str) -> Approval:
        """Who let the recipient's one file go, as the recipient is told."""
        sealed, approval = (path.read_bytes() for path in self._delivered(recipient))
        keys = opening_keys(self.settings, recipient).bank
        return check_approval(approval, sealed, recipient=recipient, keys=keys)

    def _delivered(self, recipient: str) -> tuple[Path, Path]:
        """The one sealed file of the night, and the one approval."""
        folder, night = self.settings.outbox_folder / recipient, f"{recipient}-{self.as_of}"
        (sealed,), (approval,) = folder.glob(f"{night}-*.sealed"), folder.glob(f"{night}-*{APPROVAL}")
        return sealed, approval


def opt_out(ledger: Ledger, customer: str) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(insert(OPT_OUTS).values(customer=customer, channel="all", source="test"))


def die_at(ledger: Ledger, moment: int | None) -> Callable[[], int]:
    """Kills this process at the moment-th of these: before and after each statement, at each begin and
    commit, before and after each flush and rename of a file. Gives the count so far."""
    count = 0

    def reached(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit", "begin"):
        event.listen(ledger.engine, name, reached)
    for module, name in ((os, "fsync"), (Path, "replace"), (os, "link")):
        real = getattr(module, name)

        def around(*given: Any, real: Callable[..., Any] = real, **named: Any) -> Any:
            reached()
            result = real(*given, **named)
            reached()
            return result

        setattr(module, name, around)
    return lambda: count
