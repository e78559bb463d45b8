"""One ledger for all nights that are carried here."""

from collections.abc import Iterator

import pytest

from base.settings import Settings, load_settings
from benchmarks.carried_lists import Lists
from ledger.database import Ledger, open_ledger
from tests.outreach.carried.nights import NIGHTS


@pytest.fixture(scope="package")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("carried"))


@pytest.fixture(scope="package")
def ledger(settings: Settings) -> Iterator[Ledger]:
    with open_ledger(settings) as opened:
        yield opened


@pytest.fixture
def lists(ledger: Ledger, settings: Settings) -> Lists:
    """A night later than all before it, with people of its own."""
    return Lists(ledger, settings, next(NIGHTS))
