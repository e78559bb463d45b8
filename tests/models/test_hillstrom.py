"""Hillstrom's trial: the effects are those of the file, and the default learner orders customers."""

import csv
import gzip
from statistics import fmean

import pytest

from benchmarks.hillstrom import FILE, OUTCOMES, average_effects, over_splits, read
from models.uplift import TLearner


def test_average_effects_are_those_of_the_file(shared_data):
    sums = {("Womens E-Mail", name): [] for name in OUTCOMES} | {("No E-Mail", name): [] for name in OUTCOMES}
    with gzip.open(shared_data / FILE, mode="rt", newline="") as file:
        for row in csv.DictReader(file):
            if row["segment"] != "Mens E-Mail":
                for name in OUTCOMES:
                    sums[row["segment"], name].append(float(row[name]))
    found = average_effects(read(shared_data))
    for name in OUTCOMES:
        by_hand = fmean(sums["Womens E-Mail", name]) - fmean(sums["No E-Mail", name])
        assert found[name].lift[0] == pytest.approx(by_hand, rel=1e-9)
        assert found[name].low[0] < by_hand < found[name].high[0]


def test_the_profile_holds_nothing_of_what_came_after(shared_data):
    trial = read(shared_data)
    assert not {"segment", *OUTCOMES} & set(trial.profile.columns)
    assert len(trial.profile) == len(trial.treatment) == 42_693


def test_the_default_learner_finds_who_is_moved(shared_data):
    scores = over_splits(read(shared_data), {"default": TLearner()})
    assert len(scores) == 10
    assert scores["default"].mean() >= 0.067
    assert scores["default"].min() > 0.03
