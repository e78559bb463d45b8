"""How customers stand with the bank on a day: who they are, what they allow, why some must be left alone."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from lake.tables import CONSENTS, CUSTOMERS, SUPPRESSIONS
from lake.tables.words import CHANNELS
from sources.synthetic.archetypes import ARCHETYPES
from sources.synthetic.draws import Ints, day_number, stream
from sources.synthetic.extracts import SECONDS, extract, words
from sources.synthetic.population import (
    CITIES,
    OCCUPATIONS,
    PART,
    UNKNOWN_DAY,
    Population,
    first_of_month,
)

COMPLAINT_OPEN_DAYS = 30

_KINDS = SUPPRESSIONS["kind"].values
_SCOPES = SUPPRESSIONS["channel"].values
_PURPOSES = CONSENTS["purpose"].values
_GENDERS = CUSTOMERS["gender"].values
_SHARES = {
    "opt_out": 0.020,
    "do_not_disturb": 0.015,
    "complaint_open": 0.030,
    "litigation": 0.003,
    "deceased": 0.003,
    "staff": 0.004,
    "refuses_automated_decisions": 0.010,
    "no_personalisation": 0.010,
}
"""Share of customers whom each kind of suppression strikes in a year."""


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
    """Marketing consent by channel, and for service by SMS; one in twenty was never asked for.

    One in four is withdrawn some day, and one in twenty runs out five years after the customer joined.
    """
    draw = stream(people.seed, "consents", _part(people))
    today = day_number(as_of)
    willing = np.array([kind.consents for kind in ARCHETYPES])[people.archetype]
    asked_for = [*(("marketing", channel) for channel in CHANNELS), ("service", "sms")]
    pieces: list[tuple[np.ndarray, ...]] = []
    for purpose, channel in asked_for:
        given = draw.random(len(people)) < np.where(purpose == "service", 0.97, willing)
        changed = people.opened_day + 30 + draw.integers(0, 6_000, len(people))
        withdrawn = given & (draw.random(len(people)) < 0.25) & (changed <= today)
        ends = (draw.random(len(people)) < 0.05) & ~withdrawn
        until = np.where(ends, people.opened_day + 5 * 365, UNKNOWN_DAY)
        since = np.where(withdrawn, changed, people.opened_day)
        asked = np.flatnonzero((draw.random(len(people)) > 0.05) & (people.opened_day <= today))
        purposes = np.full(len(asked), _PURPOSES.index(purpose))
        channels = np.full(len(asked), CHANNELS.index(channel))
        pieces.append((asked, purposes, channels, (given & ~withdrawn)[asked], since[asked], until[asked]))
    row, purposes, channels, granted, since, until = (
        np.concatenate(arrays) for arrays in zip(*pieces, strict=True)
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
            "known_at": (since * SECONDS + 20 * 3600) * 1_000_000,
        },
    )


@dataclass(frozen=True, kw_only=True)
class Complained:
    """Who (``index``) complained of a contact, and on which ``day``."""

    index: Ints
    day: Ints


def suppressions(people: Population, complained: Complained, *, as_of: date, today: date) -> pa.Table:
    """Suppressions since some day up to ``as_of``; the days are spread over two years around ``today``.

    Half of the opt-outs bind one channel only; a complaint, also of a contact, is open for a while, all else
    for good.
    """
    draw = stream(people.seed, "suppressions", _part(people))
    struck = [np.flatnonzero(draw.random(len(people)) < 2 * _SHARES[kind]) for kind in _KINDS]
    row = np.concatenate(struck)
    kind = np.repeat(np.arange(len(_KINDS)), [len(rows) for rows in struck])
    since = day_number(today) - 365 + draw.integers(0, 730, len(row))
    narrow = (kind == _KINDS.index("opt_out")) & (draw.random(len(row)) < 0.5)
    scope = np.where(narrow, draw.integers(0, len(CHANNELS), len(row)), _SCOPES.index("all"))
    known = (since <= day_number(as_of)) & (people.opened_day[row] <= since)
    here = complained.index // PART == _part(people)
    row = np.concatenate([row[known], complained.index[here] - people.index[0]])
    kind = np.concatenate([kind[known], np.full(here.sum(), _KINDS.index("complaint_open"))])
    scope = np.concatenate([scope[known], np.full(here.sum(), _SCOPES.index("all"))])
    since = np.concatenate([since[known], complained.day[here]])
    once = np.unique(np.column_stack([row, kind, since]), axis=0, return_index=True)[1]
    row, kind, scope, since = (array[once] for array in (row, kind, scope, since))
    until = np.where(kind == _KINDS.index("complaint_open"), since + COMPLAINT_OPEN_DAYS, UNKNOWN_DAY)
    return extract(
        SUPPRESSIONS,
        people,
        row,
        {
            "kind": words(_KINDS, kind),
            "channel": words(_SCOPES, scope),
            "since": since.astype("datetime64[D]"),
            "until": pa.array(until.astype("datetime64[D]"), mask=until == UNKNOWN_DAY),
            "known_at": (since * SECONDS + 12 * 3600) * 1_000_000,
        },
    )


def _part(people: Population) -> int:
    return int(people.index[0]) // PART
