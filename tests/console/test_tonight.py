"""The room of tonight: the plan as it stands, what if, why one customer, and the brakes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow.compute as pc
import pytest
from sqlalchemy import delete, insert

from base.roles import DUTIES, Action
from console.pages.page import Visit
from console.pages.tonight.night import segments_of, told_strategies, totals_of
from console.words.limits import lowered_said, price_said
from console.words.reasons import reason_said
from evaluation.suppress import SMALLEST
from jobs.locks import alone
from lake.glance import Glance
from lake.tables import LIMITS, PLAN
from lake.tables.certified import LIMIT_KINDS
from ledger.audit import trail
from ledger.schema import RUNS
from outreach.arbitrate.declared import Limit
from outreach.arbitrate.words import full
from outreach.policy.rule import policy_rules, reasons
from tests.console import plan_world
from tests.console.desk import Desk

LAST, BEFORE = date(2026, 7, 2), date(2026, 7, 1)
STRATEGY = "mobile_silent_app"
ROOM = (
    "/tonight",
    "/tonight/segments",
    "/tonight/strategies",
    "/tonight/what-if",
    "/tonight/switches",
    f"/tonight/rest?name={STRATEGY}",
    "/tonight/stop?scope=channel&name=push",
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def lake(night_desk: Desk) -> Glance:
    return Glance(night_desk.settings.lake_folder)


@pytest.fixture(scope="module")
def contacts(lake: Glance) -> list[dict[str, Any]]:
    """The contacts of the last night."""
    plan = lake.read(PLAN, as_of=LAST)
    rows: list[dict[str, Any]] = plan.filter(pc.field("fate") == "contact").to_pylist()
    return rows


def cells(page: str, caption: str) -> dict[str, list[str]]:
    """The cells of a table by the heading of their row; of a strategy, by its name below its title."""
    (table,) = re.findall(rf"<caption>{caption}.*?</table>", page, re.DOTALL)
    body = table.partition("<tbody>")[2]
    rows = [
        [
            plain(cell.partition("<br>")[2] or cell)
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in body.split("</tr>")
    ]
    return {row[0]: row[1:] for row in rows if row}


def plain(markup: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", markup).split())


@contextmanager
def run_line(desk: Desk, *, job: str, as_of: date) -> Iterator[None]:
    """A run that says that it runs, as long as the block does."""
    with desk.ledger.engine.begin() as connection:
        line = insert(RUNS).values(job=job, as_of=as_of, status="running").returning(RUNS.c.id)
        number = connection.execute(line).scalar_one()
    try:
        yield
    finally:
        with desk.ledger.engine.begin() as connection:
            connection.execute(delete(RUNS).where(RUNS.c.id == number))


def test_contacts_stand_against_room_and_few_are_not_counted(
    night_desk: Desk, lake: Glance, contacts: list[dict[str, Any]]
) -> None:
    page = night_desk.visitor("approver").get("/tonight").text
    told = cells(page, "Contacts by hour")
    rooms = {row["name"]: row["high"] for row in lake.read(LIMITS, as_of=LAST).to_pylist()}
    places = ("push", "sms", "ai_call", "human_call")
    made = {(one["channel"], one["hour"]): 0 for one in contacts}
    for one in contacts:
        made[one["channel"], one["hour"]] += 1
    shown = 0
    for (channel, hour), count in made.items():
        cell, room = told[f"{hour}:00"][places.index(channel)], rooms.get(f"channel.{channel}@{hour}")
        number, _, of = cell.partition(" of ")
        assert of == ("" if room is None else f"{room:,.0f}")
        assert number in ("under 10", f"{count:,}")
        assert count >= SMALLEST or number == "under 10"
        shown += number != "under 10"
    assert shown
    assert f"{len(contacts):,} contacts are made" in plain(page)
    assert "100 of 100" in page


def test_no_segment_tells_of_few_nor_lets_them_be_worked_out(
    night_desk: Desk, contacts: list[dict[str, Any]]
) -> None:
    told = cells(night_desk.visitor("approver").get("/tonight/segments").text, "Contacts by segment")
    made = {heading.split()[0]: 0 for heading in told}
    for one in contacts:
        made[one["segment"]] += 1
    hidden = 0
    for heading, (count, _) in told.items():
        own = made[heading.split()[0]]
        assert count in ("under 10", f"{own:,}")
        assert own == 0 or own >= SMALLEST or count == "under 10"
        hidden += own if count == "under 10" else 0
    assert hidden == 0 or hidden >= SMALLEST


def test_the_totals_of_segments_and_strategies_tell_of_few_not_even_together(tmp_path: Path) -> None:
    counts = {("S1", "a"): 3, ("S1", "b"): 12, ("S1", "c"): 40}
    counts |= {("S2", "a"): 15, ("S2", "b"): 30, ("S2", "c"): 50}
    plan_world.fill(tmp_path, LAST, counts)
    visit = cast(Visit, SimpleNamespace(lake=Glance(tmp_path)))
    assert totals_of(visit, LAST) == {"S1": 55, "S2": 95}
    assert told_strategies(visit, LAST) == ["a", "b", "c"]
    shown = segments_of(visit, LAST).dropna()
    assert {(one.segment, one.strategy) for one in shown.itertuples()} == {("S1", "c"), ("S2", "c")}


def test_strategies_are_searched_and_shown_in_a_segment(
    night_desk: Desk, contacts: list[dict[str, Any]]
) -> None:
    visitor = night_desk.visitor("segment_manager")
    every = cells(visitor.get("/tonight/strategies").text, "Contacts by strategy")
    assert {one["strategy"] for one in contacts} <= set(every)
    found = cells(visitor.get("/tonight/strategies?q=SILENT").text, "Contacts by strategy")
    assert set(found) == {name for name in every if "silent" in name}
    segment = contacts[0]["segment"]
    own = {one["strategy"] for one in contacts if one["segment"] == segment}
    page = visitor.get(f"/tonight/strategies?segment={segment}").text
    assert set(cells(page, "Contacts by strategy")) == own
    for name, told in cells(page, "Contacts by strategy").items():
        count = sum(one["strategy"] == name and one["segment"] == segment for one in contacts)
        assert (
            told[0] == f"{count:,}" if count >= SMALLEST and told[0] != "under 10" else told[0] == "under 10"
        )
    assert "<script>" not in visitor.get("/tonight/strategies?q=<script>").text.replace("<script type", "")


def test_what_one_more_would_bring_is_told_in_words() -> None:
    limit = {"kind": "channel", "name": "channel.human_call", "unit": "contacts", "price": 41 / 12}
    said = price_said(limit)
    assert said is not None
    assert said.english.startswith("One more hour of agents' calls would bring 41 yuan.")
    assert "41 元" in said.chinese
    minimum = {"kind": "strategy", "name": "strategy.x", "unit": "contacts", "low": 4.0, "price": -2.5}
    said = price_said(minimum)
    assert said is not None
    assert said.english == "Asking for one contact less would save 2.50 yuan."
    assert price_said({**minimum, "price": 0.001}) is None
    lowered = lowered_said({**minimum, "relaxed_from": 20.0})
    assert "at least 20" in lowered.english
    assert "No more than 4" in lowered.english


def test_every_kind_of_limit_has_its_words() -> None:
    for kind in LIMIT_KINDS:
        of = "human_call" if kind in ("channel", "hour", "budget", "ahead") else "some_name"
        end = {"hour": "@10", "ahead": "+3"}.get(kind, "")
        name = f"{'channel' if kind == 'hour' else kind}.{of}{end}"
        said = price_said({"kind": kind, "name": name, "unit": "contacts", "price": 2.0})
        assert said is not None
        assert CHINESE.search(said.chinese)


def test_every_reason_of_a_night_is_told_in_chinese(lake: Glance) -> None:
    written = set(lake.read(PLAN, as_of=LAST, columns=("reason",))["reason"].to_pylist())
    kinds = ("channel", "hour", "budget", "skill", "ahead", "strategy", "spend", "begin")
    hours = {"hour": 10}
    limits = [
        Limit(kind=kind, of="sms", unit="contacts", high=40_000, hour=hours.get(kind), days=3)
        for kind in kinds
    ]
    written |= {full(limit, price=price) for limit in limits for price in (0.0, 0.001, 2.5)}
    written |= set(reasons().values()) | {rule.otherwise for rule in policy_rules() if rule.otherwise}
    for words in written:
        said = reason_said(words)
        assert CHINESE.search(said.chinese), words
        assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", said.chinese), words


@pytest.mark.parametrize("path", ROOM)
def test_every_page_speaks_both_languages(night_desk: Desk, path: str) -> None:
    visitor = night_desk.visitor("segment_manager")
    headings = []
    for language in ("zh", "en"):
        visitor.post("/preferences", language=language)
        answer = visitor.get(path)
        assert answer.status_code == 200, answer.text
        headings.append(" ".join(re.findall(r"<h[12].*?>(.*?)</h[12]>", answer.text)))
    assert CHINESE.search(headings[0])
    assert not CHINESE.search(headings[1])


def test_while_a_night_runs_the_last_finished_plan_is_shown(night_desk: Desk) -> None:
    visitor = night_desk.visitor("operator")
    with run_line(night_desk, job="decide", as_of=LAST):
        with alone("decide", night_desk.ledger):
            page = visitor.get("/tonight").text
        after_it_was_killed = visitor.get("/tonight").text
    assert "Decide who is contacted" in page
    assert "Decided in the night of 1 Jul 2026" in page
    assert "A night is running" not in after_it_was_killed
    assert "Decided in the night of 2 Jul 2026" in visitor.get("/tonight").text


def test_a_channel_is_stopped_with_a_reason_and_let_go_again(night_desk: Desk) -> None:
    manager, operator = night_desk.visitor("segment_manager"), night_desk.visitor("operator")
    assert "The last plan has 40 such contacts" in manager.get("/tonight/stop?scope=channel&name=sms").text
    for reason in ("", "asked for by 13812345678", "x" * 501):
        refused = manager.post("/tonight/stop", scope="channel", name="sms", reason=reason)
        assert refused.status_code == 400
        assert f'value="{reason}"' in refused.text
    assert "Off now" not in manager.get("/tonight").text
    manager.post("/tonight/stop", scope="channel", name="sms", reason="the gateway sends twice")
    try:
        for path in ROOM:
            assert "the gateway sends twice" in manager.get(path).text
        again = manager.post("/tonight/stop", scope="channel", name="sms", reason="once more")
        assert "stopped already" in again.text
        assert manager.post("/tonight/start", scope="channel", name="sms", reason="mine").status_code == 403
    finally:
        operator.post("/tonight/start", scope="channel", name="sms", reason="the gateway is mended")
    assert "Off now" not in manager.get("/tonight").text
    assert [line["action"] for line in trail(night_desk.ledger, subject="sms", last=2)] == [
        "channel started",
        "channel stopped",
    ]


def test_the_brakes_are_shown_to_whom_they_obey(night_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = night_desk.visitor("operator")
    assert 'href="/tonight/stop?scope=all"' in visitor.get("/tonight/switches").text
    own = DUTIES["operator"]
    monkeypatch.setitem(DUTIES, "operator", replace(own, actions=own.actions - {Action.STOP}))
    page = visitor.get("/tonight/switches")
    assert page.status_code == 200
    assert "/tonight/stop?" not in page.text


@pytest.mark.parametrize(
    "asked", ["scope=channel&name=fax", "scope=strategy", "scope=strategy&name=nobody", "scope=all;x"]
)
def test_nothing_that_is_not_there_can_be_stopped(night_desk: Desk, asked: str) -> None:
    told = dict(pair.split("=") for pair in asked.split("&"))
    visitor = night_desk.visitor("operator")
    assert visitor.get(f"/tonight/stop?{asked}").status_code == 400
    assert visitor.post("/tonight/stop", **told, reason="a test").status_code == 400
    assert "Off now" not in visitor.get("/tonight").text


def test_a_strategy_pauses_and_goes_on(night_desk: Desk) -> None:
    manager, approver = night_desk.visitor("segment_manager"), night_desk.visitor("approver")
    assert manager.post("/tonight/pause", name=STRATEGY, reason=" ").status_code == 400
    assert approver.post("/tonight/pause", name=STRATEGY, reason="not mine").status_code == 403
    manager.post("/tonight/pause", name=STRATEGY, reason="the offer has ended")
    try:
        assert "paused strategy" in approver.get("/tonight").text
        rows = cells(approver.get(f"/tonight/strategies?q={STRATEGY}").text, "Contacts by strategy")
        assert "off now" in rows[STRATEGY][-1]
    finally:
        manager.post("/tonight/resume", name=STRATEGY, reason="a new offer")
    assert "paused strategy" not in approver.get("/tonight").text


def test_the_first_page_tells_what_the_plan_comes_to(
    night_desk: Desk, contacts: list[dict[str, Any]]
) -> None:
    figures = (
        night_desk.visitor("segment_manager").get("/").text.split('class="figures"')[1].split("</dl>")[0]
    )
    assert f'<a href="/tonight">{len(contacts):,}</a>' in figures
    assert 'href="/experiments?verdict=continue"' in figures
