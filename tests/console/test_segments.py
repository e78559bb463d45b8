"""The segments at the console: what stands on their pages, and what must not."""

import html
import re
from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest

from console.moves import OUTSIDE, moves
from features.catalogue import FEATURES
from lake.glance import Glance
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, Written, read_files
from strategies.reader import read
from tests.console import experiment_world, segment_world
from tests.console.desk import Desk, Visitor, open_desk
from tests.console.segment_world import MOVED, NEW, SIZES, customers

NIGHTS = (date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 3))
LIFTS = {"fund_first_plan": 0.03, "mobile_silent_app": 0.0}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    few = [OWN_BOOK / f"{name}.yaml" for name in LIFTS]
    home = tmp_path_factory.mktemp("segments") / "home"
    with open_desk(home, few, console={"mlflow_url": "http://models.bank.example/"}) as opened:
        segment_world.fill(opened.settings.lake_folder, NIGHTS)
        lifts = {**LIFTS, "few_left_alone": 0.01}
        experiment_world.fill(opened.settings.lake_folder, NIGHTS, lifts=lifts, few=["few_left_alone"])
        yield opened


@pytest.fixture
def visitor(told: Desk) -> Visitor:
    return told.visitor("segment_manager")


def rows(page: str) -> list[list[str]]:
    """The cells of the rows of the page's last table, as text."""
    body = page.rsplit("<tbody>", 1)[-1].split("</tbody>")[0]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("</tr>"))
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells if row]


def test_all_segments_stand_at_a_glance_and_few_people_do_not(visitor: Visitor) -> None:
    found = rows(visitor.get("/segments").text)
    assert [row[0] for row in found] == list(SIZES)
    by_name = {row[0]: row for row in found}
    now = customers(1).value_counts()
    assert by_name["S01"][2] == f"{now['S01']:,}"
    assert by_name["S01"][4] == f"{100 * (now['S01'] / SIZES['S01'] - 1):+.1f} %"
    # Four people, and the smallest beside them, by which and the total they could be worked out.
    for hidden in ("S04", "S05"):
        assert by_name[hidden][2:6:2] == ["–", "–"]
        assert by_name[hidden][1] == ""


@pytest.mark.parametrize(
    ("asked", "first"),
    [("sort=-customers", "S01"), ("sort=customers&q=S0", "S04"), ("q=理财", "S02"), ("q=周立成", "S03")],
)
def test_segments_are_sorted_and_searched_on_the_server(visitor: Visitor, asked: str, first: str) -> None:
    assert rows(visitor.get(f"/segments?{asked}").text)[0][0] == first


def test_a_search_for_nothing_there_says_so(visitor: Visitor) -> None:
    page = visitor.get("/segments?q=<script>alert(1)</script>").text
    assert "No segment is like that." in page
    assert "<script>alert" not in page


def test_a_card_says_what_sets_the_segment_apart_in_both_languages(told: Desk) -> None:
    visitor = told.visitor("approver")
    english = visitor.get("/segments/S01").text
    assert "low age: 24 against 39 years" in english
    assert "<svg" in english
    visitor.post("/preferences", language="zh", back="/segments/S01")
    chinese = visitor.get("/segments/S01").text
    assert "年龄低：24岁，全体为 39岁" in chinese
    assert "against" not in chinese
    visitor.post("/preferences", language="en", back="/segments/S01")


def test_a_card_of_few_tells_nothing_of_them(visitor: Visitor) -> None:
    page = visitor.get("/segments/S05").text
    told = page.partition("<main")[2].partition("</main>")[0]
    assert "form_token" not in told, "a token may hold any digits"
    assert "88" not in told
    assert "fewer than ten customers" in told


def test_a_card_shows_its_model_and_its_experiments_but_none_of_too_few(visitor: Visitor) -> None:
    page = visitor.get("/segments/S01").text
    assert 'href="/experiments/fund_first_plan"' in page
    assert "http://models.bank.example/#/models/segments/versions/1" in page
    assert "few_left_alone" not in page
    assert "No experiment has enough" in visitor.get("/segments/S04").text


def test_who_names_a_segment_is_found_as_soon_as_it_runs(told: Desk, visitor: Visitor) -> None:
    assert "No live or paused strategy names this segment" in visitor.get("/segments/S02").text
    (plain,) = read_files([OWN_BOOK / "fund_first_plan.yaml"])
    text = plain.text.replace("fund_first_plan", "fund_for_s02").replace("age < 35岁", "segment = 'S02'")
    document = read(text, file="fund_for_s02", features=FEATURES)
    put_live(told.ledger, [Written(text=text, strategy=document)])
    assert 'href="/strategies/fund_for_s02"' in visitor.get("/segments/S02").text


@pytest.mark.parametrize(
    "path", ["/segments/S99", "/segments/<b>", "/segments/S99/moves", "/segments/S99/compare"]
)
def test_a_segment_that_is_not_there_is_told_in_words(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 400
    assert "there is no segment" in answer.text
    assert "<b>" not in answer.text


def test_moves_are_those_of_the_customers_and_few_are_hidden(told: Desk) -> None:
    lake = Glance(told.settings.lake_folder)
    found = moves(lake, before=NIGHTS[0], after=NIGHTS[1])
    before, after = customers(0), customers(1)
    both = pd.DataFrame({"before": before, "after": after}).fillna(OUTSIDE)
    truth = both.groupby(["before", "after"]).size().to_dict()
    assert set(found.counts) == set(truth)
    shown = {cell: count for cell, count in found.counts.items() if count is not None}
    assert shown.items() <= truth.items()
    assert min(shown.values()) >= 10
    assert shown["S01", "S02"] == MOVED["S01"]["S02"]
    assert truth[OUTSIDE, "S03"] == NEW


def test_nobody_moves_between_equal_nights(told: Desk) -> None:
    found = moves(Glance(told.settings.lake_folder), before=NIGHTS[1], after=NIGHTS[2])
    assert all(source == target for source, target in found.counts)


def test_the_page_of_moves_draws_them_and_tells_the_same_as_a_table(visitor: Visitor) -> None:
    page = visitor.get("/segments/all/moves?from=2026-07-01&to=2026-07-02").text
    assert ["S01 low age, has card", "S02 high wealth now", "60"] in rows(page)
    assert "<svg" in page
    own = rows(visitor.get("/segments/S01/moves?from=2026-07-01&to=2026-07-02").text)
    assert all("S01 low age, has card" in row[0] + row[1] for row in own)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("from=2026-07-02&to=2026-07-01", "must come before"),
        ("from=2020-01-01", "choose other nights"),
        ("from=yesterday", "is no date"),
    ],
)
def test_nights_that_cannot_be_compared_are_refused_in_words(
    visitor: Visitor, asked: str, words: str
) -> None:
    answer = visitor.get(f"/segments/all/moves?{asked}")
    assert answer.status_code == 400
    assert words in answer.text


def test_two_segments_stand_side_by_side(visitor: Visitor) -> None:
    page = visitor.get("/segments/S01/compare?other=S03").text
    assert "24 years" in page
    assert "55 years" in page
    assert "there is no segment" in visitor.get("/segments/S01/compare?other=nobody").text


def test_without_a_night_the_page_says_what_to_do(desk: Desk) -> None:
    assert "run a night first" in desk.visitor("segment_manager").get("/segments").text


def test_a_card_calls_strategies_by_their_titles_and_itself_by_its_traits(visitor: Visitor) -> None:
    page = visitor.get("/segments/S01").text
    assert "<title>S01 low age, has card" in page
    assert re.search(
        r'href="/experiments/fund_first_plan">年轻人第一笔定投[^<]*</a><br><small>fund_first_plan<', page
    )


def test_another_language_keeps_what_was_searched_for(visitor: Visitor) -> None:
    page = visitor.get("/segments?q=card&sort=-aum").text
    (back,) = re.findall(r'name="back" value="([^"]*)"', page)
    there = visitor.post("/preferences", language="en", back=html.unescape(back))
    assert there.headers["location"] == "/segments?q=card&sort=-aum"
