"""What is wrong with rules and documents, told to those who read Chinese."""

import re
from copy import deepcopy

import pytest
import yaml

from base.errors import StrategyError
from console.pages.strategies.slips import rule_slip
from console.words.errors import in_both, known
from features.catalogue import FEATURES
from strategies.atoms import RuleError
from strategies.edits import leaves_of
from strategies.folder import OWN_BOOK
from strategies.reader import read
from strategies.rule import parse

TEXT = (OWN_BOOK / "wealth_family_plan.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "rule",
    [
        "aum_nwo > 5", "zzzzqqqq > 1", "age", "has_fund > 1", "age between has_fund and 3",
        "age between 5 and 3",
        "age in (age)", "age is 5", "null = age", "age = null", "a", "age > '5'", "age > 5 元", "age > 3万",
        "age > 12345678901234", "age > 5岁岁", "age > 'x", "age > 5 -- x", "open_date > 2026-13-01", "",
        "age >",
        "age > 30 > 20", "abs(age) > 3", "age > 5 # 3", "age\u200b > 5", "segment > 'a'", "has_fund = 1",
        "x" * 3000, "(" * 20 + "age" + ")" * 20, "last_opened - 5000000天 > as_of", "age > 5 age > 3",
        "年龄 大于 30", "age over 30",
    ],
)  # fmt: skip
def test_every_mistake_in_a_rule_is_told_in_chinese(rule: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(rule, FEATURES)
    said = in_both(str(caught.value))
    assert said.english == str(caught.value)
    assert re.search(r"[\u4e00-\u9fff]{2}", said.chinese), said.english
    assert not re.search(r"\b(the|is a|of|with|that)\b", said.chinese), said.chinese


@pytest.mark.parametrize(
    ("said", "sign"),
    [
        ("大于", ">"), ("高于", ">"), ("小于", "<"), ("低于", "<"), ("等于", "="), ("不等于", "<>"),
        ("不小于", ">="), ("至少", ">="), ("不低于", ">="), ("大于等于", ">="), ("大于或等于", ">="),
        ("不大于", "<="), ("至多", "<="), ("不超过", "<="), ("小于等于", "<="),
        ("over", ">"), ("is Above", ">"), ("more than", ">"), ("greater", ">"), ("under", "<"),
        ("below", "<"), ("less", "<"), ("is  less   than", "<"), ("equals", "="), ("is equal to", "="),
        ("at least", ">="), ("not less than", ">="), ("at most", "<="), ("is not equal to", "<>"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rule", ["年龄 {} 30", "有基金 且 age {} 30岁"])
def test_a_comparison_said_in_words_is_mended_with_its_sign(said: str, sign: str, rule: str) -> None:
    slip = rule_slip(rule.format(said))
    assert slip
    assert (slip.wrong, slip.meant) == (said, rule.format(sign))
    assert slip.words.chinese == f"比较请用符号：把 '{said}' 写成 '{sign}'"
    assert rule_slip(slip.meant) is None


@pytest.mark.parametrize("rule", ["年龄{}30", "有基金且age{}30岁或有贷款"])
def test_it_is_found_without_spaces_as_well(rule: str) -> None:
    slip = rule_slip(rule.format("大于等于"))
    assert slip
    assert slip.meant == rule.format(">=")


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("holdout: 0.15", "holdout: 0.7"),
        ("holdout: 0.15", "holdout: x"),
        ("per_night: 1500", "per_night: 1.5"),
        ("per_night: 1500", "per_night: 0"),
        ("end: 2028-12-31", "end: soon"),
        ("kind: wealth", "kind: gold"),
        ("title:", "titel:"),
        ("manager: 苏婉清\n", ""),
        ("manager: 苏婉清", "manager:"),
        ("name: wealth_family_plan", "name: Wealth Family"),
        ("window_days: 5", "window_days: 1"),
        ("limits: {", "limits: {at_least: 9000, "),
        ("insurance_now", "insurance_nwo"),
    ],
)
def test_mistakes_in_a_document_are_told_in_chinese(good: str, bad: str) -> None:
    with pytest.raises(StrategyError) as caught:
        read(TEXT.replace(good, bad), file="x", features=FEATURES)
    for line in str(caught.value).split("\n"):
        words = re.sub(r"^x:\d+:\d+: ", "", line)
        assert re.search(r"[\u4e00-\u9fff]{2}", in_both(words).chinese), words


@pytest.mark.parametrize("wrong", ["", "x", "-1", "1.5", "13800138000", "{x}", [], {"a": "b"}], ids=repr)
def test_whatever_is_wrong_anywhere_is_told_in_chinese(wrong: object) -> None:
    document = yaml.load(TEXT, Loader=yaml.BaseLoader)
    lines = []
    for path in leaves_of(TEXT, file="x"):
        changed = deepcopy(document)
        part = changed
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = wrong
        lines += _mistakes(changed)
    assert lines
    assert not [line for line in lines if known(line) is None]


def _mistakes(document: object) -> list[str]:
    try:
        read(yaml.safe_dump(document, allow_unicode=True, width=10_000), file="x", features=FEATURES)
    except StrategyError as error:
        return [re.sub(r"^x:\d+:\d+: ", "", line) for line in str(error).split("\n")]
    return []
