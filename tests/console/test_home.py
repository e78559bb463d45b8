"""The first page: what waits for whom, and how tonight's run goes."""

import html
import re
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import insert

from features.catalogue import FEATURES
from jobs.reviews import write_review
from ledger.schema import ALERTS, RUNS
from outreach.stops import throw_switch
from strategies import lifecycle
from strategies.folder import OWN_BOOK, Written, read_files
from strategies.reader import read
from strategies.versions import import_
from tests.console import experiment_world
from tests.console.desk import ROLES, Desk, open_desk
from tests.console.test_releases import freeze

NIGHT = date(2026, 7, 2)
NAMES = ("card_activation_pos", "fund_first_plan", "mobile_silent_app")
LIFTS = {"fund_first_plan": 0.05, "mobile_silent_app": 0.0}
MANAGER = "segment_manager"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A draft sent back, one submitted, one approved; a list to approve; a step that failed; an alert."""
    book = [OWN_BOOK / f"{name}.yaml" for name in NAMES]
    with open_desk(tmp_path_factory.mktemp("busy") / "home", book) as opened:
        ledger = opened.ledger
        back, submitted, approved = (_rewritten(opened, name) for name in NAMES)
        lifecycle.submit(ledger, [back, submitted, approved], actor=MANAGER)
        lifecycle.sendback(ledger, [back], actor="approver", reason="Say <b>who</b> calls.")
        lifecycle.approve(ledger, [approved], actor="approver")
        throw_switch(ledger, "channel", "sms", stopped=True, actor="operator", reason="gateway down")
        experiment_world.fill(opened.settings.lake_folder, [NIGHT], lifts=LIFTS)
        freeze(opened, NIGHT)
        with ledger.engine.begin() as connection:
            ran = {"as_of": NIGHT, "seconds": 2.0, "written": {}}
            connection.execute(insert(RUNS).values(job="ingest", status="done", **ran))
            connection.execute(insert(RUNS).values(job="features", status="failed", **ran))
            connection.execute(insert(RUNS).values(job="segments", status="running", as_of=NIGHT))
            connection.execute(insert(ALERTS).values(kind="rows", subject="operator", detail={"rows": 30}))
        yield opened


def _rewritten(desk: Desk, name: str) -> str:
    """Another version of a strategy that is live, by the manager."""
    (first,) = read_files([OWN_BOOK / f"{name}.yaml"])
    text = first.text.replace("title: ", "title: Again ")
    again = Written(text=text, strategy=read(text, file=name, features=FEATURES))
    import_(desk.ledger, [again], actor=MANAGER, bases={name: 1})
    return name


def groups(desk: Desk, name: str) -> dict[str, str]:
    """What waits for somebody: the words of each group, by its heading."""
    part = desk.visitor(name).get("/").text.split('id="needed"')[1].split("</section>")[0]
    found = re.findall(r"<h3>(.*?)</h3>(.*?)(?=<h3>|$)", part, re.S)
    return {heading: html.unescape(re.sub(r"<[^>]+>|\s+", " ", body)) for heading, body in found}


def test_an_author_finds_what_came_back_and_what_was_approved(busy: Desk) -> None:
    found = groups(busy, MANAGER)
    assert "card_activation_pos" in found["Sent back to you"]
    assert "Say <b>who</b> calls." in found["Sent back to you"]
    assert "mobile_silent_app" in found["Approved, to be put live"]
    assert "Strategies to approve" not in found
    assert "Channel: Text message" in found["Stopped for everybody"]


def test_whoever_writes_finds_his_drafts_the_newest_first(busy: Desk) -> None:
    visitor = busy.visitor("data_scientist")
    for name in ("draft_a", "draft_b"):
        assert visitor.post("/new-strategy", name=name, title=name, kind="deposit").status_code == 303
    found = groups(busy, "data_scientist")["Your drafts"]
    assert re.findall(r"draft_[ab] version 1, not submitted yet", " ".join(found.split())) == [
        "draft_b version 1, not submitted yet",
        "draft_a version 1, not submitted yet",
    ]
    assert "Your drafts" not in groups(busy, MANAGER)


def test_what_came_back_cannot_bring_markup_along(busy: Desk) -> None:
    assert "<b>who</b>" not in busy.visitor(MANAGER).get("/").text


def test_an_approver_finds_strategies_and_lists_of_others(busy: Desk) -> None:
    found = groups(busy, "approver")
    assert "fund_first_plan" in found["Strategies to approve"]
    assert "mobile_silent_app" not in found["Strategies to approve"]
    assert "2026-07-02" in found["Lists to approve"]
    assert "Sent back to you" not in found


def test_an_operator_finds_what_failed_and_what_is_stopped(busy: Desk) -> None:
    found = groups(busy, "operator")
    assert "Work out features" in found["Steps that failed"]
    assert "gateway down" in found["Stopped by a switch"]


@pytest.mark.parametrize("role", ROLES)
def test_alerts_are_for_those_who_may_see_the_trail(busy: Desk, role: str) -> None:
    assert ("Alerts of the last seven days" in groups(busy, role)) == (role == "compliance")


def test_an_experiment_waits_until_somebody_decides_on_what_is_advised(busy: Desk) -> None:
    heading = "Experiments to decide on"
    assert "fund_first_plan Works" in " ".join(groups(busy, "data_scientist")[heading].split())
    write_review(
        busy.ledger,
        "fund_first_plan",
        decision="ship",
        as_of=NIGHT,
        verdict="ship",
        seen={},
        actor="data_scientist",
        reason="It works.",
    )
    assert heading not in groups(busy, "data_scientist")


def test_tonights_steps_are_told_in_words_and_a_killed_one_does_not_run_for_ever(busy: Desk) -> None:
    page = busy.visitor("operator").get("/").text.split('id="night"')[1]
    states = re.findall(r'<th scope="row">(.*?)</th><td><span class="state \w+">(.*?)</span>', page)
    told = dict(states)
    assert told["Take in the data"] == "done"
    assert told["Work out features"] == "failed"
    assert told["Cut segments"] == "broken off"
    assert told["Release the lists"] == "not yet"
    assert "1 / 8" in page


def test_every_thing_that_waits_leads_somewhere(busy: Desk) -> None:
    for role in ROLES:
        visitor = busy.visitor(role)
        part = visitor.get("/").text.split('id="needed"')[1].split("</section>")[0]
        for to in re.findall(r'href="([^"]+)"', part):
            assert visitor.get(html.unescape(to)).status_code == 200, (role, to)


def test_the_first_page_speaks_chinese(busy: Desk) -> None:
    visitor = busy.visitor("approver")
    visitor.post("/preferences", language="zh", back="/")
    page = visitor.get("/").text
    assert "待审批策略" in page
    assert "接收方：AI 外呼" in page
    visitor.post("/preferences", language="en", back="/")


def test_who_has_nothing_to_do_is_told_so(desk: Desk) -> None:
    assert "Nothing waits for you." in desk.visitor("data_scientist").get("/").text
