"""What may happen to somebody who writes in a real browser: two tabs, the way back, a ledger that is gone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect
from sqlalchemy import func, select

from benchmarks.console_outage import stopped
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS
from tests.console.browser.steps import call_it
from tests.console.browser.window import Look, window
from tests.console.desk import ALL_ROUNDER, PASSWORD, Desk

SCRIPT = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
RULE_ASKED = re.compile("/strategies/rule")
ELSEWHERE = "http://elsewhere.example/"


@pytest.fixture(scope="module")
def manager(browser: Browser, night_desk: Desk) -> Iterator[Page]:
    with window(browser, night_desk, "segment_manager", Look(language="en")) as page:
        yield page


def begin(page: Page, name: str, title: str = "Tried in a browser") -> None:
    """A strategy of one's own, and its desk."""
    page.goto("/new-strategy")
    call_it(page, name, title)
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#rule")).to_be_visible()


def keep(page: Page) -> None:
    page.get_by_role("button", name="Keep as a draft").click()


def sign_in(page: Page) -> None:
    page.get_by_label("User name").fill("segment_manager")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def written(desk: Desk, name: str) -> int:
    """How many versions there are."""
    with desk.ledger.engine.connect() as connection:
        query = select(func.count()).where(STRATEGY_VERSIONS.c.name == name)
        return int(connection.execute(query).scalar_one())


def test_a_script_in_a_strategys_title_is_shown_as_words(manager: Page) -> None:
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        said.append(message.text)

    manager.on("console", hear)
    begin(manager, "script_in_title", SCRIPT)
    for path in ("/strategies?q=script_in_title", "/strategies/script_in_title", "/"):
        manager.goto(path)
        assert "owned" not in manager.title()
        assert manager.locator("img").count() == 0
    manager.goto("/strategies?q=script_in_title")
    expect(manager.get_by_role("main")).to_contain_text("<script>document.title")
    manager.remove_listener("console", hear)
    assert said == []


def test_a_script_that_came_into_a_page_all_the_same_does_not_run(manager: Page) -> None:
    manager.goto("/strategies")
    manager.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'owned'";
      document.body.append(script);
      document.body.setAttribute("onclick", "document.title = 'owned'");
      document.body.click();
    }""")
    assert "owned" not in manager.title()


def test_the_second_of_two_tabs_is_told_and_keeps_what_was_typed(manager: Page, night_desk: Desk) -> None:
    begin(manager, "in_two_tabs")
    other = manager.context.new_page()
    other.goto("/strategies/in_two_tabs")
    for page, rule in ((manager, "age >= 21"), (other, "age >= 22")):
        page.locator("#rule").fill(rule)
        keep(page)
    expect(other.get_by_text("Somebody has kept a newer version since.")).to_be_visible()
    expect(other.locator("#rule")).to_have_value("age >= 22")
    expect(other.locator("ins", has_text="age >= 22").first).to_be_visible()
    assert written(night_desk, "in_two_tabs") == 2
    other.close()


def test_the_way_back_after_keeping_does_nothing_twice(manager: Page, night_desk: Desk) -> None:
    begin(manager, "there_and_back")
    manager.locator("#rule").fill("age >= 23")
    keep(manager)
    expect(manager.get_by_role("status").first).to_contain_text("Kept as version 2.")
    manager.go_back()
    manager.go_forward()
    manager.reload()
    assert written(night_desk, "there_and_back") == 2
    manager.go_back()
    keep(manager)
    expect(manager.get_by_role("main")).to_contain_text(re.compile("newer version|version 2"))
    assert written(night_desk, "there_and_back") == 2


def test_nothing_is_asked_or_completed_while_chinese_is_being_composed(
    browser: Browser, night_desk: Desk
) -> None:
    with window(browser, night_desk, ALL_ROUNDER, Look(language="zh")) as page:
        page.clock.install()
        page.goto("/strategies/mobile_silent_app")
        rule = page.locator("#rule")
        expect(page.locator("#count .size strong")).to_be_visible()
        rule.fill("")
        expect(page.locator("#count .wrong")).to_be_visible()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        keyboard = page.context.new_cdp_session(page)
        rule.focus()
        for typed in ("z", "zi", "zi'chan"):
            told = {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)}
            keyboard.send("Input.imeSetComposition", told)
            page.clock.run_for(5_000)
        expect(rule).to_have_value("zi'chan")
        assert asked == []
        expect(page.locator("#choices")).to_be_hidden()
        with page.expect_response(RULE_ASKED):
            keyboard.send("Input.insertText", {"text": "资产总额 >= 1000"})
            page.clock.run_for(5_000)
        expect(rule).to_have_value("资产总额 >= 1000")
        expect(page.locator("#count .size strong")).to_be_visible()


def test_what_was_typed_outlives_a_lost_session(manager: Page) -> None:
    begin(manager, "outlived")
    manager.context.clear_cookies()
    manager.locator("#rule").fill("age >= 33")
    expect(manager.locator("#kept")).to_contain_text("this browser remembers it")
    keep(manager)
    sign_in(manager)
    manager.goto("/strategies/outlived")
    expect(manager.locator("#rule")).to_have_value("age >= 33")
    expect(manager.locator("#kept")).to_contain_text("is back")


def test_a_page_asked_for_without_a_session_is_shown_after_signing_in(manager: Page) -> None:
    manager.context.clear_cookies()
    manager.goto("/strategies/mobile_silent_app")
    sign_in(manager)
    expect(manager).to_have_url(re.compile("/strategies/mobile_silent_app$"))


def test_the_way_back_after_signing_out_shows_nothing(browser: Browser, night_desk: Desk) -> None:
    with window(browser, night_desk, "segment_manager") as page:
        page.goto("/strategies/mobile_silent_app")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Password")).to_be_visible()
        page.go_back()
        expect(page.get_by_label("Password")).to_be_visible()
        assert page.locator("#text").count() == 0


def test_the_database_gone_while_somebody_edits_loses_nothing(manager: Page, night_desk: Desk) -> None:
    begin(manager, "gone_meanwhile")
    with stopped(night_desk.settings):
        manager.locator("#rule").fill("age >= 44")
        expect(manager.locator("#count")).to_contain_text("does not answer just now")
        expect(manager.locator("#rule")).to_have_value("age >= 44")
        keep(manager)
        expect(manager.get_by_role("main")).to_contain_text("Nothing that was kept is lost")
    manager.go_back()
    expect(manager.locator("#rule")).to_have_value("age >= 44")
    expect(manager.locator("#text")).to_have_value(re.compile("age >= 44"))
    keep(manager)
    expect(manager.get_by_role("status").first).to_contain_text("Kept as version 2.")
    assert written(night_desk, "gone_meanwhile") == 2


def test_a_rule_of_a_megabyte_is_refused_and_the_desk_goes_on(manager: Page, night_desk: Desk) -> None:
    begin(manager, "a_megabyte")
    manager.locator("#rule").fill("age > 1 or " * 100_000)
    expect(manager.locator("#count")).to_contain_text("the rule is longer than 2000 characters")
    keep(manager)
    expect(manager.get_by_role("main")).to_contain_text("longer than")
    manager.goto("/strategies/a_megabyte")
    manager.locator("#rule").fill("age > 1")
    expect(manager.locator("#count .size strong")).to_be_visible()
    assert written(night_desk, "a_megabyte") == 1


def test_a_form_on_another_site_does_nothing(browser: Browser, night_desk: Desk) -> None:
    place = f"{night_desk.address}/strategies/mobile_silent_app/retire"
    form = f'<form method="post" action="{place}"><input name="reason" value="none"></form>'

    def serve(route: Route) -> None:
        route.fulfill(content_type="text/html", body=form)

    with window(browser, night_desk, ALL_ROUNDER) as page:
        page.route(f"{ELSEWHERE}**", serve)
        page.goto(ELSEWHERE)
        page.evaluate("document.forms[0].submit()")
        expect(page.get_by_role("main")).to_contain_text("nothing was done")
    with night_desk.ledger.engine.connect() as connection:
        query = select(STRATEGIES.c.state).where(STRATEGIES.c.name == "mobile_silent_app")
        assert connection.execute(query).scalar_one() == "live"
