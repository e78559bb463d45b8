"""The report's words about a choice: prices as people say them, and nothing of few people."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from evaluation.choice import choice_of, in_words
from lake.tables import CERTIFICATES, LIMITS

SECONDS = {"human_call": 300, "sms": 0}


def certificates(**changes: Any) -> pd.DataFrame:
    row = {
        "day": date(2026, 7, 2),
        "candidates": 900,
        "units": 700,
        "contacts": 120,
        "held_back": 30,
        "value": 5_000.0,
        "contact_value": 4_000.0,
        "bound": 5_001.0,
        "gap": 1 / 5_001,
        "unconstrained": 9_000.0,
        "violations": 0,
        "kept": None,
        "overlap": 0.25,
        "warm": True,
        "passes": 30,
    }
    assert set(row) == set(CERTIFICATES.names)
    return pd.DataFrame([row | changes])


def limit(name: str, **changes: Any) -> dict[str, Any]:
    row = {
        "name": name,
        "kind": name.split(".", maxsplit=1)[0],
        "low": None,
        "high": 100.0,
        "used": 100.0,
        "unit": "contacts",
        "price": 0.0,
        "lost": 0.0,
        "relaxed_from": None,
    }
    assert set(row) == set(LIMITS.names)
    return row | changes


def test_prices_are_said_by_the_contact_and_by_the_hour() -> None:
    rows = [
        limit("channel.human_call@10", kind="hour", high=12.0, price=25.0, lost=900.0),
        limit("budget.sms", unit="CNY", high=40.0, price=2.5, lost=100.0),
        limit("strategy.savers", low=50.0, high=200.0, used=50.0, price=-1.25, lost=60.0),
        limit("channel.sms"),
        limit("ahead.human_call+1", unit="calls expected", high=14.0, used=3.25),
    ]
    found = choice_of(certificates(), pd.DataFrame(rows), seconds=SECONDS)
    assert found is not None
    assert [(row.limit, row.room, row.lost) for row in found.priced] == [
        ("human_call at 10:00", "at most 12 contacts", "900"),
        ("money for sms", "at most 40 yuan", "100"),
        ("contacts of savers", "at least 50 contacts", "60"),
    ]
    assert [row.price for row in found.priced] == [
        "one more contact is worth 25.00 yuan; one more hour of calls 300 yuan",
        "one more yuan is worth 2.50 yuan",
        "the last contact costs 1.25 yuan",
    ]
    said = " ".join(found.sentences)
    assert "Of the customers on last night's list, 25% are on this one again." in said
    assert "does not look at who is held back and holds back as much is worth more than 5,001" in said
    assert "at most 0.020% of that is missing. No limit is broken." in said
    assert "human_call a day later: 3.2 calls will probably follow" in said
    assert found.lowered == ()


def test_what_cannot_be_met_and_what_is_broken_is_said() -> None:
    rows = [limit("segment.S07", low=20.0, relaxed_from=35.0, price=-2.0)]
    found = choice_of(certificates(violations=2, kept=0.5), pd.DataFrame(rows), seconds=SECONDS)
    assert found is not None
    assert found.lowered == ("contacts in S07 asks for at least 35 contacts; 20 are possible",)
    assert "2 limits are broken." in found.sentences[1]
    assert any("50% were kept" in sentence for sentence in found.sentences)


@pytest.mark.parametrize("contacts", [0, 9])
def test_sums_over_few_people_are_not_shown(contacts: int) -> None:
    assert (
        choice_of(certificates(contacts=contacts), pd.DataFrame([limit("channel.sms")]), seconds={}) is None
    )


def test_a_night_without_a_choice_has_no_section() -> None:
    nothing = certificates().iloc[:0]
    assert choice_of(nothing, pd.DataFrame([limit("channel.sms")]).iloc[:0], seconds={}) is None


def test_full_hours_of_few_calls_do_not_say_how_few() -> None:
    rows = [limit("channel.human_call@9", kind="hour", high=3.0, price=4.0)]
    found = choice_of(certificates(), pd.DataFrame(rows), seconds=SECONDS)
    assert found is not None
    assert found.priced[0].room == "under 10 contacts"


def test_names_that_are_none_stay_as_they_are() -> None:
    assert in_words("manager.desk 1") == "contacts for desk 1"
    assert in_words("skill.loans@10") == "agents for loans at 10:00"
    assert in_words("whatever") == "whatever"
