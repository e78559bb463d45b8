"""Lists at the console: where they stand, letting them go, taking them back, and tracing rows."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pyarrow as pa
import pytest
from sqlalchemy import insert, select, update

from console.pages.page import Visit
from console.pages.releases.one import one_list
from lake.glance import Glance
from lake.tables import CONTACT_LISTS
from ledger.schema import (
    AUDIT,
    RELEASE_APPROVALS,
    RELEASE_CONTENT,
    RELEASE_MOVES,
    RELEASED_CONTACTS,
    RELEASES,
)
from outreach.release import plan, releases_of
from tests.console import plan_world
from tests.console.desk import Desk
from tests.ledger.owner import as_owner

NIGHT, LATER = date(2026, 8, 3), date(2026, 8, 4)
LISTS = ("ai_dialler", "sms_gateway")


def freeze(
    desk: Desk,
    as_of: date,
    *,
    rows: int = 40,
    author: str = "release job",
    of: Mapping[str, Mapping[str, int]] | None = None,
) -> None:
    """Lists of a night that wait for approval, with a few bytes for content; ``of``: a list's rows by
    strategy."""
    with desk.ledger.engine.begin() as connection:
        plan(connection, as_of, LISTS, author=author)
        for recipient in LISTS:
            own = {"as_of": as_of, "recipient": recipient}
            content = {**own, "attempt": 1, "kind": "sealed", "part": 0, "content": b"sealed"}
            connection.execute(insert(RELEASE_CONTENT).values(**content))
            if of:
                kept = {**content, "kind": "rows", "content": packed(list(Counter(of[recipient]).elements()))}
                connection.execute(insert(RELEASE_CONTENT).values(**kept))
            frozen = {"state": "frozen", "attempt": 1, "rows": rows, "size": 6, "sha256": "ab" * 32}
            connection.execute(
                update(RELEASES)
                .where(RELEASES.c.as_of == as_of, RELEASES.c.recipient == recipient)
                .values(**frozen, actor=author)
            )


@pytest.fixture
def waiting(desk: Desk) -> Iterator[Desk]:
    """A console where the lists of a night wait for somebody."""
    freeze(desk, NIGHT)
    yield desk
    with desk.ledger.engine.begin() as connection:
        as_owner(connection)
        for table in (RELEASE_APPROVALS, RELEASE_CONTENT, RELEASE_MOVES, RELEASES):
            connection.execute(table.delete())


def states(desk: Desk) -> set[str]:
    with desk.ledger.engine.connect() as connection:
        return {one.state for one in releases_of(connection, NIGHT).values()}


def seen_on(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found
    return found[1]


def test_an_approver_lets_go_what_was_on_the_screen_once(waiting: Desk) -> None:
    approver = waiting.visitor("approver")
    page = approver.get(f"/releases/{NIGHT}").text
    answer = approver.post(f"/releases/{NIGHT}/approve", seen=seen_on(page), reason="looked at")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/releases/{NIGHT}")
    assert states(waiting) == {"approved"}
    with waiting.ledger.engine.connect() as connection:
        approvers = set(connection.execute(select(RELEASES.c.approver)).scalars())
    assert approvers == {"approver"}
    again = approver.post(f"/releases/{NIGHT}/approve", seen=seen_on(page))
    assert again.status_code == 400
    assert "waits for approval" in again.text


def test_lists_that_changed_since_they_were_looked_at_are_not_approved(waiting: Desk) -> None:
    approver = waiting.visitor("approver")
    page = approver.get(f"/releases/{NIGHT}").text
    with waiting.ledger.engine.begin() as connection:
        own = {"as_of": NIGHT, "recipient": LISTS[0]}
        content = {**own, "attempt": 2, "kind": "sealed", "part": 0, "content": b"less"}
        connection.execute(insert(RELEASE_CONTENT).values(**content))
        connection.execute(
            update(RELEASES)
            .where(RELEASES.c.as_of == NIGHT, RELEASES.c.recipient == LISTS[0])
            .values(state="frozen", attempt=2, rows=30, size=4, sha256="cd" * 32)
        )
    answer = approver.post(f"/releases/{NIGHT}/approve", seen=seen_on(page))
    assert answer.status_code == 400
    assert states(waiting) == {"frozen"}


def test_who_made_a_list_is_told_to_ask_another(waiting: Desk) -> None:
    freeze(waiting, LATER, author="Approver")
    approver = waiting.visitor("approver")
    assert f'action="/releases/{LATER}/approve"' not in approver.get(f"/releases/{LATER}").text
    seen = ",".join(f"{recipient} 1" for recipient in LISTS)
    answer = approver.post(f"/releases/{LATER}/approve", seen=seen)
    assert answer.status_code == 400
    assert "cannot approve" in answer.text


def test_withdrawing_takes_a_reason_and_is_for_good(waiting: Desk) -> None:
    approver = waiting.visitor("approver")
    refused = approver.post(f"/releases/{NIGHT}/withdraw", reason=" ")
    assert (refused.status_code, states(waiting)) == (400, {"frozen"})
    assert approver.post(f"/releases/{NIGHT}/withdraw", reason="wrong script").status_code == 303
    assert states(waiting) == {"withdrawn"}
    page = approver.get(f"/releases/{NIGHT}/{LISTS[0]}").text
    assert "wrong script" in page
    assert "withdrawn" in page


def test_words_with_somebodys_number_are_not_kept(waiting: Desk) -> None:
    answer = waiting.visitor("approver").post(f"/releases/{NIGHT}/withdraw", reason="call 13800138000")
    assert (answer.status_code, states(waiting)) == (400, {"frozen"})
    assert "13800138000" not in answer.text


@pytest.mark.parametrize("role", ["segment_manager", "operator", "compliance"])
def test_who_may_not_approve_sees_no_form_for_it(waiting: Desk, role: str) -> None:
    page = waiting.visitor(role).get(f"/releases/{NIGHT}")
    assert (page.status_code, '<form method="post" action="/releases' in page.text) == (200, False)


def test_few_contacts_are_not_counted(waiting: Desk) -> None:
    freeze(waiting, LATER, rows=7)
    for path in ("/releases", f"/releases/{LATER}", f"/releases/{LATER}/{LISTS[0]}"):
        page = waiting.visitor("approver").get(path).text
        assert not re.search(r">\s*7\s*<|:\s*7\b", page), path


def test_a_page_shows_a_lists_manifest_and_moves_but_none_of_its_marks(night_desk: Desk) -> None:
    page = night_desk.visitor("approver").get("/releases/2026-07-02/ai_dialler").text
    for words in ("ai_dialler-2026-07-02-", "ai_call.csv", "receipt confirmed", "the bank&#39;s own limits"):
        assert words in page
    assert not re.search("canar|watermark", page, re.IGNORECASE)


def test_a_list_names_its_strategies_and_counts_none_of_few(night_desk: Desk) -> None:
    lake = Glance(night_desk.settings.lake_folder, table_format=night_desk.settings.table_format)
    rows = lake.read(CONTACT_LISTS, as_of=date(2026, 7, 2), columns=("recipient", "strategy")).to_pylist()
    counts = Counter(row["strategy"] for row in rows if row["recipient"] == "ai_dialler")
    page = night_desk.visitor("approver").get("/releases/2026-07-02/ai_dialler").text
    told = dict(re.findall(r'href="/strategies/(\w+)">.*?<td class="number">([^<]*)</td>', page))
    assert told.keys() == counts.keys()
    assert {counts[name] for name, shown in told.items() if shown != "–"} <= set(range(10, 1_000))
    assert all(told[name] == "–" for name, count in counts.items() if count < 10)


def test_the_totals_of_strategies_and_lists_tell_of_few_not_even_together(
    waiting: Desk, tmp_path: Path
) -> None:
    """A strategy with 53 contacts, 50 of them on one list, has three on the other."""
    counts = {LISTS[0]: {"a": 50, "b": 40, "c": 30}, LISTS[1]: {"a": 3, "b": 20, "c": 60}}
    together = sum(map(Counter, counts.values()), Counter[str]())
    freeze(waiting, LATER, of=counts)
    plan_world.fill(tmp_path, LATER, {("S1", name): count for name, count in together.items()})
    shown = {}
    for recipient in LISTS:
        told = {"as_of": str(LATER), "recipient": recipient}
        asked = SimpleNamespace(
            lake=Glance(tmp_path), ledger=waiting.ledger, settings=waiting.settings, told=told
        )
        shown[recipient] = dict(one_list.show(cast(Visit, asked)).values["turn"].rows)
    assert shown == {
        LISTS[0]: {"a": None, "b": None, "c": 30},
        LISTS[1]: {"a": None, "b": None, "c": 60},
    }


def packed(strategies: list[str]) -> bytes:
    """A list's rows as they are kept, of the strategies alone."""
    sink, rows = pa.BufferOutputStream(), pa.table({"strategy": strategies})
    with pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def test_lists_are_searched_on_the_server(night_desk: Desk) -> None:
    visitor = night_desk.visitor("operator")
    assert "Lists found: 4" in visitor.get("/releases?q=2026-07-02").text
    assert "Lists found: 2" in visitor.get("/releases?recipient=sms_gateway").text
    assert "Lists found: 0" in visitor.get("/releases?state=expired").text


def test_rows_are_traced_to_their_list_and_the_question_is_on_record(night_desk: Desk) -> None:
    with night_desk.ledger.engine.connect() as connection:
        table = RELEASED_CONTACTS.c
        own = (table.recipient == "sms_gateway") & (table.as_of == date(2026, 7, 2))
        tokens = connection.execute(select(table.contact).where(own)).scalars().all()
    visitor = night_desk.visitor("compliance")
    answer = visitor.post("/trace/ask", rows="\n".join(tokens))
    assert answer.status_code == 200
    assert 'href="/releases/2026-07-02/sms_gateway"' in answer.text
    assert "Of no list" in visitor.post("/trace/ask", rows="nothing of ours").text
    lines = select(AUDIT.c.subject, AUDIT.c.detail).where(AUDIT.c.action == "rows traced")
    query = lines.order_by(AUDIT.c.id.desc())
    with night_desk.ledger.engine.connect() as connection:
        newest = [tuple(row) for row in connection.execute(query.limit(2))]
    assert newest == [
        ("no list", {"lists": []}),
        ("sms_gateway 2026-07-02", {"lists": ["sms_gateway 2026-07-02"]}),
    ]
