"""A strategy file that is wrong names the file, the line, the column and the mend."""

import textwrap
from pathlib import Path

import pytest

from base.errors import StrategyError
from features.catalogue import FEATURES
from strategies.opening import opening
from strategies.reader import read

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


def test_the_example_in_the_documentation_is_a_strategy() -> None:
    text = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    assert read(example, file="docs/strategies.md", features=FEATURES).kind == "deposit"
