"""Arms: drawn alike by the engine and by plain Python, in the shares asked for, independently."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from scipy import stats

from experiments.assign import arm, arm_of, arms_of

HOLDOUTS = {"deposit_a": 0.15, "loan_b": 0.15, "fund_c": 0.5, "card_d": 0.05}
CUSTOMERS = [f"A{number:07d}" for number in range(20_000)]
SALT, EVERYWHERE = "longreach-1", 0.02


def _drawn(strategy: str, *, salt: str = SALT, everywhere: float = EVERYWHERE) -> NDArray[np.str_]:
    return arms_of(
        CUSTOMERS, strategy=strategy, holdout=HOLDOUTS[strategy], salt=salt, global_holdout=everywhere
    )


def test_the_engine_draws_what_python_draws(engine: SparkSession) -> None:
    customers = [*CUSTOMERS[:500], "", "张三", "a|b", "A0000001 "]
    rows = [(customer, strategy) for customer in customers for strategy in (*HOLDOUTS, "unknown")]
    frame = engine.createDataFrame(rows, "customer string, strategy string").withColumn(
        "arm",
        arm(
            F.col("customer"),
            strategy=F.col("strategy"),
            holdouts=HOLDOUTS,
            salt=SALT,
            global_holdout=EVERYWHERE,
        ),
    )
    for row in frame.toArrow().to_pylist():
        if row["strategy"] == "unknown":
            assert row["arm"] is None
        else:
            assert row["arm"] == arm_of(
                row["customer"],
                strategy=row["strategy"],
                holdout=HOLDOUTS[row["strategy"]],
                salt=SALT,
                global_holdout=EVERYWHERE,
            )


def test_draws_never_change() -> None:
    """Fixed for ever: a customer must not change arms between two versions of the house."""
    drawn = arms_of(
        [f"c{n}" for n in range(40)], strategy="deposit_a", holdout=0.3, salt="s", global_holdout=0.1
    )
    assert "".join(word[0] for word in drawn) == "tttttttttttttttctttttctttcgtttgtttttcttt"


@pytest.mark.parametrize("strategy", sorted(HOLDOUTS))
def test_arms_have_the_shares_asked_for(strategy: str) -> None:
    drawn = _drawn(strategy)
    everywhere = int((drawn == "global_holdout").sum())
    assert stats.binomtest(everywhere, len(drawn), EVERYWHERE).pvalue > 0.001
    held = int((drawn == "control").sum())
    assert stats.binomtest(held, len(drawn) - everywhere, HOLDOUTS[strategy]).pvalue > 0.001


def test_the_global_holdout_is_the_same_for_every_strategy() -> None:
    left_alone = [_drawn(strategy) == "global_holdout" for strategy in HOLDOUTS]
    assert all((mask == left_alone[0]).all() for mask in left_alone)


def test_arms_of_two_strategies_and_the_global_holdout_are_independent() -> None:
    one, other = (_drawn(name, everywhere=0.0) == "treatment" for name in ("deposit_a", "loan_b"))
    spared = (
        arms_of(CUSTOMERS, strategy="x_y", holdout=0.0, salt=SALT, global_holdout=0.15) != "global_holdout"
    )
    for a, b in ((one, other), (one, spared), (other, spared)):
        table = np.histogram2d(a, b, bins=2)[0]
        assert stats.chi2_contingency(table, correction=False).pvalue > 0.001


def test_another_salt_draws_anew_and_nothing_holds_nobody_out() -> None:
    assert (_drawn("fund_c") != _drawn("fund_c", salt="longreach-2")).mean() > 0.3
    nobody = arms_of(CUSTOMERS[:1000], strategy="x_y", holdout=0.0, salt=SALT, global_holdout=0.0)
    assert set(nobody) == {"treatment"}
