"""The strategy desk: form and document, versions, two tabs, and the way from draft to live."""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from base.language import Language
from console.errands import Errand
from console.render import render
from console.words.limits import channel_said
from ledger.audit import trail
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS
from strategies.edits import leaves_of
from strategies.lifecycle import submit
from tests.console.desk import Desk, Visitor, settled


def field(*path: str | int) -> str:
    """The name of a form's field."""
    return "f:" + json.dumps(path)


def begun(desk: Desk, name: str, **told: str) -> Visitor:
    """A manager with a strategy of his own begun."""
    visitor = desk.visitor("segment_manager")
    answer = visitor.post("/new-strategy", name=name, **{"title": "County savers", "kind": "deposit", **told})
    assert answer.status_code == 303, answer.text
    return visitor


def newest(desk: Desk, name: str) -> str:
    with desk.ledger.engine.connect() as connection:
        query = select(STRATEGY_VERSIONS.c.text).where(STRATEGY_VERSIONS.c.name == name)
        return str(connection.execute(query.order_by(STRATEGY_VERSIONS.c.version.desc())).scalars().first())


def shown_text(page: str) -> str:
    """The document that a page shows."""
    found = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', page, flags=re.S)
    assert found, page
    return html.unescape(found[1])


def test_a_strategy_is_begun_from_a_blank_and_found_by_its_title(desk: Desk) -> None:
    visitor = begun(desk, "begun_blank", title="Savers of the county")
    page = visitor.get("/strategies?q=county+savers").text
    assert "begun_blank" in page
    assert "begun_blank" not in visitor.get("/strategies?q=nobody+of+the+county").text
    assert "begun_blank" in visitor.get("/strategies?state=draft&sort=at&kind=deposit").text


@pytest.mark.parametrize(("segment", "rule"), [("S02", "segment = 'S02'"), ("S' or 1", "everybody")])
def test_a_strategy_for_a_segment_begins_with_its_rule(desk: Desk, segment: str, rule: str) -> None:
    name = f"for_segment_{len(segment)}"
    begun(desk, name, segment=segment)
    assert leaves_of(newest(desk, name), file="x")["who",] == rule


def test_a_copy_has_a_name_of_its_own_and_everything_else_as_it_was(desk: Desk) -> None:
    begun(desk, "copied_one", title="", copy="mobile_silent_app")
    copy, original = (leaves_of(newest(desk, name), file="x") for name in ("copied_one", "mobile_silent_app"))
    assert copy["name",] == "copied_one"
    assert copy["manager",] == "segment_manager"
    changed = {path for path in original if copy.get(path) != original[path]}
    assert changed == {("name",), ("manager",)}


@pytest.mark.parametrize("name", ["Bad Name", "mobile_silent_app", "<script>alert(1)</script>"])
def test_a_name_that_cannot_be_is_refused_and_what_was_typed_stays(desk: Desk, name: str) -> None:
    answer = desk.visitor("segment_manager").post("/new-strategy", name=name, title="<b>x", kind="loan")
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert 'value="&lt;b&gt;x"' in answer.text
    assert 'name="copy" value=""' in answer.text


def test_who_gives_no_identifier_is_given_one_that_is_free(desk: Desk) -> None:
    begun(desk, "wealth_001", kind="wealth")
    answer = desk.visitor("segment_manager").post("/new-strategy", title="结婚理财", kind="wealth")
    assert answer.headers["location"] == "/strategies/wealth_002"
    assert leaves_of(newest(desk, "wealth_002"), file="x")["title",] == "结婚理财"


def test_the_form_changes_the_document_in_its_places_only(desk: Desk) -> None:
    visitor = begun(desk, "formed")
    was = newest(desk, "formed") + "# the end\n"
    changes = {
        field("title"): "标题: 新",
        field("kind"): "fund",
        field("experiment", "holdout"): "20",
        field("limits", "at_least"): "10",
        field("funnel", 0, "script"): "say this",
        field("tags"): "county， savers",
    }
    looked = visitor.post("/strategies/formed/look", text=was, was=was, base="1", **changes)
    text = shown_text(looked.text)
    assert leaves_of(text, file="x") == {
        **leaves_of(was, file="x"),
        ("title",): "标题: 新",
        ("kind",): "fund",
        ("goal", "product"): "fund",
        ("experiment", "holdout"): "0.2",
        ("limits", "at_least"): "10",
        ("funnel", 0, "script"): "say this",
        ("tags",): ("county", "savers"),
    }
    assert text.count("#") == was.count("#")
    assert newest(desk, "formed") + "# the end\n" == was
    kept = visitor.post("/strategies/formed/write", text=was, was=was, base="1", **changes)
    assert kept.status_code == 303
    assert newest(desk, "formed") == text


def test_form_and_document_changed_in_one_place_are_both_kept_on_the_screen(desk: Desk) -> None:
    visitor = begun(desk, "both_ways")
    was = newest(desk, "both_ways")
    text = was.replace("County savers", "By the document")
    told = {"text": text, "was": was, "base": "1", field("title"): "By the form"}
    answer = visitor.post("/strategies/both_ways/write", **told)
    assert answer.status_code == 422
    assert "title was changed in the form and in the document" in answer.text
    assert shown_text(answer.text) == text


def test_touches_are_added_and_taken_out(desk: Desk) -> None:
    visitor = begun(desk, "touched")
    was = newest(desk, "touched")
    added = shown_text(
        visitor.post("/strategies/touched/look", text=was, was=was, base="1", change="add").text
    )
    assert leaves_of(added, file="x")["funnel", 1, "channel"] == "sms"
    assert visitor.post("/strategies/touched/write", text=added, was=added, base="1").status_code == 303
    page = visitor.get("/strategies/touched").text
    assert "<svg" in page
    assert "Text message" in page
    gone = visitor.post("/strategies/touched/look", text=added, was=added, base="2", change="remove:1").text
    assert shown_text(gone) == was


def test_other_words_for_some_and_words_that_change_are_added_and_taken_out(desk: Desk) -> None:
    visitor = begun(desk, "other_words")
    was = newest(desk, "other_words")
    told = {"text": was, "was": was, "base": "1"}
    more = shown_text(visitor.post("/strategies/other_words/look", **told, change="variant").text)
    assert leaves_of(more, file="x")["experiment", "variants", "treatment_b", "share"] == "0.3"
    assert visitor.post("/strategies/other_words/write", text=more, base="1").status_code == 303
    fewer = visitor.post("/strategies/other_words/look", text=more, base="2", change="drop:treatment_b").text
    assert shown_text(fewer) == was
    named = visitor.post("/strategies/other_words/look", **told, change="variable", new_variable="{month}")
    assert ("variables", "month") in leaves_of(shown_text(named.text), file="x")


def test_a_document_mended_after_it_read_no_more_is_kept(desk: Desk) -> None:
    visitor = begun(desk, "mended")
    text = newest(desk, "mended").replace("County", "Mended")
    told = {"text": text, "was": "name: [", "base": "1", field("who"): ""}
    assert visitor.post("/strategies/mended/write", **told).status_code == 303
    assert newest(desk, "mended") == text


def test_mistakes_are_shown_where_they_are_and_nothing_typed_is_lost(desk: Desk) -> None:
    visitor = begun(desk, "mistaken")
    text = newest(desk, "mistaken").replace("everybody", "aum_nwo > 5").replace("holdout: 0.15", "holdout: 7")
    answer = visitor.post("/strategies/mistaken/write", text=text, base="1")
    assert answer.status_code == 422
    assert shown_text(answer.text) == text
    assert "<mark>aum_nwo</mark>" in answer.text
    assert 'data-rule="aum_now &gt; 5"' in answer.text
    assert re.search(r"Line\s+\d+: experiment.holdout", answer.text)
    broken = visitor.post("/strategies/mistaken/write", text="name: [", base="1")
    assert (broken.status_code, shown_text(broken.text)) == (422, "name: [\n")


def test_the_second_of_two_tabs_is_told_and_keeps_what_it_typed(desk: Desk) -> None:
    one = begun(desk, "two_tabs")
    other = desk.visitor("segment_manager")
    was = newest(desk, "two_tabs")
    mine, theirs = was.replace("County", "My"), was.replace("County", "Their")
    assert other.post("/strategies/two_tabs/write", text=theirs, was=was, base="1").status_code == 303
    answer = one.post("/strategies/two_tabs/write", text=mine, was=was, base="1")
    assert answer.status_code == 422
    assert shown_text(answer.text) == mine
    assert "<del>-title: Their savers</del>" in answer.text
    assert "<ins>+title: My savers</ins>" in answer.text
    assert newest(desk, "two_tabs") == theirs
    assert one.post("/strategies/two_tabs/write", text=mine, was=was, base="2").status_code == 303
    assert newest(desk, "two_tabs") == mine


def test_an_older_version_comes_back_as_the_newest(desk: Desk) -> None:
    visitor = begun(desk, "came_back")
    first = newest(desk, "came_back")
    visitor.post("/strategies/came_back/write", text=first.replace("County", "Other"), base="1")
    page = visitor.get("/strategies/came_back?version=1&against=2").text
    assert "<ins>+title: County savers</ins>" in page
    assert re.search(r"Title</th><td>Other savers</td><td>County savers</td>", page)
    assert visitor.post("/strategies/came_back/revert", version="1", base="2").status_code == 303
    assert newest(desk, "came_back") == first
    assert "as version 1 was" in visitor.get("/strategies/came_back").text


def test_what_is_sent_back_tells_its_author_why_and_may_be_handed_in_again(desk: Desk) -> None:
    author, approver = begun(desk, "returned"), desk.visitor("approver")
    submit(desk.ledger, ["returned"], actor="segment_manager")
    answer = approver.post("/strategies/returned/sendback", version="1", reason=" ")
    assert answer.status_code == 400
    why = "<i>too many</i> a night"
    assert approver.post("/strategies/returned/sendback", version="1", reason=why).status_code == 303
    assert "&lt;i&gt;too many&lt;/i&gt; a night" in author.get("/strategies/returned").text
    assert trail(desk.ledger, subject="returned")[0]["action"] == "strategy sent back"
    submit(desk.ledger, ["returned"], actor="segment_manager")
    assert approver.post("/strategies/returned/approve", version="1").status_code == 303
    text = newest(desk, "returned").replace("County", "Other")
    assert author.post("/strategies/returned/write", text=text, base="1").status_code == 303
    with desk.ledger.engine.connect() as connection:
        query = select(STRATEGIES.c.stage, STRATEGIES.c.approved_by).where(STRATEGIES.c.name == "returned")
        assert tuple(connection.execute(query).one()) == ("draft", None)


def test_a_live_strategy_is_paused_resumed_and_retired_with_reasons(desk: Desk) -> None:
    begun(desk, "rested", copy="fund_first_plan")
    author, approver = desk.visitor("segment_manager"), desk.visitor("approver")
    submit(desk.ledger, ["rested"], actor="segment_manager")
    approver.post("/strategies/rested/approve", version="1")
    assert author.post("/strategies/rested/golive", version="1").status_code == 303
    for verb, state in (("pause", "paused"), ("resume", "live"), ("retire", "retired")):
        assert author.post(f"/strategies/rested/{verb}", reason="").status_code == 400
        assert author.post(f"/strategies/rested/{verb}", reason="a test").status_code == 303
        with desk.ledger.engine.connect() as connection:
            query = select(STRATEGIES.c.state).where(STRATEGIES.c.name == "rested")
            assert connection.execute(query).scalar_one() == state
    assert "Keep as a draft" not in author.get("/strategies/rested").text


def test_scripts_in_a_title_are_words(desk: Desk) -> None:
    visitor = begun(desk, "scripted", title="<script>alert(1)</script>")
    for path in ("/strategies/scripted", "/strategies?q=scripted"):
        page = visitor.get(path).text
        assert "<script>alert" not in page
        assert not re.search(r"&lt;(function|built-in|bound) ", page)


def test_who_may_not_write_reads_everything_and_changes_nothing(desk: Desk) -> None:
    page = desk.visitor("approver").get("/strategies/mobile_silent_app").text
    assert "readonly" in page
    assert "Keep as a draft" not in page


@pytest.mark.parametrize(
    ("selected", "experiment", "said"),
    [(None, None, False), (600, None, True), (600, {"after": []}, False)],
)
def test_an_experiment_is_said_to_be_hidden_where_it_alone_is(
    selected: int | None, experiment: Mapping[str, Any] | None, said: bool
) -> None:
    found = {"selected": selected, "customers": 992, "as_of": "2026-07-02", "experiment": experiment}
    nothing: Mapping[str, Any] = {"notes": [], "touches": [], "contacts": None, "overlaps": []}
    run = Errand(key="a run", state="done", answer={**found, **nothing})
    values = {"name": "of_few", "run": run, "check": None, "handed_in": None, "overtaken_by": None}
    words: Mapping[Language, str] = {
        "en": "Too few customers come into its experiment to tell what it can show.",
        "zh": "进入实验的人数过少，不予显示实验可检出的提升。",
    }
    for language in words:
        page = render("strategy_found.html", values, language=language)
        assert (words[language] in page) == said
        assert ("experiment" in page or "实验" in page) == said
        assert ("too few to tell" in page or "人数过少不予显示" in page) == (selected is None)


def test_findings_begin_with_their_weight_and_dashes_are_explained() -> None:
    finding = {"strategies": ["small"], "detail": "", "witness": None, "english": "It.", "chinese": "它"}
    check = Errand(
        key="a check", state="done", answer=[finding | {"grave": True}, finding | {"grave": False}]
    )
    contacts = {"channel": "sms", "allowed": None, "worth_it": 0, "won": 0, "exposed": 0, "contacts": 0}
    found: Mapping[str, Any] = {"selected": 40, "customers": 992, "as_of": "2026-07-02", "experiment": None}
    run = Errand(
        key="a run",
        state="done",
        answer={**found, "notes": [], "touches": [], "contacts": contacts, "overlaps": []},
    )
    values = {"name": "small", "run": run, "check": check, "handed_in": None, "overtaken_by": None}
    values |= {"channel": channel_said}
    words: Mapping[Language, tuple[str, ...]] = {
        "en": ("Grave: It.", "Remark: It.", "a remark does not", "– stands for fewer than ten"),
        "zh": ("严重：它", "提醒：它", "提醒不影响提交", "– 表示不足十人"),
    }
    for language, parts in words.items():
        page = render("strategy_found.html", values, language=language)
        assert all(part in page for part in parts)


def test_a_grave_finding_keeps_a_draft_from_being_handed_in(desk: Desk) -> None:
    visitor = begun(desk, "contradicts")
    text = newest(desk, "contradicts").replace("everybody", "aum_now > 5 and aum_now < 1")
    sent = visitor.post("/strategies/contradicts/write", text=text, base="1", then="submit")
    asked, _, place = sent.headers["location"].partition("#")
    assert place == "tried"
    settled(visitor, f"/strategies/contradicts/trying?{asked.partition('?')[2]}")
    page = visitor.get(asked).text
    assert "not submitted" in page
    assert "these conditions contradict each other" in page
    assert "still holds the words that a new strategy begins with" in page
    assert "Submitted;" not in page
    with desk.ledger.engine.connect() as connection:
        query = select(STRATEGIES.c.stage).where(STRATEGIES.c.name == "contradicts")
        assert connection.execute(query).scalar_one() == "draft"
    assert visitor.post("/strategies/contradicts/try").headers["location"] == "/strategies/contradicts#tried"
    settled(visitor, "/strategies/contradicts/trying")
    found = visitor.get("/strategies/contradicts").text
    assert "Grave:" in found
    assert "<code>aum_now &gt; 5 and aum_now &lt; 1</code>" in found
