"""Every example of docs/strategies.md is what it says it is."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from base.errors import StrategyError
from features.catalogue import FEATURES
from strategies.atoms import RuleError
from strategies.reader import read
from strategies.rule import parse
from strategies.truth import truth

PAGE = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
DOCUMENT = PAGE.split("```yaml\n")[1].split("```")[0]
WORDS: dict[str, Any] = {
    "yes": True,
    "no": False,
    "true": True,
    "false": False,
    "null": None,
    "unknown": None,
}


def _table(head: str) -> list[list[str]]:
    """The rows of the table that begins with ``head``, a list of cells a row."""
    lines = PAGE[PAGE.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def _value(written: str) -> Any:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", written):
        return date.fromisoformat(written)
    if re.fullmatch(r"[\d.]+", written):
        return float(written)
    return WORDS.get(written, written)


CUSTOMER = {name.strip("`"): _value(value) for name, _, value in _table("feature")}
RULES = [(rule.strip("`"), WORDS[said]) for rule, said, _ in _table("rule")]
REFUSED = [(rule.strip("`"), words) for rule, words in _table("refused")]


def test_the_customer_is_told_in_features() -> None:
    labels = {name.strip("`"): label for name, label, _ in _table("feature")}
    assert labels.pop("segment") == "客群"
    assert labels == {name: FEATURES[name].label for name in labels}


@pytest.mark.parametrize(("rule", "said"), RULES)
def test_a_rule_says_of_the_customer_what_the_page_says(rule: str, said: bool | None) -> None:
    assert truth(parse(rule, FEATURES).condition, CUSTOMER, as_of=date(2026, 7, 1)) is said


@pytest.mark.parametrize(("rule", "words"), REFUSED)
def test_a_refused_rule_is_refused_in_these_words(rule: str, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(rule, FEATURES, channels=("sms", "ai_call"))
    assert words in str(caught.value)


def test_the_page_shows_enough() -> None:
    assert len(RULES) >= 12
    assert len(REFUSED) >= 8


def test_the_document_reads_and_the_keys_are_all_told() -> None:
    strategy = read(DOCUMENT, file="book/deposit_county_savers.yaml", features=FEATURES)
    told = set(re.findall(r"`(\w+)`", " ".join(row[0] for row in _table("key"))))
    assert told == set(type(strategy).model_fields)


def test_a_mistake_in_the_document_is_told_in_these_words() -> None:
    (told,) = re.findall(r"^ {4}(book/.+)$", PAGE, flags=re.M)
    with pytest.raises(StrategyError) as caught:
        read(DOCUMENT.replace("has_app", "has_ap"), file="book/deposit_county_savers.yaml", features=FEATURES)
    assert str(caught.value) == told
