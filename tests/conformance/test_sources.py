"""Every declared source keeps to what the intake relies on."""

from datetime import date
from pathlib import Path

import pytest

from base.registry import subclasses
from base.settings import load_settings
from lake.table import Classification
from lake.tables import CUSTOMERS, DELIVERED, IDENTITIES
from sources.source import Source, open_source

SOURCES = subclasses("sources", Source)


@pytest.fixture(params=sorted(SOURCES))
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    return open_source(load_settings(home=tmp_path, source=request.param))


def test_there_are_the_four_that_come_with_the_house() -> None:
    assert {"synthetic", "files", "uci", "berka"} <= set(SOURCES)


def test_people_can_read_what_it_is_and_when_it_begins(source: Source) -> None:
    assert (type(source).__doc__ or "").strip()
    assert isinstance(source.default_first_night, date)
    assert source.nights >= 1


def test_it_delivers_known_tables_once_and_customers_with_identities(source: Source) -> None:
    tables = [extract.table for extract in source.extracts]
    assert len(set(tables)) == len(tables)
    assert set(tables) <= {*DELIVERED, IDENTITIES}
    assert {CUSTOMERS, IDENTITIES} <= {extract.table for extract in source.extracts if extract.needs_rows}


def test_customers_go_by_the_bank_s_number_and_no_token_is_asked_for(source: Source) -> None:
    for extract in source.extracts:
        names = [column.name for column in extract.delivered]
        assert names[0] == "customer_no"
        assert "customer" not in names
        identifiers = [c for c in extract.delivered if c.classification is Classification.IDENTIFIER]
        assert extract.table is IDENTITIES or len(identifiers) == 1
