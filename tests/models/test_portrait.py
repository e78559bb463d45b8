"""A segment's words name what is far from the middle, and nothing else."""

import numpy as np
import pytest

from features.catalogue import FEATURES
from models.portrait import BASIS, describe, percentiles, short_name

_AGES = percentiles(np.arange(20, 80, dtype=float))
_SALARIES = percentiles(np.concatenate([np.zeros(60), np.linspace(5_000, 60_000, 40)]))
_LOANS = percentiles(np.concatenate([np.zeros(90), np.ones(10)]))
_POPULATION = {"age": _AGES, "salary_90d": _SALARIES, "has_loan": _LOANS}


def test_the_furthest_from_the_middle_comes_first_in_both_languages():
    words = describe({"age": 25.0, "salary_90d": 30_000.0, "has_loan": 1.0}, population=_POPULATION)
    assert words == [
        "有贷款 / has loan",
        "年龄低 / low age: 25 against 50 years",
        "近90天工资收入高 / high salary 90d: 30,000 against 0 yuan",
    ]


def test_the_usual_is_not_worth_a_word():
    usual = {"age": 50.0, "salary_90d": 0.0, "has_loan": 0.0}
    assert describe(usual, population=_POPULATION) == []
    assert short_name(usual, population=_POPULATION) == "普通客户"


def test_a_name_is_the_two_strongest_traits():
    name = short_name({"age": 79.0, "salary_90d": 0.0, "has_loan": 1.0}, population=_POPULATION)
    assert name == "年龄高、有贷款"


def test_what_most_have_and_these_have_not():
    most = percentiles(np.concatenate([np.zeros(10), np.ones(90)]))
    assert describe({"has_loan": 0.0}, population={"has_loan": most}) == ["没有贷款 / no loan"]


def test_one_phrase_a_family():
    usual = percentiles(np.arange(1_000, dtype=float))
    words = describe(
        {"age": 24.0, "tenure_days": 1.0, "spend_90d": 999.0},
        population={"age": _AGES, "tenure_days": usual, "spend_90d": usual},
    )
    assert [each.split(" / ")[0] for each in words] == ["近90天消费金额高", "客户年限天数低"]


def test_what_is_not_known_is_not_told():
    assert describe({"age": float("nan")}, population={"age": _AGES}) == []
    assert describe({"age": 30.0}, population={"age": percentiles([np.nan])}) == []


@pytest.mark.parametrize("name", BASIS)
def test_the_basis_is_declared_and_holds_nothing_a_campaign_moves(name):
    assert FEATURES[name].family not in ("contact", "reach")


def test_flags_of_the_basis_can_be_denied_in_words():
    flags = [FEATURES[name].label for name in BASIS if FEATURES[name].unit == "flag"]
    assert all(label.startswith("有") for label in flags)
