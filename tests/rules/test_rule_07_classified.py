"""A column without a classification fails the run, wherever data come in or leave; a person can be erased."""

from datetime import date
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from base.errors import DeclarationError, SourceError, StoreError
from base.registry import instances
from features.compiler import CUSTOMER_FEATURES
from lake.store import Store
from lake.table import Classification, Column, Table
from lake.tables import CUSTOMERS
from ledger.database import Ledger
from outreach.channels import channel as channels
from outreach.channels.sms import Sms
from outreach.vault import Vault
from sources.delivery import open_delivery
from sources.extract import Extract
from tests.outreach.vault_world import people
from tests.sources.small_bank import FIRST, deliver_csv, tables

NIGHT, NEXT = date(2026, 7, 1), date(2026, 7, 2)
ASKED = {"purpose": "complaint", "ticket": "CASE-7", "actor": "李"}


def test_rule_7_no_column_is_declared_without_and_every_one_has_it() -> None:
    with pytest.raises(TypeError, match="classification"):
        Column(name="mood", type="string", doc="Mood.")  # type: ignore[call-arg]
    declared = [*instances("lake.tables", Table).values(), CUSTOMER_FEATURES]
    assert all(isinstance(one.classification, Classification) for table in declared for one in table.columns)


def test_rule_7_a_delivered_column_nobody_spoke_of_stops_the_night(tmp_path: Path) -> None:
    made = tables()
    made["customers"] = made["customers"].append_column("mood", pa.array(["good"] * 300))
    delivery = open_delivery(deliver_csv(tmp_path, made), as_of=FIRST)
    with pytest.raises(SourceError, match="column mood was not agreed, so nobody said how delicate it is"):
        list(delivery.read(Extract(table=CUSTOMERS)))


def test_rule_7_a_column_that_was_not_declared_is_not_written(engine: SparkSession, tmp_path: Path) -> None:
    store = Store(tmp_path, engine, table_format="parquet")
    nobody = store.frame(CUSTOMERS, CUSTOMERS.arrow_schema().empty_table())
    assert store.write(CUSTOMERS, nobody, as_of=NIGHT) == 0
    with pytest.raises(StoreError, match="mood"):
        store.write(CUSTOMERS, nobody.withColumn("mood", F.lit("good")), as_of=NIGHT)


def test_rule_7_a_channel_emits_nothing_that_was_not_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    class Talkative(Sms):
        """Emits more than it may."""

        emits: ClassVar[tuple[str, ...]] = (*Sms.emits, "birth_month")

    monkeypatch.setattr(channels, "subclasses", lambda *_: {"sms": Talkative})
    with pytest.raises(DeclarationError, match="birth_month"):
        channels.load_channels()


def test_rule_7_who_is_erased_is_found_nowhere_and_does_not_come_back(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 3)
    vault.put(NIGHT, table)
    gone = table["customer"][1].as_py()
    assert vault.find("phone", "13800000001", **ASKED, ledger=ledger) == (gone,)
    assert vault.erase([gone], **ASKED, ledger=ledger) == 1
    assert vault.find("phone", "13800000001", **ASKED, ledger=ledger) == ()
    assert vault.put(NEXT, table) == 1, "delivered again, and refused"
    left = vault.take(NEXT, table["customer"], purpose="dial", recipient="source", ledger=ledger)
    assert gone not in left["customer"].to_pylist()
