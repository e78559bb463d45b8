"""Consoles with somebody of each role: one with a small book, one with two nights behind it."""

from collections.abc import Iterator

import pytest

from strategies.folder import OWN_BOOK
from tests.console.desk import Desk, open_desk, two_nights


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Where no night has run; shared by all that only look."""
    few = (OWN_BOOK / "mobile_silent_app.yaml", OWN_BOOK / "fund_first_plan.yaml")
    with open_desk(tmp_path_factory.mktemp("desk") / "home", few) as opened:
        yield opened


@pytest.fixture(scope="session")
def night_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two nights of a bank of 2,000 with the house's own book; shared by all that leave the nights alone."""
    with open_desk(tmp_path_factory.mktemp("nights") / "home", synthetic={"customers": 2_000}) as opened:
        two_nights(opened)
        yield opened
