"""What exposed customers did in their windows, one row a customer and strategy.

By intention to treat: everybody whose contact was chosen counts in his arm, reached or not. The window starts
on the contact day, for held-out customers on the day their contact would have been. What the bank learned of
more than three days after the window's end is not counted: once written, an exposure stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from evaluation.metrics.metric import load_metrics
from lake.table import Table
from lake.tables import MEASURED
from lake.tables.words import ASSET_CLASSES

LATE_DAYS = 3
_DAY = {"measured": "first_exposed", "measured_entries": "entered_on"}
# Contacts so long before the exposure are still looked for, since there should be none.
_LOOKED_BACK = 30
_FELL_THROUGH = ("not_delivered", "no_answer")
_KEY = ["customer", "strategy"]
_WINDOW = [*_KEY, "kind", "from", "until"]
_NUMBER = "window"
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Events:
    """What the bank knows of its customers until the night: the delivered tables, and Longreach's own.

    ``suppressions`` is the night's snapshot, all others hold every partition up to it.
    """

    openings: DataFrame
    balances: DataFrame
    complaints: DataFrame
    suppressions: DataFrame
    lists: DataFrame
    outcomes: DataFrame


def open_windows(
    assignments: DataFrame, *, table: Table, as_of: date, measured_until: date | None
) -> DataFrame:
    """The assignments (or entries) under observation: exposed by ``as_of``, not yet in ``table``.

    ``measured_until``: the newest night before ``as_of`` that wrote to ``table``; None for none.
    """
    day = _DAY[table.name]
    exposed = assignments.filter(F.col(day) <= F.lit(as_of)).drop("as_of")
    return exposed if measured_until is None else exposed.filter(_written_on(day) > F.lit(measured_until))


def closed(exposures: DataFrame, *, table: Table, as_of: date) -> DataFrame:
    """Those whose window, and the days for late postings, are over: what is written to ``table`` tonight."""
    return exposures.filter(_written_on(_DAY[table.name]) <= F.lit(as_of))


def windows(watched: Mapping[Table, DataFrame]) -> DataFrame:
    """Customer, strategy, kind, first and last day of every window under observation, and its number.

    ``watched``: what :func:`open_windows` found for each table. Most windows are in all of them, once here.
    Numbers are others each time the frame is read: it has to be laid down before it is used.
    """
    every = [_with_days(rows, table=table).select(*_WINDOW) for table, rows in watched.items()]
    numbered = F.monotonically_increasing_id().alias(_NUMBER)
    return reduce(DataFrame.unionByName, every).distinct().select(*_WINDOW, numbered)


def happenings(windows: DataFrame, events: Events, *, as_of: date) -> DataFrame:
    """What befell customers in their :func:`windows`, one row a window: the facts that metrics read.

    ``windows`` are laid down. Events are gathered by the window's number: by its words takes twice as long.
    """
    befallen, opened = _befallen(windows, events, as_of=as_of), _opened(windows, events.openings)
    found = opened.join(befallen.join(windows, on=_NUMBER, how="right"), on=_NUMBER, how="right")
    return (
        found.drop(_NUMBER)
        .fillna(0, subset=["openings", "opened_fen", "repeated", "complaints", "opt_outs"])
        .fillna(False, subset=["listed", "contacted", "early"])
    )


def exposures(
    watched: DataFrame, happened: DataFrame, *, table: Table = MEASURED, before: DataFrame
) -> DataFrame:
    """The columns of ``table`` for every assignment (or entry) under observation, its window so far.

    ``happened`` is made by :func:`happenings`. ``before``: what was measured on earlier nights, columns of
    ``table``.
    """
    windows = _with_days(watched, table=table)
    # The engine keeps a join's left side in memory, so that what is narrow, or little, stands there.
    facts = _twice(windows).join(happened.join(windows, on=_WINDOW), on=_KEY, how="right")
    if "first_in" in table.names:
        facts = _firsts(windows, before).join(facts, on=_KEY, how="right")
    made = {name: metric.value() for name, metric in load_metrics().items()}
    return facts.select(*_columns(table, {name: value for name, value in made.items() if value is not None}))


def _with_days(watched: DataFrame, *, table: Table) -> DataFrame:
    """Everybody under observation with the first and last day of the window."""
    day = _DAY[table.name]
    until = F.date_add(day, F.col("window_days").cast("int") - 1)
    return watched.withColumn("from", F.col(day)).withColumn("until", until)


def _twice(windows: DataFrame) -> DataFrame:
    """Those who are in an experiment more than once."""
    times = windows.groupBy(*_KEY).agg(F.count("*").alias("times"))
    return times.filter("times > 1").select(*_KEY, F.lit(True).alias("twice"))


def _columns(table: Table, made: Mapping[str, Column]) -> list[Column]:
    known = {
        **made,
        "first_in": F.coalesce("first_in", F.lit("")),
        "flaw": F.when(F.col("twice"), F.lit("two_arms"))
        .when(F.col("early"), F.lit("outcome_before_exposure"))
        .when(F.col("repeated") > 0, F.lit("duplicate_outcomes")),
    }
    return [known.get(name, F.col(name)).alias(name) for name in table.names]


def _written_on(day: str) -> Column:
    """The first night on which everything that counts is known."""
    return F.date_add(day, F.col("window_days").cast("int") - 1 + LATE_DAYS)


def _inside(on: Column) -> Column:
    return (on >= F.col("from")) & (on <= F.col("until"))


def _in_time() -> Column:
    return F.to_date("known_at") <= F.date_add("until", LATE_DAYS)


def _opened(windows: DataFrame, openings: DataFrame) -> DataFrame:
    """Openings of the goal's product; one that was delivered again counts once, with its largest amount."""
    taken = openings.select(
        "customer", F.col("product").alias("kind"), "opening", "occurred_at", "known_at", "amount_fen"
    )
    inside = _inside(F.to_date("occurred_at")) & _in_time()
    return (
        windows.join(taken, on=["customer", "kind"])
        .filter(inside)
        .groupBy(_NUMBER, "opening")
        .agg(F.max("amount_fen").alias("fen"), F.count("*").alias("times"))
        .groupBy(_NUMBER)
        .agg(
            F.count("*").alias("openings"),
            F.sum("fen").alias("opened_fen"),
            F.sum(F.col("times") - 1).alias("repeated"),
        )
    )


def _befallen(windows: DataFrame, events: Events, *, as_of: date) -> DataFrame:
    """What befell customers in their windows, but for openings.

    All events are one table, so that they are joined and summed once.
    """
    inside, what = _inside(F.col("on")), F.col("what")
    happened = inside & _in_time()
    owned = (F.col("on") <= F.least("until", F.lit(as_of))) & _in_time()
    # Contacts are those of one strategy, all else is the customer's.
    contact = (what == "contact") & (F.col("of") == F.col("strategy"))
    return (
        windows.join(_events(windows, events, as_of=as_of), on="customer")
        .groupBy(_NUMBER)
        .agg(
            F.max(F.when((what == "balance") & owned, _turn())).alias("newest"),
            _times((what == "complaint") & happened).alias("complaints"),
            _times((what == "opt_out") & happened).alias("opt_outs"),
            (_times(contact & inside) > 0).alias("listed"),
            (_times(contact & F.col("through") & inside) > 0).alias("contacted"),
            (_times(contact & (F.col("on") < F.col("from"))) > 0).alias("early"),
        )
        .withColumn("aum_after_fen", (F.col("newest") % _room()).cast("long"))
        .drop("newest")
    )


def _events(windows: DataFrame, events: Events, *, as_of: date) -> DataFrame:
    """``what`` it is, of which customer and, if of one alone, ``of`` which strategy; ``on`` which day; for
    contacts whether they came ``through``, for balances how much."""
    first = windows.agg(F.min("from")).collect()[0][0] or as_of
    since = F.lit(first - timedelta(days=_LOOKED_BACK))
    total = sum((F.coalesce(f"{asset}_fen", F.lit(0)) for asset in ASSET_CLASSES), F.lit(0))
    opt_outs = events.suppressions.filter("kind = 'opt_out'")
    listed = events.lists.filter(F.col("as_of") >= since)
    answered = events.outcomes.filter(F.col("as_of") >= since)
    # Outcomes written before the contact day was kept came the day after their night.
    answered_on = F.least(F.coalesce("contact_day", F.date_add("as_of", 1)), F.to_date("happened_at"))
    came_through = ~F.col("result").isin(*_FELL_THROUGH)
    strategy, known_at = F.col("strategy"), F.col("known_at")
    tables = (
        _as_events(events.balances, "balance", on=F.col("balance_date"), known_at=known_at, fen=total),
        _as_events(events.complaints, "complaint", on=F.to_date("opened_at"), known_at=known_at),
        _as_events(opt_outs, "opt_out", on=F.col("since"), known_at=known_at),
        _as_events(listed, "contact", of=strategy, on=F.date_add("as_of", 1), through=F.lit(False)),
        _as_events(answered, "contact", of=strategy, on=answered_on, through=came_through),
    )
    return reduce(DataFrame.unionByName, tables)


def _as_events(table: DataFrame, what: str, **told: Column) -> DataFrame:
    columns = [
        told.get(name, F.lit(None)).cast(kind).alias(name)
        for name, kind in (
            ("of", "string"),
            ("on", "date"),
            ("known_at", "timestamp"),
            ("through", "boolean"),
            ("fen", "long"),
        )
    ]
    return table.select("customer", F.lit(what).alias("what"), *columns)


def _times(condition: Column) -> Column:
    """How often it is true. The maximum of a truth value takes the engine seven times as long."""
    return F.count(F.when(condition, 1))


def _turn() -> Column:
    """Day, second and amount of a balance in one number: its maximum is the latest day's, of those the one
    that became known last. max_by takes the engine four times as long.
    """
    days = F.date_diff("on", F.lit(_EPOCH)).cast("long")
    turn = (days * 10**11 + F.unix_timestamp("known_at")).cast("decimal(19,0)")
    return turn * _room() + F.col("fen").cast("decimal(19,0)")


def _room() -> Column:
    return F.lit(10**18).cast("decimal(19,0)")


def _firsts(windows: DataFrame, before: DataFrame) -> DataFrame:
    """Of which portfolio holdouts this is the customer's first covered exposure, joined by commas."""
    seen = before.filter("first_in <> ''").select(
        "customer", F.explode(F.split("first_in", ",")).alias("holdout")
    )
    covering = windows.filter("covered_by <> ''")
    holdouts = F.explode(F.regexp_extract_all("covered_by", F.lit("([^,:]+)[^,]*"))).alias("holdout")
    turn = F.concat_ws(" ", F.col("from").cast("string"), "strategy").alias("turn")
    covered = covering.select(*_KEY, holdouts, turn)
    fresh = covered.join(seen, on=["customer", "holdout"], how="left_anti")
    first = fresh.groupBy("customer", "holdout").agg(F.min("turn").alias("turn"))
    # Gathered by name, of which there are few: collecting sets takes the engine four times as long.
    told = covering.select("covered_by").distinct().select(holdouts).collect()
    names = sorted({name for row in told for name in row})
    found = [F.when(_times(F.col("holdout") == name) > 0, name) for name in names]
    # Behind the day stands the strategy: no second look at everybody who is covered.
    return (
        first.select("customer", "holdout", F.expr("substring(turn, 12)").alias("strategy"))
        .groupBy(*_KEY)
        .agg(F.concat_ws(",", F.lit(None).cast("string"), *found).alias("first_in"))
    )
