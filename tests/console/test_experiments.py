"""Experiments at the console: all of them, one, holdouts, what is decided; few people stay hidden."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select

from base.settings import Experiments, Holdout, load_settings
from base.settings.console import Console
from console.entrance import users
from console.words.verdicts import NAMES
from jobs.uplift import MODEL
from ledger.database import open_ledger
from ledger.schema import REVIEWS
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files
from tests.console.desk import PASSWORD, ROLES, Desk, Visitor, served, settled
from tests.console.experiment_world import fill

NIGHTS = tuple(date(2026, 7, day) for day in range(1, 10))
GOOD, OPEN, BAD, HARMFUL = (
    "card_activation_pos",
    "card_app_browsers",
    "card_family_benefit",
    "card_first_salary",
)
BROKEN, FEW = "card_saver_benefit", "deposit_county_fixed"
OTHERS = {f"other_{number:02}": 0.012 * (number % 2) for number in range(54)}
LIFTS = {GOOD: 0.05, OPEN: 0.005, BAD: -0.03, HARMFUL: 0.0, BROKEN: 0.02, FEW: 0.02, **OTHERS}


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A console after nine nights of sixty experiments."""
    roles = {role: (role,) for role in ROLES} | {"经理": ("segment_manager",)}
    cards = Holdout(share=0.1, tags=("card",), managers=("罗子昂",))
    above = Experiments.model_validate({"holdouts": {"cards": cards}})
    home = tmp_path_factory.mktemp("read") / "home"
    told = Console(mlflow_url="https://mlflow.example/")
    settings = load_settings(home=home, roles=roles, experiments=above, console=told)
    with open_ledger(settings) as ledger:
        with ledger.engine.begin() as connection:
            for name in ("segment_manager", "approver"):
                users.add(connection, name, password=PASSWORD, language="en", actor="test")
            users.add(connection, "经理", password=PASSWORD, language="zh", actor="test")
        book = [OWN_BOOK / f"{name}.yaml" for name in LIFTS if name not in OTHERS]
        put_live(ledger, read_files(book))
        fill(settings.lake_folder, NIGHTS, lifts=LIFTS, harm=[HARMFUL], broken=[BROKEN], few=[FEW])
        with served(settings, ledger) as address:
            yield Desk(address, settings, ledger)


@pytest.fixture(scope="module")
def manager(read: Desk) -> Visitor:
    return read.visitor("segment_manager")


def listed(page: str) -> list[str]:
    """The strategies that a list shows, in its order."""
    return re.findall(r'<th scope="row"><a href="/experiments/(\w+)"', page)


def section(page: str, heading: str) -> str:
    """What stands under a heading."""
    return page.split(f">{heading}</h2>")[1].split("<h2")[0]


def test_the_list_is_ordered_and_turned_and_searched_on_the_server(manager: Visitor) -> None:
    first = manager.get("/experiments").text
    assert "60 found" in first
    assert listed(first)[0] == GOOD
    pages = [listed(manager.get(f"/experiments?page={number}").text) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [25, 25, 10]
    assert {name for page in pages for name in page} == set(LIFTS)
    assert listed(manager.get("/experiments?page=99").text) == pages[2]
    assert listed(manager.get("/experiments?order=worst").text)[0] == BAD
    assert listed(manager.get("/experiments?order=name").text)[0] == GOOD
    assert listed(manager.get("/experiments?q=刷卡客户").text) == [GOOD]
    assert listed(manager.get("/experiments?q=罗子昂&kind=card&verdict=ship").text) == [GOOD]
    assert listed(manager.get("/experiments?verdict=broken").text) == [BROKEN]
    assert listed(manager.get("/experiments?manager=nobody").text) == []


def test_the_list_says_how_many_of_those_called_working_may_be_wrong(read: Desk, manager: Visitor) -> None:
    page = manager.get("/experiments").text
    assert re.search(r"of 100 so called, at most\s+5\s+are wrong on average", page)
    assert re.search(r">Data are wrong: 1<", page)
    assert re.search(r"最多有\s+5\s+个是误判", read.visitor("经理").get("/experiments").text)


def test_what_works_is_said_with_what_to_do_in_the_readers_language(read: Desk, manager: Visitor) -> None:
    page = manager.get(f"/experiments/{GOOD}").text
    assert f'<h2 id="verdict">{NAMES["ship"].english}</h2>' in page
    assert re.search(r"Of 100 customers \+\d\.\d\d more reach the goal because of it \(surely \+", page)
    assert "Plan with +" in page
    chinese = read.visitor("经理").get(f"/experiments/{GOOD}").text
    assert "每 100 位客户中，因它而达成目标的多" in chinese
    for words in ("Of 100", "What to do", "Metric", "Decision"):
        assert words not in chinese


def test_the_model_that_learns_from_it_is_linked(manager: Visitor) -> None:
    link = f"https://mlflow.example/#/models/{MODEL.format(kind='card')}"
    assert f'href="{link}"' in manager.get(f"/experiments/{GOOD}").text


def test_what_is_not_proven_yet_says_how_long_it_still_takes(manager: Visitor) -> None:
    page = manager.get(f"/experiments/{OPEN}").text
    assert NAMES["continue"].english in page
    assert re.search(r"about [\d,]+ more customers will tell: some \d+ more nights at the present rate", page)


def test_harm_is_told_by_the_guardrail_that_shows_it(manager: Visitor) -> None:
    page = manager.get(f"/experiments/{HARMFUL}").text
    assert NAMES["stop"].english in page
    assert re.search(r"It does harm: of 100 customers \+\d\.\d\d more complained", page)
    assert f"/tonight/stop?scope=strategy&amp;name={HARMFUL}" in page


def test_of_broken_data_no_number_is_shown_but_what_is_wrong_and_what_to_do(manager: Visitor) -> None:
    page = manager.get(f"/experiments/{BROKEN}").text
    assert "Believe no number of it until this is mended." in page
    assert "see whether one arm" in page.lower()
    assert re.search(r"[+-]\d\.\d\d", page) is None


def test_an_arm_of_fewer_than_ten_is_not_told_anywhere(manager: Visitor) -> None:
    page = manager.get(f"/experiments/{FEW}").text
    assert "Nothing can be said yet" in page
    assert re.search(r"[+-]\d\.\d\d", page) is None
    row = manager.get(f"/experiments?q={FEW}").text.split(f'href="/experiments/{FEW}"')[1].split("</tr>")[0]
    assert re.findall(r'<td class="number">([^<]*)</td>', row) == ["–"] * 6


def test_what_the_proven_brought_is_added_up_with_the_luck_taken_out(manager: Visitor) -> None:
    assert manager.post("/experiments-total").headers["location"] == "/experiments#together"
    assert settled(manager, "/experiments-total") == "done"
    page = " ".join(manager.get("/experiments").text.split())
    told = re.search(r"brought <strong>([\d,]+)</strong> goals more .* it would seem ([\d,]+) goals", page)
    assert told is not None
    certified, naive = (int(number.replace(",", "")) for number in told.groups())
    assert 0 < certified <= naive


def test_levels_together_hide_the_few_and_who_would_tell_of_them(manager: Visitor) -> None:
    page = manager.get("/experiments-together?level=manager").text
    rows = dict(re.findall(r'">([^<]+)</a></th><td>manager</td>(.*?)</tr>', page))
    assert set(rows) == {"周立成", "林晓岚", "江 南"}
    assert "60,000" in rows["周立成"]
    assert "–" in rows["林晓岚"]
    assert "–" in rows["江 南"]
    assert "30,000" not in page


def test_the_course_tells_every_night_and_narrows(manager: Visitor) -> None:
    table = section(manager.get(f"/experiments/{GOOD}").text, "How the effect went")
    ends = re.findall(r'<td class="number">([+-]\d+\.\d\d)</td>', table)
    widths = [float(high) - float(low) for low, high in zip(ends[1::3], ends[2::3], strict=True)]
    assert len(widths) == len(NIGHTS)
    assert widths[0] < widths[-1] / 2  # the newest first


def test_holdouts_tell_whom_they_cover_and_what_all_contacts_did(manager: Visitor) -> None:
    page = manager.get("/holdouts").text
    whole, cards = page.split('id="holdout-cards"')
    assert "every strategy and every customer" in whole
    assert "120,000 free, 2,400 held." in " ".join(whole.split())
    assert "tags card; managers 罗子昂" in cards
    assert "Nothing can be told of it yet." in cards


def decide(visitor: Visitor, name: str, **told: str) -> tuple[int, str]:
    answer = visitor.post(f"/experiments/{name}/review", **{"as_of": str(NIGHTS[-1]), **told})
    return answer.status_code, answer.text


def test_a_decision_is_kept_with_the_numbers_that_were_on_the_screen(read: Desk, manager: Visitor) -> None:
    told = {"decision": "continue", "reason": "再看一周", "as_of": str(NIGHTS[3])}
    assert decide(manager, OPEN, **told)[0] == 303
    with read.ledger.engine.connect() as connection:
        kept = connection.execute(select(REVIEWS).where(REVIEWS.c.strategy == OPEN)).mappings().one()
    assert (kept["as_of"], kept["actor"], kept["verdict"]) == (NIGHTS[3], "segment_manager", "continue")
    assert {row["metric"] for row in kept["seen"]["readouts"]} == {"converted", "complained"}
    for page in (f"/experiments/{OPEN}", "/reviews", "/reviews?q=再看"):
        assert "再看一周" in read.visitor("approver").get(page).text, page
    assert "再看一周" not in manager.get("/reviews?decision=stop").text


def test_against_the_advice_is_kept_only_where_that_is_said(read: Desk, manager: Visitor) -> None:
    status, page = decide(manager, BAD, decision="ship", reason="Head office asks for it")
    assert status == 422
    assert "say that it is against the advice" in page
    assert "Head office asks for it</textarea>" in page
    assert decide(manager, BAD, decision="ship", reason="Head office asks", against="yes")[0] == 303
    assert "against the advice" in manager.get("/reviews?q=Head office").text
    assert decide(manager, GOOD, decision="ship", reason="It works", against="yes")[0] == 303
    with read.ledger.engine.connect() as connection:
        said = dict(connection.execute(select(REVIEWS.c.strategy, REVIEWS.c.against_advice)).tuples().all())
    assert (said[BAD], said[GOOD]) == (True, False)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"decision": "", "reason": "x"}, "Choose what is decided."),
        ({"decision": "burn", "reason": "x"}, "Choose what is decided."),
        ({"decision": "stop", "reason": "  "}, "Give the reason"),
        ({"decision": "stop", "reason": "客户 13812345678 投诉"}, "number or address"),
    ],
)
def test_what_is_not_whole_or_names_somebody_is_not_kept(
    read: Desk, manager: Visitor, told: dict[str, str], words: str
) -> None:
    status, page = decide(manager, HARMFUL, **told)
    assert status == 422
    assert words in page
    with read.ledger.engine.connect() as connection:
        assert connection.execute(select(REVIEWS).where(REVIEWS.c.strategy == HARMFUL)).all() == []


def test_nights_and_strategies_that_are_not_there_are_said_so(manager: Visitor) -> None:
    assert "did you mean" in manager.get(f"/experiments/{GOOD}x").text
    assert "Nothing has been read of it yet" in manager.get(f"/experiments/{GOOD}?as_of=2020-01-01").text
    assert "is no date" in manager.get(f"/experiments/{GOOD}?as_of=yesterday").text


def test_a_word_for_a_script_stays_a_word(manager: Visitor) -> None:
    page = manager.get("/experiments?q=<script>alert(1)</script>&manager=<b>&order=x&verdict=y").text
    assert "<script>alert" not in page
    assert "<b>" not in page
