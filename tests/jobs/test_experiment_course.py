"""How an effect went: every night as it was read, few people hidden, the pace from the nights' counts."""

import math
from datetime import date
from pathlib import Path

import pytest

from jobs import experiment_course
from jobs.experiment_course import course
from lake.glance import Glance
from tests.console.experiment_world import PER_NIGHT, fill

DAYS = tuple(date(2026, 7, day) for day in (1, 2, 3, 6))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Glance:
    folder: Path = tmp_path_factory.mktemp("course")
    fill(folder, DAYS, lifts={"works": 0.05, "small": 0.05}, few=["small"])
    return Glance(folder)


def test_a_course_has_every_night_until_the_one_that_is_asked_for(lake: Glance) -> None:
    went = course(lake, "works", level="strategy", until=DAYS[2])
    assert [one.as_of for one in went.readings] == list(DAYS[:3])
    assert all(
        one.low is not None and one.lift is not None and one.low < one.lift for one in went.readings[1:]
    )
    assert went.per_night == PER_NIGHT


def test_the_pace_counts_days_and_not_nights_that_ran(lake: Glance) -> None:
    assert course(lake, "works", level="strategy", until=DAYS[3]).per_night == 3 * PER_NIGHT / 5


def test_one_night_has_no_pace_and_nobody_no_course(lake: Glance) -> None:
    assert math.isnan(course(lake, "works", level="strategy", until=DAYS[0]).per_night)
    assert course(lake, "nobody", level="strategy", until=DAYS[3]).readings == ()
    assert course(lake, "works", level="holdout", until=DAYS[3]).readings == ()


def test_a_night_with_few_in_an_arm_tells_nothing(lake: Glance) -> None:
    readings = course(lake, "small", level="strategy", until=DAYS[3]).readings
    assert [(one.lift, one.low, one.high) for one in readings] == [(None, None, None)] * len(DAYS)


def test_of_many_nights_some_are_looked_up_with_the_last(
    lake: Glance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment_course, "NIGHTS", 3)
    went = course(lake, "works", level="strategy", until=DAYS[3])
    assert [one.as_of for one in went.readings] == [DAYS[1], DAYS[3]]
