"""Cuts the long tail out of all customers and tells each of them its segment."""

import json
from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from base.errors import ModelError
from base.settings import LongTail, Settings
from features.compiler import CUSTOMER_FEATURES
from jobs.job import Frames, Night, job
from lake.table import Table
from lake.tables import CUSTOMER_SEGMENTS, PERSONS, SEGMENT_CATALOG, SUPPRESSIONS
from models.evidence import measure, objections, pictures
from models.portrait import BASIS, describe, percentiles, short_name
from models.segment import Segmenter, score, successor
from models.shelf import Fit, Shelf, Version, open_shelf
from outreach.policy.suppressions import non_personalised

MODEL = "segments"


@job(
    reads=(CUSTOMER_FEATURES.at, SUPPRESSIONS.at, PERSONS.at),
    writes=(CUSTOMER_SEGMENTS, SEGMENT_CATALOG),
)
def segments(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Scores every long-tail customer with the champion, fitted anew when there is none or it has aged.

    Nothing is learned from who chose no personalisation; he is scored, for the roll and its totals alone.
    """
    tail = long_tail(frames[CUSTOMER_FEATURES], night.settings.long_tail)
    unread = non_personalised(
        frames[SUPPRESSIONS], persons=frames[PERSONS], day=night.as_of + timedelta(days=1)
    )
    readable = tail.join(unread, "customer", "left_anti")
    sample = draw_sample(readable, rows=night.settings.segments.sample)
    version, model = _model_in_force(night, sample)
    customers = score(tail, model=model).withColumn("version", F.lit(_label(version)))
    cards = _cards(customers.join(tail.select("customer", "aum_now"), "customer"), sample, model=model)
    cards["version"] = _label(version)
    cards["manager"] = [_manager(name, night.settings) for name in cards["segment"]]
    catalog = night.spark.createDataFrame(cards[list(SEGMENT_CATALOG.names)], SEGMENT_CATALOG.spark_schema())
    return {
        CUSTOMER_SEGMENTS: customers.select(*CUSTOMER_SEGMENTS.names),
        SEGMENT_CATALOG: catalog,
    }


def long_tail(customers: DataFrame, band: LongTail) -> DataFrame:
    """Customers whose assets under management, in yuan, lie in the band: low <= AUM < high."""
    return customers.filter((F.col("aum_now") >= band.aum_low) & (F.col("aum_now") < band.aum_high))


def draw_sample(tail: DataFrame, *, rows: int) -> pd.DataFrame:
    """The features of the segmentation, of the first ``rows`` customers in the order of a hash."""
    hashed = tail.select(F.xxhash64("customer").alias("_draw"), "customer", *BASIS)
    drawn = hashed.orderBy("_draw", "customer").limit(rows).toPandas()
    return drawn[list(BASIS)].astype("float64")


def _model_in_force(night: Night, sample: pd.DataFrame) -> tuple[Version, Segmenter]:
    shelf = open_shelf(night.settings)
    wanted = night.settings.segments.count
    version = shelf.champion(MODEL, as_of=night.as_of)
    champion: Segmenter | None = shelf.load(version) if version else None
    fits = champion is not None and _is_what_is_asked(champion, wanted)
    if version is not None and champion is not None and fits and not _is_due(night, shelf):
        return version, champion
    night.progress(f"fitting {wanted} segments on {len(sample):,} customers")
    fit = _fit(night, sample, champion=champion)
    against = objections(fit.metrics) if fits else []
    if against:
        night.progress(f"the re-fit stays challenger: it {'; '.join(against)}")
    added = shelf.add(MODEL, fit, promote=not against)
    if against and version is not None and champion is not None:
        return version, champion
    return added, fit.model


def _is_what_is_asked(champion: Segmenter, wanted: int) -> bool:
    return len(champion.ids_) == wanted and tuple(champion.feature_names_in_) == BASIS


def _is_due(night: Night, shelf: Shelf) -> bool:
    """The newest fit, champion or challenger, is as old as the settings let it grow."""
    newest = max(v.as_of for v in shelf.versions(MODEL) if v.as_of <= night.as_of)
    return night.as_of - newest >= timedelta(days=night.settings.segments.refit_days)


def _fit(night: Night, sample: pd.DataFrame, *, champion: Segmenter | None) -> Fit:
    asked = night.settings.segments
    if len(sample) < asked.count:
        band = night.settings.long_tail
        raise ModelError(
            f"customer_features of {night.as_of} holds {len(sample)} customers with assets from "
            f"{band.aum_low:,.0f} to below {band.aum_high:,.0f} yuan, too few for {asked.count} segments; "
            "lower segments.count or widen the long_tail band"
        )
    continues = champion is not None and tuple(champion.feature_names_in_) == BASIS
    plan = Segmenter(asked.count, random_state=asked.seed, last_id=champion.last_id_ if champion else 0)
    if champion is not None and continues:
        plan = successor(champion, n_segments=asked.count)
    model = plan.fit(sample)
    return Fit(
        model=model,
        as_of=night.as_of,
        # Quantiles, rounded: an example that is kept for good must be nobody's own row.
        example=sample.quantile([0.1, 0.3, 0.5, 0.7, 0.9]).round(1),
        data=sample,
        parameters={
            "n_segments": asked.count,
            "random_state": asked.seed,
            "sample": len(sample),
            "features": len(BASIS),
            "starts_from": "champion" if continues else "k-means++",
        },
        metrics=measure(model, sample, champion=champion if continues else None),
        plots=pictures(model, sample),
    )


def _cards(scored: DataFrame, sample: pd.DataFrame, *, model: Segmenter) -> pd.DataFrame:
    """One row a segment: exact size and money from the engine, medians and words from the sample."""
    aum_fen = F.sum(F.round(F.col("aum_now") * 100).cast("long"))
    counted = (
        scored.groupBy("segment").agg(F.count("*").alias("customers"), aum_fen.alias("aum_fen")).toPandas()
    )
    cards = pd.DataFrame({"segment": model.ids_}).merge(counted, on="segment", how="left")
    cards[["customers", "aum_fen"]] = cards[["customers", "aum_fen"]].fillna(0).astype("int64")
    population = {name: percentiles(sample[name]) for name in BASIS}
    profiles = _profiles(sample, model=model)
    cards["name"] = [short_name(profile, population=population) for profile in profiles]
    cards["words"] = [
        json.dumps(describe(profile, population=population), ensure_ascii=False) for profile in profiles
    ]
    cards["profile"] = [json.dumps(profile) for profile in profiles]
    return cards


def _profiles(sample: pd.DataFrame, *, model: Segmenter) -> list[dict[str, float]]:
    """Median of each feature in each segment; the centre where the sample holds nobody of it."""
    labels = model.predict(sample) if len(sample) else np.zeros(0, dtype=np.int64)
    profiles = []
    for at, centre in enumerate(model.centres_):
        median = sample[labels == at].median().to_numpy()
        known = np.where(np.isnan(median), centre, median)
        profiles.append(dict(zip(BASIS, (round(float(value), 4) for value in known), strict=True)))
    return profiles


def _manager(segment: str, settings: Settings) -> str:
    roster = settings.segments.managers
    return roster[(int(segment.removeprefix("S")) - 1) % len(roster)]


def _label(version: Version) -> str:
    return f"v{version.number}"
