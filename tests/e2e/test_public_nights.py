"""Nights on real public data end in lists and a report, and in no lift that nobody can know."""

import gzip
from pathlib import Path

import pytest

from base.settings import load_settings
from jobs.night import ALL_STEPS, night
from jobs.report import report_path
from jobs.run import open_house
from lake.tables import CONTACT_LISTS, CUSTOMER_SEGMENTS, READOUTS
from ledger.database import open_ledger
from sources.source import open_source
from tests.strategies.book_world import make_live

UCI = "uci_bank_marketing/bank-additional-full.csv.gz"
ONE_IN = 8
"""Customers of UCI Bank Marketing that come along; the intake's own test takes all 41,188."""


@pytest.fixture
def data(shared_data: Path, tmp_path: Path) -> Path:
    """The public data, of UCI Bank Marketing every eighth row, in the order that its dates follow from."""
    folder = tmp_path / "data"
    (folder / UCI).parent.mkdir(parents=True)
    (folder / "berka").symlink_to(shared_data / "berka")
    with gzip.open(shared_data / UCI, "rt", newline="") as whole, gzip.open(folder / UCI, "wt") as some:
        header, *rows = whole
        some.writelines([header, *rows[::ONE_IN]])
    return folder


@pytest.mark.parametrize("source", ["uci", "berka"])
def test_two_nights_on_public_data_end_in_a_report(source: str, data: Path, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", source=source, data=data)
    opened = open_source(settings)
    first = opened.default_first_night
    following = first.fromordinal(first.toordinal() + 1)
    with open_ledger(settings) as ledger:
        make_live(ledger)
    for as_of in (first, following):
        done = night(settings, as_of=as_of)
        assert [summary.job for summary in done] == list(ALL_STEPS)
    with open_house(settings, as_of=following) as house:
        assert house.store.read(CUSTOMER_SEGMENTS, as_of=following).count() > 1_000
        assert house.store.read(CONTACT_LISTS, as_of=following).count() > 0
        readouts = house.store.read(READOUTS, as_of=following).toPandas()
    assert readouts["lift"].isna().all()
    assert set(readouts["words"]) == {opened.caveat}
    page = report_path(settings, following).read_text(encoding="utf-8")
    assert f"Source: {source}" in page
    assert "No lift can be drawn" in page
