"""The pictures show what was read, and say what kind of interval they draw."""

import numpy as np

from evaluation import experiment_pictures as pictures
from evaluation.experiment_summary import EVERYTHING
from tests.evaluation.portfolio_world import readouts, summary

READ = readouts(np.array([0.04, 0.0, -0.03, 0.01, 0.02, 0.0]))
FOUND = summary(READ)


def test_the_cumulative_effect_has_the_band_that_holds_on_every_night() -> None:
    figure = pictures.cumulative(FOUND.history)
    shown = [trace for trace in figure.data if trace.visible]
    assert [trace.name for trace in shown if trace.name] == ["holds on every night", "lift so far"]
    upper, lower, line = shown
    np.testing.assert_allclose(upper.y, 100 * np.repeat(READ["always_high"][0], 3))
    np.testing.assert_allclose(lower.y, 100 * np.repeat(READ["always_low"][0], 3))
    assert list(line.x) == ["2026-07-29", "2026-07-30", "2026-07-31"]
    labels = [button.label for button in figure.layout.updatemenus[0].buttons]
    assert labels == [EVERYTHING, *READ["name"][:5]]


def test_a_band_for_one_look_says_so() -> None:
    plain = FOUND.history.assign(always_low=np.nan, always_high=np.nan)
    names = {trace.name for trace in pictures.cumulative(plain).data}
    assert "interval for one look only" in names
    assert "holds on every night" not in names


def test_sureness_is_that_of_every_night_not_of_one_look() -> None:
    one_look = READ.assign(low=0.001, high=0.05, always_low=-0.01, always_high=0.06)
    figure = pictures.forest(one_look)
    counted = {trace.name: len(trace.y) for trace in figure.data if trace.mode == "markers"}
    assert (counted["surely better"], counted["undecided"]) == (0, len(READ))


def test_small_arms_are_not_drawn() -> None:
    few = READ.assign(control_customers=[pictures.ENOUGH - 1, *[pictures.ENOUGH] * 5])
    assert list(pictures.drawable(few)["name"]) == list(READ["name"][1:])


def test_hidden_cells_of_the_funnel_are_not_drawn() -> None:
    stages = FOUND.touches.copy()
    stages.loc[stages["stage"] == "converted", "contacts"] = None
    for trace in pictures.touches(stages).data:
        assert list(trace.y) == ["sent", "reached", "interested"]
