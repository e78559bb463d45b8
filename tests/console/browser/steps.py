"""What people do on the screen on a strategy's way, from a segment to being live."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from base.language import Language
from console.words import Said
from console.words.strategies import PARTS
from tests.console.desk import PASSWORD

MENDED = "八月底截止。"
LONGEST = 120_000
"""Milliseconds that a dry run or a submission may take on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a manager does in his language. ``slip``: the rule with one word, ``wrong``, mistaken."""

    language: Language
    name: str
    segment: str
    title: str
    slip: str
    wrong: str
    rule: str
    offer: str
    script: str
    comment: str = ""
    """Why the approver sends it back first."""

    def say(self, english: str, chinese: str) -> str:
        return Said(english, chinese).to(self.language)


@contextmanager
def at_work(page: Page, name: str, plan: Plan) -> Iterator[None]:
    """Somebody who has signed in by his password and chosen his language, until he signs out."""
    page.goto("/")
    page.get_by_label(plan.say("User name", "用户名")).fill(name)
    page.get_by_label(plan.say("Password", "密码")).fill(PASSWORD)
    page.get_by_role("button", name=plan.say("Sign in", "登录")).click()
    expect(page.get_by_role("banner")).to_be_visible()
    chosen = page.get_by_role("button", name=plan.say("English", "中文"), exact=True)
    if chosen.count():
        chosen.click()
    expect(page.locator("html")).to_have_attribute("lang", plan.say("en", "zh-CN"))
    yield
    page.get_by_role("button", name=plan.say("Sign out", "退出")).click()
    expect(page.get_by_label(plan.say("Password", "密码"))).to_be_visible()


def menu(page: Page, plan: Plan, said: Said) -> None:
    main = page.get_by_role("navigation", name=plan.say("Main", "主导航"))
    main.get_by_role("link", name=said.to(plan.language), exact=True).click()


def find_the_segment(page: Page, plan: Plan) -> None:
    menu(page, plan, Said("Segments", "客群"))
    page.get_by_role("searchbox").fill(plan.segment)
    page.get_by_role("button", name=plan.say("Search", "搜索")).click()
    page.get_by_role("link", name=plan.segment, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(plan.segment)


def begin(page: Page, plan: Plan) -> None:
    page.get_by_role("link", name=plan.say("Write a strategy for this segment", "为本客群编写策略")).click()
    page.locator("#kind").select_option("deposit")
    call_it(page, plan.name, plan.title)
    page.get_by_role("button", name=plan.say("Begin", "开始编写")).click()
    expect(page.get_by_role("status").first).to_contain_text(plan.say("first draft", "草稿"))


def call_it(page: Page, name: str, title: str) -> None:
    """Says what a new strategy is called, by people and by programs."""
    page.locator("#title").fill(title)
    page.locator("details", has=page.locator("#name")).locator("summary").click()
    page.locator("#name").fill(name)


def write_the_rule(page: Page, plan: Plan) -> None:
    rule = page.locator("#rule")
    rule.fill("")
    rule.press_sequentially(plan.slip)
    page.keyboard.press("Escape")
    expect(page.locator(".underlined mark")).to_have_text(plan.wrong)
    page.get_by_role("button", name=plan.say("Write it so", "采用此写法")).click()
    expect(rule).to_have_value(plan.rule)
    expect(page.locator("#count .size strong")).to_have_text(re.compile(r"^[\d,]+$"))
    expect(page.locator(".underlined mark")).to_have_count(0)


def fill_the_form(page: Page, plan: Plan) -> None:
    for part, value in (
        ("experiment.holdout", "20"),
        ("goal.value", "2000"),
        ("offer", plan.offer),
        ("touch.script", plan.script),
    ):
        field = page.get_by_label(PARTS[part].to(plan.language), exact=True).first
        field.fill(value)
        expect(field).not_to_have_class("unwritten")
    page.locator("#note").fill("first try")
    expect(page.locator("#text")).to_have_value(re.compile(re.escape(plan.script)))
    smallest = re.compile(plan.say(r"20 % held out, a lift of at least", r"20 % 时.可检出的最小提升为"))
    expect(page.locator("#size")).to_contain_text(smallest)


def keep_and_try(page: Page, plan: Plan) -> None:
    page.get_by_role("button", name=plan.say("Keep and try", "保存并试运行")).click()
    expect(page.get_by_role("status").first).to_contain_text("2")
    expect(page.locator("#rule")).to_have_value(plan.rule)
    tonight = page.get_by_role("table", name=plan.say("Contacts tonight", "今晚触达"))
    expect(tonight).to_be_visible(timeout=LONGEST)


def submit(page: Page, plan: Plan) -> None:
    page.get_by_role("button", name=plan.say("Submit for approval", "提交审批")).click()
    _handed_in(page, plan)


def send_back(page: Page, plan: Plan) -> None:
    page.get_by_role("link", name=plan.name).first.click()
    back = page.locator("details", has_text=plan.say("Send back", "退回修改"))
    back.locator("summary").click()
    back.get_by_role("textbox").fill(plan.comment)
    back.get_by_role("button").click()
    expect(page.get_by_role("main")).to_contain_text(plan.comment)


def mend(page: Page, plan: Plan) -> None:
    """From the comment on the author's first page to a version that heeds it, handed in."""
    expect(page.get_by_role("main")).to_contain_text(plan.comment)
    page.get_by_role("link", name=plan.name).first.click()
    page.get_by_label(PARTS["offer"].to(plan.language), exact=True).first.fill(plan.offer + MENDED)
    page.get_by_role("button", name=plan.say("Keep and submit", "保存并提交")).click()
    _handed_in(page, plan)


def do(page: Page, plan: Plan, label: Said) -> None:
    page.get_by_role("button", name=label.to(plan.language), exact=True).click()
    expect(page.get_by_role("button", name=label.to(plan.language), exact=True)).to_have_count(0)


def _handed_in(page: Page, plan: Plan) -> None:
    said = page.get_by_text(plan.say("Submitted; somebody else approves it.", "等待他人审批"))
    expect(said).to_be_visible(timeout=LONGEST)
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport()
    expect(page.locator("#submits")).to_be_disabled()
