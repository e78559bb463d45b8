"""The compliance room: the trail looked through and proved, looks, opt-outs, numbers to call from, roles."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pyarrow as pa
import pytest
from sqlalchemy import insert, select

from console.pages.page import pages
from console.words.deeds import DEEDS
from console.words.limits import channel_said
from console.words.persons import PURPOSES
from console.words.verdicts import product_said
from jobs.matter import PURPOSES as KNOWN
from ledger.audit import record, trail
from ledger.schema import AUDIT, CALLER_NUMBERS
from outreach.opt_outs import standing
from outreach.vault import Vault
from strategies.folder import OWN_BOOK
from tests.console.desk import Desk, open_desk, settled

PLAIN = [one.path for one in pages().values() if re.fullmatch("/compliance[a-z/-]*", one.path)]
CHINESE = re.compile(r"[\u4e00-\u9fff]{4}")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A console of a bank whose vault knows two customers, and where no night has run."""
    few = (OWN_BOOK / "mobile_silent_app.yaml",)
    with open_desk(tmp_path_factory.mktemp("compliance") / "home", few) as opened:
        deliver(opened, ("C000000001", "C000000002"))
        yield opened


def deliver(desk: Desk, numbers: tuple[str, ...]) -> None:
    vault = Vault(desk.settings)
    columns = {
        "customer": vault.tokens("customer", pa.array(numbers)),
        "customer_no": pa.array(numbers),
        "name": pa.array(["张三"] * len(numbers)),
        "phone": pa.array([f"1380000{number[-4:]}" for number in numbers]),
        "id_number": pa.array([None] * len(numbers), pa.string()),
        "generated": pa.array([True] * len(numbers)),
    }
    vault.put(date(2026, 7, 1), pa.table(columns))


def lines_of(text: str) -> list[int]:
    return [int(one) for one in re.findall(r'<th scope="row" class="number">(\d+)</th>', text)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_shows_in_both_languages(house: Desk, language: str) -> None:
    visitor = house.visitor("compliance")
    visitor.post("/preferences", language=language)
    try:
        for path in PLAIN:
            answer = visitor.get(path)
            assert answer.status_code == 200, answer.text
            assert bool(CHINESE.search(answer.text)) == (language == "zh"), path
    finally:
        visitor.post("/preferences", language="en")


def test_the_trail_is_turned_newest_first_and_no_line_shows_twice(house: Desk) -> None:
    for number in range(120):
        record(house.ledger, actor="周立成", action="list approved", subject="sms", detail={"n": number})
    visitor, path, seen = house.visitor("compliance"), "/compliance/audit?actor=周立成", []
    for _ in range(3):
        text = visitor.get(path).text
        seen.append(lines_of(text))
        older = re.search(r'rel="next" href="([^"]+)"', text)
        path = f"/compliance/audit{older[1].replace('&amp;', '&')}" if older else ""
    assert [len(page) for page in seen] == [50, 50, 20]
    assert [line for page in seen for line in page] == sorted(set().union(*seen), reverse=True)
    assert path == ""


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("subject=fund_of_march", 2),
        ("subject=fund_of_march&action=strategy paused", 1),
        ("subject=fund_of_march&from=2026-03-02&to=2026-03-02", 1),
        ("subject=fund_of_march&to=2026-03-01", 1),
        ("subject=fund_of_march&actor=nobody", 0),
        ("subject=%00", None),
    ],
)
def test_the_trail_is_searched_by_the_banks_own_days(house: Desk, search: str, found: int | None) -> None:
    # 16:30 UTC on the first is half past midnight of the second where the bank is.
    moments = {"strategy paused": (1, 15), "strategy resumed": (1, 16)}
    with house.ledger.engine.begin() as connection:
        if not connection.execute(select(AUDIT.c.id).where(AUDIT.c.subject == "fund_of_march")).first():
            for action, (day, hour) in moments.items():
                told = {"actor": "a", "action": action, "subject": "fund_of_march", "detail": {}}
                at = datetime(2026, 3, day, hour, 30, tzinfo=UTC)
                connection.execute(insert(AUDIT).values(at=at, **told))
    answer = house.visitor("compliance").get(f"/compliance/audit?{search}")
    assert answer.status_code == 200
    assert found is None or len(lines_of(answer.text)) == found


@pytest.mark.parametrize("search", ["from=yesterday", "from=2026-07-02&to=2026-07-01", "to=9999-12-31"])
def test_days_that_are_none_are_refused_in_words(house: Desk, search: str) -> None:
    answer = house.visitor("compliance").get(f"/compliance/audit?{search}")
    assert answer.status_code == 400
    assert "2026-07-01" in answer.text


def test_what_somebody_wrote_is_shown_as_text_and_long_details_are_cut(house: Desk) -> None:
    detail = {"reason": "<script>alert(1)</script>", "versions": {f"s{one}": 1 for one in range(4_000)}}
    record(house.ledger, actor="王敏", action="night decided", subject="2026-07-09", detail=detail)
    text = house.visitor("compliance").get("/compliance/audit?subject=2026-07-09").text
    assert "&lt;script&gt;alert(1)" in text
    assert "3,995 more" in text
    assert len(text) < 20_000


def test_the_trail_is_proved_and_a_bend_is_told(house: Desk) -> None:
    record(house.ledger, actor="a", action="b", subject="to be bent", detail={})
    visitor = house.visitor("compliance")
    assert "never verified here" in visitor.get("/compliance").text
    assert "Whole" in proved(house)
    assert bend(house, "a", "nobody") == 1
    try:
        told = proved(house)
        assert "Bent" in told
        assert "edited" in told
        assert "bent" in visitor.get("/compliance").text
    finally:
        bend(house, "nobody", "a")
    assert "covered" in visitor.post("/compliance/audit/proof/checkpoint").headers["set-cookie"]


def proved(house: Desk) -> str:
    visitor = house.visitor("compliance")
    place = visitor.post("/compliance/audit/proof/verify").headers["location"]
    assert settled(visitor, f"/compliance/audit/proof/state?{place.partition('?')[2]}") == "done"
    return visitor.get(place).text


def bend(house: Desk, actor: str, other: str) -> int:
    with house.ledger.engine.begin() as connection:
        connection.exec_driver_sql("set local role none")
        connection.exec_driver_sql("set local session_replication_role = replica")
        changed = connection.exec_driver_sql(
            f"update audit set actor = '{other}' where actor = '{actor}' and subject = 'to be bent'"
        )
        return int(changed.rowcount)


def test_looks_are_told_by_person_actor_and_purpose_refusals_too(house: Desk) -> None:
    vault, (customer,) = (
        Vault(house.settings),
        Vault(house.settings).tokens("customer", pa.array(["C000000001"])),
    )
    look = {"as_of": date(2026, 7, 2), "customer": str(customer), "actor": "李娜", "ledger": house.ledger}
    vault.look(purpose="complaint", ticket="CASE-1", **look)
    with pytest.raises(Exception, match="ticket"):
        vault.look(purpose="complaint", ticket="13800000001", **look)
    visitor = house.visitor("compliance")
    whole = visitor.get(f"/compliance/looks?person={customer}").text
    assert len(lines_of(whole)) == 2
    assert "was refused at the vault" in whole
    assert len(lines_of(visitor.get("/compliance/looks?actor=李娜&purpose=incident").text)) == 0
    assert "13800000001" not in whole


def test_an_opt_out_binds_at_once_and_only_some_see_whose_it_is(house: Desk) -> None:
    operator = house.visitor("operator")
    said = {"by": "customer-no", "said": "C000000002", "channel": "sms", "source": "hotline"}
    assert operator.post("/compliance/opt-outs", **said, reason="too often").status_code == 303
    token = str(Vault(house.settings).tokens("customer", pa.array(["C000000002"]))[0])
    with house.ledger.engine.connect() as connection:
        (line,) = (row for row in connection.execute(standing()) if row.customer == token)
    assert (line.channel, line.actor) == ("sms", "operator")
    assert trail(house.ledger, action="opted out", last=1)[0]["actor"] == "operator"
    theirs, own, others = (
        house.visitor(name).get("/compliance/opt-outs").text
        for name in ("compliance", "operator", "segment_manager")
    )
    assert (token in theirs, token in own, token in others) == (True, False, False)
    assert ("Enter one" in own, "Enter one" in others) == (True, False)
    assert "C000000002" not in theirs + own + others
    ended = operator.post(
        "/compliance/opt-outs/withdraw", opt_out=str(line.id), source="branch", reason="wants offers"
    )
    assert ended.status_code == 303
    assert "withdrawn" in house.visitor("compliance").get(f"/compliance/opt-outs?customer={token}").text


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"by": "customer-no", "said": "C999999999"}, "never delivered"),
        ({"by": "phone", "said": "hello"}, "no phone number"),
        ({"by": "phone", "said": ""}, "nothing was entered"),
        ({"by": "shoe size", "said": "43"}, "nothing was entered"),
        ({"by": "phone", "said": "13800000001", "reason": "call 13900000000 instead"}, "number or address"),
        ({"by": "phone", "said": "13800000001", "channel": "fax"}, "no channel"),
    ],
)
def test_an_opt_out_of_nobody_or_with_a_number_in_its_words_is_refused(
    house: Desk, told: dict[str, str], words: str
) -> None:
    with house.ledger.engine.connect() as connection:
        before = len(connection.execute(standing()).all())
    answer = house.visitor("operator").post(
        "/compliance/opt-outs", **{"channel": "all", "source": "hotline", **told}
    )
    assert (answer.status_code, words in answer.text) == (422, True), answer.text
    with house.ledger.engine.connect() as connection:
        assert len(connection.execute(standing()).all()) == before


@pytest.mark.parametrize("path", ["/compliance/callers", "/compliance/opt-outs"])
def test_channels_and_products_are_called_as_everywhere_else(house: Desk, path: str) -> None:
    visitor = house.visitor("operator")
    said = [channel_said("human_call"), *([product_said("card")] if path.endswith("callers") else [])]
    for language in ("en", "zh"):
        visitor.post("/preferences", language=language)
        page = unescape(visitor.get(path).text)
        assert [one.to(language) in page for one in said] == [True] * len(said)
    visitor.post("/preferences", language="en")


def test_numbers_are_registered_rested_and_retired_with_a_reason(house: Desk) -> None:
    operator, soon = house.visitor("operator"), datetime.now(UTC).date() + timedelta(days=2)
    line = {"number": "9500012", "channel": "ai_call", "class": "marketing", "daily_limit": "400"}
    line["active_from"] = "2026-07-01"
    added = operator.post("/compliance/callers", **line, for_loan="yes")
    assert added.status_code == 303, added.text
    assert "registered already" in operator.post("/compliance/callers", **line).text
    wrong = operator.post("/compliance/callers", **{**line, "number": "no"})
    assert (wrong.status_code, "number: " in wrong.text, 'value="no"' in wrong.text) == (422, True, True)
    with house.ledger.engine.connect() as connection:
        rows = {row.number: row for row in connection.execute(select(CALLER_NUMBERS))}
    assert rows["9500012"].purposes == ["loan"]
    assert all(row.state == "retired" for row in rows.values() if row.generated)
    until = {"number": "9500012", "until": soon.isoformat()}
    assert operator.post("/compliance/callers/rest", **until).status_code == 400
    rested = operator.post("/compliance/callers/rest", **until, reason="marked as a nuisance")
    assert rested.status_code == 303
    assert "rests through" in operator.get("/compliance/callers?q=9500012").text
    assert "Register one" not in house.visitor("compliance").get("/compliance/callers").text
    gone = {"number": "9500012", "reason": "given back"}
    assert operator.post("/compliance/callers/retire", **gone).status_code == 303
    assert operator.post("/compliance/callers/retire", **gone).status_code == 400
    assert [one["action"] for one in trail(house.ledger, subject="9500012")] == [
        "caller retired",
        "caller rests",
        "caller registered",
    ]


def test_the_table_of_roles_says_who_has_which(house: Desk) -> None:
    text = house.visitor("approver").get("/compliance/roles").text
    assert re.search(r'<th scope="row">operator</th><td>operator</td><td>yes</td>', text)
    assert re.search(r'<th scope="row">nobody in particular</th><td>none</td><td>yes</td>', text)


def test_what_two_nights_and_their_people_did_is_told_in_words(night_desk: Desk) -> None:
    with night_desk.ledger.engine.connect() as connection:
        done = set(connection.execute(select(AUDIT.c.action).distinct()).scalars())
    assert "vault.take" in done
    assert done <= set(DEEDS)
    assert set(PURPOSES) == set(KNOWN)
