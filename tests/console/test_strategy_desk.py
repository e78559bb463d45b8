"""The strategy desk helps: mistakes under their fields, touches from the drawing, rivals, how it gets on."""

import html
import re

import pytest

from strategies.book import standings
from strategies.edits import leaves_of
from strategies.folder import OWN_BOOK
from tests.console.desk import Desk
from tests.console.test_strategies import begun, field, newest, shown_text


def test_a_mistake_stands_under_its_field_in_its_unit_with_the_mend(desk: Desk) -> None:
    visitor = begun(desk, "field_wrong")
    was, holdout = newest(desk, "field_wrong"), field("experiment", "holdout").replace(" ", "")
    told = {"text": was, "was": was, "base": "1"}
    page = visitor.post("/strategies/field_wrong/look", **told, **{holdout: "70"}).text
    assert "less than or equal to 50 %" in page
    mend = re.search(r'<button class="mend" formaction="([^"]+)" name="([^"]+)" value="([^"]+)"', page)
    assert mend
    assert (mend[1], html.unescape(mend[2]), mend[3]) == ("/strategies/field_wrong/look", holdout, "50")
    text = shown_text(page)
    mended = visitor.post(mend[1], text=text, was=text, base="1", **{holdout: mend[3]}).text
    assert leaves_of(shown_text(mended), file="x")["experiment", "holdout"] == "0.5"
    assert 'aria-describedby="fieldf-experiment-holdout' not in mended


def test_what_is_missing_is_asked_for_in_its_field(desk: Desk) -> None:
    visitor = begun(desk, "field_missing")
    text = newest(desk, "field_missing").replace("{per_night: 500}", "{at_least: 5}")
    page = visitor.post("/strategies/field_missing/look", text=text, base="1").text
    assert re.search(r'id="fieldf-limits-per_night-"[^>]*aria-invalid="true"', page)
    assert "It is missing." in page


def test_a_key_that_is_misspelt_is_mended_where_it_stands(desk: Desk) -> None:
    visitor = begun(desk, "misspelt")
    right = newest(desk, "misspelt")
    page = visitor.post(
        "/strategies/misspelt/look", text=right.replace("per_night", "per_nigth"), base="1"
    ).text
    mend = re.search(r'<button class="mend" formaction="([^"]+)" name="text" value="([^"]+)"', page)
    assert mend
    assert html.unescape(mend[2]).strip() == right.strip()
    assert 'class="slips"' not in visitor.post(mend[1], text=html.unescape(mend[2]), base="1").text


def test_a_touch_is_added_where_it_was_asked_for(desk: Desk) -> None:
    visitor = begun(desk, "branched")
    text = newest(desk, "branched")
    for after, when, channel in (("0", "delivered", "sms"), ("0", "opened", "human_call")):
        told = {"new_after": after, "new_when": when, "new_channel": channel, "change": "add"}
        text = shown_text(
            visitor.post("/strategies/branched/look", text=text, was=text, base="1", **told).text
        )
    leaves = leaves_of(text, file="x")
    assert leaves["funnel", 2, "channel"] == "human_call"
    assert leaves["funnel", 2, "after"] == ("touch 1",)
    assert leaves["funnel", 2, "when"] == ("opened",)
    page = visitor.post("/strategies/branched/look", text=text, base="1").text
    for number in (1, 2, 3):
        assert f'<a href="#touch-{number}">' in page
        assert f'<div id="touch-{number}">' in page


@pytest.mark.parametrize(
    "told",
    [
        {"change": "add"},
        {"change": "add", "new_after": "9" * 5_000, "new_when": "no such", "new_channel": "fax"},
        {"change": "remove:" + "9" * 5_000},
        {"change": "remove:-1"},
        {"change": "drop:no such"},
    ],
)
def test_what_no_form_sends_is_answered_and_nothing_is_lost(desk: Desk, told: dict[str, str]) -> None:
    name = "no_such_channel"
    with desk.ledger.engine.connect() as connection:
        known = bool(standings(connection, [name]))
    visitor = desk.visitor("segment_manager") if known else begun(desk, name)
    text = newest(desk, name).replace("channel: push", "channel: fax")
    answer = visitor.post(f"/strategies/{name}/look", text=text, was=text, base="1", **told)
    assert answer.status_code == 200
    assert "channel: fax" in shown_text(answer.text)


def test_keeping_to_try_leads_to_where_it_is_tried(desk: Desk) -> None:
    visitor = begun(desk, "to_be_tried")
    text = newest(desk, "to_be_tried")
    sent = visitor.post("/strategies/to_be_tried/write", text=text, base="1", then="try")
    assert sent.headers["location"] == "/strategies/to_be_tried?ask=yes#tried"


def test_rivals_are_those_of_the_same_days_and_on_demand_by_the_same_channels(night_desk: Desk) -> None:
    visitor = night_desk.visitor("segment_manager")
    rule = leaves_of((OWN_BOOK / "fund_first_plan.yaml").read_text(encoding="utf-8"), file="x")["who",]

    def told(**asked: str) -> str:
        found = visitor.client.get("/strategies/rivals", params={"rule": str(rule), **asked})
        return str(found.json()["html"])

    own = "/strategies/fund_first_plan"
    assert own in told(end="2026-12-31")
    assert "No live strategy" in told(start="2199-01-01")
    assert own in told(start="no date")
    alike = told(channels="human_call", alike="yes")
    assert re.findall(r"<td>(?!.*Agent's call).*</td>\n<td>\d", html.unescape(alike)) == []
    assert told(channels="", alike="yes").count("<tr>") <= 1


def test_a_strategy_that_runs_says_how_it_gets_on(night_desk: Desk) -> None:
    visitor = night_desk.visitor("segment_manager")
    page = visitor.get("/strategies/mobile_silent_app").text
    course = re.search(r'<section aria-labelledby="course-title">.*?</section>', page, flags=re.S)
    assert course
    assert "2 Jul 2026" in course[0]
    assert 'href="/experiments/mobile_silent_app"' in course[0]
    assert "How it gets on" not in begun(night_desk, "never_ran").get("/strategies/never_ran").text
