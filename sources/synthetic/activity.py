"""What passes between customers and the bank: app visits, calls in, complaints, contacts of other systems."""

import numpy as np
import pyarrow as pa

from lake.table import Table
from lake.tables import APP_EVENTS, COMPLAINTS, CONTACTS, INBOUND_CALLS
from lake.tables.words import CHANNELS, PRODUCTS, RESULTS
from sources.synthetic.archetypes import ARCHETYPES
from sources.synthetic.draws import Floats, Ints
from sources.synthetic.extracts import SECONDS, Span, extract, learned, words
from sources.synthetic.population import PART, Population
from sources.synthetic.response import call_results, is_call, message_results

_KINDS = APP_EVENTS["kind"].values
_PURPOSES = CONTACTS["purpose"].values
_ABOUT_CONTACTS = 5 * 10**8
_DEEPER = 0.6
"""Share of visits that are more than a login."""


def app_events(people: Population, *, span: Span) -> pa.Table:
    """Visits to the app: a login each, then perhaps a look at a product, a search, a transfer, a service."""
    draw = span.draw(people, "app_events")
    sessions = np.array([kind.sessions for kind in ARCHETYPES])[people.archetype]
    visitor, day = _scattered(people, span, sessions * people.has_app * people.activity, draw)
    awake = day < people.silent_day[visitor]
    visitor, day = visitor[awake], day[awake]
    hour = 7 + 16 * (draw.random(len(day)) + draw.random(len(day))) / 2
    login = day * SECONDS + (hour * 3600).astype(np.int64)
    deeper = draw.random(len(login)) < _DEEPER
    kind, product = _done(people.archetype[visitor[deeper]], draw)
    row = np.concatenate([visitor, visitor[deeper]])
    happened = np.concatenate([login, login[deeper] + draw.integers(5, 240, len(kind))]) * 1_000_000
    return extract(
        APP_EVENTS,
        people,
        row,
        {
            "event": span.serials(people, len(row)),
            "occurred_at": happened,
            "kind": words(_KINDS, np.concatenate([np.full(len(login), _KINDS.index("login")), kind])),
            "product": words(PRODUCTS, np.concatenate([np.full(len(login), -1), product])),
            "known_at": learned(happened, draw),
        },
    )


def _done(archetype: Ints, draw: np.random.Generator) -> tuple[Ints, Ints]:
    """What is done after the login, and the product it concerns (-1: none)."""
    wanted = np.array([[kind.browses.get(product, 0.0) for product in PRODUCTS] for kind in ARCHETYPES])
    browsing = wanted.sum(axis=1) > 0
    reached = np.cumsum(wanted, axis=1) / np.maximum(wanted.sum(axis=1, keepdims=True), 1e-9)
    product = (draw.random(len(archetype))[:, None] >= reached[archetype]).sum(axis=1)
    deeds = [_KINDS.index(name) for name in ("browse", "search", "transfer", "service")]
    for_browsers = draw.choice(deeds, p=(0.75, 0.10, 0.10, 0.05), size=len(archetype))
    for_others = draw.choice(deeds[2:], size=len(archetype))
    kind = np.where(browsing[archetype], for_browsers, for_others)
    return kind, np.where(kind == _KINDS.index("browse"), product, -1)


def contacts(people: Population, *, span: Span) -> pa.Table:
    """Contacts of the bank's other systems: at any hour, by any channel, met as the world meets contacts."""
    draw = span.draw(people, "contacts")
    yearly = np.array([kind.contacted for kind in ARCHETYPES])[people.archetype]
    row, day = _scattered(people, span, yearly, draw)
    who = people.take(row)
    channel = draw.choice(len(CHANNELS), p=(0.2, 0.3, 0.3, 0.2), size=len(row))
    hour = draw.integers(9, 20, len(row))
    happened = (day * SECONDS + hour * 3600 + draw.integers(0, 3600, len(row))) * 1_000_000
    service = draw.random(len(row)) < 0.3
    purpose = np.where(service, _PURPOSES.index("service"), _PURPOSES.index("marketing"))
    product = np.where(service, -1, draw.integers(0, len(PRODUCTS), len(row)))
    result = _met(who, channel, hour, draw)
    return extract(
        CONTACTS,
        people,
        row,
        {
            "contact": span.serials(people, len(row)),
            "contacted_at": happened,
            "channel": words(CHANNELS, channel),
            "purpose": words(_PURPOSES, purpose),
            "product": words(PRODUCTS, product),
            "result": words(RESULTS, result),
            "known_at": learned(happened, draw),
        },
    )


def _met(who: Population, channel: Ints, hour: Ints, draw: np.random.Generator) -> Ints:
    rested = np.zeros(len(who), dtype=np.int64)
    luck, mood = draw.random(len(who)), draw.random(len(who))
    talk = np.select(
        [mood < 0.02, mood > 0.97, mood > 0.88],
        [RESULTS.index("refused"), RESULTS.index("converted"), RESULTS.index("interested")],
        default=RESULTS.index("heard_out"),
    )
    calls = call_results(who, channel=channel, hour=hour, earlier=rested, luck=luck, talk=talk)
    messages = message_results(who, channel=channel, luck=luck, mood=mood)
    met: Ints = np.where(is_call(channel), calls, messages)
    return met


def complaints(people: Population, *, span: Span) -> pa.Table:
    """One customer in thirty complains in a year."""
    return _seldom(COMPLAINTS, people, span, per_year=0.035, words_in="topic")


def complaints_about_contacts(people: Population, row: Ints, second: Ints, *, span: Span) -> pa.Table:
    """Complaints about contacts of the span's one day, made at ``second`` of it and known at once."""
    topics = COMPLAINTS["topic"].values
    happened = (span.first * SECONDS + second) * 1_000_000
    columns = {
        "complaint": span.serials(people, PART)[row] + _ABOUT_CONTACTS,
        "opened_at": happened,
        "topic": words(topics, np.full(len(row), topics.index("contact"))),
        "known_at": happened,
    }
    return extract(COMPLAINTS, people, row, columns)


def inbound_calls(people: Population, *, span: Span) -> pa.Table:
    """Two calls in three years from an average customer."""
    return _seldom(INBOUND_CALLS, people, span, per_year=0.7, words_in="intent")


def _seldom(table: Table, people: Population, span: Span, *, per_year: float, words_in: str) -> pa.Table:
    """Rare events of no further shape: a number, a time in the day, and a word of ``words_in``."""
    draw = span.draw(people, table.name)
    row, day = _scattered(people, span, np.full(len(people), per_year), draw)
    happened = (day * SECONDS + draw.integers(8 * 3600, 20 * 3600, len(row))) * 1_000_000
    choices = table[words_in].values
    columns = {
        table.grain[0]: span.serials(people, len(row)),
        str(table.happened): happened,
        words_in: words(choices, draw.integers(0, len(choices), len(row))),
        "known_at": learned(happened, draw),
    }
    return extract(table, people, row, columns)


def _scattered(
    people: Population, span: Span, yearly: Floats, draw: np.random.Generator
) -> tuple[Ints, Ints]:
    """Rows of customers, and days, of events that come ``yearly`` times a year; none before they joined."""
    row = np.repeat(np.arange(len(people)), draw.poisson(yearly * span.days / 365.0))
    day = span.days_of(len(row), draw)
    joined = day >= people.opened_day[row]
    return row[joined], day[joined]
