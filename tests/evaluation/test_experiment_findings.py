"""Bad input is named, and no number of it looks fine. About 15 s."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from evaluation.findings.finding import FALSE_ALARMS, Facts, kinds
from evaluation.metrics.assets import AumChange
from evaluation.metrics.openings import Amount, Converted
from evaluation.readouts import Readings
from experiments.moments import Floats
from lake.tables import READOUTS
from tests.evaluation.test_readouts import arms, row, taken
from tests.evaluation.world import World, assignment, balance, listed, opening, outcome

NUMBERS = [name for name in READOUTS.names if READOUTS[name].type == "double" and name != "sample_ratio_p"]
BEFORE = date(2026, 7, 1)


class Dollars(Amount):
    """Dollars placed."""

    name = "amount"
    unit = "USD"


def _named(read: Readings, kind: str) -> pd.Series:
    found = read.findings[read.findings["kind"] == kind]
    assert len(found) == 1, list(read.findings["kind"])
    return found.iloc[0]


def _silent(read: Readings, reason: str) -> None:
    """No number of the strategy is told, alone or in a level above, and the words say why."""
    of_strategy = read.readouts[read.readouts["level"] == "strategy"]
    assert of_strategy[NUMBERS].isna().all(axis=None)
    assert of_strategy["words"].str.contains(reason).all()
    above = read.readouts[~read.readouts["level"].isin(["strategy", "holdout"])]
    assert above["lift"].isna().all()
    assert read.segments["lift"].isna().all()


def _sound() -> World:
    return World(assignments=arms(100, 100), openings=taken(*(f"s1 t{i}" for i in range(40))))


def test_sound_input_has_no_finding_but_assets_nobody_knows(engine: SparkSession) -> None:
    read = _sound().read(engine)
    assert list(read.findings["kind"]) == ["all_null"]
    assert _named(read, "all_null")["words"].endswith("[aum_change, outflow]")


def test_too_few_amounts_for_an_interval_that_keeps_its_word(engine: SparkSession) -> None:
    few = World(assignments=arms(150, 50), openings=taken("s1 t1", "s1 c1", "s1 c2")).read(engine)
    found = _named(few, "few_amounts")
    assert (found["grave"], found["words"].endswith("[amount]")) == (False, True)
    enough = taken(*(f"s1 t{i}" for i in range(5)))
    assert "few_amounts" not in set(
        World(assignments=arms(150, 50), openings=enough).read(engine).findings["kind"]
    )


def test_customers_in_two_arms(engine: SparkSession) -> None:
    world = _sound()
    world.assignments += [assignment("s1 t0", "control")]
    read = world.read(engine)
    found = _named(read, "two_arms")
    assert (found["rows"], found["grave"]) == (2, True)
    _silent(read, "more than once")


def test_outcomes_before_exposure(engine: SparkSession) -> None:
    world = _sound()
    world.outcomes = [outcome("s1 t0", day=BEFORE)]
    read = world.read(engine)
    assert _named(read, "outcome_before_exposure")["rows"] == 1
    _silent(read, "before the exposure")


def test_duplicate_outcomes_are_mended_and_named(engine: SparkSession) -> None:
    world = _sound()
    world.openings += world.openings[:3]
    read = world.read(engine)
    found = _named(read, "duplicate_outcomes")
    assert (found["rows"], found["grave"]) == (3, False)
    assert row(read.readouts)["lift"] == pytest.approx(0.4)
    assert row(read.readouts, "amount")["mean"] == pytest.approx(40)


def test_a_contaminated_control(engine: SparkSession) -> None:
    world = _sound()
    world.lists = [listed("s1 t0"), listed("s1 c0"), listed("s1 c1")]
    read = world.read(engine)
    assert _named(read, "contaminated_control")["rows"] == 2
    _silent(read, "receive nothing")


def test_amounts_below_zero(engine: SparkSession) -> None:
    world = _sound()
    world.openings += [opening(99, "s1 c0", amount_fen=-1_000_000)]
    read = world.read(engine)
    found = _named(read, "negative_amounts")
    assert (found["grave"], found["words"].split()[-1]) == (True, "[amount]")
    _silent(read, "never negative")


def test_a_broken_split(engine: SparkSession) -> None:
    world = World(assignments=arms(200, 40), openings=taken("s1 t0"))
    read = world.read(engine)
    assert _named(read, "sample_ratio")["words"].endswith("[200 treated, 40 held out]")
    assert row(read.readouts)["sample_ratio_p"] < 0.001
    _silent(read, "not as large as they were drawn")


def test_outcomes_missing_from_one_arm(engine: SparkSession) -> None:
    world = _sound()
    world.balances = [balance(f"s1 t{i}", 9_000) for i in range(100)]
    world.balances += [balance(f"s1 c{i}", 9_000) for i in range(20)]
    read = world.read(engine)
    assert _named(read, "missing_outcomes")["words"].endswith("[aum_change, outflow]")
    _silent(read, "missing more often")


def test_a_changed_experiment(engine: SparkSession) -> None:
    world = World(assignments=arms(50, 50) + arms(80, 20, name="new", treatment_share=0.8, arm_share=0.8))
    read = world.read(engine)
    assert _named(read, "changed_half_way")["words"].endswith("[2 draws]")
    assert row(read.readouts)["lift"] == 0


@pytest.mark.parametrize(
    ("treated", "held", "kind"), [(5, 0, "arms_missing"), (0, 5, "arms_missing"), (5, 1, "few_customers")]
)
def test_arms_too_small_to_compare(engine: SparkSession, treated: int, held: int, kind: str) -> None:
    world = World(assignments=arms(treated, held), openings=[opening(1, "s1 t0")] if treated else [])
    read = world.read(engine)
    assert not _named(read, kind)["grave"]
    _silent(read, "Nothing can be said")


def test_a_metric_that_nobody_knows_or_that_never_varies(engine: SparkSession) -> None:
    world = World(assignments=arms(10, 10))
    world.balances = [balance(f"s1 {arm}{i}", 10_500) for arm in "tc" for i in range(10)]
    read = world.read(engine)
    assert "aum_change" in _named(read, "zero_variance")["words"]
    assert row(read.readouts, "aum_change")[NUMBERS].drop(["q_value"]).isna().all()
    assert row(read.readouts, "aum_change")["words"].startswith("Nothing can be said")
    assert row(_sound().read(engine).readouts, "aum_change")[NUMBERS].isna().all()


def test_a_metric_of_another_currency_is_left_out(engine: SparkSession) -> None:
    read = _sound().read(engine, metrics={"converted": Converted, "amount": Dollars, "aum_change": AumChange})
    assert _named(read, "other_currency")["words"].endswith("[amount]")
    assert set(read.readouts["metric"]) == {"converted", "aum_change"}


def test_every_kind_of_finding_is_planted_here() -> None:
    assert set(kinds()) == {
        "two_arms",
        "outcome_before_exposure",
        "duplicate_outcomes",
        "contaminated_control",
        "sample_ratio",
        "missing_outcomes",
        "changed_half_way",
        "arms_missing",
        "few_customers",
        "all_null",
        "zero_variance",
        "few_amounts",
        "negative_amounts",
        "other_currency",
    }
    assert all((kind.__doc__ or "").strip() for kind in kinds().values())


def test_evidences_of_many_kinds_do_not_add_up_their_false_alarms() -> None:
    rng = np.random.default_rng(11)
    worlds, metrics = 2_000, [f"metric{number}" for number in range(7)]

    def evidence() -> Floats:
        """Of arms as drawn: 100 for one in a hundred, else nothing, so that 1 is expected."""
        return np.where(rng.random(1) < FALSE_ALARMS, -np.log(FALSE_ALARMS), -np.inf)

    def broken(ratio: Floats, missing: dict[str, Floats]) -> bool:
        nobody = np.zeros(1)
        facts = Facts(
            strategies=["s1"],
            treated=nobody,
            held=nobody,
            flawed={},
            contaminated=nobody,
            draws=nobody,
            ratio=ratio,
            missing=missing,
            negative={},
            arms={},
            metrics={},
        )
        return any(bool(kinds()[kind].find(facts)[0]) for kind in ("sample_ratio", "missing_outcomes"))

    alarms = [broken(evidence(), {name: evidence() for name in metrics}) for _ in range(worlds)]
    assert np.mean(alarms) <= FALSE_ALARMS
    assert broken(np.log([900.0]), {name: np.zeros(1) for name in metrics})
    assert broken(np.zeros(1), {name: np.log([900.0]) for name in metrics})
