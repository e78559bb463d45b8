"""What the night gets from the book: live versions that read, and later their very words."""

from collections.abc import Iterator

import pytest

from base.settings import load_settings
from ledger.database import Ledger, open_ledger
from strategies.book import documents, ever_live, live, read_live
from strategies.first_book import SECOND_READER, put_live
from strategies.folder import OWN_BOOK, read_files, read_folder
from strategies.lifecycle import pause, retire
from strategies.versions import import_
from tests.strategies.book_world import written


@pytest.fixture
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("live"))) as opened:
        yield opened


def test_only_live_versions_work_at_night(ledger: Ledger) -> None:
    put_live(ledger, [written(name) for name in ("one", "two", "three")])
    import_(ledger, [written("one", title="Two"), written("four")], actor="author", bases={"one": 1})
    pause(ledger, ["two"], actor="anybody", reason="a test")
    retire(ledger, ["three"], actor="anybody", reason="a test")
    found = read_live(ledger)
    assert found.strategies == (written("one").strategy,)
    assert found.versions == {"one": 1}
    assert [strategy.name for strategy in ever_live(ledger)] == ["one", "three", "two"]
    put_live(ledger, [written("one", title="Three")], bases={"one": 2})
    assert live(ledger) == (written("one", title="Three").strategy,)
    assert documents(ledger, found.versions) == found.strategies


def test_the_own_book_goes_live_once(ledger: Ledger) -> None:
    own = read_files([OWN_BOOK])
    assert set(put_live(ledger, own)) == {document.strategy.name for document in own}
    assert live(ledger) == read_folder()
    assert put_live(ledger, own) == []
    assert SECOND_READER not in {document.strategy.manager for document in own}


def test_a_live_document_that_no_longer_reads_is_left_out_and_told(ledger: Ledger) -> None:
    kept, broken = written("kept"), written("broken")
    gone = broken.text.replace("aum_now", "aum_of_yore")
    put_live(ledger, [kept, type(broken)(text=gone, strategy=broken.strategy)])
    found = read_live(ledger)
    assert found.strategies == (kept.strategy,)
    assert list(found.versions) == ["kept"]
    assert "aum_of_yore" in found.unreadable["broken"]
    assert "broken v1" in found.unreadable["broken"]
    assert [strategy.name for strategy in ever_live(ledger)] == ["broken", "kept"]
    (decided,) = documents(ledger, {"broken": 1})
    assert decided.funnel == broken.strategy.funnel
    assert "aum_of_yore" in decided.who
