"""The rule language: what it accepts and as which tree, what it refuses, where, and in which words."""

from datetime import date

import pytest

from features.catalogue import FEATURES
from strategies.atoms import RuleError
from strategies.rule import parse
from strategies.tree import (
    And,
    Arithmetic,
    AsOf,
    Compare,
    Condition,
    Day,
    DaysBetween,
    Missing,
    Name,
    Negative,
    Not,
    Number,
    OneOf,
    Or,
    Shifted,
    Text,
    Truth,
    Value,
)

AUM, LOGIN = Name("aum_now", "number"), Name("days_since_login", "number")
FUND, CARD = Name("has_fund", "flag"), Name("has_card", "flag")
IN, OUT = Name("inflow_90d", "number"), Name("outflow_90d", "number")
RICH = Compare(">", AUM, Number(1.0))


def _between(value: Value, low: Value, high: Value) -> And:
    return And((Compare(">=", value, low), Compare("<=", value, high)))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("aum_now between 5000 and 3万", _between(AUM, Number(5e3), Number(3e4))),
        ("aum_now not between -1 and 3百万", Not(_between(AUM, Number(-1), Number(3e6)))),
        ("aum_now is null", Missing(AUM)),
        ("age is not null", Not(Missing(Name("age", "number")))),
        ("not has_fund and has_card", And((Not(FUND), CARD))),
        (
            "has_fund and (has_card and aum_now > 1) and (has_fund or has_card)",
            And((FUND, CARD, RICH, Or((FUND, CARD)))),
        ),
        ("has_fund or has_card and aum_now > 1 or has_fund", Or((FUND, And((CARD, RICH)), FUND))),
        ("digital_share_90d > 30%", Compare(">", Name("digital_share_90d", "number"), Number(0.3))),
        ("资产总额≥1.15万且非有基金", And((Compare(">=", AUM, Number(11500)), Not(FUND)))),
        (
            "年龄 ＞ 18岁 或 （老年客户）",
            Or((Compare(">", Name("age", "number"), Number(18)), Name("is_elderly", "flag"))),
        ),
        ("segment in （“S01”，“S02”, 'S01'）", OneOf(Name("segment", "text"), (Text("S01"), Text("S02")))),
        ("资产总额>1并且有基金", And((RICH, FUND))),
        ("有基金或者 aum_now > 1 或者非有基金", Or((FUND, RICH, Not(FUND)))),
        ("segment = '或者'", Compare("=", Name("segment", "text"), Text("或者"))),
        ("客群 = 'S07'", Compare("=", Name("segment", "text"), Text("S07"))),
        ("年龄 not in (18, 20)", Not(OneOf(Name("age", "number"), (Number(18), Number(20))))),
        ("inflow_90d / outflow_90d > 1.5", Compare(">", Arithmetic("/", IN, OUT), Number(1.5))),
        (
            "- inflow_90d * 2 > 1千元 + aum_now",
            Compare(">", Arithmetic("*", Negative(IN), Number(2)), Arithmetic("+", Number(1e3), AUM)),
        ),
        ("has_fund <> false", FUND),
        ("false = has_fund", Not(FUND)),
        ("has_fund = (aum_now > 1)", Or((And((FUND, RICH)), And((Not(FUND), Not(RICH)))))),
        ("has_fund <> not has_card", Not(Or((And((FUND, Not(CARD))), And((Not(FUND), CARD)))))),
        ("days_since_login > 30天", Compare(">", LOGIN, Number(30))),
        ("as_of >= 2026-7-1", Compare(">=", AsOf(), Day(date(2026, 7, 1)))),
        (
            "基准日 - 30天 - 2 < ２０２６-０７-０１ + 1天",
            Compare("<", Shifted(AsOf(), -32), Shifted(Day(date(2026, 7, 1)), 1)),
        ),
        ("as_of - 2026-01-01 > 30天", Compare(">", DaysBetween(AsOf(), Day(date(2026, 1, 1))), Number(30))),
        ("as_of in (2026-07-01, 2026-10-01)", OneOf(AsOf(), (Day(date(2026, 7, 1)), Day(date(2026, 10, 1))))),
        ("true", Truth(True)),
        ("everybody", Truth(True)),
        ("所有客户", Truth(True)),
        ("Everybody and has_card", And((Truth(True), CARD))),
        ("所有客户且非有基金", And((Truth(True), Not(FUND)))),
    ],
)
def test_a_rule_becomes_a_tree(text: str, tree: Condition) -> None:
    assert parse(text, FEATURES).condition == tree


def test_a_rule_knows_what_it_reads() -> None:
    rule = parse("资产总额 > 1万 and segment = 'S01' and not has_fund", FEATURES)
    assert rule.names == {"aum_now", "has_fund"}


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("everybody", False),
        ("所有客户", False),
        ("everybody and as_of between 2026-11-01 and 2026-11-30", False),
        ("everybody or has_fund", True),
        ("everybody and segment = 'S01'", True),
        ("年龄 is null or 年龄 is not null", True),
    ],
)
def test_a_rule_is_personal_as_soon_as_it_names_anything_of_a_customer(text: str, personal: bool) -> None:
    assert parse(text, FEATURES).personal == personal


def test_words_of_comparisons_stand_in_texts_and_names() -> None:
    parse("segment = '大于' or segment = 'at least'", FEATURES)
    with pytest.raises(RuleError, match="no feature is called 'overdraft'"):
        parse("overdraft > 3", FEATURES)


def test_every_label_stands_for_its_feature() -> None:
    for feature in FEATURES.values():
        assert parse(f"{feature.label} is null", FEATURES).names == {feature.name}


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "empty"),
        ("has_card and aum_now > 5,000", 23, "unlike '5,000'; did you mean '5000'?"),
        ("资产总额>=1,000,000 且 有信用卡", 6, "did you mean '1000000'?"),
        ("age in (20,300", 11, "breaks off"),
        ("has_card and age over 30", 17, "not with 'over'; did you mean '>'?"),
        ("年龄大于或等于30", 2, "not with '大于或等于'; did you mean '>='?"),
        ("aum_nov > 3", 0, "did you mean 'aum_now'?"),
        ("has_card and 资产总和 > 3", 13, "did you mean '资产总额'?"),
        ("has_card and aum_now > 30天", 13, "(CNY) and '30天' (days)"),
        ("AUM_NOW > 3", 0, "did you mean 'aum_now'?"),
        ("age > 30 > 20", 0, "begins with 'age' cannot be compared again, with '20'; join two"),
        ("20 < (30 < age)", 6, "begins with '30' cannot be compared again"),
        ("aum_now > has_fund", 0, "cannot be put together"),
        ("aum_now > 'S01'", 0, "cannot be put together"),
        ("segment = 3", 0, "cannot be put together"),
        ("has_fund > has_card", 0, "has no order"),
        ("aum_now", 0, "compare it with something"),
        ("has_card and aum_now", 13, "compare it with something"),
        ("aum_now > 1 has_card", 0, "and/or"),
        ("aum_now >", 0, "breaks off near 'aum_now'"),
        ("has_fund and (has_card or", 14, "breaks off near 'has_card'"),
        ("aum_now between 1", 16, "breaks off near '1'"),
        ("abs(aum_now) > 3", 0, "no feature is called 'abs'"),
        ("aum_now(has_card) > 3", 0, "no functions"),
        ("aum_now in (select 1)", 12, "no feature is called 'select'"),
        ("has_card; drop table x", 8, "';' does not belong"),
        ("has_card -- and", 9, "no comments; remove '--'"),
        ("has_card /* and */", 9, "no comments"),
        ("aum_now.x > 3", 7, "'.' does not belong"),
        ("aum_now > `x`", 10, "'`' does not belong"),
        ("segment = 'a\\'", 10, "neither quotes nor backslashes"),
        ("segment = 'it’s'", 14, "no feature is called 's'"),
        ("aum_now > 1e9", 10, "'1e9' is no number"),
        ("aum_now is true", 0, "IS NULL and IS NOT NULL only"),
        ("inflow_90d / age > 3", 0, "cannot be put together"),
        ("days_since_login > 5万", 0, "(days) and '5万' (money or a count)"),
        ("days_since_login > 5万元", 0, "(days) and '5万元' (CNY)"),
        ("tenure_days > 5万天", 14, "万 and 亿 are for money and counts, not for days"),
        ("demand_share > 5亿", 0, "cannot be put together"),
        ("has_app = 1", 0, "a yes or no stands alone"),
        ("segment > 'S01'", 0, "is text; it has no order"),
        ("segment between 'S01' and 'S02'", 16, "BETWEEN is for numbers and dates"),
        ("has_fund and risk_level = null", 26, "write 'is null' or 'is not null'"),
        ("null = risk_level", 0, "nothing is ever equal to null"),
        ("(age > 3) is null", 1, "IS NULL asks about a feature"),
        ("aum_now between 5万 and 1万", 16, "the smaller comes first"),
        ("aum_now in (spend_90d)", 12, "cannot stand in the list of IN"),
        ("as_of > '2026-07-01'", 0, "write a date without quotes"),
        ("as_of > 2026-02-30", 8, "there is no day 2026-02-30"),
        ("as_of - 1.5 > 2026-07-01", 8, "whole days"),
        ("as_of - 30次 > 2026-07-01", 8, "whole days"),
        ("as_of - age > 2026-07-01", 8, "a written number of whole days"),
        ("as_of + 2026-07-01 > 3", 8, "whole days"),
        ("as_of - 36600 - 36600 < as_of", 16, "further than a hundred years"),
        ("as_of * 2 > 3", 0, "a number belongs here"),
        ("aum_now > 5²", 10, "'5²' is no number"),
        ("aum_now > 99999999999999999999", 10, "is too long"),
        ("aum_now > ٣", 10, "does not belong"),
        ("segment = 'S01", 10, "lacks its closing '"),
        ("segment = 'S\u200b01'", 12, "ZERO WIDTH SPACE (U+200B)"),
        ("aum_now > \u202e1", 10, "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
        ("aum_now ！ 3", 8, "'！' does not belong"),
        ("aum_now > 1；has_card", 11, "'；' does not belong"),
        ("aum_now：3", 7, "'：' does not belong"),
        ("not " * 60 + "has_card", 240, "nested too deeply"),
        ("aum_now" + " + 1" * 80 + " > 3", 0, "nested too deeply"),
        (" = ".join(["(has_fund = has_card)"] * 8), 1, "too long to be compared"),
        ("has_card and " * 200 + "has_card", 2000, "longer than 2000"),
        ("(" * 900 + "has_card" + ")" * 900, 16, "more than 16 deep"),
    ],
)
def test_a_bad_rule_is_refused_with_the_place(text: str, offset: int, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(text, FEATURES)
    assert words in str(caught.value)
    assert caught.value.offset == offset
