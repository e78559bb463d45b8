"""What docs/assignment.md shows is what happens."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from base.settings import Experiments
from experiments.assign import arms_of
from experiments.enrolment import is_enrolled
from experiments.holdouts import holdouts, speaks_of
from features.catalogue import FEATURES
from lake.tables.words import VIEWS
from strategies.document import Strategy
from strategies.experiment import Experiment
from strategies.reader import read

PAGE = (Path(__file__).parents[2] / "docs" / "assignment.md").read_text(encoding="utf-8")
CUSTOMERS = [f"A{number:06d}" for number in range(10_000)]


def _block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.M | re.S)
    return str(found)


def _strategy() -> Strategy:
    return read(_block("yaml"), file="book/wealth_county_calls.yaml", features=FEATURES)


def _settings() -> Experiments:
    return Experiments.model_validate(tomllib.loads(_block("toml"))["experiments"])


def _first_words(heading: str) -> list[str]:
    """The word in code at the start of each row of the table with this heading."""
    table = PAGE.split(f"| {heading} |")[1].split("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", table, flags=re.M)


def test_the_document_reads_and_the_keys_are_all_told() -> None:
    experiment = _strategy().experiment
    assert _first_words("key") == list(Experiment.model_fields)
    assert experiment.model_fields_set == set(Experiment.model_fields)
    assert Experiment().holdout == 0.15
    assert set(_first_words("view")) == set(VIEWS)


def test_as_many_are_in_each_arm_as_the_page_says() -> None:
    strategy = _strategy()
    salt = "longreach-1"
    taking_part = [
        customer
        for customer in CUSTOMERS
        if is_enrolled(customer, strategy=strategy.name, experiment=strategy.experiment, salt=salt)
    ]
    nobody_above = Experiments(global_holdout=0.0, salt=salt)  # type: ignore[call-arg]
    arms = arms_of(
        taking_part,
        strategy=strategy.name,
        experiment=strategy.experiment,
        settings=nobody_above,
        segment="S01",
    )
    names, counts = np.unique(arms, return_counts=True)
    (text,) = re.findall(r"about ([\d,]+) take part.*?: (.*?)\.\n", PAGE, flags=re.S)
    told = {name: int(count.replace(",", "")) for count, name in re.findall(r"([\d,]+) `(\w+)`", text[1])}
    assert set(told) == set(names)
    assert sum(told.values()) == int(text[0].replace(",", "")) == pytest.approx(len(taking_part), rel=0.05)
    for name, count in zip(names, counts, strict=True):
        assert count == pytest.approx(told[str(name)], abs=4 * told[str(name)] ** 0.5)


def test_the_words_of_the_variant_are_its_own() -> None:
    strategy = _strategy()
    plain, varied = strategy.scripts("treatment")[0], strategy.scripts("treatment_b")[0]
    assert "县域客户专享" in varied
    assert "县域客户专享" not in plain
    assert all("拒收请回复R" in script for script in (plain, varied))


def test_the_settings_read_and_cover_what_the_page_says() -> None:
    strategy, settings = _strategy(), _settings()
    assert list(holdouts(settings)) == ["global", "wealth_quiet", "zhou_young"]
    for holdout in holdouts(settings).values():
        assert speaks_of(holdout, tags=strategy.tags, manager=strategy.manager)
    other = {"tags": ("fund",), "manager": "陈静"}
    covering = [name for name, each in holdouts(settings).items() if speaks_of(each, **other)]  # type: ignore[arg-type]
    assert covering == ["global"]
