"""What the desk is told of a rule as it is typed: whom it selects, what is wrong with it, who else asks."""

import html
import re
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from base.language import Language
from console.pages.strategies.count import EXAMPLES
from features.catalogue import FEATURES
from lake.tables.words import CHANNELS
from ledger.schema import STRATEGY_VERSIONS
from strategies.edits import leaves_of
from strategies.rule import parse
from tests.console.desk import Desk, Visitor


@dataclass(frozen=True, kw_only=True)
class Told:
    """What stands beside a rule: how many it selects of how many, are left after each of its conditions, and
    are reached by each channel; None where too few are, or nobody."""

    exactly: bool
    count: int | None
    of: int
    each: tuple[int | None, ...]
    reached: tuple[int | None, ...]


def told_of(visitor: Visitor, rule: str, *, exact: str = "", kind: str = "") -> Told:
    """What the desk is told of a rule."""
    answer = visitor.client.get("/strategies/rule", params={"rule": rule, "exact": exact, "kind": kind})
    page = answer.json()["html"]
    size = re.search(r"Selects( about)?\s+<strong>(.*?)</strong>.*?of ([\d,]+) customers", page, flags=re.S)
    assert size, page
    each, reached = (
        tuple(_number(cell) for cell in re.findall(r'<td class="number">(.*?)</td>', table))
        for table in re.findall(r"<table>.*?</table>", page, flags=re.S)
    )
    found = _number(size[2].strip())
    return Told(exactly=not size[1], count=found, of=_number(size[3]) or 0, each=each, reached=reached)


def _number(shown: str) -> int | None:
    return None if shown in ("–", "nobody, or too few to tell") else int(shown.replace(",", ""))


def test_all_words_of_a_rule_are_told_in_both_languages(desk: Desk) -> None:
    told = desk.visitor("segment_manager").get("/strategies/words").json()["words"]
    names = {word["name"]: word["label"] for word in told}
    assert names["aum_now"] == "资产总额"
    assert names["and"] == "且"
    assert "segment" in names


def test_a_count_tells_what_each_condition_leaves_and_whom_channels_reach(night_desk: Desk) -> None:
    visitor = night_desk.visitor("segment_manager")
    told = visitor.get("/strategies/rule?rule=age > 40 and not has_fund&holdout=20").json()
    assert told["wrong"] == ""
    rows = re.findall(r'<th scope="row">(.*?)</th><td class="number">(.*?)</td>', told["html"])
    found = {html.unescape(words): count for words, count in rows}
    first, last = (int(found[words].replace(",", "")) for words in ("age > 40", "not has_fund"))
    assert f"<strong>{last:,}</strong>" in told["html"]
    assert last < first < 2_000
    assert last % 10 == first % 10 == 0
    assert "Counts are to tens" in told["html"]
    assert all(int(found[channel].replace(",", "")) < last for channel in ("App push", "AI call"))
    assert "20 %" in told["size"]
    exact = told_of(visitor, "age > 40 and not has_fund", exact="yes")
    assert (exact.exactly, exact.count, exact.each) == (True, last, (first, last))


@pytest.mark.parametrize("kind", ["wealth", "fund", "deposit", ""])
def test_whom_channels_reach_is_counted_with_age_and_the_risk_the_product_asks(
    night_desk: Desk, kind: str
) -> None:
    visitor = night_desk.visitor("segment_manager")
    rule = "aum_now > 0 and tenure_days > 0"
    reached = dict(zip(CHANNELS, told_of(visitor, rule, exact="yes", kind=kind).reached, strict=True))
    suits = {"wealth": " and risk_level >= 2 and age < 65", "fund": " and risk_level >= 3 and age < 65"}
    called = f"{rule} and consent_human_call and not suppressed and mobile_reachable and age >= 18"
    assert reached["human_call"] == told_of(visitor, called + suits.get(kind, ""), exact="yes").count
    pushed = f"{rule} and consent_push and not suppressed and has_app and age between 18 and 64"
    assert reached["push"] == told_of(visitor, pushed + suits.get(kind, ""), exact="yes").count
    page = visitor.client.get("/strategies/rule", params={"rule": rule, "kind": kind}).json()["html"]
    assert ("Not counted in yet: the risk level" in page) == (kind == "")
    assert "the dry run counts them" in page


@pytest.mark.parametrize(("language", "joint"), [("en", " and "), ("zh", " 且 ")])
def test_the_example_of_a_rule_reads_and_stands_at_the_desk(
    desk: Desk, language: Language, joint: str
) -> None:
    example = EXAMPLES[language]
    assert joint in example
    assert parse(example, FEATURES).names == {"aum_now", "age", "has_fund"}
    visitor = desk.visitor("segment_manager")
    visitor.post("/preferences", language=language)
    page = visitor.get("/strategies/mobile_silent_app").text
    visitor.post("/preferences", language="en")
    assert f"<code>{html.escape(example)}</code>" in page


def test_a_comparison_in_words_is_told_with_the_sign(night_desk: Desk) -> None:
    told = night_desk.visitor("segment_manager").get("/strategies/rule?rule=年龄 大于 30 且 有基金").json()
    assert (told["before"], told["wrong"]) == ("年龄 ", "大于")
    assert 'data-rule="年龄 &gt; 30 且 有基金"' in told["html"]


def test_a_wrong_word_is_told_where_it_is_with_the_mend(night_desk: Desk) -> None:
    told = (
        night_desk.visitor("segment_manager").get("/strategies/rule?rule=资产总额 > 5 且 aum_nwo > 1").json()
    )
    assert (told["before"], told["wrong"]) == ("资产总额 > 5 且 ", "aum_nwo")
    assert 'data-rule="资产总额 &gt; 5 且 aum_now &gt; 1"' in told["html"]


def test_live_strategies_that_want_the_same_customers_are_told(night_desk: Desk) -> None:
    visitor = night_desk.visitor("segment_manager")
    with night_desk.ledger.engine.connect() as connection:
        query = select(STRATEGY_VERSIONS.c.text).where(STRATEGY_VERSIONS.c.name == "fund_first_plan")
        rule = leaves_of(connection.execute(query).scalars().one(), file="x")["who",]
    told = visitor.client.get("/strategies/rivals", params={"rule": str(rule)}).json()["html"]
    row = re.search(r'href="/strategies/fund_first_plan".*?</tr>', told, flags=re.S)
    assert row
    assert row[0].count("100 %") == 2
    own = visitor.client.get("/strategies/rivals", params={"rule": str(rule), "name": "fund_first_plan"})
    assert "/strategies/fund_first_plan" not in own.json()["html"]


@pytest.mark.parametrize("exact", ["", "yes"])
def test_no_counts_tell_of_fewer_than_ten_and_all_are_to_tens(night_desk: Desk, exact: str) -> None:
    visitor = night_desk.visitor("segment_manager")
    for age in range(18, 96, 3):
        rule = f"age >= {age} and age >= {age + 1} and aum_now > 0"
        told = told_of(visitor, rule, exact=exact)
        assert len(told.each) == 3
        assert told.each[-1] == told.count
        shown = [count for count in (told.of, told.count, *told.each, *told.reached) if count is not None]
        assert all(count >= 10 and count % 10 == 0 for count in shown)
