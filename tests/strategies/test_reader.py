"""A strategy file that is wrong names the file, the line, the column and the mend."""

import textwrap
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import StrategyError
from features.catalogue import FEATURES
from strategies.atoms import RuleError
from strategies.folder import read_folder
from strategies.opening import opening
from strategies.reader import read
from strategies.rule import parse
from strategies.sql import sql

GOOD = textwrap.dedent(
    """\
    name: deposit_try
    title: 试一试 · A try
    kind: deposit
    manager: 林晓岚
    who: >-
      aum_now >= 1万
      and not has_fund
    offer: 三个月定期
    funnel:
      - channel: push
        expected_lift: 0.01
        script: 看看三个月定期。
      - channel: ai_call
        wait_days: 2
        when: [delivered, opened]
        expected_lift: 0.05
        script: 想了解三个月定期吗？
    goal: {product: deposit, window_days: 5, value: 260}
    experiment: {holdout: 0.2}
    limits: {per_night: 100}
    """
)


def test_a_good_document_is_read() -> None:
    strategy = read(GOOD, file="book/x.yaml", features=FEATURES)
    assert strategy.who == "aum_now >= 1万 and not has_fund"
    assert [touch.channel for touch in strategy.funnel] == ["push", "ai_call"]
    assert strategy.funnel[1].when == ("delivered", "opened")
    assert strategy.goal.value == 260


def test_the_mandatory_opening_is_put_in_front_once() -> None:
    strategy = read(GOOD, file="book/x.yaml", features=FEATURES)
    first = opening("ai_call", kind="deposit")
    assert strategy.funnel[1].script == f"{first}想了解三个月定期吗？"
    again = GOOD.replace("想了解三个月定期吗？", strategy.funnel[1].script)
    assert read(again, file="book/x.yaml", features=FEATURES) == strategy


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("manager: 林晓岚", "manger: 林晓岚", "4:1", "unknown key 'manger'; did you mean 'manager'?"),
        ("manager: 林晓岚\n", "", "1:1", "'manager' is missing"),
        ("channel: push", "chanel: push", "10:5", "did you mean 'channel'?"),
        ("channel: push", "channel: puhs", "10:14", "'puhs' is none of push, sms, ai_call, human_call"),
        ("window_days: 5", "window_days: soon", "18:39", "valid integer"),
        ("window_days: 5", "windw_days: 5", "18:26", "did you mean 'window_days'?"),
        ("holdout: 0.2", "holdout: 0.9", "19:23", "less than or equal to 0.5"),
        ("kind: deposit", "kind: deposits", "3:7", "'deposits' is none of"),
        ("kind: deposit", "kind: loan", "1:1", "kind is 'loan' but goal.product is 'deposit'"),
        ("title: 试一试", "name: other\ntitle: 试一试", "2:1", "was given before, in line 1"),
        ("wait_days: 2", "wait_days: 7", "1:1", "the touches take 7 days"),
        ("    when: [delivered, opened]\n", "", "10:3", "touch 2 needs 'when'"),
        ("[delivered, opened]", "[delivered, refused]", "10:3", "refused ends the journey"),
        (
            "    expected_lift: 0.01\n",
            "    expected_lift: 0.01\n    when: [opened]\n",
            "10:3",
            "has no 'when'",
        ),
        ("and not has_fund", "and not has_fnud", "7:11", "did you mean 'has_fund'?"),
        (">= 1万", ">= 30天", "6:3", "'30天' (days)"),
        ("offer: 三个月定期", "offer：三个月定期", "8:6", "a full-width '：' stands where ': ' belongs"),
        ("    script: 看看", "\tscript: 看看", "12:1", "a tab stands where spaces belong"),
        ("limits: {per_night: 100}", "limits: {per_night: 100", "21:1", "this is not YAML"),
        ("limits: {per_night: 100}", "limits: {per_night: 100}\n? [a]\n: b", "21:3", "a key is one word"),
    ],
)
def test_a_bad_document_is_refused_with_the_place(old: str, new: str, place: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(StrategyError) as caught:
        read(GOOD.replace(old, new, 1), file="book/x.yaml", features=FEATURES)
    assert str(caught.value).startswith(f"book/x.yaml:{place}: ")
    assert words in str(caught.value)


def test_every_mistake_is_told_at_once() -> None:
    text = GOOD.replace("manager:", "manger:").replace("holdout: 0.2", "holdout: 0")
    with pytest.raises(StrategyError) as caught:
        read(text, file="book/x.yaml", features=FEATURES)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("who", "place"),
    [
        ("who: aum_now > 1 and not has_fnud", "1:26"),
        ('who: "aum_now > 1 and not has_fnud"', "1:27"),
        ("who: |\n    aum_now > 1\n    and not has_fnud", "3:13"),
        ("who: >\n  aum_now > 1\n\n  and not\n  has_fnud", "5:3"),
        ("who:\n  aum_now > 1 and\n  not has_fnud", "3:7"),
    ],
)
def test_a_rule_is_placed_however_yaml_wraps_it(who: str, place: str) -> None:
    lines = GOOD.splitlines(keepends=True)
    rest = "".join(lines[:4] + lines[7:])
    with pytest.raises(StrategyError, match=f"^x:{place}: who: no feature is called 'has_fnud'"):
        read(f"{who}\n{rest}", file="x", features=FEATURES)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "valid: {start: 2026-13-45}\n"])
def test_what_is_no_strategy_at_all(text: str) -> None:
    with pytest.raises(StrategyError, match=r"^x:"):
        read(text, file="x", features=FEATURES)


BOMB = "a: &a [x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)
HOSTILE = [
    pytest.param(BOMB, "x:1:4: '&a' marks a part", id="bomb"),
    pytest.param(GOOD.replace("试一试 · A try", "*all"), "x:2:8: '*all' refers to another part", id="alias"),
    pytest.param(
        GOOD.replace("offer: 三", "offer: !!python/object/apply:os.system ['exit'] #"),
        "x:8:8: the tag 'tag:yaml.org,2002:python",
        id="python tag",
    ),
    pytest.param(GOOD.replace("offer: 三", "offer: !!binary 三"), "x:8:8: the tag", id="other tag"),
    pytest.param(
        GOOD.replace("goal: {", "goal: {<<: {value: 1}, "), "x:18:8: unknown key 'goal.<<'", id="merge key"
    ),
    pytest.param(
        GOOD.replace("limits: {per_night: 100}", f"limits: {'[' * 10_000}"), "x:20:16: nested more", id="deep"
    ),
    pytest.param("".join(f"{'  ' * i}a:\n" for i in range(150)), "nested more than 8 deep", id="deep block"),
    pytest.param(GOOD + "#" * 1_000_000, "longer than 65536 characters", id="megabyte"),
    pytest.param(GOOD + "---\n" + GOOD, "x:21:1: one file holds one strategy", id="two documents"),
    pytest.param(
        GOOD.replace("林晓岚", "林\u200b晓岚"),
        "x:4:11: an invisible character stands here: ZERO WIDTH",
        id="zero width",
    ),
    pytest.param(
        GOOD.replace("manager: 林晓岚", 'manager: "林\\u202e晓岚"'),
        "x:4:10: an invisible character",
        id="escape",
    ),
    pytest.param(GOOD + "# \u202e", "RIGHT-TO-LEFT OVERRIDE (U+202E)", id="bidi in a comment"),
    pytest.param(GOOD + "\0", "a control character (U+0000)", id="nul"),
    pytest.param(
        GOOD.replace("[delivered, opened]", "[delivered，opened]"), "write a plain ','", id="wide comma"
    ),
    pytest.param(GOOD.replace("kind: deposit", "kind: “deposit”"), "write a plain '\"'", id="wide quotes"),
    pytest.param(
        GOOD.replace("{product: deposit", "{product：deposit"), "did you mean 'product'?", id="wide colon"
    ),
    pytest.param(
        GOOD.replace("[delivered, opened]", "[delivered: 1]"), "x:15:12: funnel.1.when.0", id="dict for word"
    ),
    pytest.param(GOOD.replace("value: 260", "value: 1e999"), "finite number", id="infinity"),
    pytest.param(
        GOOD.replace("per_night: 100", f"per_night: {'9' * 30}"), "less than or equal to", id="too many"
    ),
    pytest.param(
        GOOD.replace("per_night: 100", f"per_night: {'9' * 9_000}"), "limits.per_night", id="endless number"
    ),
    pytest.param(
        GOOD + "".join(f"k{i}: 1\n" for i in range(5_000)), "and 4970 more mistakes", id="many mistakes"
    ),
    pytest.param(
        GOOD.replace("and not has_fund", "; drop table customers"), "x:7:3: who: ';'", id="statement"
    ),
    pytest.param(
        GOOD.replace("and not has_fund", "-- all"), "x:7:3: who: a rule holds no comments", id="comment"
    ),
    pytest.param(
        GOOD.replace("and not has_fund", "and aum_now in (select 1)"),
        "no feature is called 'select'",
        id="query",
    ),
    pytest.param(GOOD.replace("and not has_fund", f"and {'(' * 300}"), "more than 16 deep", id="brackets"),
    pytest.param(
        GOOD.replace("and not has_fund", f"and {'not ' * 300}has_fund"), "nested too deeply", id="nots"
    ),
    pytest.param(
        GOOD.replace("and not has_fund", f"and 1 > {'- ' * 800}1"), "nested too deeply", id="minuses"
    ),
    pytest.param(
        GOOD.replace("and not has_fund", "and has_fund " * 3_000),
        "at most 2000 characters",
        id="endless rule",
    ),
]


@pytest.mark.parametrize(("text", "words"), HOSTILE)
def test_hostile_documents_are_refused_in_words(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(StrategyError) as caught:
        read(text, file="x", features=FEATURES)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 20_000
    (tmp_path / "deposit_try.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StrategyError, match=r"deposit_try\.yaml:"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    "who",
    [
        "aum_now ＞＝ １万 ａｎｄ ｎｏｔ has_fund",
        "资产总额≥1万且非有基金",
        "（aum_now >= 10，000）".replace("，", ""),
        "segment in （“S01”，‘S02’、'S03'）",
    ],
)
def test_full_width_rules_are_read(who: str) -> None:
    text = GOOD.replace("  aum_now >= 1万\n  and not has_fund", f"  {who}")
    assert read(text, file="x", features=FEATURES).who == who


def test_a_rule_may_use_only_what_consent_permits_on_all_its_channels() -> None:
    told = GOOD.replace("and not has_fund", "and 近90天来电次数 > 0")
    with pytest.raises(StrategyError) as caught:
        read(told, file="x", features=FEATURES)
    assert str(caught.value) == (
        "x:7:7: who: consent permits '近90天来电次数' on human_call only, not on ai_call, push; "
        "take it out of the rule, or those touches out of the funnel"
    )
    by_people = (
        told.replace("channel: push", "channel: human_call")
        .replace("channel: ai_call", "channel: human_call")
        .replace("[delivered, opened]", "[no_answer]")
    )
    assert read(by_people, file="x", features=FEATURES)


_PIECES = (
    "aum_now",
    "资产总额",
    "has_fund",
    "segment",
    "as_of",
    "'S01'",
    "5万",
    "30天",
    "2026-07-01",
    "null",
    "is",
    "in",
)
_SIGNS = (
    *"()（）+-*/<>=,，、：；！“”‘’\"' \n",
    "and",
    "or",
    "not",
    "between",
    "且",
    "或",
    "非",
    "--",
    "\u200b",
    "0",
    "%",
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(_PIECES + _SIGNS), max_size=30).map(" ".join) | st.text(max_size=60))
def test_whatever_stands_in_a_rule_only_a_rule_error_comes_of_it(text: str) -> None:
    assert 0 <= _mistaken_at(text) <= len(text)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_whatever_stands_in_a_document_only_a_strategy_error_comes_of_it(data: st.DataObject) -> None:
    junk = st.text(max_size=8) | st.sampled_from(
        [*"&*!%@`|>-?:,[]{}#\t'\"\\", "---", "<<: ", "!!x ", "*a", "：", "\u2028"]
    )
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(start + 12, len(GOOD))))
    text = GOOD[:start] + data.draw(junk) + GOOD[end:]
    assert _mistakes(text) == "" or _mistakes(text).startswith("x:")


def _mistaken_at(rule: str) -> int:
    """Where the rule breaks; its end where it does not, and can be written out."""
    try:
        written = sql(parse(rule, FEATURES).condition, as_of=date(2026, 7, 1))
    except RuleError as error:
        return error.offset
    assert written
    return len(rule)


def _mistakes(document: str) -> str:
    try:
        read(document, file="x", features=FEATURES)
    except StrategyError as error:
        return str(error)
    return ""
