"""Editing by places: what was meant is changed, and nothing beside it."""

import random

import pytest

from base.errors import StrategyError
from features.catalogue import FEATURES
from strategies.edits import leaves_of, put, with_touch, without_touch
from strategies.folder import OWN_BOOK
from strategies.reader import read

BOOK = {file.stem: file.read_text(encoding="utf-8") for file in sorted(OWN_BOOK.glob("*.yaml"))}
WORDS = (
    "plain",
    "a: b",
    "- c",
    "# no comment",
    "两行\n文字",
    "'quoted'",
    '"',
    "{name}",
    "[x",
    "null",
    "0.15",
    "yes",
    "话术很长" * 30,
    "a, b",
    "%",
    "@x",
    "trailing:",
    "*star",
    "&and",
)


@pytest.mark.parametrize("name", BOOK)
def test_a_value_is_put_in_place_and_nothing_else_moves(name: str) -> None:
    rng = random.Random(name)
    before = leaves_of(BOOK[name], file=name)
    for path, value in before.items():
        word: str | tuple[str, ...] = rng.choice(WORDS) if isinstance(value, str) else ("opened", "heard_out")
        after = leaves_of(put(BOOK[name], path, word, file=name), file=name)
        assert after == {**before, path: word}


@pytest.mark.parametrize("name", BOOK)
def test_a_value_put_in_and_taken_out_again_leaves_the_document_as_it_was(name: str) -> None:
    for path in (("caps", "total"), ("priority",), ("limits", "budget"), ("funnel", 0, "elderly_script")):
        if path not in leaves_of(BOOK[name], file=name):
            added = put(BOOK[name], path, "3", file=name)
            assert leaves_of(added, file=name)[path] == "3"
            assert put(added, path, None, file=name) == BOOK[name]


@pytest.mark.parametrize("name", BOOK)
def test_a_touch_more_and_a_touch_less(name: str) -> None:
    touches = len(read(BOOK[name], file=name, features=FEATURES).funnel)
    more = with_touch(BOOK[name], channel="sms", script="短信: 您好", when=("no_answer",), file=name)
    added = leaves_of(more, file=name)
    assert added["funnel", touches, "script"] == "短信: 您好"
    assert without_touch(more, touches, file=name) == BOOK[name]
    fewer = leaves_of(without_touch(more, 0, file=name), file=name)
    assert ("funnel", touches, "script") not in fewer
    assert ("funnel", 0, "when") not in fewer


COMMENTED = """# for the county
name: county   # as agreed
title: County
experiment: {holdout: 0.15}  # never less
funnel:
  # the first
  - when: []
    channel: push
    script: >-
      早安

  - {channel: sms, script: x}
limits:
  per_night: 10 # of which few
# the end
"""


def test_comments_stay() -> None:
    changed = put(COMMENTED, ("title",), "县域: 储蓄", file="x")
    changed = put(changed, ("experiment", "holdout"), "0.2", file="x")
    changed = put(changed, ("limits", "at_least"), "2", file="x")
    changed = put(changed, ("funnel", 0, "when"), None, file="x")
    changed = put(changed, ("funnel", 0, "script"), "晚安", file="x")
    changed = put(changed, ("funnel", 1, "script"), "a, b", file="x")
    changed = put(changed, ("caps", "total"), "9", file="x")
    assert (
        changed
        == """# for the county
name: county   # as agreed
title: "县域: 储蓄"
experiment: {holdout: 0.2}  # never less
funnel:
  # the first
  - channel: push
    script: >-
      晚安

  - {channel: sms, script: "a, b"}
limits:
  per_night: 10 # of which few
  at_least: 2
caps: {total: 9}
# the end
"""
    )


def test_what_cannot_be_edited_is_refused_in_words() -> None:
    with pytest.raises(StrategyError, match="no place for it"):
        put(COMMENTED, ("title", "inner"), "x", file="x")
    with pytest.raises(StrategyError, match="at least one touch"):
        without_touch(BOOK["loan_repeat_borrower"], 0, file="x")
    with pytest.raises(StrategyError, match="this is not YAML"):
        put("name: [", ("title",), "x", file="x")
