"""What holdouts above strategies show, whatever share they held however often openings come. About 6 s."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from evaluation.aggregates import cells, entry_cells, holdout_cells
from evaluation.compare import Terms
from evaluation.novelty import weekly_cells
from evaluation.readouts import readouts
from lake.tables import MEASURED
from tests.evaluation.test_experiment_findings import NUMBERS
from tests.evaluation.test_readouts import arms, row, taken
from tests.evaluation.world import Row, World, assignment, frame


def _drawn(rng: np.random.Generator, customers: int, *, share: float, told: float, base: float) -> list[Row]:
    """First exposures under the global holdout, which changes nothing; ``told`` is the share on record."""
    held, converted = rng.random(customers) < share, rng.random(customers) < base
    covered = {"covered_by": f"global:{told}" if told else "global", "first_in": "global"}
    nothing: dict[str, Any] = dict.fromkeys(MEASURED.names, 0) | {
        "listed": False,
        "contacted": False,
        "flaw": None,
    }
    return [
        nothing
        | assignment(
            f"{share} {place}",
            "global_holdout" if above else "treatment",
            held_by="global" if above else "",
            arm_share=None if above else 0.5,
            **covered,
        )
        | {"converted": int(hit), "openings": int(hit), "amount": 1_000 * int(hit)}
        for place, (above, hit) in enumerate(zip(held, converted, strict=True))
    ]


def _of_global(engine: SparkSession, rows: Iterable[Row], metric: str = "converted") -> pd.Series:
    measured = frame(engine, MEASURED, list(rows))
    read = readouts(
        cells(measured),
        entered=entry_cells(measured.limit(0)),
        holdouts=holdout_cells(measured),
        terms=Terms(confidence=0.95),
    )
    return row(read.readouts, metric, level="holdout", name="global")


@pytest.mark.parametrize("metric", ["converted", "amount"])
def test_a_share_raised_half_way_makes_no_lift(engine: SparkSession, metric: str) -> None:
    rng = np.random.default_rng(8)
    first = _drawn(rng, 8_000, share=0.02, told=0.02, base=0.10)
    later = _drawn(rng, 8_000, share=0.20, told=0.20, base=0.02)
    found = _of_global(engine, first + later, metric)
    assert found["low"] <= 0 <= found["high"]
    assert found["always_low"] <= 0 <= found["always_high"]
    assert found["sample_ratio_p"] > 0.5
    held = sum(each["held_by"] == "global" for each in first + later)
    assert (found["customers"], found["control_customers"]) == (16_000 - held, held)


def test_a_holdout_of_another_size_than_drawn_is_seen_and_silent(engine: SparkSession) -> None:
    rng = np.random.default_rng(9)
    rows = _drawn(rng, 4_000, share=0.10, told=0.10, base=0.05)
    lost = [each for each in rows if each["held_by"] == "" or rng.random() < 0.6]
    whole, broken = _of_global(engine, rows), _of_global(engine, lost)
    assert whole["sample_ratio_p"] > 0.05
    assert np.isfinite(whole["lift"])
    assert broken["sample_ratio_p"] < 0.001
    assert broken[NUMBERS].isna().all()
    assert broken["words"].startswith("Not to be trusted: those held")
    assert np.isnan(_of_global(engine, _drawn(rng, 500, share=0.1, told=0, base=0.05))["sample_ratio_p"])


def test_openings_delivered_twice_change_nothing(engine: SparkSession) -> None:
    held = [assignment(f"h{i}", "global_holdout", held_by="global", arm_share=None) for i in range(60)]
    once = taken(
        *(f"s1 t{i}" for i in range(40)), *(f"s1 c{i}" for i in range(20)), *(f"h{i}" for i in range(15))
    )
    worlds = [World(assignments=arms(100, 100) + held, openings=each) for each in (once, once + once)]
    measured = [world.measured(engine) for world in worlds]
    assert measured[1].filter("flaw = 'duplicate_outcomes'").count() == 75
    first, second = (row(world.read(engine).readouts, level="holdout", name="global") for world in worlds)
    pd.testing.assert_series_equal(first, second)
    assert first["lift"] == pytest.approx(60 / 200 - 15 / 60)
    weeks, again = (weekly_cells(each).sort_values("treated", ignore_index=True) for each in measured)
    pd.testing.assert_frame_equal(weeks, again)
    assert weeks["converted"].sum() == 60
