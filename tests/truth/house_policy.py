"""The house's own policy asked about made-up people, through the tables that a night reads."""

from datetime import UTC, datetime, time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from base.settings import Contact
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CONSENTS,
    CONTACTS,
    CUSTOMERS,
    NUMBERS,
    OUTCOMES,
    PERSONS,
    PLAN,
    SUPPRESSIONS,
)
from lake.tables.words import CHANNELS, PRODUCTS, RESULTS, SUPPRESSION_KINDS
from outreach.channels.channel import load_channels
from outreach.policy.facts import CHANNEL_BITS, facts_of
from outreach.policy.gather import Known, gather
from outreach.policy.rule import dropped_by
from tests.truth.person_states import (
    MARKETING,
    NEVER,
    NUMBER_KINDS,
    SERVICE,
    STEPS,
    STRATEGIES,
    Flags,
    Ints,
    People,
    Slots,
)

_WHEREVER = (*CHANNELS, "all")
_FATES = ("contact", "held_out", "lower_value")


def house_verdicts(engine: SparkSession, people: People, *, contact: Contact) -> list[str | None]:
    """For each person's candidate the name of the rule that drops it, or None where it may be made."""
    asked = gather(
        _frame(engine, _candidates(people)), _known(engine, people), day=people.day, contact=contact
    )
    judged = asked.select("customer", dropped_by(facts_of(people.day, contact=contact)).alias("dropped_by"))
    found = judged.toArrow().sort_by("customer")
    if found.num_rows != people.people or pc.count_distinct(found["customer"]).as_py() != people.people:
        raise AssertionError(f"{people.people} candidates went in, {found.num_rows} came out")
    reasons: list[str | None] = found["dropped_by"].to_pylist()
    return reasons


def _known(engine: SparkSession, people: People) -> Known:
    def frame(rows: pa.Table, table: Table) -> DataFrame:
        return _frame(engine, _declared(rows, table, people))

    return Known(
        customers=frame(_customers(people), CUSTOMERS),
        numbers=frame(_number_rows(people), NUMBERS),
        persons=frame(_accounts(people), PERSONS),
        consents=frame(_consents(people), CONSENTS),
        suppressions=frame(_suppressions(people), SUPPRESSIONS),
        opt_outs=_frame(engine, _opt_outs(people)),
        contacts=frame(_contacts(people), CONTACTS),
        outcomes=frame(_outcomes(people), OUTCOMES),
        plan=frame(_plan(people), PLAN),
        assignments=frame(_begun(people, people.assignments), ASSIGNMENTS),
        journeys=_frame(engine, _journeys(people)),
        begun_again=_frame(engine, _begun(people, people.begun_again)),
        touches=_frame(engine, _touches(people)),
    )


def _frame(engine: SparkSession, rows: pa.Table) -> DataFrame:
    return engine.createDataFrame(rows, from_arrow_schema(rows.schema))  # rows may be none at all


def _declared(rows: pa.Table, table: Table, people: People) -> pa.Table:
    """The rows with every column of the table, those not told as null, and the night they belong to."""
    for field in table.arrow_schema():
        if field.name in rows.column_names:
            place = rows.column_names.index(field.name)
            rows = rows.set_column(place, field.name, rows[field.name].cast(field.type))
        else:
            rows = rows.append_column(field.name, pa.nulls(rows.num_rows, field.type))
    if "as_of" not in rows.column_names:
        rows = rows.append_column("as_of", _dates(people, np.full(rows.num_rows, -1)))
    return rows


def _names(places: Ints) -> pa.Array:
    """Tokens in the order of people."""
    return _lettered("c", pc.utf8_lpad(pa.array(places).cast(pa.string()), 8, "0"))


def _lettered(letter: str, texts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(letter, texts, "")


def _dates(people: People, days: Ints) -> pa.Array:
    start = np.datetime64(people.day, "D")
    return pa.array(start + np.where(days == NEVER, 0, days), pa.date32(), mask=days == NEVER)


def _times(people: People, days: Ints, minutes: Ints | int = 720) -> pa.Array:
    start = np.datetime64(datetime.combine(people.day, time()), "us")
    at = start + (np.where(days == NEVER, 0, days) * 1440 + minutes).astype("timedelta64[m]")
    return pa.array(at, pa.timestamp("us"), mask=days == NEVER).cast(pa.timestamp("us", tz=str(UTC)))


def _words(places: Ints, vocabulary: tuple[str, ...]) -> pa.Array:
    known = (places >= 0) & (places < len(vocabulary))
    return pa.array(np.array(vocabulary)[np.where(known, places, 0)], pa.string(), mask=~known)


def _numbers_or_null(values: Ints) -> pa.Array:
    return pa.array(values, pa.int32(), mask=values == NEVER)


def _booleans(values: Ints) -> pa.Array:
    return pa.array(values == 1, mask=values == NEVER)


def _flat(slots: Slots) -> tuple[Ints, dict[str, Ints]]:
    who, place = np.nonzero(slots.here)
    return who, {name: values[who, place] for name, values in slots.words.items()}


def _tokens_of_numbers(numbers: Ints) -> pa.Array:
    return _lettered("n", pa.array(numbers, mask=numbers == NEVER).cast(pa.string()))


def _customers(people: People) -> pa.Table:
    here: Flags = people.registered
    unknown = people.born_year == NEVER
    months = np.where(unknown, 0, (people.born_year - 1970) * 12 + people.born_month - 1)
    born = pa.array(months.astype("datetime64[M]").astype("datetime64[D]"), pa.date32(), mask=unknown)
    columns = {
        "customer": _names(np.arange(people.people)),
        "birth_month": born,
        "risk_level": _numbers_or_null(people.risk),
        "has_app": _booleans(people.has_app),
        "opened_on": _dates(people, np.full(people.people, -900)),
        "known_at": _times(people, np.full(people.people, -900)),
    }
    return pa.table(columns).filter(pa.array(here))


def _number_rows(people: People) -> pa.Table:
    kind = people.number_kind
    number = np.where(kind == NUMBER_KINDS.index("none"), NEVER, people.number)
    columns = {
        "customer": _names(np.arange(people.people)),
        "number": _tokens_of_numbers(number),
        "kind": _words(kind, NUMBER_KINDS),
    }
    return pa.table(columns).filter(pa.array(people.has_number_row))


def _accounts(people: People) -> pa.Table:
    several = np.flatnonzero(people.person != NEVER)
    person = _lettered("p", pa.array(people.person[several]).cast(pa.string()))
    return pa.table({"customer": _names(several), "person": person})


def _consents(people: People) -> pa.Table:
    who, given = _flat(people.consents)
    return pa.table(
        {
            "customer": _names(who),
            "purpose": _words(given["purpose"], _purposes()),
            "channel": _words(given["channel"], CHANNELS),
            "granted": _booleans(given["granted"]),
            "valid_from": _dates(people, given["valid_from"]),
            "valid_until": _dates(people, given["valid_until"]),
            "known_at": _times(people, given["known_on"], given["minute"]),
        }
    )


def _purposes() -> tuple[str, ...]:
    words = {MARKETING: "marketing", SERVICE: "service"}
    return tuple(words[place] for place in sorted(words))


def _suppressions(people: People) -> pa.Table:
    who, bound = _flat(people.suppressions)
    return pa.table(
        {
            "customer": _names(who),
            "kind": _words(bound["kind"], SUPPRESSION_KINDS),
            "channel": _words(bound["channel"], _WHEREVER),
            "since": _dates(people, bound["since"]),
            "until": _dates(people, bound["until"]),
            "known_at": _times(people, bound["known_on"]),
        }
    )


def _opt_outs(people: People) -> pa.Table:
    who, asked = _flat(people.opt_outs)
    number = np.where(asked["by"] == 1, NEVER, people.number[who])
    by_person = asked["by"] != 2
    columns = {
        "customer": pc.if_else(pa.array(by_person), _names(who), pa.scalar(None, pa.string())),
        "number": _tokens_of_numbers(number),
        "channel": _words(asked["channel"], _WHEREVER),
    }
    return pa.table(columns)


def _contacts(people: People) -> pa.Table:
    who, made = _flat(people.contacts)
    return pa.table(
        {
            "contact": pa.array(np.arange(len(who))),
            "customer": _names(who),
            "contacted_at": _times(people, made["on"], made["minute"]),
            "channel": _words(made["channel"], CHANNELS),
            "purpose": _words(made["purpose"], _purposes()),
            "result": _words(made["result"], RESULTS),
            "known_at": _times(people, made["on"], made["minute"]),
        }
    )


def _outcomes(people: People) -> pa.Table:
    who, came = _flat(people.outcomes)
    return pa.table(
        {
            "contact": _names(who),
            "customer": _names(who),
            "strategy": _strategies(came["strategy"]),
            "step": pa.array(np.ones(len(who)), pa.int32()),
            "channel": _words(came["channel"], CHANNELS),
            "result": _words(came["result"], RESULTS),
            "happened_at": _times(people, came["on"]),
            "as_of": _dates(people, came["on"] - 1),
        }
    )


def _plan(people: People) -> pa.Table:
    who, chosen = _flat(people.plan)
    return pa.table(
        {
            "customer": _names(who),
            "strategy": _strategies(chosen["strategy"]),
            "step": pa.array(chosen["step"] + 1, pa.int32()),
            "channel": _words(chosen["channel"], CHANNELS),
            "fate": _words(chosen["fate"], _FATES),
            "as_of": _dates(people, chosen["on"] - 1),
        }
    )


def _begun(people: People, slots: Slots) -> pa.Table:
    who, begun = _flat(slots)
    return pa.table(
        {
            "customer": _names(who),
            "strategy": _strategies(begun["strategy"]),
            "first_exposed": _dates(people, begun["first"]),
            "window_days": pa.array(begun["window"], pa.int32()),
        }
    )


def _journeys(people: People) -> pa.Table:
    who, made = _flat(people.journeys)
    last = pa.array(made["last"], pa.int32())
    return pa.table({"customer": _names(who), "strategy": _strategies(made["strategy"]), "last_step": last})


def _strategies(places: Ints) -> pa.Array:
    return _lettered("strategy_", pa.array(places).cast(pa.string()))


def _candidates(people: People) -> pa.Table:
    place = people.strategy, people.step
    return pa.table(
        {
            "customer": _names(np.arange(people.people)),
            "strategy": _strategies(people.strategy),
            "step": pa.array(people.step + 1, pa.int32()),
            "channel": _words(people.touches.channel[place], CHANNELS),
            "kind": _words(people.touches.kind[place], PRODUCTS),
            "hour": _numbers_or_null(people.hour),
        }
    )


def _touches(people: People) -> pa.Table:
    """Each touch as a night lays it before policy, with what its declared channel asks for."""
    declared, touches = load_channels(), people.touches
    rows: list[dict[str, Any]] = []
    for strategy, step in np.ndindex(STRATEGIES, STEPS):
        name = CHANNELS[touches.channel[strategy, step]]
        channel = declared[name]
        rows.append(
            {
                "strategy": f"strategy_{strategy}",
                "step": step + 1,
                "channel_bit": CHANNEL_BITS[name],
                "planned_seconds": channel.seconds,
                "by_human": channel.by_human,
                "needs": channel.needs,
                "caller_purpose": "marketing" if touches.marketing_number[strategy, step] else None,
                "switched_off": bool(touches.switched_off[strategy, step]),
                "personal": bool(touches.personal[strategy, step]),
            }
        )
    table = pa.Table.from_pylist(rows)
    for name in ("step", "channel_bit", "planned_seconds"):
        table = table.set_column(table.column_names.index(name), name, table[name].cast(pa.int32()))
    table = table.append_column("valid_from", _dates(people, touches.valid_from.ravel()))
    return table.append_column("valid_until", _dates(people, touches.valid_until.ravel()))
