"""The night after: who is exposed keeps his arm and his journey, and who said no is left alone."""

from collections import Counter
from datetime import timedelta

import pytest

from experiments.assign import arms_of
from jobs.job import Night
from lake.tables import ASSIGNMENTS, CANDIDATES, CERTIFICATES, ENTRIES, LIMITS, NUMBERS, OUTCOMES, PLAN
from lake.tables.words import TREATED
from strategies.experiment import Experiment
from tests.jobs.decided.nights import SECOND, STOPPED, WIDER, rows


def test_entries_are_the_exposed_and_those_passed_over_for_want_of_room(first: Night, second: Night) -> None:
    wanted = ("contact", "held_out", "capacity", "strategy_limit")
    seen: dict[tuple[str, str], str] = {}
    for night, day in ((first, SECOND), (second, SECOND + timedelta(days=1))):
        entries = {(r["customer"], r["strategy"]): r for r in rows(night, ENTRIES)}
        openers = {
            (r["customer"], r["strategy"]): r
            for r in rows(night, PLAN)
            if r["step"] == 1 and r["fate"] in wanted
        }
        assert set(entries) == set(openers) - set(seen)
        assert all(entries[key]["arm"] == openers[key]["arm"] for key in entries)
        assert {r["entered_on"] for r in entries.values()} == {day}
        seen |= {key: r["arm"] for key, r in entries.items()}
        assert {(r["customer"], r["strategy"]) for r in rows(night, ASSIGNMENTS)} <= set(seen)
    passed_over = {r["arm"] for r in rows(first, PLAN) if r["fate"] == "capacity"}
    assert passed_over >= {"treatment", "treatment_b", "control", "portfolio_holdout", "global_holdout"}


def test_journeys_bind_and_no_touch_comes_twice(first: Night, second: Night) -> None:
    journeys = {r["customer"]: r["strategy"] for r in rows(first, ASSIGNMENTS)}
    made = {
        (r["customer"], r["strategy"], r["step"])
        for r in rows(first, PLAN)
        if r["fate"] in ("contact", "held_out")
    }
    chosen = [r for r in rows(second, PLAN) if r["fate"] in ("contact", "held_out")]
    assert all(journeys.get(r["customer"], r["strategy"]) == r["strategy"] for r in chosen)
    assert not made & {(r["customer"], r["strategy"], r["step"]) for r in chosen}
    later = [r for r in chosen if r["step"] > 1]
    assert later, "some funnels move on"
    assert {r["arm"] for r in later} <= set(TREATED)
    assert not {r["customer"] for r in later} & {r["customer"] for r in rows(second, ASSIGNMENTS)}


def test_who_was_exposed_keeps_his_arm_though_the_documents_have_changed(first: Night, second: Night) -> None:
    recorded = {(r["customer"], r["strategy"]): r["arm"] for r in rows(first, ASSIGNMENTS)}
    again = [r for r in rows(second, CANDIDATES) if (r["customer"], r["strategy"]) in recorded]
    assert again
    assert all(r["arm"] == recorded[r["customer"], r["strategy"]] for r in again)
    anew = {
        (r["customer"], r["strategy"]): arms_of(
            [r["customer"]],
            strategy=r["strategy"],
            experiment=Experiment.model_validate(WIDER),
            settings=first.settings.experiments,
            covered_by=(),
        )[0]
        for r in again
    }
    assert {recorded[key] for key, arm in anew.items() if arm == "control"} >= {"treatment", "treatment_b"}


def test_who_refused_or_opted_out_is_left_alone(first: Night, second: Night) -> None:
    refused = {r["customer"] for r in rows(first, OUTCOMES) if r["result"] in ("refused", "complained")}
    number = min(r["number"] for r in rows(first, NUMBERS) if r["number"])
    opted_out = {r["customer"] for r in rows(first, NUMBERS) if r["number"] == number}
    assert refused
    assert opted_out
    assert not (refused | opted_out) & {r["customer"] for r in rows(second, PLAN)}


def test_what_is_switched_off_is_not_planned(second: Night) -> None:
    of_strategy = [r for r in rows(second, CANDIDATES) if r["strategy"] == STOPPED]
    assert of_strategy
    assert {r["dropped_by"] for r in of_strategy} == {"switched_off"}


def test_the_certificate_compares_the_lists_of_two_nights(first: Night, second: Night) -> None:
    """Whoever began a journey may go on with it; hardly anybody else is contacted on two days running."""
    lists = [
        {r["customer"] for r in rows(night, PLAN) if r["fate"] == "contact"} for night in (first, second)
    ]
    (begun,), (certificate,) = rows(first, CERTIFICATES), rows(second, CERTIFICATES)
    assert begun["overlap"] is None
    assert certificate["overlap"] == pytest.approx(len(lists[0] & lists[1]) / len(lists[0]))
    assert certificate["contacts"] == len(lists[1])
    assert certificate["violations"] == 0
    assert (begun["warm"], certificate["warm"]) == (False, True)


def test_no_limit_is_used_beyond_its_room(second: Night) -> None:
    limits = {r["name"]: r for r in rows(second, LIMITS)}
    assert {"channel.human_call", "channel.human_call@10", "channel.sms"} <= set(limits)
    assert all(r["high"] is None or r["used"] <= r["high"] for r in limits.values())
    made = Counter(
        f"channel.{r['channel']}@{r['hour']}" for r in rows(second, PLAN) if r["fate"] == "contact"
    )
    for name, count in made.items():
        assert name not in limits or limits[name]["used"] == count
