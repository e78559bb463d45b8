"""A small bank whose night has been decided and not yet released, in a home of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pyarrow as pa
import sqlalchemy
from pyspark.sql import SparkSession
from sqlalchemy import delete

from base.settings import Settings, load_settings
from jobs.job import Night
from jobs.run import RunSummary, execute, find_job
from lake.store import Store
from lake.table import Table
from lake.tables import CONTACT_LISTS, CUSTOMERS, NUMBERS, PLAN
from ledger.database import Ledger
from ledger.schema import (
    CALLER_USES,
    INBOX_FILES,
    OPT_OUTS,
    RELEASE_APPROVALS,
    RELEASE_CONTENT,
    RELEASE_MOVES,
    RELEASES,
    SWITCHES,
)
from outreach.deliver.approvals import APPROVAL
from outreach.deliver.keys import opening_keys
from outreach.deliver.package import unseal
from outreach.release.lists import BANK_TIME
from outreach.vault import Vault
from strategies.folder import read_folder
from tests.ledger.owner import as_owner
from tests.strategies.book_world import make_live

NIGHT = date(2026, 7, 1)
MORNING = datetime(2026, 7, 2, 9, tzinfo=BANK_TIME)
ROWS = 40


@dataclass(frozen=True, kw_only=True)
class House:
    """A night that has been decided and not yet released."""

    night: Night
    customers: list[str]

    @property
    def settings(self) -> Settings:
        return self.night.settings

    def release(self) -> RunSummary:
        return execute(find_job("release"), self.night)

    def files(self, recipient: str) -> dict[str, bytes]:
        """What the recipient finds in the newest file it got, opened with its own key."""
        *_, sealed = self.sealed(recipient)
        keys = opening_keys(self.settings, recipient)
        approval = sealed.with_name(f"{sealed.name}{APPROVAL}").read_bytes()
        return unseal(sealed.read_bytes(), approval=approval, recipient=recipient, keys=keys, now=MORNING)

    def sealed(self, recipient: str) -> list[Path]:
        return sorted((self.settings.outbox_folder / recipient).glob("[!.]*.sealed"))

    def lists(self) -> list[dict[str, object]]:
        frame = self.night.store.read(CONTACT_LISTS, as_of=NIGHT).drop("as_of")
        return frame.toArrow().sort_by("contact").to_pylist()

    def released(self) -> set[str]:
        return {str(row["customer"]) for row in self.lists()}


def make_house(home: Path, *, engine: SparkSession, ledger: Ledger) -> House:
    """The bank, on a ledger that is emptied of earlier releases, answers, opt-outs and switches."""
    releases = (RELEASES, RELEASE_CONTENT, RELEASE_MOVES, RELEASE_APPROVALS)
    empty(ledger, (*releases, INBOX_FILES, OPT_OUTS, SWITCHES, CALLER_USES))
    make_live(ledger)
    url = ledger.engine.url.render_as_string(hide_password=False)
    keys = {"keys_folder": ledger.settings.vault_folder / "keys"}
    settings = load_settings(home=home, database_url=url, table_format="parquet", vault=keys)
    store = Store(settings.lake_folder, engine, table_format="parquet")
    night = Night(
        as_of=NIGHT, settings=settings, spark=engine, store=store, ledger=ledger, progress=lambda _: None
    )
    return House(night=night, customers=decided(night))


def empty(ledger: Ledger, tables: Sequence[sqlalchemy.Table]) -> None:
    """Deletes what the ledger's own triggers keep for good, so that a test need not start another server."""
    with ledger.engine.begin() as connection:
        as_owner(connection)
        for table in tables:
            connection.execute(delete(table))


def decided(night: Night, *, born: date = date(1990, 3, 1)) -> list[str]:
    """Writes the night's plan and who the planned are; returns their tokens."""
    vault = Vault(night.settings)
    numbers = [f"C{row:09d}" for row in range(ROWS)]
    customers = vault.tokens("customer", pa.array(numbers)).to_pylist()
    phones = pa.array([f"138{row // 2:08d}" for row in range(ROWS)])
    vault.put(
        night.as_of,
        pa.table(
            {
                "customer": customers,
                "customer_no": numbers,
                "name": ["欧阳修" if row % 5 == 0 else "张三丰" for row in range(ROWS)],
                "phone": phones,
                "id_number": [f"1101011990030{row:04d}X" for row in range(ROWS)],
                "generated": [True] * ROWS,
            }
        ),
    )
    touches = touches_by_channel()
    plan = [
        {
            "customer": customer,
            **touches[row % len(touches)],
            "segment": "S01",
            "arm": "treatment",
            "value": 5.0,
            "cost": 0.5,
            "hour": 9 + row % 10,
            "fate": "held_out" if row % 8 == 7 else "contact",
            "reason": "best of its kind",
            "shadow_price": 0.0,
            "kind": "deposit",
            "window_days": 5,
            "holdout": 0.15,
        }
        for row, customer in enumerate(customers)
    ]
    people = [
        {
            "customer": customer,
            "birth_month": born,
            "gender": "F",
            "city": None,
            "occupation": None,
            "opened_on": date(2015, 1, 1),
            "risk_level": 3,
            "has_app": True,
            "known_at": datetime(2026, 6, 1, tzinfo=UTC),
        }
        for customer in customers
    ]
    shared = vault.tokens("phone", phones).to_pylist()
    reached = [
        {"customer": customer, "number": number, "kind": "mobile"}
        for customer, number in zip(customers, shared, strict=True)
    ]
    for table, rows in ((PLAN, plan), (CUSTOMERS, people), (NUMBERS, reached)):
        write(night, table, rows)
    return customers


def write(night: Night, table: Table, rows: list[dict[str, object]]) -> None:
    content = pa.Table.from_pylist(
        [{name: row.get(name) for name in table.names} for row in rows], schema=table.arrow_schema()
    )
    night.store.write(table, night.store.frame(table, content), as_of=night.as_of)


@cache
def touches_by_channel() -> list[dict[str, object]]:
    """One touch of the book for each channel."""
    found: dict[str, dict[str, object]] = {}
    for strategy in read_folder():
        for step, touch in enumerate(strategy.funnel, start=1):
            one = {"strategy": strategy.name, "step": step, "channel": touch.channel}
            found.setdefault(touch.channel, one)
    return [found[channel] for channel in sorted(found)]
