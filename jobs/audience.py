"""Takes the last night's customers into memory, with all that a dry run looks at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from base.errors import ScheduleError
from base.settings import Settings
from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from jobs.job import Frames, Night
from jobs.known import READS, known, marketed, touches_made
from jobs.rooms import night_rooms
from jobs.run import open_house
from lake.tables import (
    CUSTOMER_SEGMENTS,
    LIMITS,
    OPENINGS,
    PLAN,
    READOUTS,
    SEGMENT_CATALOG,
)
from outreach.channels.channel import load_channels
from outreach.dry_run.audience import Audience, audience
from outreach.dry_run.collect import Seen, collect
from outreach.dry_run.dry_run import DryRun
from outreach.dry_run.market import Market
from outreach.dry_run.selection import lay_out
from outreach.stops import Stops, read_stops
from strategies.document import Strategy
from strategies.funnel import begun, positions


@contextmanager
def open_night(settings: Settings, *, as_of: date | None, progress: Callable[[str], None]) -> Iterator[Night]:
    """The house, open on ``as_of``, or on the last night that has segments.

    Raises ScheduleError where there is no such night.
    """
    with open_house(settings, as_of=as_of or date.min, progress=progress) as opened:
        yield replace(opened, as_of=_night(opened, as_of))


def of_night(night: Night, book: tuple[Strategy, ...]) -> DryRun:
    """The dry run in an open house, against the strategies of ``book``."""
    night.progress(f"taking in the customers of {night.as_of}")
    frames = {read.table: night.store.read(read.table, as_of=night.as_of, scope=read.scope) for read in READS}
    with night.ledger.engine.connect() as connection:
        stops = read_stops(connection)
    touches = touches_made(night, frames)
    customers = _audience(night, frames, book, touches, stops)
    night.progress(f"laying out {len(book):,} live strategies over {len(customers):,} customers")
    return DryRun(
        audience=customers,
        book=lay_out(book, customers, features=FEATURES),
        market=Market(rooms=night_rooms(night, frames, book, made=touches), prices=_prices(night)),
        begun=begun(touches),
        costs={name: channel.cost for name, channel in load_channels().items()},
        experiments=night.settings.experiments,
        held_out_rates=_held_out_rates(night),
        segment_names=_segment_names(night),
        stopped=stops.strategies,
    )


def _night(night: Night, as_of: date | None) -> date:
    dates = night.store.dates(CUSTOMER_SEGMENTS)
    if not dates:
        raise ScheduleError("no customer has a segment yet; run longreach night --as-of DATE first")
    if as_of is not None and as_of not in dates:
        raise ScheduleError(
            f"{as_of} has no segments; there are nights from {dates[0]} to {dates[-1]}, or leave --as-of out"
        )
    return as_of or dates[-1]


def _audience(
    night: Night, frames: Frames, book: tuple[Strategy, ...], touches: DataFrame, stops: Stops
) -> Audience:
    journeys = positions(touches, strategies=book, as_of=night.as_of)
    seen = Seen(
        features=frames[CUSTOMER_FEATURES],
        segments=frames[CUSTOMER_SEGMENTS],
        plan=night.store.read(PLAN, as_of=night.as_of),
        openings=night.store.read(OPENINGS, as_of=night.as_of, scope="until"),
    )
    customers = collect(
        seen,
        known(night, frames, book, made=touches, journeys=journeys),
        as_of=night.as_of,
        contact=night.settings.contact,
        channels=load_channels(),
        callers=marketed(night),
        stopped=stops.channels,
    )
    return audience(
        _fetched(night, customers),
        touches=touches.drop("step", "fate").toArrow(),
        as_of=night.as_of,
    )


def _fetched(night: Night, frame: DataFrame) -> pa.Table:
    """A wide frame of millions of rows, by way of a file: twice as fast as over the engine's connection."""
    with TemporaryDirectory(prefix="dry_run-", dir=night.settings.home.resolve() / "staging") as folder:
        frame.write.mode("overwrite").parquet(folder)
        return pq.read_table(folder)


def _prices(night: Night) -> dict[str, float]:
    """The prices that the night's plan was made with, by name of the limit."""
    rows = night.store.read(LIMITS, as_of=night.as_of).select("name", "price").collect()
    return {row["name"]: row["price"] for row in rows}


def _held_out_rates(night: Night) -> dict[str, float]:
    """The share of held-out customers who converted, by strategy and by kind."""
    read = night.store.read(READOUTS, as_of=night.as_of, scope="until")
    rows = (
        read.filter("metric = 'converted' and level <> 'all' and control_mean is not null")
        .groupBy("name")
        .agg(F.max(F.struct("as_of", "control_mean")).alias("newest"))
        .select("name", "newest.control_mean")
        .collect()
    )
    return {row["name"]: row["control_mean"] for row in rows}


def _segment_names(night: Night) -> dict[str, str]:
    rows = night.store.read(SEGMENT_CATALOG, as_of=night.as_of).select("segment", "name").collect()
    return {row["segment"]: row["name"] for row in rows}
