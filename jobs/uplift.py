"""Learns from closed exposures what contacts change, and lets decisions follow what was learned."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from evaluation.findings.finding import counted
from evaluation.suppress import shown
from jobs.job import Night
from jobs.staging import laid_down
from lake.tables.words import CHANNELS, TREATED
from models.portrait import BASIS
from models.shelf import Fit, Shelf, Version, open_shelf
from models.uplift import TLearner, score
from models.uplift_evidence import LEAST_NEW, against_champion, measure, objections, unseen_ranks
from strategies.document import Strategy

MODEL = "uplift_{kind}"
PROFILE = (*BASIS, "answered_share_365d", "contacts_30d", "refusals_365d", "has_app")
"""What effects are learned from, besides the channel: how customers live, and how they took contacts."""

LEAST_ROWS, LEAST_CONTROL, LEAST_CONVERTED = 2_000, 300, 100
SAMPLE = 300_000

_TRIAL = ("customer", "strategy", "first_exposed", "treated", "treatment_share", "converted")


def refit(night: Night, *, measured: DataFrame, features: DataFrame) -> None:
    """Fits the effect of contacts anew, for every kind of product whose last fit has aged.

    ``measured``: MEASURED of closed windows; ``features``: CUSTOMER_FEATURES until now. A fit becomes
    champion when it orders customers it has not seen better than chance, and not worse than the champion.
    """
    trials = _randomised(measured)
    ready = _enough(night, trials)
    if not ready:
        return
    shelf = open_shelf(night.settings)
    for kind in ready:
        if _is_due(night, shelf, MODEL.format(kind=kind)):
            _fit(night, shelf, kind, trials.filter(F.col("kind") == kind), features)


def with_champions(
    night: Night, contacts: DataFrame, *, features: DataFrame, book: Sequence[Strategy]
) -> DataFrame:
    """The contacts, their ``value`` replaced where a champion knows better than the author.

    Of first contacts: goal value x priority x predicted uplift (CNY). The uplift already holds the chance to
    be reached, because customers count as treated whether they were or not.
    """
    kinds = sorted({strategy.kind for strategy in book})
    champions = _champions(night, kinds)
    if not champions:
        return contacts
    told = ", ".join(f"{kind} (version {version.number})" for kind, version in champions.items())
    night.progress(f"first contacts are valued by learned uplift: {told}")
    # Selected once: the rules of a whole book run over everybody to bring these forth.
    contacts = laid_down(night, contacts, job="decide", name="matched", schema=contacts.schema)
    shelf = open_shelf(night.settings)
    models = {kind: shelf.load(version) for kind, version in champions.items()}
    first = (F.col("step") == 1) & F.col("kind").isin(*models)
    asked = contacts.filter(first).select("customer", "kind", "channel").distinct()
    uplift = score(_profiles(asked, features, on=["customer"]), models=models, keys=("customer", "channel"))
    stakes = night.spark.createDataFrame(
        [(strategy.name, strategy.goal.value * strategy.priority) for strategy in book],
        "strategy string, stake double",
    )
    learned = F.when(F.col("step") == 1, F.col("stake") * F.col("uplift"))
    return (
        contacts.join(uplift, ["customer", "kind", "channel"], "left")
        .join(F.broadcast(stakes), "strategy")
        .withColumn("value", F.coalesce(learned, "value"))
        .select(*contacts.columns)
    )


def _randomised(measured: DataFrame) -> DataFrame:
    """Exposures of the strategies' own draws, without those that no number is made of."""
    drawn = F.col("arm").isin(*TREATED, "control") & F.col("converted").isNotNull()
    return counted(measured).filter(drawn).withColumn("treated", F.col("arm").isin(*TREATED).cast("int"))


def _enough(night: Night, trials: DataFrame) -> list[str]:
    """The kinds of product of which enough has closed to learn from; says so of the others."""
    sizes = trials.groupBy("kind").agg(
        F.count("*").alias("rows"), F.sum("treated").alias("treated"), F.sum("converted").alias("converted")
    )
    ready, short = [], []
    for row in sizes.sort("kind").collect():
        control = row["rows"] - row["treated"]
        least = min(control, row["treated"])
        if row["rows"] >= LEAST_ROWS and least >= LEAST_CONTROL and row["converted"] >= LEAST_CONVERTED:
            ready.append(str(row["kind"]))
        else:
            exposed, converted = shown(row["rows"]), shown(row["converted"])
            short.append(f"{row['kind']} ({exposed} exposures, {converted} conversions)")
    if short:
        night.progress(f"too little has closed to learn the uplift of {', '.join(short)}")
    return ready


def _is_due(night: Night, shelf: Shelf, name: str) -> bool:
    """The newest fit, champion or challenger, is as old as the settings let it grow; or there is none."""
    newest = max((v.as_of for v in shelf.versions(name) if v.as_of <= night.as_of), default=None)
    grown = timedelta(days=night.settings.experiments.uplift_refit_days)
    return newest is None or night.as_of - newest >= grown


def _fit(night: Night, shelf: Shelf, kind: str, trials: DataFrame, features: DataFrame) -> None:
    name = MODEL.format(kind=kind)
    sample = _sample(trials, features)
    trial, profile = sample[list(_TRIAL)], sample[_columns()]
    night.progress(f"fitting the uplift of {kind} on {len(sample):,} exposures")
    learner = TLearner()
    ranks = unseen_ranks(learner, profile, trial)
    metrics = measure(ranks, trial) | _comparison(shelf, name, ranks, profile, trial, night)
    against = objections(metrics)
    if against:
        night.progress(f"the uplift of {kind} stays challenger: it {'; it '.join(against)}")
    model = learner.fit(
        profile, trial["converted"], treatment=trial["treated"], propensity=trial["treatment_share"]
    )
    fit = Fit(
        model=model,
        as_of=night.as_of,
        # Quantiles, rounded: an example that is kept for good must be nobody's own row.
        example=profile.quantile([0.1, 0.3, 0.5, 0.7, 0.9]).round(1),
        data=profile,
        parameters={"learner": type(model).__name__, "kind": kind, "features": profile.shape[1]},
        metrics=metrics,
    )
    shelf.add(name, fit, promote=not against)


def _comparison(
    shelf: Shelf, name: str, ranks: Any, profile: pd.DataFrame, trial: pd.DataFrame, night: Night
) -> dict[str, float]:
    """How the fit and the champion do on what was decided after the champion was fitted."""
    version = shelf.champion(name, as_of=night.as_of)
    if version is None:
        return {}
    new = (trial["first_exposed"] > version.as_of).to_numpy()
    if new.sum() < LEAST_NEW:
        return {"new_exposures": float(new.sum())}
    return against_champion(shelf.load(version), ranks[new], profile[new], trial[new])


def _sample(trials: DataFrame, features: DataFrame) -> pd.DataFrame:
    """Exposures beside what was known of the customer the night before; the first ones in a hash's order."""
    drawn = (
        trials.withColumn("as_of", F.date_sub("first_exposed", 1))
        .select("as_of", "channel", *_TRIAL)
        .orderBy(F.xxhash64("customer", "strategy"), "customer", "strategy")
        .limit(SAMPLE)
    )
    sample = _profiles(drawn, features, on=["customer", "as_of"]).toPandas()
    return sample.sort_values(["customer", "strategy"], ignore_index=True)


def _profiles(rows: DataFrame, features: DataFrame, *, on: Sequence[str]) -> DataFrame:
    """The rows with the columns that the learner sees, as doubles; ``channel`` becomes a flag a channel."""
    known = features.select(*on, *(F.col(name).cast("double").alias(name) for name in PROFILE))
    flags = {f"by_{channel}": (F.col("channel") == channel).cast("double") for channel in CHANNELS}
    return rows.join(known, on=list(on)).withColumns(flags)


def _columns() -> list[str]:
    return [*PROFILE, *(f"by_{channel}" for channel in CHANNELS)]


def _champions(night: Night, kinds: Sequence[str]) -> dict[str, Version]:
    """Those in force before tonight: what the night itself teaches must not change its own decision."""
    shelf, before = open_shelf(night.settings), night.as_of - timedelta(days=1)
    found = {kind: shelf.champion(MODEL.format(kind=kind), as_of=before) for kind in kinds}
    return {kind: version for kind, version in found.items() if version is not None}
