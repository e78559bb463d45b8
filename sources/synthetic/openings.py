"""Products taken up: unprompted, or because of a contact."""

import numpy as np
import pyarrow as pa

from lake.tables import OPENINGS
from lake.tables.words import PRODUCTS
from sources.synthetic.draws import Flags, Ints, chance
from sources.synthetic.extracts import SECONDS, Span, extract, fen_of, learned, words
from sources.synthetic.population import Population

_YUAN = {"deposit": 6_000, "loan": 20_000, "wealth": 8_000, "fund": 2_500, "instalment": 3_000}
"""Median placed or lent; what is not listed is an activation, without money."""

_PROMPTED = 5 * 10**8
"""Where the day's numbers of openings begin that a contact caused."""


def wants(people: Population, *, day: int) -> Flags:
    """What each customer takes up unprompted on ``day``, one column a product of ``PRODUCTS``."""
    columns = [chance(people.seed, f"wants {product}", index=people.index, day=day) for product in PRODUCTS]
    taken: Flags = np.column_stack(columns) < people.base
    return taken & (people.opened_day <= day)[:, None]


def openings(people: Population, *, span: Span) -> pa.Table:
    """Unprompted openings over a long span: as many as ``wants`` would give day by day, drawn at once."""
    draw = span.draw(people, "openings")
    counts = draw.binomial(span.days, people.base).ravel()
    row, product = np.divmod(np.repeat(np.arange(len(counts)), counts), len(PRODUCTS))
    day = span.days_of(len(row), draw)
    joined = day >= people.opened_day[row]
    return unprompted(people, row[joined], product[joined], day[joined], span=span)


def unprompted(people: Population, row: Ints, product: Ints, day: Ints, *, span: Span) -> pa.Table:
    """Openings at some time of their days; as with all else, the bank may learn of them late."""
    draw = span.draw(people, "openings, in detail")
    happened = (day * SECONDS + draw.integers(9 * 3600, 21 * 3600, len(row))) * 1_000_000
    serials = span.serials(people, len(row))
    return _openings(people, row, product, happened, learned(happened, draw), serials, draw)


def prompted(people: Population, row: Ints, product: Ints, second: Ints, *, span: Span) -> pa.Table:
    """Openings that a contact caused, at ``second`` of the span's first day; known at once."""
    draw = span.draw(people, "openings, prompted")
    happened = (span.first * SECONDS + second) * 1_000_000
    serials = span.serials(people, len(row)) + _PROMPTED
    return _openings(people, row, product, happened, happened, serials, draw)


def _openings(
    people: Population,
    row: Ints,
    product: Ints,
    happened: Ints,
    known: Ints,
    serials: Ints,
    draw: np.random.Generator,
) -> pa.Table:
    yuan = np.array([_YUAN.get(name, 0) for name in PRODUCTS])[product] * draw.lognormal(0, 0.5, len(row))
    columns = {
        "opening": serials,
        "occurred_at": happened,
        "product": words(PRODUCTS, product),
        "amount_fen": fen_of(yuan) // 10_000 * 10_000,
        "known_at": known,
    }
    return extract(OPENINGS, people, row, columns)
