"""Alerts at the console, and the feed of opt-outs as counts."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from ledger.schema import ALERTS, OPT_OUTS, RELEASED_LISTS, REVOCATIONS
from outreach.watch.alerts import raise_alert
from tests.console.desk import Desk
from tests.ledger.owner import as_owner

CANARY = "kCanaryToken1"


@pytest.fixture
def alarmed(desk: Desk) -> Iterator[Desk]:
    """Sixty-two alerts: sixty over one person, one over a canary that was told of, one of last year."""
    touched = {"canary": CANARY, "channel": "sms", "seen_by": "ai_dialler", "late": True}
    last_year = datetime(2025, 3, 1, 12, tzinfo=UTC)
    lines: list[dict[str, Any]] = [
        *({"kind": "rows_many", "subject": f"Zhou {place}", "detail": {"rows": 300}} for place in range(60)),
        {"kind": "canary_touched", "subject": "sms_gateway", "detail": touched, "told_at": last_year},
        {"kind": "chain_broken", "subject": "line 100%", "detail": {"bend": "gone"}, "at": last_year},
    ]
    with desk.ledger.engine.begin() as connection:
        for line in lines:
            connection.execute(insert(ALERTS).values(line))
    yield desk
    with desk.ledger.engine.begin() as connection:
        as_owner(connection)
        for table in (ALERTS, OPT_OUTS, REVOCATIONS, RELEASED_LISTS):
            connection.execute(table.delete())


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({}, 62),
        ({"kind": "rows_many"}, 60),
        ({"kind": "no such kind"}, 0),
        ({"q": "zhou 1"}, 11),
        ({"q": "100%"}, 1),
        ({"q": "100_"}, 0),
        ({"until": "2025-03-01"}, 1),
        ({"since": "2025-03-02"}, 61),
        ({"told": "yes"}, 1),
        ({"told": "no", "kind": "canary_touched"}, 0),
    ],
)
def test_alerts_are_searched_on_the_server(alarmed: Desk, search: dict[str, str], found: int) -> None:
    answer = alarmed.visitor("compliance").client.get("/alerts", params=search)
    assert f"Alerts found: {found} " in answer.text


def test_a_search_goes_on_from_page_to_page(alarmed: Desk) -> None:
    visitor = alarmed.visitor("compliance")
    assert 'href="?kind=rows_many&amp;page=2"' in visitor.get("/alerts?kind=rows_many").text
    second = visitor.get("/alerts?kind=rows_many&page=2").text
    assert second.count("<code>rows_many</code><") == 10 + 1, "ten alerts, and the kind among all kinds"


def test_kinds_are_told_in_both_languages_and_canaries_never(alarmed: Desk) -> None:
    visitor = alarmed.visitor("compliance")
    english = visitor.get("/alerts").text
    visitor.post("/preferences", language="zh")
    chinese = visitor.get("/alerts").text
    visitor.post("/preferences", language="en")
    assert "Somebody has seen many identities in a day." in english
    assert "某人一天内查看了大量身份信息。" in chinese
    assert CANARY not in english + chinese


def test_a_date_that_is_none_is_refused_in_a_sentence(alarmed: Desk) -> None:
    answer = alarmed.visitor("compliance").get("/alerts?since=yesterday")
    assert answer.status_code == 400
    assert "is no date" in answer.text


@pytest.mark.parametrize("role", ["segment_manager", "data_scientist", "approver", "operator"])
def test_alerts_are_for_who_sees_the_trail(alarmed: Desk, role: str) -> None:
    assert alarmed.visitor(role).get("/alerts").status_code == 403
    assert "Told too late" not in alarmed.visitor(role).get("/feed").text


def test_opt_outs_of_today_are_counts_of_ten_or_more(alarmed: Desk) -> None:
    today: list[dict[str, Any]] = [
        {"customer": f"c{place}", "channel": "sms", "source": "hotline", "actor": "t", "reason": ""}
        for place in range(25)
    ]
    today += [
        {"customer": f"d{place}", "channel": "all", "source": "branch", "actor": "t", "reason": ""}
        for place in range(3)
    ]
    today += [
        {"customer": f"e{place}", "channel": "push", "source": "letter", "actor": "t", "reason": ""}
        for place in range(11)
    ]
    yesterday = {**today[0], "customer": "f1", "at": datetime.now(UTC) - timedelta(days=2)}
    until = datetime.now(UTC) + timedelta(hours=1)
    with alarmed.ledger.engine.begin() as connection:
        for line in (*today, yesterday):
            connection.execute(insert(OPT_OUTS).values(line))
    with alarmed.ledger.engine.begin() as connection:
        before = connection.execute(select(func.min(REVOCATIONS.c.place))).scalar_one() - 1
        held = {"recipient": "sms_gateway", "as_of": date(2026, 8, 3), "after": before, "expires_at": until}
        connection.execute(insert(RELEASED_LISTS).values(held))
    page = alarmed.visitor("operator").get("/feed").text
    rows = [line for line in page.splitlines() if "hotline" in line or "branch" in line or "letter" in line]
    shown = " ".join(rows)
    assert ">25<" in shown
    assert ">3<" not in shown
    assert ">11<" not in shown, "three are what is left of 39 when 25 and 11 are known"
    assert ">40<" in page, "every entry of the feed came after the list was fixed"
    for token in ("c1<", "d1<", "f1<"):
        assert token not in page


def test_an_opt_out_that_was_told_late_is_shown_to_compliance(alarmed: Desk) -> None:
    raise_alert(alarmed.ledger, kind="opt_out_lag", subject="ai_dialler", detail={"seconds": 95})
    page = alarmed.visitor("compliance").get("/feed").text
    assert "ai_dialler, 95 seconds" in page
