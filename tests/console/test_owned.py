"""Another manager's strategy, opened by its address: it is said whose it is, and nothing of his is lost."""

import html
import re

import pytest
from sqlalchemy import select

from ledger.schema import STRATEGY_VERSIONS
from strategies import lifecycle
from tests.console.desk import ALL_ROUNDER, NOBODY, Desk, Visitor
from tests.console.test_strategies import begun, newest, shown_text

MANAGER, OTHER = "segment_manager", ALL_ROUNDER
SAYS = {
    "en": f"This strategy is {MANAGER}'s. What you write is kept as a proposal; "
    f"{MANAGER} sees it, and somebody else approves.",
    "zh": f"此策略由 {MANAGER} 负责。您编写的内容将另存为建议版本，{MANAGER} 会看到，并由他人审批。",
}


def waits(desk: Desk, name: str, language: str = "en") -> str:
    """What waits for somebody on the first page."""
    visitor = desk.visitor(name)
    visitor.post("/preferences", language=language)
    page = html.unescape(visitor.get("/").text)
    visitor.post("/preferences", language="en")
    return page.split('id="needed"')[1].split("</section>")[0]


def texts(desk: Desk, name: str) -> list[str]:
    """Every version, the oldest first."""
    query = select(STRATEGY_VERSIONS.c.text).where(STRATEGY_VERSIONS.c.name == name)
    with desk.ledger.engine.connect() as connection:
        return list(connection.execute(query.order_by(STRATEGY_VERSIONS.c.version)).scalars())


def wrote(visitor: Visitor, name: str, text: str, *, base: str, then: str = "") -> str:
    """Keeps a version, and what is said of it."""
    answer = visitor.post(f"/strategies/{name}/write", text=text, was=text, base=base, then=then)
    assert answer.status_code == 303, answer.text
    return html.unescape(visitor.get(answer.headers["location"]).text)


def test_whose_it_is_is_said_before_somebody_else_writes(desk: Desk) -> None:
    own = begun(desk, "whose_it_is")
    assert "This strategy is" not in html.unescape(own.get("/strategies/whose_it_is").text)
    other = desk.visitor(OTHER)
    for language, words in SAYS.items():
        other.post("/preferences", language=language)
        assert words in html.unescape(other.get("/strategies/whose_it_is").text)
    other.post("/preferences", language="en")
    assert "This strategy is" not in html.unescape(
        desk.visitor("approver").get("/strategies/whose_it_is").text
    )


def test_a_manager_whom_the_console_does_not_know_is_not_told_to_see_it(desk: Desk) -> None:
    page = html.unescape(desk.visitor(MANAGER).get("/strategies/fund_first_plan").text)
    assert "'s. What you write is kept as a proposal, and somebody else approves." in page
    assert "sees it" not in page


def test_what_another_writes_is_told_to_the_manager_and_loses_nothing_of_his(desk: Desk) -> None:
    own, other = begun(desk, "proposed_to"), desk.visitor(OTHER)
    mine = newest(desk, "proposed_to")
    assert "proposed_to" not in waits(desk, OTHER)
    theirs = mine.replace("County", "Hill").replace("manager: segment_manager", f"manager: {OTHER}")
    assert "Kept as version 2." in wrote(other, "proposed_to", theirs, base="1")
    assert texts(desk, "proposed_to") == [mine, theirs]
    told = waits(desk, MANAGER)
    assert "Others wrote a version of your strategy" in told
    assert f"{OTHER} has written version 2 (draft)" in told
    assert f"{OTHER} 编写了第 2 版（草稿）" in waits(desk, MANAGER, "zh")
    # Who names himself its manager is it no sooner than somebody else has approved that.
    assert SAYS["en"] in html.unescape(other.get("/strategies/proposed_to").text)
    assert "This strategy is" not in html.unescape(own.get("/strategies/proposed_to").text)
    assert shown_text(own.get("/strategies/proposed_to?version=1").text) == mine
    late = own.post("/strategies/proposed_to/write", text=mine + "# mine\n", base="1")
    assert (late.status_code, shown_text(late.text)) == (422, mine + "# mine\n")
    assert own.post("/strategies/proposed_to/revert", version="1", base="2").status_code == 303
    assert texts(desk, "proposed_to") == [mine, theirs, mine]
    assert "proposed_to" not in waits(desk, OTHER)
    rows = re.findall(r"<li>.*?</li>", waits(desk, MANAGER), flags=re.S)
    assert not [row for row in rows if "proposed_to" in row and OTHER in row]


def test_at_submission_it_is_said_for_whose_strategy_it_is(desk: Desk) -> None:
    begun(desk, "handed_in_to", title="Of the plains")
    other = desk.visitor(OTHER)
    text = newest(desk, "handed_in_to").replace("plains", "hills")
    page = wrote(other, "handed_in_to", text, base="1", then="submit")
    assert "Kept as version 2. It is being checked against the book" in page
    assert (
        "It is a proposal for segment_manager's strategy; segment_manager sees it on the first page." in page
    )


def test_it_is_said_whose_version_a_proposal_takes_the_place_of(desk: Desk) -> None:
    begun(desk, "taken_by", title="Of the plains")
    other = desk.visitor(OTHER)
    stages = {
        "a draft": "（草稿）",
        "which waits for approval": "（待审批）",
        "which is approved and not live yet": "（已批准，尚未上线）",
    }
    moves = (None, (lifecycle.submit, MANAGER), (lifecycle.approve, "approver"))
    for (english, chinese), move in zip(stages.items(), moves, strict=True):
        if move:
            move[0](desk.ledger, ["taken_by"], actor=move[1])
        page = html.unescape(other.get("/strategies/taken_by").text)
        assert f"It takes the place of version 1 by {MANAGER}, {english}; that one goes no further." in page
        other.post("/preferences", language="zh")
        page = html.unescape(other.get("/strategies/taken_by").text)
        assert f"它将取代 {MANAGER} 的第 1 版{chinese}，后者不再继续流转。" in page
        other.post("/preferences", language="en")
    assert "takes the place" not in desk.visitor(MANAGER).get("/strategies/taken_by").text
    theirs = newest(desk, "taken_by").replace("plains", "hills")
    wrote(other, "taken_by", theirs, base="1")
    page = html.unescape(other.get("/strategies/taken_by").text)
    taken = f"Your version 2 has taken the place of version 1 by {MANAGER}, which goes no further."
    assert taken in page
    other.post("/preferences", language="zh")
    page = html.unescape(other.get("/strategies/taken_by").text)
    assert f"您的第 2 版已取代 {MANAGER} 的第 1 版，后者不再继续流转。" in page
    other.post("/preferences", language="en")
    page = wrote(other, "taken_by", theirs + "# more\n", base="2", then="submit")
    handed_in = page.split("It is being checked against the book")[1]
    assert taken.replace("version 2", "version 3") in handed_in.split("</p>")[0]


def test_what_the_book_lacks_is_not_handed_in(desk: Desk) -> None:
    answer = desk.visitor(MANAGER).post("/strategies/mobile_silent_ap/submit", version="1")
    assert answer.status_code == 400
    assert "did you mean mobile_silent_app?" in html.unescape(answer.text)


def test_what_is_approved_and_live_hands_a_strategy_on(desk: Desk) -> None:
    begun(desk, "handed_on", copy="fund_first_plan")
    given = newest(desk, "handed_on").replace("manager: segment_manager", f"manager: {OTHER}")
    wrote(desk.visitor(MANAGER), "handed_on", given, base="1")
    lifecycle.submit(desk.ledger, ["handed_on"], actor=MANAGER)
    lifecycle.approve(desk.ledger, ["handed_on"], actor="approver")
    lifecycle.golive(desk.ledger, ["handed_on"], actor=MANAGER)
    wrote(desk.visitor(MANAGER), "handed_on", given + "# once more\n", base="2")
    assert "segment_manager has written version 3 (draft)" in waits(desk, OTHER)
    assert f"This strategy is {OTHER}'s." in html.unescape(
        desk.visitor(MANAGER).get("/strategies/handed_on").text
    )
    lifecycle.retire(desk.ledger, ["handed_on"], actor=MANAGER, reason="it was a test")


@pytest.mark.parametrize("name", [NOBODY, "approver"])
def test_who_may_not_write_changes_nothing_and_who_may_not_see_learns_nothing(desk: Desk, name: str) -> None:
    begun(desk, f"not_his_{len(name)}")
    path = f"/strategies/not_his_{len(name)}"
    before = texts(desk, path.rpartition("/")[2])
    visitor = desk.visitor(name)
    refused = visitor.post(f"{path}/write", text=before[0] + "# more\n", base="1")
    assert refused.status_code == 403
    assert MANAGER not in refused.text
    page = visitor.get(path)
    assert (page.status_code == 403) == (name == NOBODY)
    assert name != NOBODY or MANAGER not in page.text
    assert texts(desk, path.rpartition("/")[2]) == before
