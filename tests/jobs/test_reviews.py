"""Reviews are kept for good, with the numbers seen; what is not proven is not shipped by accident."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from base.errors import BookError, ExperimentError
from base.settings import load_settings
from jobs.reviews import reviews, write_review
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from ledger.schema import REVIEWS
from strategies.first_book import put_live
from tests.strategies.book_world import written

NIGHT = date(2026, 7, 20)
SEEN = {"lift": 0.0124, "words": "每百人多 1.24"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=Path(tmp_path_factory.mktemp("reviews")) / "home")) as opened:
        put_live(opened, [written("county_savers"), written("fund_starters")])
        yield opened


def _write(ledger: Ledger, strategy: str = "county_savers", **given: object) -> object:
    review = {
        "decision": "continue",
        "as_of": NIGHT,
        "verdict": "continue",
        "seen": SEEN,
        "actor": "周立成",
        "reason": "再看两周",
    } | given
    return write_review(ledger, strategy, **review)  # type: ignore[arg-type]


def test_a_review_is_kept_with_the_numbers_seen_and_told_to_the_audit(ledger: Ledger) -> None:
    kept = _write(ledger)
    found = reviews(ledger, "county_savers")[0]
    assert found == kept
    assert (found.seen, found.version, found.as_of) == (SEEN, 1, NIGHT)
    line = trail(ledger, action="experiment reviewed", subject="county_savers")[0]
    assert (line["actor"], line["detail"]["decision"]) == ("周立成", "continue")


@pytest.mark.parametrize("verdict", ["broken", "stop", "continue"])
def test_what_is_not_advised_is_shipped_only_against_advice(ledger: Ledger, verdict: str) -> None:
    before = len(reviews(ledger))
    with pytest.raises(ExperimentError, match=r"the verdict is .*--against-advice"):
        _write(ledger, decision="ship", verdict=verdict)
    assert len(reviews(ledger)) == before
    assert _write(ledger, decision="ship", verdict=verdict, against_advice=True) == reviews(ledger)[0]
    assert reviews(ledger)[0].against_advice


def test_what_follows_the_advice_is_not_against_it(ledger: Ledger) -> None:
    with pytest.raises(ExperimentError, match="ship is not against the advice"):
        _write(ledger, decision="ship", verdict="ship", against_advice=True)


def test_an_unknown_strategy_and_a_missing_reason_are_refused(ledger: Ledger) -> None:
    with pytest.raises(BookError, match="did you mean county_savers"):
        _write(ledger, "county_saver")
    with pytest.raises(BookError, match="did you mean county_savers"):
        reviews(ledger, "county_saver")
    with pytest.raises(BookError, match="takes a reason"):
        _write(ledger, reason=" ")


def test_reviews_of_one_strategy_are_its_own_the_newest_first(ledger: Ledger) -> None:
    for reason in ("first", "second"):
        _write(ledger, "fund_starters", reason=reason)
    assert [one.reason for one in reviews(ledger, "fund_starters")] == ["second", "first"]
    assert len(reviews(ledger)) > 2


@pytest.mark.parametrize(
    "change", [update(REVIEWS).values(reason="other"), delete(REVIEWS), "truncate reviews"]
)
def test_the_database_keeps_what_was_written(ledger: Ledger, change: object) -> None:
    _write(ledger)
    statement = text(change) if isinstance(change, str) else change
    with pytest.raises(DBAPIError, match="never changed nor removed"), ledger.engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def test_the_database_refuses_to_ship_what_is_broken_without_saying_so(ledger: Ledger) -> None:
    line = {"strategy": "county_savers", "version": 1, "as_of": NIGHT, "verdict": "broken", "seen": {}}
    line |= {"decision": "ship", "against_advice": False, "actor": "a", "reason": "r"}
    with pytest.raises(DBAPIError, match="shipped_as_advised"), ledger.engine.begin() as connection:
        connection.execute(insert(REVIEWS).values(line))
