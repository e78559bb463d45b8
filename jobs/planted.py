"""Where the truth is known: the planted effect of every kind of strategy, beside what was estimated."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from evaluation.experiment_summary import in_full, of_conversions
from lake.tables.words import TREATED
from sources.source import Source
from sources.synthetic.bank import SyntheticBank
from sources.synthetic.response import expected_lift


def planted_effects(
    source: Source, lists: DataFrame, assignments: DataFrame, readouts: pd.DataFrame, *, as_of: date
) -> pd.DataFrame | None:
    """kind, estimated, low, high, planted: lifts in conversions. None where nobody knows the truth.

    ``lists`` and ``assignments`` hold their tables' columns before ``as_of``. The planted lift is what the
    contacts made are expected to have changed up to ``as_of``, per treated customer: a later touch of a
    funnel counts too, a part of the window still to come does not. Strategies that no lift could be read for
    are left out on both sides.
    """
    if not isinstance(source, SyntheticBank):
        return None
    read = in_full(readouts)
    kinds = of_conversions(read, "kind").dropna(subset=["lift"])
    if kinds.empty:
        return None
    exposed = assignments.filter(F.col("arm").isin(*TREATED)).select(
        "customer", "strategy", "kind", "first_exposed", "window_days"
    )
    made = lists.select("contact", "customer", "strategy", "as_of").join(exposed, on=["customer", "strategy"])
    contacts = made.toPandas()
    truth = source.planted(sorted(contacts["as_of"].unique())).select(["contact", "tau", "base"]).to_pandas()
    per_strategy = _effects(contacts.merge(truth, on="contact"), as_of).groupby("strategy")["effect"].sum()
    told = of_conversions(read, "strategy").dropna(subset=["low", "high"]).set_index("name")
    of_kind = contacts.drop_duplicates("strategy").set_index("strategy")["kind"]
    frame = pd.DataFrame({"effect": per_strategy, "treated": told["customers"], "kind": of_kind}).dropna()
    summed = frame.groupby("kind")[["effect", "treated"]].sum()
    planted = (summed["effect"] / summed["treated"]).rename("planted")
    columns = {"name": "kind", "lift": "estimated"}
    return kinds.rename(columns=columns)[["kind", "estimated", "low", "high"]].merge(planted, on="kind")


def _effects(contacts: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Adds ``effect``: expected change of the chance of an opening in the part of the window seen so far."""
    day = pd.to_datetime(contacts["as_of"]) + timedelta(days=1)
    promised = pd.to_datetime(contacts["first_exposed"]) + pd.to_timedelta(contacts["window_days"], unit="D")
    tomorrow = pd.Timestamp(as_of) + timedelta(days=1)
    end = promised.where(promised < tomorrow, tomorrow)
    days = (end - day).dt.days.to_numpy()
    effect = expected_lift(contacts["tau"].to_numpy(), contacts["base"].to_numpy(), np.maximum(days, 1))
    return contacts.assign(effect=np.where(days > 0, effect, 0.0))
