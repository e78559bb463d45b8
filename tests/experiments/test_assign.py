"""Arms: drawn alike by the engine and by plain Python, in the shares asked for, independently of all else."""

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray
from pyspark.sql import SparkSession
from scipy import stats

from base.settings import Experiments, Holdout
from experiments.assign import arms_of, assign, with_draw
from experiments.draws import below
from experiments.enrolment import is_enrolled
from experiments.holdouts import GLOBAL, holdouts
from experiments.holdouts import shares as covering_shares
from strategies.experiment import Experiment, Variant
from tests.experiments.arm_world import ABOVE, BOOK, PLAIN, RICH, SCRIPTS, VARIED, covering, document

CUSTOMERS = [f"A{number:07d}" for number in range(20_000)]
ONLY_GLOBAL = Experiments(global_holdout=0.02)
NOBODY_ABOVE = Experiments(global_holdout=0.0)


def _drawn(
    strategy: str, experiment: Experiment = PLAIN, settings: Experiments = ONLY_GLOBAL
) -> NDArray[np.str_]:
    return arms_of(CUSTOMERS, strategy=strategy, experiment=experiment, settings=settings)


def test_the_engine_draws_what_python_draws(engine: SparkSession) -> None:
    customers = [*CUSTOMERS[:300], "", "张三", "a|b", "A0000001 "]
    rows = [
        (customer, name, step, ("S01", "S03", None)[place % 3])
        for place, customer in enumerate(customers)
        for name in ("fund_plain", "fund_rich", "fund_quiet", "unknown")
        for step in (1, 2)
    ]
    candidates = engine.createDataFrame(rows, "customer string, strategy string, step int, segment string")
    nobody = engine.createDataFrame([], "customer string, strategy string, arm string, first_exposed date")
    book = {each.name: each for each in BOOK}
    drawn = assign(candidates, strategies=BOOK, recorded=nobody, settings=ABOVE)
    found = with_draw(drawn, strategies=BOOK, settings=ABOVE).toArrow().to_pylist()

    expected = []
    for customer, name, step, segment in rows:
        own = book.get(name)
        if own is None or (
            step == 1 and not is_enrolled(customer, strategy=name, experiment=own.experiment, salt=ABOVE.salt)
        ):
            continue
        above = covering(name, segment or "")
        (arm,) = arms_of(
            [customer],
            strategy=name,
            experiment=own.experiment,
            settings=ABOVE,
            segment=segment or "",
            covered_by=above,
        )
        shares = own.experiment.shares(segment or "")
        told = ",".join(f"{holdout}:{holdouts(ABOVE)[holdout].share}" for holdout in above)
        expected.append((customer, name, step, arm, told, shares))
    key = ("customer", "strategy", "step", "arm", "covered_by")
    assert sorted(tuple(row[k] for k in key) for row in found) == sorted(row[:5] for row in expected)
    shares = {row[:3]: (row[3], row[5]) for row in expected}
    for row in found:
        arm, of_arms = shares[row["customer"], row["strategy"], row["step"]]
        assert row["treatment_share"] == pytest.approx(1 - of_arms["control"], abs=1e-12)
        if arm.endswith("_holdout"):
            assert row["arm_share"] is None
            assert set(row["held_by"].split(",")) <= set(covering_shares(row["covered_by"]))
            assert (GLOBAL in row["held_by"].split(",")) == (arm == "global_holdout")
        else:
            assert row["arm_share"] == pytest.approx(of_arms[arm], abs=1e-12)
            assert row["held_by"] == ""
    assert {row["arm"] for row in found} == {
        *("treatment", "treatment_b", "treatment_d"),
        *("control", "portfolio_holdout", "global_holdout"),
    }
    assert any("," in row["held_by"] for row in found)


def test_who_was_exposed_stays_in_his_arm_whatever_the_document_says_now(engine: SparkSession) -> None:
    rows = [(customer, "fund_plain", step, "S01") for customer in CUSTOMERS[:200] for step in (1, 2)]
    candidates = engine.createDataFrame(rows, "customer string, strategy string, step int, segment string")
    before = dict(zip(CUSTOMERS[:100], _drawn("fund_plain"), strict=False))
    recorded = engine.createDataFrame(
        [
            (customer, "fund_plain", each, date(2026, 7, day))
            for customer, arm in before.items()
            for each, day in ((str(arm), 2), ("treatment_d", 3))
        ],
        "customer string, strategy string, arm string, first_exposed date",
    )
    changed = document("fund_plain", Experiment(holdout=0.5, variants=VARIED))
    found = assign(candidates, strategies=[changed], recorded=recorded, settings=ONLY_GLOBAL)
    anew = dict(zip(CUSTOMERS[:200], _drawn("fund_plain", changed.experiment), strict=False))
    rows_of_arm = {row["customer"]: row["arm"] for row in found.toArrow().to_pylist()}
    assert rows_of_arm == {**anew, **before}
    assert rows_of_arm != anew


def test_draws_never_change() -> None:
    """Fixed for ever: a customer must not change arms between two versions of the house."""
    drawn = arms_of(
        [f"c{n}" for n in range(40)],
        strategy="deposit_a",
        experiment=Experiment(holdout=0.3),
        settings=Experiments(salt="s", global_holdout=0.1),
    )
    assert "".join(word[0] for word in drawn) == "tttttttttttttttctttttctttcgtttgtttttcttt"
    varied = arms_of(
        [f"c{n}" for n in range(40)],
        strategy="deposit_a",
        experiment=Experiment(holdout=0.3, variants=VARIED),
        settings=Experiments(salt="s", global_holdout=0.1),
    )
    assert "".join(word[-1] for word in varied) == "tdbbbbtbtddtttdlddtttlttdltbddtddbddldbd"
    taking_part = [is_enrolled(f"c{n}", strategy="deposit_a", experiment=RICH, salt="s") for n in range(40)]
    assert "".join("01"[each] for each in taking_part) == "1101010100000011100010110010000100001010"


@pytest.mark.parametrize("name", ["deposit_a", "loan_b", "fund_c"])
@pytest.mark.parametrize("experiment", [PLAIN, RICH], ids=["plain", "rich"])
@pytest.mark.parametrize("segment", ["S01", "S03"])
def test_arms_have_the_shares_asked_for(name: str, experiment: Experiment, segment: str) -> None:
    drawn = arms_of(CUSTOMERS, strategy=name, experiment=experiment, settings=ONLY_GLOBAL, segment=segment)
    everywhere = int((drawn == "global_holdout").sum())
    assert stats.binomtest(everywhere, len(drawn), 0.02).pvalue > 0.001
    shares = experiment.shares(segment)
    assert sum(shares.values()) == pytest.approx(1)
    counts = [int((drawn == arm).sum()) for arm in shares]
    assert sum(counts) == len(drawn) - everywhere
    assert stats.chisquare(counts, np.array(list(shares.values())) * sum(counts)).pvalue > 0.001


def test_the_global_holdout_is_the_same_for_every_strategy() -> None:
    left_alone = [_drawn(name, each) == "global_holdout" for name in ("a_a", "b_b") for each in (PLAIN, RICH)]
    assert all((mask == left_alone[0]).all() for mask in left_alone)


def test_draws_are_independent_of_each_other() -> None:
    """Two strategies, the global and a portfolio holdout, variants, two ramps, two layers: pair by pair."""
    half = Experiment(holdout=0.5)
    varied = Experiment(holdout=0.05, variants={"treatment_b": Variant(share=0.5, scripts=SCRIPTS)})
    held = Experiments(global_holdout=0.3)
    quiet = Experiments(global_holdout=0.0, holdouts={"quiet": Holdout(share=0.3)})

    def part(strategy: str, **terms: object) -> NDArray[np.bool_]:
        experiment = Experiment.model_validate(terms)
        return np.array(
            [is_enrolled(c, strategy=strategy, experiment=experiment, salt=held.salt) for c in CUSTOMERS]
        )

    def layer(name: str) -> dict[str, object]:
        return {"name": name, "from": 1, "to": 50}

    quietened = arms_of(CUSTOMERS, strategy="one_a", experiment=half, settings=quiet, covered_by=["quiet"])
    draws = {
        "one strategy": _drawn("one_a", half, NOBODY_ABOVE) == "control",
        "another": _drawn("two_b", half, NOBODY_ABOVE) == "control",
        "its variant": _drawn("one_a", varied, NOBODY_ABOVE) == "treatment_b",
        "its ramp": part("one_a", ramp=0.5),
        "another's ramp": part("two_b", ramp=0.5),
        "a layer": part("one_a", layer=layer("calls")),
        "another layer": part("one_a", layer=layer("texts")),
        "global": _drawn("one_a", half, held) == "global_holdout",
        "portfolio": quietened == "portfolio_holdout",
    }
    not_held_out = _drawn("one_a", varied, NOBODY_ABOVE) != "control"
    everybody = np.ones(len(CUSTOMERS), dtype=bool)
    for place, (one, drawn) in enumerate(draws.items()):
        for other, beside in list(draws.items())[place + 1 :]:
            rows = not_held_out if "its variant" in (one, other) else everybody
            table = np.histogram2d(drawn[rows], beside[rows], bins=2)[0]
            found = stats.chi2_contingency(table, correction=False).pvalue
            assert found > 0.0005, f"{one} and {other}: {found}"


def test_another_salt_draws_anew_and_nothing_holds_nobody_out() -> None:
    half = Experiment(holdout=0.5)
    anew = Experiments(salt="longreach-2")
    assert (_drawn("fund_c", half) != _drawn("fund_c", half, anew)).mean() > 0.3
    assert "global_holdout" not in set(_drawn("x_y", settings=NOBODY_ABOVE))


def test_every_draw_lies_below_one_and_none_below_zero() -> None:
    assert below(1.0) > "f" * 13
    assert not below(0.0) > "0" * 13
    assert below(0.25) == "4" + "0" * 12
