"""The portfolio: how many strategies are proven, and what those that are chosen bring together.

The naive sum of the best strategies' lifts is too high, because the best of many were lucky too. The
certified total takes that luck out first (``experiments.shrinkage``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import pandas as pd

from experiments.moments import Floats
from experiments.shrinkage import Total, certified
from experiments.statistics import Difference, slope
from lake.tables.words import VERDICTS

VERDICT_NAMES = {
    "ship": "proven good 已证有效",
    "stop": "proven useless or harmful 无效或有害",
    "continue": "undecided 未定",
    "broken": "broken, not to be read 数据有误",
}


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """Strategies by verdict, and the chosen ones' total effect on the customers treated so far.

    ``conversions`` counts goals, ``value`` is in CNY by the strategies' goals.
    """

    strategies: Mapping[str, int]
    conversions: Total
    value: Total


def portfolio(
    readouts: pd.DataFrame, verdicts: pd.DataFrame, *, values: Mapping[str, float], confidence: float = 0.95
) -> Portfolio:
    """What all strategies come to.

    ``readouts``: READOUTS' columns of one night; ``verdicts``: strategy and verdict of the same night.
    ``values``: CNY a conversion by strategy. Shrinkage learns from every strategy with a lift, broken ones
    left out; chosen are those with the verdict 'ship'.
    """
    counted = verdicts["verdict"].value_counts()
    read = readouts[
        (readouts["level"] == "strategy")
        & (readouts["view"] == "exposed")
        & (readouts["arm"] == "any")
        & (readouts["metric"] == "converted")
    ].merge(verdicts.rename(columns={"strategy": "name"})[["name", "verdict"]], on="name", how="inner")
    read = read[(read["verdict"] != "broken") & read["lift"].notna()]
    found = Difference(**{field.name: read[field.name].to_numpy(dtype=float) for field in fields(Difference)})
    treated, held = (read[name].to_numpy(dtype=float) for name in ("customers", "control_customers"))
    steeper = slope(found, treated, held)
    worth = read["name"].map(values).to_numpy(dtype=float)
    chosen = (read["verdict"] == "ship").to_numpy()

    def total(weights: Floats) -> Total:
        return certified(found.lift, found.error, weights, chosen, slope=steeper, confidence=confidence)

    return Portfolio(
        strategies={verdict: int(counted.get(verdict, 0)) for verdict in VERDICTS},
        conversions=total(treated),
        value=total(treated * worth),
    )


def sentences(found: Portfolio) -> list[str]:
    """What the proven ones brought together, and what a naive sum would claim."""
    shipped = found.strategies["ship"]
    if not shipped:
        return ["No strategy is proven yet, so no effect is certified."]
    goals, worth = found.conversions, found.value
    return [
        f"The {shipped:,} proven ones brought {goals.value:,.0f} goals more ({goals.low:,.0f} to "
        f"{goals.high:,.0f}) than no contact would have, worth ¥{worth.value:,.0f} (¥{worth.low:,.0f} to "
        f"¥{worth.high:,.0f}).",
        f"Added up naively it would seem {goals.naive:,.0f} goals and ¥{worth.naive:,.0f}: the best of many "
        "look better than they are.",
    ]
