"""Readouts as a person would count them by hand. About 15 s."""

import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from scipy import stats

from experiments.changes import adjusted_changes, changes
from experiments.moments import Moments
from experiments.statistics import difference
from lake.tables import EXPERIMENT_FINDINGS, READOUTS, SEGMENT_READOUTS
from tests.evaluation.world import DAY, Row, World, assignment, balance, listed, opening, outcome


def arms(treated: int, held: int, *, name: str = "", **given: object) -> list[Row]:
    """So many customers in treatment and in control: names like 's1 t0' and 's1 c0'."""
    prefix = name or str(given.get("strategy", "s1"))
    rows = [assignment(f"{prefix} t{i}", "treatment", **given) for i in range(treated)]
    share = 1 - float(str(given.get("treatment_share", 0.5)))
    return rows + [
        assignment(f"{prefix} c{i}", "control", **{**given, "arm_share": share}) for i in range(held)
    ]


def taken(*names: str, first: int = 0) -> list[Row]:
    return [opening(first + place, name) for place, name in enumerate(names)]


def row(readouts: pd.DataFrame, metric: str = "converted", **where: str) -> pd.Series:
    wanted = {"level": "strategy", "view": "exposed", "arm": "any", "metric": metric, **where}
    found = readouts
    for column, value in wanted.items():
        found = found[found[column] == value]
    assert len(found) == 1, (wanted, len(found))
    return found.iloc[0]


def test_readouts_equal_a_count_by_hand(engine: SparkSession) -> None:
    world = World(
        assignments=arms(200, 200),
        openings=taken(*(f"s1 t{i}" for i in range(40))) + taken(*(f"s1 c{i}" for i in range(10)), first=100),
    )
    read = world.read(engine)
    found = row(read.readouts)
    assert (found["customers"], found["control_customers"]) == (200, 200)
    assert found["lift"] == pytest.approx(40 / 200 - 10 / 200)
    assert 0 < found["low"] < 0.15 < found["high"]
    assert 0 < found["always_low"] < found["low"]
    assert found["always_high"] > found["high"]
    assert found["words"] == "Better than leaving them alone."
    # But for the other tail, which adds a millionth.
    assert found["detectable_lift"] == pytest.approx(
        (stats.norm.isf(0.025) + stats.norm.isf(0.2)) * found["error"], rel=1e-5
    )
    assert row(read.readouts, "amount")["lift"] == pytest.approx(100 * (40 - 10) / 200)
    # Ten openings among the held out are too few to compare the yuan of each with.
    assert np.isnan(row(read.readouts, "amount_per_opening")["low"])
    assert list(read.readouts.columns) == list(READOUTS.names)
    assert list(read.segments.columns) == list(SEGMENT_READOUTS.names)
    assert list(read.findings.columns) == list(EXPERIMENT_FINDINGS.names)
    for level, name in (
        ("kind", "fund"),
        ("segment", "S01"),
        ("manager", "desk 1"),
        ("channel", "sms"),
        ("all", "all"),
    ):
        assert row(read.readouts, level=level, name=name)["lift"] == pytest.approx(0.15)


def test_kinds_are_weighted_means_not_a_pool_of_customers(engine: SparkSession) -> None:
    # Two strategies with no lift each, but different holdouts and base rates: pooling would show one.
    world = World()
    for strategy, treated, held, rate in (("low", 90, 10, 0.1), ("high", 10, 90, 0.5)):
        world.assignments += arms(
            treated, held, strategy=strategy, treatment_share=treated / 100, arm_share=treated / 100
        )
        for arm, size in (("t", treated), ("c", held)):
            names = [f"{strategy} {arm}{i}" for i in range(int(size * rate))]
            world.openings += taken(*names, first=len(world.openings))
    found = row(world.read(engine).readouts, level="kind")
    assert found["name"] == "fund"
    assert found["lift"] == pytest.approx(0.0, abs=1e-12)
    assert (found["customers"], found["control_customers"]) == (100, 100)


def test_a_holdout_changed_half_way_makes_no_lift(engine: SparkSession) -> None:
    # No effect at all, but the older draw was watched longer and held more customers out.
    world = World()
    for share, treated, held, rate in ((0.5, 100, 100, 0.2), (0.9, 900, 100, 0.02)):
        world.assignments += arms(treated, held, name=str(share), treatment_share=share, arm_share=share)
        for arm, size in (("t", treated), ("c", held)):
            names = [f"{share} {arm}{i}" for i in range(round(size * rate))]
            world.openings += taken(*names, first=len(world.openings))
    read = world.read(engine)
    found = row(read.readouts)
    assert (found["customers"], found["control_customers"]) == (1000, 200)
    assert found["lift"] == pytest.approx(0.0, abs=1e-12)
    assert found["sample_ratio_p"] > 0.5
    assert dict(zip(read.findings["kind"], read.findings["grave"], strict=True)) == {
        "changed_half_way": False,
        "all_null": False,
    }


def test_variants_are_read_each_and_together(engine: SparkSession) -> None:
    world = World(assignments=[*arms(0, 100), *(assignment(f"t{i}", arm_share=0.25) for i in range(50))])
    world.assignments += [assignment(f"b{i}", "treatment_b", arm_share=0.25) for i in range(50)]
    world.openings = taken(*(f"b{i}" for i in range(20)))
    read = world.read(engine).readouts
    lifts = {arm: row(read, arm=arm)["lift"] for arm in ("any", "treatment", "treatment_b")}
    assert lifts == {"any": pytest.approx(0.2), "treatment": 0.0, "treatment_b": pytest.approx(0.4)}
    assert row(read, arm="treatment_b")["customers"] == 50


def test_views_differ_in_who_is_compared(engine: SparkSession) -> None:
    world = World(assignments=arms(100, 100))
    entered = [{**each, "entered_on": DAY} for each in arms(100, 100) + arms(50, 50, name="no room")]
    world.entries = [{k: v for k, v in each.items() if k != "first_exposed"} for each in entered]
    reached = [f"s1 t{i}" for i in range(40)]
    world.lists = [listed(f"s1 t{i}") for i in range(100)]
    world.outcomes = [outcome(name) for name in reached]
    world.openings = taken(*reached)
    read = world.read(engine).readouts
    assert row(read)["lift"] == pytest.approx(0.4)
    assert row(read, view="entered")["lift"] == pytest.approx(40 / 150)
    contacted = row(read, view="contacted")
    assert (contacted["customers"], contacted["control_customers"]) == (40, 100)
    assert contacted["lift"] == 1.0
    assert contacted["words"].startswith("Not randomised")
    assert math.isnan(contacted["sample_ratio_p"])


def test_assets_are_adjusted_for_what_was_there_before(engine: SparkSession) -> None:
    # Who had more before gained more; contacts added 100 yuan on average, unequally.
    world = World()
    change = {}
    for arm, held in (("treatment", False), ("control", True)):
        for i in range(100):
            before, gain = 1000.0 * (i % 10), 50 * (i % 10) + 7 * (i % 3) + (0 if held else 100)
            name = f"{arm} {i}"
            world.assignments.append(assignment(name, arm, aum_before=before))
            world.balances.append(balance(name, before + gain))
            change[name] = (gain, before)
    found = row(world.read(engine).readouts, "aum_change")
    treated, control = (
        Moments(
            n=100,
            total=sum(gain for gain, _ in rows),
            squares=sum(gain**2 for gain, _ in rows),
            covariate_total=sum(x for _, x in rows),
            covariate_squares=sum(x**2 for _, x in rows),
            product=sum(gain * x for gain, x in rows),
        )
        for rows in (
            [value for name, value in change.items() if name.startswith(arm)]
            for arm in ("treatment", "control")
        )
    )
    plain = difference(treated, control, binary=False)
    assert found["lift"] == pytest.approx(float(plain.lift))
    assert (found["low"], found["high"]) == (
        pytest.approx(float(plain.low)),
        pytest.approx(float(plain.high)),
    )
    assert found["adjusted_lift"] == pytest.approx(100)
    assert found["variance_kept"] < 0.01
    assert found["low"] < found["adjusted_low"] < found["adjusted_high"] < found["high"]


def test_rare_changes_are_read_by_their_gains_and_losses(engine: SparkSession) -> None:
    """Of 240 and of 80 some gain, some lose; most stay as they are."""
    world = World()
    moments = []
    for arm, share, customers, moving in (("treatment", 0.75, 240, 8), ("control", 0.25, 80, 11)):
        before = 1000.0 + 10 * (np.arange(customers) % 9)
        change = np.where(np.arange(customers) % moving == 0, 40.0 * (np.arange(customers) % 7) - 60, 0.0)
        for i in range(customers):
            name = f"{arm} {i}"
            world.assignments.append(
                assignment(name, arm, aum_before=float(before[i]), treatment_share=0.75, arm_share=share)
            )
            world.balances.append(balance(name, float(before[i] + change[i])))
        gains = np.maximum(change, 0)
        moments.append(
            Moments(
                n=customers,
                total=change.sum(),
                squares=(change**2).sum(),
                covariate_total=before.sum(),
                covariate_squares=(before**2).sum(),
                product=(change * before).sum(),
                gains=gains.sum(),
                gain_squares=(gains**2).sum(),
            )
        )
    found = row(world.read(engine).readouts, "aum_change")
    plain, better = changes(*moments), adjusted_changes(*moments)
    told = {name: found[name] for name in ("lift", "low", "high", "p_value", "error")}
    assert told == {name: pytest.approx(float(getattr(plain, name))) for name in told}
    assert found["adjusted_low"] == pytest.approx(float(better.low))
    assert found["adjusted_high"] == pytest.approx(float(better.high))
    assert plain.high - plain.lift != pytest.approx(plain.lift - plain.low, rel=1e-3)


def test_segments_are_read_and_differences_between_them_told(engine: SparkSession) -> None:
    world = World()
    for segment, hits in (("S01", 60), ("S02", 5)):
        world.assignments += arms(100, 100, name=segment, segment=segment)
        world.openings += taken(*(f"{segment} t{i}" for i in range(hits)), first=len(world.openings))
    read = world.read(engine)
    lifts = read.segments[read.segments["metric"] == "converted"].set_index("segment")["lift"]
    assert lifts.to_dict() == {"S01": pytest.approx(0.6), "S02": pytest.approx(0.05)}
    assert row(read.readouts)["heterogeneity_p"] < 1e-6


def test_a_holdout_is_read_by_first_exposures(engine: SparkSession) -> None:
    held = [assignment(f"h{i}", "global_holdout", held_by="global", arm_share=None) for i in range(50)]
    later = [{**each, "strategy": "s2", "first_exposed": DAY + timedelta(days=1)} for each in arms(10, 10)]
    world = World(assignments=[*arms(100, 100), *held, *later])
    world.openings = taken(*(f"s1 t{i}" for i in range(50)))
    found = row(world.read(engine).readouts, level="holdout", name="global")
    assert (found["customers"], found["control_customers"]) == (200, 50)
    assert found["lift"] == pytest.approx(0.25)
    assert row(world.read(engine).readouts, name="s1")["control_customers"] == 100


def test_no_exposure_gives_no_rows(engine: SparkSession) -> None:
    read = World().read(engine)
    assert read.readouts.empty
    assert read.segments.empty
    assert read.findings.empty
    assert list(read.readouts.columns) == list(READOUTS.names)


def test_a_source_that_cannot_know_the_held_out_gives_no_lift(engine: SparkSession) -> None:
    world = World(assignments=arms(50, 50), openings=taken(*(f"s1 t{i}" for i in range(20))))
    read = world.read(engine, caveat="Everyone was called.")
    assert read.readouts["lift"].isna().all()
    assert read.readouts["always_p"].isna().all()
    assert read.segments["lift"].isna().all()
    assert set(read.readouts["words"]) == {"Everyone was called."}
    assert row(read.readouts)["mean"] == pytest.approx(0.4)


def test_words_say_what_is_seen_and_leave_advice_to_verdicts(engine: SparkSession) -> None:
    hits = [*(f"s1 t{i}" for i in range(10)), *(f"s1 c{i}" for i in range(60))]
    found = row(World(assignments=arms(200, 200), openings=taken(*hits)).read(engine).readouts)
    assert found["always_high"] < 0
    assert found["words"] == "Worse than leaving them alone."
