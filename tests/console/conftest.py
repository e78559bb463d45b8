"""Consoles with somebody of each role: one with a small book, one with two nights behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base.settings import load_settings
from console.entrance import users
from jobs.night import night
from ledger.database import open_ledger
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files
from tests.console.desk import NOBODY, PASSWORD, ROLES, Desk, served


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Where no night has run; shared by all that only look."""
    few = [OWN_BOOK / "mobile_silent_app.yaml", OWN_BOOK / "fund_first_plan.yaml"]
    with _opened(tmp_path_factory.mktemp("desk") / "home", few) as opened:
        yield opened


@pytest.fixture(scope="session")
def night_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two nights of a bank of 2,000 with the house's own book; shared by all that leave the nights alone."""
    home = tmp_path_factory.mktemp("nights") / "home"
    with _opened(home, [OWN_BOOK], synthetic={"customers": 2_000}) as opened:
        first = opened.settings.synthetic.first_night
        for as_of in (first, first + timedelta(days=1)):
            night(opened.settings, as_of=as_of)
        yield opened


@contextmanager
def _opened(home: Path, book: list[Path], **settings: Any) -> Iterator[Desk]:
    house = load_settings(home=home, roles={role: (role,) for role in ROLES}, **settings)
    with open_ledger(house) as ledger:
        with ledger.engine.begin() as connection:
            for name in (*ROLES, NOBODY):
                users.add(connection, name, password=PASSWORD, language="en", actor="test")
        put_live(ledger, read_files(book))
        with served(house, ledger) as address:
            yield Desk(address, house, ledger)
