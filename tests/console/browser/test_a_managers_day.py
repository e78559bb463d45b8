"""A manager's whole way in a real browser, in both languages: from a segment to the next night's list.

He finds a segment, writes a rule for it, mends a slip, sees whom it selects and what can be shown, dry-runs
and submits; another approves, or sends it back first; a third puts it live; the next night decides while a
colleague goes on writing.
"""

import threading
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from base.language import Language
from console.words import Said
from jobs.night import night
from lake.glance import Glance
from lake.tables import CONTACT_LISTS
from ledger.audit import trail
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS
from strategies.edits import leaves_of
from strategies.folder import OWN_BOOK
from tests.console.browser.steps import (
    MENDED,
    Plan,
    at_work,
    begin,
    do,
    fill_the_form,
    find_the_segment,
    keep_and_try,
    mend,
    menu,
    send_back,
    submit,
    write_the_rule,
)
from tests.console.browser.window import Look, window
from tests.console.desk import ALL_ROUNDER, Desk, open_desk

COLLEAGUES = "written_at_night"
DECIDED = ("ingest", "features", "segments", "decide")

PLANS: Mapping[Language, Plan] = {
    "en": Plan(
        language="en",
        name="app_deposit_english",
        segment="S01",
        title="Deposits <in> the app & more",
        slip="segment = 'S01' and not supressed",
        wrong="supressed",
        rule="segment = 'S01' and not suppressed",
        offer="A deposit of three months, at the rate shown in the branch.",
        script="Three months, from one thousand yuan. Have a look.",
    ),
    "zh": Plan(
        language="zh",
        name="app_deposit_chinese",
        segment="S02",
        title="存款《新客》",
        slip="客群 = 'S02' 且 资产总和 >= 0",
        wrong="资产总和",
        rule="客群 = 'S02' 且 资产总额 >= 0",
        offer="三个月定期存款，利率以网点公示为准。",
        script="三个月起存，一千元起，点开看看。",
        comment="请说明优惠到哪一天为止。",
    ),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A bank of few large segments and few strategies, the morning after its first decision."""
    home = tmp_path_factory.mktemp("day") / "home"
    few = (OWN_BOOK / "mobile_silent_app.yaml", OWN_BOOK / "fund_first_plan.yaml")
    with open_desk(home, few, synthetic={"customers": 1_000}, segments={"count": 4}) as opened:
        night(opened.settings, as_of=opened.settings.synthetic.first_night, steps=DECIDED)
        yield opened


@pytest.fixture(scope="module")
def written(browser: Browser, house: Desk) -> Mapping[Language, Plan]:
    """Both plans, on the screen from a segment to being live."""
    for plan in PLANS.values():
        with window(browser, house, None, Look(language=plan.language)) as page:
            bring_live(page, plan)
    return PLANS


def bring_live(page: Page, plan: Plan) -> None:
    """Written and submitted by the manager, approved and put live by others, one after the other."""
    with at_work(page, "segment_manager", plan):
        find_the_segment(page, plan)
        begin(page, plan)
        write_the_rule(page, plan)
        fill_the_form(page, plan)
        keep_and_try(page, plan)
        submit(page, plan)
    if plan.comment:
        with at_work(page, "approver", plan):
            send_back(page, plan)
        with at_work(page, "segment_manager", plan):
            mend(page, plan)
    with at_work(page, "approver", plan):
        page.get_by_role("link", name=plan.name).first.click()
        do(page, plan, Said("Approve", "批准"))
    with at_work(page, ALL_ROUNDER, plan):
        menu(page, plan, Said("Strategies", "策略"))
        page.get_by_role("searchbox").fill(plan.title)
        page.get_by_role("button", name=plan.say("Search", "搜索")).click()
        page.get_by_role("link", name=plan.title).first.click()
        do(page, plan, Said("Put live", "上线"))


@pytest.fixture(scope="module")
def edited(house: Desk, written: Mapping[Language, Plan]) -> tuple[date, list[int]]:
    """The next night; and what a colleague was answered who kept drafts while it ran."""
    as_of = house.settings.synthetic.first_night + timedelta(days=1)
    colleague = house.visitor("segment_manager")
    colleague.post("/new-strategy", name=COLLEAGUES, title="Night", kind="fund")
    text, over = _newest(house, COLLEAGUES), threading.Event()
    answers: list[int] = []

    def write() -> None:
        while not over.wait(0.2):
            told = {"text": f"{text}# {len(answers)}\n", "base": str(len(answers) + 1)}
            answers.append(colleague.post(f"/strategies/{COLLEAGUES}/write", **told).status_code)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        night(house.settings, as_of=as_of, steps=(*DECIDED, "release"))
    finally:
        over.set()
        writing.join()
    return as_of, answers


@pytest.mark.parametrize("language", PLANS)
def test_what_was_written_on_the_screen_is_live(
    house: Desk, written: Mapping[Language, Plan], language: Language
) -> None:
    plan = written[language]
    told = leaves_of(_newest(house, plan.name), file=plan.name)
    assert told["who",] == plan.rule
    assert told["title",] == plan.title
    assert told["offer",] == (plan.offer + MENDED if plan.comment else plan.offer)
    assert told["experiment", "holdout"] == "0.2"
    assert told["funnel", 0, "script"] == plan.script
    with house.ledger.engine.connect() as connection:
        query = select(STRATEGIES.c.state).where(STRATEGIES.c.name == plan.name)
        assert connection.execute(query).scalar_one() == "live"


@pytest.mark.parametrize("language", PLANS)
def test_who_wrote_did_not_approve(house: Desk, written: Mapping[Language, Plan], language: Language) -> None:
    lines = [line for line in trail(house.ledger, last=500) if line["subject"] == written[language].name]
    by = {line["action"]: line["actor"] for line in lines}
    assert {by[action] for action in by if "submitted" in action} == {"segment_manager"}
    assert {by[action] for action in by if "approved" in action} == {"approver"}


@pytest.mark.parametrize("language", PLANS)
def test_the_next_nights_list_holds_it(
    house: Desk, edited: tuple[date, list[int]], language: Language
) -> None:
    lists = Glance(house.settings.lake_folder).read(CONTACT_LISTS, as_of=edited[0], columns=("strategy",))
    assert lists["strategy"].to_pylist().count(PLANS[language].name) >= 10


@pytest.mark.parametrize("language", PLANS)
def test_the_next_nights_list_names_it_on_the_screen(
    browser: Browser, house: Desk, edited: tuple[date, list[int]], language: Language
) -> None:
    plan = PLANS[language]
    with window(browser, house, "segment_manager", Look(language=language)) as page:
        page.goto(f"/releases/{edited[0]}/push_gateway")
        expect(page.get_by_role("main")).to_contain_text(plan.name)


def test_who_sent_it_back_said_why(house: Desk, written: Mapping[Language, Plan]) -> None:
    for plan in written.values():
        lines = trail(house.ledger, subject=plan.name, action="strategy sent back")
        assert [line["actor"] for line in lines] == (["approver"] if plan.comment else [])
        assert all(plan.comment in str(line["detail"]) for line in lines)


def test_a_night_that_runs_keeps_nobody_from_writing(house: Desk, edited: tuple[date, list[int]]) -> None:
    answers = edited[1]
    assert answers
    assert set(answers) == {303}
    assert _newest(house, COLLEAGUES).endswith(f"# {len(answers) - 1}\n")


def _newest(house: Desk, name: str) -> str:
    query = select(STRATEGY_VERSIONS.c.text).where(STRATEGY_VERSIONS.c.name == name)
    with house.ledger.engine.connect() as connection:
        return str(connection.execute(query.order_by(STRATEGY_VERSIONS.c.version.desc())).scalars().first())
