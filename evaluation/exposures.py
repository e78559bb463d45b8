"""What exposed customers did in their windows, one row a customer and strategy.

By intention to treat: everybody whose contact was chosen counts in his arm, reached or not. The window starts
on the contact day, for held-out customers on the day their contact would have been. What the bank learned of
more than three days after the window's end is not counted: once written, an exposure stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

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


def exposures(
    watched: DataFrame, events: Events, *, table: Table = MEASURED, before: DataFrame, as_of: date
) -> DataFrame:
    """The columns of ``table`` for every assignment (or entry) under observation, its window so far.

    ``before``: what was measured on earlier nights, columns of ``table``.
    """
    day = _DAY[table.name]
    windows = watched.withColumn("from", F.col(day)).withColumn(
        "until", F.date_add(day, F.col("window_days").cast("int") - 1)
    )
    facts = windows
    for found in (
        _opened(windows, events.openings),
        _owned(windows, events.balances, as_of=as_of),
        _happened(windows, events.complaints, on=F.to_date("opened_at"), count="complaints"),
        _happened(
            windows, events.suppressions.filter("kind = 'opt_out'"), on=F.col("since"), count="opt_outs"
        ),
        _contacts(windows, events, as_of=as_of),
        _twice(windows),
        _firsts(windows, before),
    ):
        facts = facts.join(found, on=_KEY, how="left")
    facts = facts.fillna(0, subset=["openings", "opened_fen", "repeated", "complaints", "opt_outs"]).fillna(
        False, subset=["listed", "contacted", "early", "twice"]
    )
    made = {name: metric.value() for name, metric in load_metrics().items()}
    return facts.select(*_columns(table, {name: value for name, value in made.items() if value is not None}))


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
        windows.select(*_KEY, "kind", "from", "until")
        .join(taken, on=["customer", "kind"])
        .filter(inside)
        .groupBy(*_KEY, "opening")
        .agg(F.max("amount_fen").alias("fen"), F.count("*").alias("times"))
        .groupBy(*_KEY)
        .agg(
            F.count("*").alias("openings"),
            F.sum("fen").alias("opened_fen"),
            F.sum(F.col("times") - 1).alias("repeated"),
        )
    )


def _owned(windows: DataFrame, balances: DataFrame, *, as_of: date) -> DataFrame:
    """Assets at the window's end, or at the last close so far: the newest balance known by then."""
    total = sum((F.coalesce(f"{asset}_fen", F.lit(0)) for asset in ASSET_CLASSES), F.lit(0)).cast("long")
    known = balances.select("customer", "balance_date", "known_at", total.alias("aum_fen"))
    return (
        windows.select(*_KEY, "until")
        .join(known, on="customer")
        .filter((F.col("balance_date") <= F.least("until", F.lit(as_of))) & _in_time())
        .groupBy(*_KEY)
        .agg(_newest("aum_fen").alias("aum_after_fen"))
    )


def _newest(amount: str) -> Column:
    """The amount of the latest day, of those the one that became known last.

    As the maximum of day, second and amount in one number: max_by takes the engine four times as long.
    """
    days = F.date_diff("balance_date", F.lit(_EPOCH)).cast("decimal(6,0)")
    seconds = F.unix_timestamp("known_at").cast("decimal(11,0)")
    turn = (days * F.lit(10**10).cast("decimal(11,0)") + seconds).cast("decimal(17,0)")
    room = F.lit(10**18).cast("decimal(19,0)")
    return (F.max(turn * room + F.col(amount).cast("decimal(19,0)")) % room).cast("long")


def _happened(windows: DataFrame, events: DataFrame, *, on: Column, count: str) -> DataFrame:
    dated = events.select("customer", "known_at", on.alias("on"))
    return (
        windows.select(*_KEY, "from", "until")
        .join(dated, on="customer")
        .filter(_inside(F.col("on")) & _in_time())
        .groupBy(*_KEY)
        .agg(F.count("*").alias(count))
    )


def _contacts(windows: DataFrame, events: Events, *, as_of: date) -> DataFrame:
    """Whether a contact of the strategy was sent, whether one came through, whether one came too early."""
    first = windows.agg(F.min("from")).collect()[0][0] or as_of
    since = F.lit(first - timedelta(days=_LOOKED_BACK))
    listed = events.lists.filter(F.col("as_of") >= since).select(
        *_KEY, F.date_add("as_of", 1).alias("on"), F.lit(False).alias("through")
    )
    # Outcomes written before the contact day was kept came the day after their night.
    answered = events.outcomes.filter(F.col("as_of") >= since).select(
        *_KEY,
        F.least(F.coalesce("contact_day", F.date_add("as_of", 1)), F.to_date("happened_at")).alias("on"),
        (~F.col("result").isin(*_FELL_THROUGH)).alias("through"),
    )
    return (
        windows.select(*_KEY, "from", "until")
        .join(listed.unionByName(answered), on=_KEY)
        .groupBy(*_KEY)
        .agg(
            F.max(_inside(F.col("on"))).alias("listed"),
            F.max(_inside(F.col("on")) & F.col("through")).alias("contacted"),
            F.max(F.col("on") < F.col("from")).alias("early"),
        )
    )


def _twice(windows: DataFrame) -> DataFrame:
    return windows.groupBy(*_KEY).agg((F.count("*") > 1).alias("twice"))


def _firsts(windows: DataFrame, before: DataFrame) -> DataFrame:
    """Of which portfolio holdouts this is the customer's first covered exposure, joined by commas."""
    seen = before.filter("first_in <> ''").select(
        "customer", F.explode(F.split("first_in", ",")).alias("holdout")
    )
    covered = windows.filter("covered_by <> ''").select(
        *_KEY,
        F.explode(F.split("covered_by", ",")).alias("holdout"),
        F.concat_ws(" ", F.col("from").cast("string"), "strategy").alias("turn"),
    )
    fresh = covered.join(seen, on=["customer", "holdout"], how="left_anti")
    first = fresh.groupBy("customer", "holdout").agg(F.min("turn").alias("turn"))
    # Behind the day stands the strategy: no second look at everybody who is covered.
    return (
        first.select("customer", "holdout", F.expr("substring(turn, 12)").alias("strategy"))
        .groupBy(*_KEY)
        .agg(F.array_join(F.array_sort(F.collect_set("holdout")), ",").alias("first_in"))
    )
