"""The feed as recipients reach it: by real HTTP, signed both ways, at once and to nobody else."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from sqlalchemy import insert, text

from base.errors import SealError
from base.settings import Settings, load_settings
from ledger.database import Ledger, open_ledger
from ledger.schema import CANARIES
from outreach.deliver import opening_keys
from outreach.deliver.signed import read_statement
from outreach.opt_outs import Whom
from outreach.revocations import forget_released
from tests.outreach.feed_world import EVENING, NIGHT, Dialler, holds, opts_out, served


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("feed") / "home")


@pytest.fixture(scope="module")
def ledger(settings: Settings) -> Iterator[Ledger]:
    with open_ledger(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def address(settings: Settings, ledger: Ledger) -> Iterator[str]:
    with served(settings, ledger) as opened:
        yield opened


@pytest.fixture
def dialler(settings: Settings, ledger: Ledger, address: str) -> Dialler:
    """The AI dialler, with no list left of earlier tests."""
    with ledger.engine.begin() as connection:
        forget_released(connection, before=date.max)
    return Dialler(settings=settings, address=address)


def newest(ledger: Ledger) -> str:
    with ledger.engine.connect() as connection:
        return str(connection.execute(text("select coalesce(max(place), 0) from revocations")).scalar_one())


def test_a_dialler_reads_page_after_page_what_was_called_off(ledger: Ledger, dialler: Dialler) -> None:
    start = newest(ledger)
    holds(ledger.engine, [{"contact": f"c{place}", "customer": f"p{place}"} for place in range(3)])
    opts_out(ledger.engine, Whom(customer="p1"))
    page = dialler.page(start)
    assert [(one["contact"], one["address"], one["why"]) for one in page["revocations"]] == [
        ("c1", "d-c1", "opt_out")
    ]
    assert dialler.revoked(str(page["next"])) == []
    opts_out(ledger.engine, Whom(customer="p2"))
    assert dialler.revoked(str(page["next"])) == ["c2"]


def test_one_who_waits_is_told_at_once(ledger: Ledger, dialler: Dialler) -> None:
    """The answer comes long before the wait ends, and not before there is something to tell."""
    start = newest(ledger)
    holds(ledger.engine, [{"contact": "c0", "customer": "p0"}])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(dialler.revoked, start, wait=30)
        opts_out(ledger.engine, Whom(customer="somebody else"))
        opts_out(ledger.engine, Whom(customer="p0"))
        assert waiting.result(timeout=20) == ["c0"]
    assert dialler.revoked(newest(ledger), wait=0.1) == []


def test_an_address_is_asked_about_as_it_is_dialled(ledger: Ledger, dialler: Dialler) -> None:
    holds(ledger.engine, [{"contact": f"c{place}", "customer": f"p{place}"} for place in range(2)])
    opts_out(ledger.engine, Whom(customer="p1"))
    assert dialler.check("d-c0")["may_be_used"] is True
    assert dialler.check("d-c1") | {"nonce": ""} == {
        "recipient": "ai_dialler",
        "nonce": "",
        "address": "d-c1",
        "may_be_used": False,
        "why": "opt_out",
    }
    assert dialler.check("d-unheard-of")["why"] == "unknown"
    other = Dialler(settings=dialler.settings, address=dialler.address, recipient="human_desk")
    assert other.check("d-c0")["why"] == "unknown"


def test_a_canary_asked_about_by_another_raises_an_alert(ledger: Ledger, dialler: Dialler) -> None:
    line = {"contact": "canary", "address": "d-canary", "recipient": "ai_dialler", "as_of": NIGHT}
    with ledger.engine.begin() as connection:
        connection.execute(insert(CANARIES).values(**line, channel="ai_call", expires_at=EVENING))
    holds(ledger.engine, [{"contact": "canary", "customer": None}])
    assert dialler.check("d-canary")["may_be_used"] is True
    with ledger.engine.connect() as connection:
        alerts = text("select count(*) from alerts where kind = 'canary_touched'")
        before = connection.execute(alerts).scalar_one()
        Dialler(settings=dialler.settings, address=dialler.address, recipient="human_desk").check("d-canary")
        connection.rollback()
        assert connection.execute(alerts).scalar_one() == before + 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"Longreach-Recipient": "human_desk"}, "not signed by a key"),
        ({"Longreach-Recipient": "somebody"}, "no recipient"),
        ({"Longreach-Nonce": "short"}, "no nonce"),
        ({"Longreach-Nonce": "a" * 22}, "not signed by a key"),
        ({"Longreach-Time": "2026-07-01T09:00:00+00:00"}, "not signed by a key"),
        ({"Longreach-Signature": "x"}, "not signed by a key"),
    ],
)
def test_a_question_that_is_not_signed_as_it_stands_is_refused(
    dialler: Dialler, told: dict[str, str], words: str
) -> None:
    refused = dialler.ask("/revocations", "after=0", **told)
    assert (refused.status_code, words in refused.json()["error"]) == (401, True), refused.text


def test_a_question_is_signed_for_its_own_path_and_words(dialler: Dialler) -> None:
    headers = dialler.headers("/revocations", "after=0")
    for path in ("/revocations?after=1", "/revocations/check?after=0"):
        assert httpx.get(f"{dialler.address}{path}", headers=headers).status_code == 401
    assert httpx.get(f"{dialler.address}/revocations?after=0", headers=headers).status_code == 200


def test_a_question_is_answered_once_and_in_its_time(dialler: Dialler) -> None:
    headers = dialler.headers("/revocations", "after=0")
    answers = [httpx.get(f"{dialler.address}/revocations?after=0", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert "asked before" in answers[1].json()["error"]
    for minutes in (-5, 5):
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        late = httpx.get(
            f"{dialler.address}/revocations?after=0",
            headers=dialler.headers("/revocations", "after=0", at=at),
        )
        assert (late.status_code, "set the clocks" in late.text) == (401, True)


def test_an_answer_that_was_changed_is_not_believed(ledger: Ledger, dialler: Dialler) -> None:
    start = newest(ledger)
    holds(ledger.engine, [{"contact": "c0", "customer": "p0"}])
    opts_out(ledger.engine, Whom(customer="p0"))
    answer = dialler.ask("/revocations", f"after={start}").json()
    bank = opening_keys(dialler.settings, "ai_dialler").bank
    assert "c0" in str(read_statement("answer", json.dumps(answer).encode(), keys=bank))
    answer["statement"] = answer["statement"].replace("c0", "c1")
    with pytest.raises(SealError, match="not signed"):
        read_statement("answer", json.dumps(answer).encode(), keys=bank)


@pytest.mark.parametrize("query", ["after=x", "after=0&wait=soon"])
def test_what_makes_no_sense_is_told(dialler: Dialler, query: str) -> None:
    refused = dialler.ask("/revocations", query)
    assert refused.status_code == 400
    assert query.rpartition("&")[2].replace("=", "=") in refused.json()["error"]


def test_the_feed_stays_whole_where_many_write_and_ask_at_once(ledger: Ledger, dialler: Dialler) -> None:
    start, people = newest(ledger), [f"many{place}" for place in range(40)]
    holds(ledger.engine, [{"contact": f"c-{name}", "customer": name} for name in people])
    stop = threading.Event()

    def follow() -> list[str]:
        after, seen = start, []
        while not stop.is_set() or seen[-1:] != [f"c-{people[-1]}"]:
            page = dialler.page(after, wait=5)
            after, seen = str(page["next"]), seen + [one["contact"] for one in page["revocations"]]
            if len(seen) >= len(people):
                break
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(follow) for _ in range(2)]
        list(pool.map(lambda name: opts_out(ledger.engine, Whom(customer=name)), people))
        stop.set()
        for reader in readers:
            assert sorted(reader.result(timeout=60)) == sorted(f"c-{name}" for name in people)


def test_an_opt_out_told_late_raises_an_alert_once(ledger: Ledger, dialler: Dialler) -> None:
    start, late = newest(ledger), datetime.now(UTC) + timedelta(minutes=5)
    holds(ledger.engine, [{"contact": "c0", "customer": "p0"}])
    opts_out(ledger.engine, Whom(customer="p0"))
    with served(dialler.settings, ledger, clock=lambda: late) as address:
        for _ in range(2):
            headers = dialler.headers("/revocations", f"after={start}", at=late)
            httpx.get(f"{address}/revocations?after={start}", headers=headers).raise_for_status()
    with ledger.engine.connect() as connection:
        raised = connection.execute(text("select subject from alerts where kind = 'opt_out_lag'")).scalars()
        assert list(raised) == ["ai_dialler"]


def test_a_ledger_in_trouble_is_said_so_and_nobody_may_be_called(ledger: Ledger, dialler: Dialler) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(text("set local role none"))  # back to who owns the tables
        connection.execute(text("alter table released_lists rename to hidden"))
    try:
        answer = dialler.ask("/revocations/check", "address=d")
    finally:
        with ledger.engine.begin() as connection:
            connection.execute(text("set local role none"))
            connection.execute(text("alter table hidden rename to released_lists"))
    assert (answer.status_code, "call nobody" in answer.text) == (503, True)
