"""Gathers the facts that policy rules look at from the tables of the night."""

from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from base.settings import Contact
from outreach.policy.suppressions import channels, channels_or_all, for_all_accounts, suppressed

EXPOSED = ("contact", "held_out")
REFUSALS = ("refused", "complained")
WEEK = 7

_STATES = (
    "complaint_open",
    "litigation",
    "deceased",
    "staff",
    "refuses_automated_decisions",
    "no_personalisation",
)
_BOUND = ("opted_out_on", "do_not_disturb_on")
_PRESSURE = ("contacts_on_day", "contacts_in_week")
_NO_CHANNEL = ("consented_on", "opted_out_on", "number_opted_out_on", "do_not_disturb_on", "refused_on")
_NEVER = (*_STATES, "refused_lately")
_NUMBER_PRESSURE = tuple(f"number_{name}" for name in _PRESSURE)
_NUMBER_BOUND = tuple(f"number_{name}" for name in _BOUND)


@dataclass(frozen=True, kw_only=True)
class Known:
    """The frames that say what is known of people, each as its Table declares it, with ``as_of``.

    ``persons``: customer, person; whoever is not there is a person of his own.
    ``opt_outs``: customer, number, channel; what came in since the delivery (customer or number may be null).
    ``journeys``: customer, strategy, last_step; one row a customer and strategy, of those who have begun and
    may not begin again. ``begun_again``: customer, strategy, first_exposed, window_days; one row a journey
    after the first, which ``assignments`` has. ``touches``: strategy, step, channel_bit, planned_seconds,
    by_human, needs, caller_purpose, switched_off, personal, valid_from, valid_until; one row a touch of a
    strategy.
    """

    customers: DataFrame
    numbers: DataFrame
    persons: DataFrame
    consents: DataFrame
    suppressions: DataFrame
    opt_outs: DataFrame
    contacts: DataFrame
    outcomes: DataFrame
    plan: DataFrame
    assignments: DataFrame
    journeys: DataFrame
    begun_again: DataFrame
    touches: DataFrame


def gather(candidates: DataFrame, known: Known, *, day: date, contact: Contact) -> DataFrame:
    """The candidates with every column of ``Facts``, and the tokens ``number`` and ``person`` (null for who
    has one account), for contacts on ``day``.

    ``candidates``: at least customer, strategy, step, kind, hour; keeps their columns and number of rows.
    """
    facts = (
        candidates.join(known.touches, ["strategy", "step"], "left")
        .join(people(known, day=day, contact=contact), "customer", "left")
        .join(known.journeys.select("customer", "strategy", "last_step"), ["customer", "strategy"], "left")
    )
    return _filled(facts, zero=(*_NO_CHANNEL, *_PRESSURE, "last_step"), false=_NEVER, empty=("journey",))


def people(known: Known, *, day: date, contact: Contact) -> DataFrame:
    """One row a customer, with the facts that do not depend on what the contact is about."""
    persons = known.persons.select("customer", "person")
    bound = _bound(known, day=day)
    contacts = _contacts(known, day=day, contact=contact)
    by_number = _by_number(known, bound, contacts)
    under_way = _under_way(known, day)
    facts = (
        _aged(known.customers, day)
        .join(
            known.numbers.select("customer", "number", _number_kind().alias("number_kind")),
            "customer",
            "left",
        )
        .join(persons, "customer", "left")
        .withColumn("party", _party())
        .join(_consented(known.consents, day), "customer", "left")
        .join(bound, "customer", "left")
        .join(_touched(contacts, persons), "party", "left")
        .join(_latest(under_way, "customer").withColumnRenamed("latest", "own"), "customer", "left")
        .join(_latest(under_way.join(persons, "customer"), "person"), "person", "left")
        .join(by_number, "number", "left")
        .withColumn("journey", F.coalesce("own.strategy", "latest.strategy"))
        .drop("party", "own", "latest")
    )
    filled = _filled(facts, zero=(*_BOUND, *_NUMBER_BOUND, *_PRESSURE, *_NUMBER_PRESSURE))
    merged = {
        "do_not_disturb_on": F.col("do_not_disturb_on").bitwiseOR(F.col("number_do_not_disturb_on")),
        **{name: F.greatest(name, f"number_{name}") for name in _PRESSURE},
    }
    return filled.withColumns(merged).drop("number_do_not_disturb_on", *_NUMBER_PRESSURE)


def _aged(customers: DataFrame, day: date) -> DataFrame:
    """Only the month of birth is known: ``surely_age`` takes its last day, ``perhaps_age`` its first."""
    months = (F.lit(day.year) - F.year("birth_month")) * 12 + (F.lit(day.month) - F.month("birth_month"))
    return customers.select(
        "customer",
        F.floor((months - 1) / 12).cast("int").alias("surely_age"),
        F.floor(months / 12).cast("int").alias("perhaps_age"),
        "risk_level",
        "has_app",
    )


def _number_kind() -> Column:
    """Null where the number has no token: who shares it, and whether it opted out, could not be known."""
    return F.when(F.col("number").isNotNull(), F.col("kind"))


def _consented(consents: DataFrame, day: date) -> DataFrame:
    in_force = (
        (F.col("purpose") == "marketing")
        & F.col("granted")
        & (F.col("known_at") < F.lit(day).cast("timestamp"))
        & (F.col("valid_from") <= F.lit(day))
        & (F.col("valid_until").isNull() | (F.col("valid_until") >= F.lit(day)))
    )
    granted = consents.filter(in_force).select("customer", channels().alias("bits"))
    return granted.groupBy("customer").agg(F.bit_or("bits").alias("consented_on"))


def _party() -> Column:
    """Who counts as one: the person of several accounts, or the customer."""
    return F.coalesce("person", "customer")


def _bound(known: Known, *, day: date) -> DataFrame:
    """Suppressions and opt-outs in force, one row a customer."""
    delivered = suppressed(known.suppressions, persons=known.persons, day=day)
    asked = known.opt_outs.filter("customer is not null").select(
        "customer", F.lit("opt_out").alias("kind"), channels_or_all().alias("bits")
    )
    since_then = for_all_accounts(asked, known.persons)
    kind = F.col("kind")
    return (
        delivered.unionByName(since_then)
        .groupBy("customer")
        .agg(
            F.bit_or(F.when(kind == "opt_out", F.col("bits")).otherwise(0)).alias("opted_out_on"),
            F.bit_or(F.when(kind == "do_not_disturb", F.col("bits")).otherwise(0)).alias("do_not_disturb_on"),
            *(F.bool_or(kind == state).alias(state) for state in _STATES),
        )
    )


def _contacts(known: Known, *, day: date, contact: Contact) -> DataFrame:
    """Contacts and refusals by customer: of other systems, and the house's own, made or held back.

    Service contacts of other systems are no campaign and do not count; their refusals do.
    """
    others = known.contacts.select(
        "customer",
        F.col("contacted_at").cast("date").alias("on"),
        (F.coalesce("purpose", F.lit("marketing")) == "marketing").alias("counts"),
        F.when(F.col("result").isin(*REFUSALS), channels_or_all()).otherwise(0).alias("refused"),
    )
    answers = known.outcomes.filter(F.col("result").isin(*REFUSALS)).select(
        "customer",
        F.col("happened_at").cast("date").alias("on"),
        F.lit(False).alias("counts"),
        channels_or_all().alias("refused"),
    )
    planned = _exposures(known.plan, since=day - timedelta(days=WEEK)).select(
        "customer",
        F.date_add("as_of", 1).alias("on"),
        F.lit(True).alias("counts"),
        F.lit(0).alias("refused"),
    )
    in_week = F.col("on") > F.lit(day - timedelta(days=WEEK))
    relevant = (F.col("counts") & in_week) | (F.col("refused") != 0)
    cool_since = F.add_months(F.lit(day), -contact.refusal_months)
    return (
        others.unionByName(answers)
        .unionByName(planned)
        .filter(relevant)
        .select(
            "customer",
            "refused",
            ((F.col("refused") != 0) & (F.col("on") >= cool_since)).alias("refused_lately"),
            _one_if(F.col("counts") & (F.col("on") == F.lit(day))).alias("contacts_on_day"),
            _one_if(F.col("counts") & in_week).alias("contacts_in_week"),
        )
    )


def _touched(contacts: DataFrame, persons: DataFrame) -> DataFrame:
    """Contacts and refusals, one row a party: those of all accounts of a person together."""
    return (
        contacts.join(persons, "customer", "left")
        .groupBy(_party().alias("party"))
        .agg(
            F.bit_or("refused").alias("refused_on"),
            F.bool_or("refused_lately").alias("refused_lately"),
            *(F.sum(name).alias(name) for name in _PRESSURE),
        )
    )


def _by_number(known: Known, bound: DataFrame, contacts: DataFrame) -> DataFrame:
    """What binds everybody who shares a phone number, one row a number."""
    numbers = known.numbers.filter("number is not null").select("customer", "number")
    own = numbers.join(bound.select("customer", *_BOUND), "customer").select(
        "number", *_BOUND, *(F.lit(0).cast("long").alias(name) for name in _PRESSURE)
    )
    made = numbers.join(contacts.select("customer", *_PRESSURE), "customer").select(
        "number", *(F.lit(0).alias(name) for name in _BOUND), *_PRESSURE
    )
    since_then = known.opt_outs.filter("number is not null").select(
        "number",
        channels_or_all().alias("opted_out_on"),
        F.lit(0).alias("do_not_disturb_on"),
        *(F.lit(0).cast("long").alias(name) for name in _PRESSURE),
    )
    return (
        own.unionByName(made)
        .unionByName(since_then)
        .groupBy("number")
        .agg(
            *(F.bit_or(name).alias(f"number_{name}") for name in _BOUND),
            *(F.sum(name).alias(f"number_{name}") for name in _PRESSURE),
        )
    )


def _under_way(known: Known, day: date) -> DataFrame:
    """Customer, strategy and beginning of the journeys that customers are in on ``day``.

    He belongs to it until the window has passed, though the journey has ended or the strategy is paused.
    """
    columns = ("customer", "strategy", "first_exposed", "window_days")
    begun = known.assignments.select(*columns).unionByName(known.begun_again.select(*columns))
    return begun.filter(F.date_add("first_exposed", F.col("window_days")) > F.lit(day))


def _latest(journeys: DataFrame, by: str) -> DataFrame:
    """The latest journey of each, should there be two; of the same day, the last by name."""
    return journeys.groupBy(by).agg(F.max(F.struct("first_exposed", "strategy")).alias("latest"))


def _exposures(plan: DataFrame, *, since: date) -> DataFrame:
    return plan.filter(F.col("fate").isin(*EXPOSED) & (F.col("as_of") >= F.lit(since)))


def _one_if(condition: Column) -> Column:
    return F.when(condition, 1).otherwise(0)


def _filled(
    frame: DataFrame, *, zero: tuple[str, ...] = (), false: tuple[str, ...] = (), empty: tuple[str, ...] = ()
) -> DataFrame:
    """The frame with null replaced in the named columns: no row in the source means nothing happened.

    The engine is not asked for the other columns, since it would work the whole plan out to tell them.
    """
    values = {
        **dict.fromkeys(zero, F.lit(0)),
        **dict.fromkeys(false, F.lit(False)),
        **dict.fromkeys(empty, F.lit("")),
    }
    return frame.withColumns({name: F.coalesce(name, value) for name, value in values.items()})
