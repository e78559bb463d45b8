"""The strategy desk helps: mistakes under their fields, touches from the drawing, rivals, how it gets on."""

import html
import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.errands import Errand
from console.pages.strategies.fields import sections
from console.render import render
from strategies.book import standings
from strategies.edits import leaves_of
from strategies.folder import OWN_BOOK
from strategies.lifecycle import submit
from tests.console.api_world import given as token
from tests.console.api_world import program
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
    assert sent.headers["location"] == "/strategies/to_be_tried#tried"


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


_LEAVES = st.recursive(
    st.sampled_from(["soon", "", "0.2", "1e999", "nan", "[", "when", "scripts", "push"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["b", "when", "share", "channel", "scripts"]), inner, max_size=3)
    ),
    max_leaves=5,
)
_PARTS = st.sampled_from(
    [
        "funnel",
        "experiment",
        "variants",
        "holdout",
        "ramp",
        "variables",
        "limits",
        "kind",
        "who",
        "title",
        "tags",
    ]
)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(document=st.dictionaries(_PARTS, _LEAVES), change=st.sampled_from(["", "add", "variant", "remove:0"]))
@example(document={"funnel": ""}, change="add")
@example(document={"funnel": "soon"}, change="add")
@example(document={"experiment": {"variants": "b"}}, change="variant")
@example(document={"experiment": {"variants": {"b": "hi"}}}, change="variant")
@example(document={"experiment": {"holdout": ["a", "b"]}}, change="")
@example(document={"variables": {"when": "soon"}}, change="")
def test_whatever_shape_a_document_has_the_desk_answers(
    desk: Desk, document: dict[str, object], change: str
) -> None:
    visitor = desk.visitor("segment_manager")
    text = json.dumps(document, ensure_ascii=False)
    told = {"text": text, "was": text, "base": "1", "change": change}
    answer = visitor.post("/strategies/fund_first_plan/look", **told)
    assert answer.status_code == 200
    if not change:
        # What the form shows and sends back as it is changes nothing of the document.
        shown = [one for part in ("terms", "funnel") for one in sections(leaves_of(text, file="x"), of=part)]
        fields = {
            entry.name: str(entry.value) for one in shown for entry in one.entries if entry.shape == "line"
        }
        again = visitor.post("/strategies/fund_first_plan/look", **told, **fields)
        assert shown_text(again.text).strip() == text


@pytest.mark.parametrize(
    "name",
    ["f:" + "[" * 20_000, 'f:["funnel",-5,"script"]', 'f:["funnel",true,"script"]', 'f:["limits","x",{}]'],
)
def test_a_field_of_no_form_is_answered(desk: Desk, name: str) -> None:
    visitor = desk.visitor("segment_manager")
    text = newest(desk, "fund_first_plan")
    answer = visitor.post("/strategies/fund_first_plan/look", text=text, was=text, base="1", **{name: "x"})
    assert answer.status_code == 200
    assert "is no place in a strategy" in html.unescape(answer.text)


def test_a_value_of_brackets_alone_is_answered(desk: Desk) -> None:
    visitor = desk.visitor("segment_manager")
    text = newest(desk, "fund_first_plan")
    told = {"text": text, "was": text, "base": "1", 'f:["tags"]': "[" * 2_000}
    assert visitor.post("/strategies/fund_first_plan/look", **told).status_code == 200


def test_a_variable_may_be_called_like_a_part_of_the_document(desk: Desk) -> None:
    visitor = begun(desk, "named_freely")
    text = newest(desk, "named_freely") + "variables: {share: 50, when: soon}\n"
    told = {"text": text, "was": text, "base": "1"}
    fields = {'f:["variables","share"]': "60", 'f:["variables","when"]': "now, or never"}
    page = visitor.post("/strategies/named_freely/look", **told, **fields).text
    leaves = leaves_of(shown_text(page), file="x")
    assert (leaves["variables", "share"], leaves["variables", "when"]) == ("60", "now, or never")


def test_a_draft_that_a_program_wrote_is_found_by_its_title(desk: Desk) -> None:
    begun(desk, "of_a_person", title="Savers of the hills")
    text = newest(desk, "of_a_person")
    text = text.replace("of_a_person", "of_a_program").replace("Savers of the hills", "Rivers of the north")
    with program(desk, token(desk, "segment_manager")) as client:
        assert client.post("/strategies/of_a_program/drafts", json={"text": text}).status_code == 201
    visitor = desk.visitor("segment_manager")
    page = visitor.get("/strategies?q=rivers+north&kind=deposit").text
    assert "of_a_program" in page
    assert "Rivers of the north" in page
    assert "of_a_person" not in page


def test_a_search_takes_eight_words_into_account(desk: Desk) -> None:
    visitor = desk.visitor("segment_manager")
    page = visitor.get("/strategies?q=" + "first+" * 8 + "no+such+word" * 500).text
    assert "fund_first_plan" in page


@pytest.mark.parametrize(
    ("name", "language", "heading"),
    [("share_en", "en", "How it differs from version 1"), ("share_zh", "zh", "与第 1 版的差异")],
)
def test_shares_are_compared_in_the_unit_of_their_field(
    desk: Desk, name: str, language: str, heading: str
) -> None:
    visitor = begun(desk, name)
    text = newest(desk, name).replace("holdout: 0.15", "holdout: 0.2")
    assert visitor.post(f"/strategies/{name}/write", text=text, base="1").status_code == 303
    visitor.post("/preferences", language=language, back="/")
    page = visitor.get(f"/strategies/{name}").text
    visitor.post("/preferences", language="en", back="/")
    assert heading in page
    assert "<td>15 %</td><td>20 %</td>" in page


def test_what_is_only_under_way_does_not_look_done() -> None:
    nothing: dict[str, object] = {"check": None, "run": None, "overtaken_by": None}
    looks = {
        "notice coming": Errand(key="in", state="running"),
        "said": Errand(key="in", state="done", answer=[]),
    }
    for look, handed_in in looks.items():
        page = render("strategy_found.html", {"handed_in": handed_in, **nothing}, language="en")
        assert re.findall(r'<p class="([\w ]+)" role="status">', page) == [look]


def test_what_waits_for_approval_is_not_offered_to_be_handed_in_again_as_it_is(desk: Desk) -> None:
    visitor = begun(desk, "waits_as_it_is")
    assert 'id="submits" class="main"' in visitor.get("/strategies/waits_as_it_is").text
    submit(desk.ledger, ["waits_as_it_is"], actor="segment_manager")
    assert 'id="submits" data-idle="yes"' in visitor.get("/strategies/waits_as_it_is").text
    text = newest(desk, "waits_as_it_is").replace("County", "Other")
    looked = visitor.post("/strategies/waits_as_it_is/look", text=text, base="1").text
    assert 'id="submits" class="main"' in looked
