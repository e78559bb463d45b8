"""How customers stand with the bank on a day: who they are, what they allow, why some must be left alone."""

from datetime import date

import numpy as np
import pyarrow as pa

from lake.tables import CONSENTS, CONTACTS, CUSTOMERS, SUPPRESSIONS
from lake.tables.words import CHANNELS, PRODUCTS, RESULTS
from sources.synthetic.archetypes import ARCHETYPES
from sources.synthetic.draws import Flags, Floats, Ints, day_number, stream
from sources.synthetic.events import SECONDS, Span, extract, learned, words
from sources.synthetic.population import (
    CITIES,
    OCCUPATIONS,
    PART,
    UNKNOWN_DAY,
    Population,
    first_of_month,
)
from sources.synthetic.response import is_call, picks_up, reach

_KINDS = SUPPRESSIONS["kind"].values
_SCOPES = SUPPRESSIONS["channel"].values
_PURPOSES = CONSENTS["purpose"].values
_GENDERS = CUSTOMERS["gender"].values
_SHARES = {
    "opt_out": 0.020,
    "do_not_disturb": 0.015,
    "complaint_open": 0.006,
    "litigation": 0.003,
    "deceased": 0.003,
    "staff": 0.004,
    "refuses_automated_decisions": 0.010,
    "no_personalisation": 0.010,
}
"""Share of customers who come under each kind of suppression within the year before or after ``today``."""


def customers(people: Population, *, as_of: date) -> pa.Table:
    """Everyone who has joined by ``as_of``."""
    here = np.flatnonzero(people.opened_day <= day_number(as_of))
    who = people.take(here)
    born = pa.array(first_of_month(who.birth_day).astype("datetime64[D]"), mask=who.birth_day == UNKNOWN_DAY)
    return extract(
        CUSTOMERS,
        people,
        here,
        {
            "birth_month": born,
            "gender": words(_GENDERS, np.where(who.female, _GENDERS.index("F"), _GENDERS.index("M"))),
            "city": words(CITIES, who.city),
            "occupation": words(OCCUPATIONS, who.occupation),
            "opened_on": who.opened_day.astype("datetime64[D]"),
            "risk_level": pa.array(who.risk_level.astype(np.int32), mask=who.risk_level < 0),
            "has_app": who.has_app,
            "known_at": (who.opened_day * SECONDS + 18 * 3600) * 1_000_000,
        },
    )


def consents(people: Population, *, as_of: date) -> pa.Table:
    """Marketing consent by channel, and for service by SMS; one row in eight was never asked for.

    One consent in twenty is withdrawn on some day within a year around ``today``, and one in twenty runs out.
    """
    draw = stream(people.seed, "consents", _part(people))
    today = day_number(as_of)
    willing = np.array([kind.consents for kind in ARCHETYPES])[people.archetype]
    pieces: list[tuple[Ints, Ints, Ints, Flags, Ints, Ints, Ints]] = []
    for purpose, channel in [*(("marketing", channel) for channel in CHANNELS), ("service", "sms")]:
        given = draw.random(len(people)) < np.where(purpose == "service", 0.97, willing)
        changes = people.opened_day + 30 + (draw.random(len(people)) * 6000).astype(np.int64)
        withdrawn = given & (draw.random(len(people)) < 0.25) & (changes <= today)
        until = np.where(draw.random(len(people)) < 0.05, people.opened_day + 1825, UNKNOWN_DAY)
        asked = np.flatnonzero((draw.random(len(people)) > 0.05) & (people.opened_day <= today))
        since = np.where(withdrawn, changes, people.opened_day)
        count = np.ones(len(asked), dtype=np.int64)
        pieces.append(
            (
                asked,
                _PURPOSES.index(purpose) * count,
                CHANNELS.index(channel) * count,
                (given & ~withdrawn)[asked],
                since[asked],
                np.where(withdrawn, UNKNOWN_DAY, until)[asked],
                since[asked] * SECONDS + 20 * 3600,
            )
        )
    row, purposes, channels, granted, since, until, known = (
        np.concatenate([piece[at] for piece in pieces]) for at in range(7)
    )
    return extract(
        CONSENTS,
        people,
        row,
        {
            "purpose": words(_PURPOSES, purposes),
            "channel": words(CHANNELS, channels),
            "granted": granted.astype(np.bool_),
            "valid_from": since.astype("datetime64[D]"),
            "valid_until": pa.array(until.astype("datetime64[D]"), mask=until == UNKNOWN_DAY),
            "known_at": known * 1_000_000,
        },
    )


def suppressions(people: Population, *, as_of: date, today: date) -> pa.Table:
    """Suppressions known by ``as_of``; half of the opt-outs bind one channel, complaints close after 30 days."""
    draw = stream(people.seed, "suppressions", _part(people))
    rows, kinds, scopes, sinces, untils = [], [], [], [], []
    for number, kind in enumerate(_KINDS):
        # Half of a share before today and half after it: rates are a year's, the days run over two.
        struck = np.flatnonzero(draw.random(len(people)) < 2 * _SHARES[kind])
        since = day_number(today) - 365 + draw.integers(0, 730, len(struck))
        scope = np.full(len(struck), _SCOPES.index("all"))
        if kind == "opt_out":
            scope = np.where(
                draw.random(len(struck)) < 0.5, draw.integers(0, len(CHANNELS), len(struck)), scope
            )
        until = since + 30 if kind == "complaint_open" else np.full(len(struck), UNKNOWN_DAY)
        known = (since <= day_number(as_of)) & (people.opened_day[struck] <= since)
        for found, values in (
            (rows, struck),
            (kinds, np.full(len(struck), number)),
            (scopes, scope),
            (sinces, since),
            (untils, until),
        ):
            found.append(values[known])
    row, kind_at, scope, since, until = (
        np.concatenate(found) for found in (rows, kinds, scopes, sinces, untils)
    )
    return extract(
        SUPPRESSIONS,
        people,
        row,
        {
            "kind": words(_KINDS, kind_at),
            "channel": words(_SCOPES, scope),
            "since": since.astype("datetime64[D]"),
            "until": pa.array(until.astype("datetime64[D]"), mask=until == UNKNOWN_DAY),
            "known_at": (since * SECONDS + 12 * 3600) * 1_000_000,
        },
    )


def contacts(people: Population, *, span: Span) -> pa.Table:
    """Contacts that the bank's other systems made, answered as the world answers, at hours of no great thought."""
    draw = span.draw(people, "contacts")
    rate = np.array([kind.contacted for kind in ARCHETYPES])[people.archetype]
    row = np.repeat(np.arange(len(people)), draw.poisson(rate * span.days / 365.0))
    day = span.first + draw.integers(0, span.days, len(row))
    joined = day >= people.opened_day[row]
    row, day = row[joined], day[joined]
    who = people.take(row)
    channel = draw.choice(len(CHANNELS), p=(0.2, 0.3, 0.3, 0.2), size=len(row))
    hour = draw.integers(9, 20, len(row))
    service = draw.random(len(row)) < 0.3
    happened = (day * SECONDS + hour * 3600 + draw.integers(0, 3600, len(row))) * 1_000_000
    return extract(
        CONTACTS,
        people,
        row,
        {
            "contact": span.serials(people, len(row)),
            "contacted_at": happened,
            "channel": words(CHANNELS, channel),
            "purpose": words(_PURPOSES, np.where(service, 1, 0)),
            "product": words(PRODUCTS, np.where(service, -1, draw.integers(0, len(PRODUCTS), len(row)))),
            "result": words(
                RESULTS, _results(who, channel, hour, draw.random(len(row)), draw.random(len(row)))
            ),
            "known_at": learned(happened, draw),
        },
    )


def _results(people: Population, channel: Ints, hour: Ints, luck: Floats, mood: Floats) -> Ints:
    fresh = np.zeros(len(people), dtype=np.int64)
    answered = luck < picks_up(people.archetype, hour=hour, earlier=fresh)
    through = luck < reach(
        people.archetype, channel=channel, hour=hour, has_app=people.has_app, earlier=fresh
    )
    talk = np.select(
        [mood < 0.02, mood > 0.97, mood > 0.88],
        [RESULTS.index("refused"), RESULTS.index("converted"), RESULTS.index("interested")],
        default=RESULTS.index("heard_out"),
    )
    call = np.where(through, talk, np.where(answered, RESULTS.index("hung_up"), RESULTS.index("no_answer")))
    message = np.where(through, RESULTS.index("opened"), RESULTS.index("delivered"))
    return np.where(is_call(channel), call, message)


def _part(people: Population) -> int:
    return int(people.index[0]) // PART
