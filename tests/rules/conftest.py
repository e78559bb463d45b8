"""One ledger for all lines of the rules, and a small bank on it whose night has been decided."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from base.settings import load_settings
from ledger.database import Ledger, open_ledger
from outreach.vault import Vault
from tests.outreach.release_world import House, make_house
from tests.outreach.vault_world import emptied


@pytest.fixture(scope="package")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("rules") / "home")) as opened:
        yield opened


@pytest.fixture
def house(tmp_path: Path, engine: SparkSession, ledger: Ledger) -> House:
    return make_house(tmp_path / "home", engine=engine, ledger=ledger)


@pytest.fixture(scope="package")
def released(tmp_path_factory: pytest.TempPathFactory, engine: SparkSession, ledger: Ledger) -> House:
    """Another whose night has been released: its tables, and the files its recipients have."""
    house = make_house(tmp_path_factory.mktemp("released") / "home", engine=engine, ledger=ledger)
    house.release()
    return house


@pytest.fixture
def vault(ledger: Ledger) -> Vault:
    """Nobody is in it yet."""
    return Vault(emptied(ledger.settings))
