"""A console with somebody of each role and a small book, shared by all that only look."""

from collections.abc import Iterator

import pytest

from base.settings import load_settings
from console.entrance import users
from ledger.database import open_ledger
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files
from tests.console.desk import NOBODY, PASSWORD, ROLES, Desk, served


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    roles = {role: (role,) for role in ROLES}
    settings = load_settings(home=tmp_path_factory.mktemp("desk") / "home", roles=roles)
    with open_ledger(settings) as ledger:
        with ledger.engine.begin() as connection:
            for name in (*ROLES, NOBODY):
                users.add(connection, name, password=PASSWORD, language="en", actor="test")
        put_live(ledger, read_files([OWN_BOOK / "mobile_silent_app.yaml", OWN_BOOK / "fund_first_plan.yaml"]))
        with served(settings, ledger) as address:
            yield Desk(address, settings, ledger)
