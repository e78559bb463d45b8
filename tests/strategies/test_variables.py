"""Variables of scripts: what an author may write, what the house fills in, and how he is told of a slip."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import StrategyError
from features.catalogue import FEATURES
from lake.table import Classification
from outreach.channels.channel import load_channels
from strategies.document import Strategy
from strategies.opening import BY_PEOPLE, opening
from strategies.reader import read, read_unchecked
from strategies.variables import EXAMPLE, Occasion, filled, house_variables, placeholders
from strategies.variables.page import PAGE, render
from strategies.variables.template import mistakes
from tests.strategies.test_reader import GOOD

PUSH, CALL = "看看三个月定期。", "想了解三个月定期吗？"
OFFER = "offer: 三个月定期\n"
EXPERIMENT = "experiment: {holdout: 0.2}"
RATE = (OFFER, f"{OFFER}variables: {{rate: 2.1%}}\n")
USED = (PUSH, "看看{rate}。")
PHONES = ("13812345678", "138 1234 5678", "１３８１２３４５６７８", "一三八一二三四五六七八", "87654321831")
OTHERS = (
    "11010119900101123X",
    "6222021234567890123",
    "zhang@example.com",
    "MTM4MTIzNDU2Nzg=",
    "010-61234567",
)


def said(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def document(*changes: tuple[str, str]) -> Strategy:
    return read(said(*changes), file="book/x.yaml", features=FEATURES)


def varied(words: str) -> tuple[str, str]:
    return (EXPERIMENT, f"experiment: {{holdout: 0.2, variants: {{treatment_b: {{share: 0.3, {words}}}}}}}")


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ([(PUSH, "看看{rte}。"), RATE, (CALL, "看{rate}")], "13:15", "did you mean {rate}? 变量不存在"),
        (
            [(PUSH, "看看{期限}。")],
            "12:15",
            "is no variable, of this strategy or of the house; there are",
        ),
        ([(PUSH, ">-\n      看看\n      定期{rate。")], "14:9", "the brace '{' has no partner"),
        ([(PUSH, "看看}定期。")], "12:15", "the brace '}' has no partner"),
        ([(PUSH, "看看｛surname｝。")], "12:15", "a full-width '｛' stands here"),
        ([(PUSH, "看看{ surname }。")], "12:15", "'{ surname }' is no variable"),
        ([(PUSH, "看看{}。")], "12:15", "'{}' is no variable"),
        ([RATE], "9:13", "variables.rate: no script uses {rate}"),
        ([(OFFER, f"{OFFER}variables: {{surname: 王}}\n")], "9:13", "the house itself fills {surname}"),
        ([(OFFER, f"{OFFER}variables: {{截止日: 明天}}\n")], "9:13", "the house itself fills {截止日}"),
        ([(OFFER, f"{OFFER}variables: {{1st: 明天}}\n")], "9:13", "'1st' is no name of a variable"),
        ([(OFFER, f"{OFFER}variables: {{rate: '{{x}}'}}\n"), USED], "9:20", "only scripts are filled"),
        ([(OFFER, "offer: 三个月{rate}\n")], "8:11", "offer: a brace stands here"),
        ([(OFFER, f"{OFFER}variables: {{rate: }}\n"), USED], "9:18", "valid string"),
        (
            [RATE, USED, varied("variables: {raet: 高}")],
            "20:77",
            "the strategy has no variable 'raet'",
        ),
        ([RATE, USED, varied("variables: {rate: 2.6%}")], "20:77", "figures are the same for everybody"),
        ([(PUSH, "{surname}，看看。")], "12:13", "a text that begins with a brace needs quotes around it"),
        ([varied("scripts: {}")], "19:52", "it has no words of its own"),
        (
            [varied("scripts: {touch 1: '{nmae}'}")],
            "19:85",
            "experiment.variants.treatment_b.scripts.touch 1: {nmae} is no variable",
        ),
        (
            [(f"script: {PUSH}", f"script: {PUSH}\n    elderly_script: 慢慢说")],
            "13:21",
            "only people speak to the elderly, and push is a machine",
        ),
    ],
)
def test_a_slip_is_told_with_its_place(changes: list[tuple[str, str]], place: str, words: str) -> None:
    with pytest.raises(StrategyError) as caught:
        document(*changes)
    assert f"book/x.yaml:{place}: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("identifier", [*PHONES, *OTHERS])
@pytest.mark.parametrize("where", ["variable", "script", "offer", "variant"])
def test_an_identifier_is_refused_as_the_document_is_read(identifier: str, where: str) -> None:
    changes = {
        "variable": [(OFFER, f'{OFFER}variables: {{rate: "{identifier}"}}\n'), USED],
        "script": [(PUSH, f"请拨 {identifier} 咨询")],
        "offer": [(OFFER, f"offer: 请拨 {identifier} 咨询\n")],
        "variant": [
            (OFFER, f"{OFFER}variables: {{rate: 好}}\n"),
            USED,
            varied(f'scripts: {{touch 1: "{identifier}"}}'),
        ],
    }[where]
    with pytest.raises(StrategyError, match="somebody's number or address; take it out 疑似") as caught:
        document(*changes)
    assert identifier not in str(caught.value)
    assert read_unchecked(said(*changes), file="what was decided with stays a document")


def test_figures_and_hotlines_are_no_identifiers() -> None:
    for value in ("2.1%", "10,000元起", "95500", "2026年7月2日", "三个月、六个月和一年", "9:00-17:30"):
        assert document((OFFER, f'{OFFER}variables: {{rate: "{value}"}}\n'), USED).variables["rate"] == value


def test_an_arm_hears_its_own_values_and_else_the_strategy_s() -> None:
    strategy = document(
        (OFFER, f"{OFFER}variables: {{how: 灵活, term: 一年}}\n"),
        (PUSH, "看看{how}的{term}定期。"),
        varied("variables: {how: 省心}"),
    )
    assert strategy.values("treatment") == {"how": "灵活", "term": "一年"}
    assert strategy.values("treatment_b") == {"how": "省心", "term": "一年"}
    assert strategy.scripts("treatment_b") == strategy.scripts("treatment")
    assert Strategy.model_validate(strategy.model_dump()) == strategy


def test_words_for_the_elderly_open_lawfully_and_win_over_those_of_an_arm() -> None:
    strategy = document(
        ("channel: ai_call", "channel: human_call"),
        (f"script: {CALL}", f"script: {CALL}\n    elderly_script: 慢慢说。"),
        varied("scripts: {touch 2: 换个说法。}"),
    )
    first = opening("human_call", kind="deposit")
    for arm in ("treatment", "treatment_b"):
        assert strategy.scripts(arm, elderly=True)[1] == f"{first}慢慢说。"
        assert strategy.scripts(arm, elderly=True)[0] == strategy.scripts(arm)[0]
    assert strategy.scripts("treatment_b")[1] == f"{first}换个说法。"


@pytest.mark.parametrize(
    ("masked", "shown"),
    [("张**", "张"), ("***", "贵"), ("张三丰", "贵"), ("欧阳**", "贵"), ("", "贵"), ("A**", "贵")],
)
def test_of_a_name_no_more_is_said_than_its_mask_shows(masked: str, shown: str) -> None:
    occasion = Occasion(title="t", offer="o", masked_name=masked, last_day=date(2026, 7, 2))
    assert house_variables()["surname"].of(occasion) == shown
    assert house_variables()["姓氏"].of(occasion) == shown


@pytest.mark.parametrize("variable", house_variables().values(), ids=lambda one: one.name)
def test_a_variable_of_the_house_is_harmless_and_named_in_both_languages(variable: object) -> None:
    one = house_variables()[getattr(variable, "name")]  # noqa: B009
    assert one.name.isascii()
    assert not one.label.isascii()
    assert placeholders(f"{{{one.name}}}{{{one.label}}}") == {one.name: 0, one.label: len(one.name) + 2}
    assert one.classification in {Classification.INTERNAL, Classification.QUASI}
    assert one.doc
    other = Occasion(title=EXAMPLE.title, offer=EXAMPLE.offer, masked_name="李**", last_day=EXAMPLE.last_day)
    assert (one.of(other) != one.of(EXAMPLE)) == one.is_personal


def test_those_who_speak_to_the_elderly_are_people() -> None:
    assert {name for name, channel in load_channels().items() if channel.by_human} == BY_PEOPLE


@given(st.text("ab{}张 ", max_size=12))
def test_any_text_can_be_said_with_its_braces_doubled(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert list(mistakes(doubled)) == []
    assert filled(doubled, {}) == text


def test_a_place_beside_braces_that_are_meant_is_filled() -> None:
    assert filled("{{{surname}}} {a}{a}", {"surname": "张", "a": "{b}"}) == "{张} {b}{b}"


def test_the_page_of_the_variables_is_fresh() -> None:
    assert (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8") == render()


def test_the_page_on_strategies_fills_as_the_house_does() -> None:
    page = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
    (row,) = page.split("| script | what customers read |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
    script, read_by_customers = (cell.strip() for cell in row.strip("|").split("|"))
    values = {name: one.of(EXAMPLE) for name, one in house_variables().items()}
    assert filled(script, values) == read_by_customers
