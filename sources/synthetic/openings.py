"""Products taken up: unprompted, or because of a contact."""

import numpy as np
import pyarrow as pa

from lake.tables import OPENINGS
from lake.tables.words import PRODUCTS
from sources.synthetic.draws import Flags, Floats, Ints, chance
from sources.synthetic.extracts import LATE_SHARE, SECONDS, Span, extract, fen_of, words
from sources.synthetic.population import Population

_YUAN = {"deposit": 6_000, "loan": 20_000, "wealth": 8_000, "fund": 2_500, "instalment": 3_000}
"""Placed or lent, give or take a factor of three; what is not listed is an activation, without money."""

_PROMPTED = 5 * 10**8
"""Where the numbers of a day's openings begin that a contact caused."""


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
    row, product, day = row[joined], product[joined], day[joined]
    return _at_leisure(people, row, product, day, serials=span.serials(people, len(row)))


def unprompted(people: Population, *, wanted: Flags, span: Span) -> pa.Table:
    """Openings of one day, as ``wants`` gives them, at some hour; the bank may learn of them late."""
    row, product = np.nonzero(wanted)
    day = np.full(len(row), span.first)
    return _at_leisure(people, row, product, day, serials=_serials(people, row, product, span))


def prompted(people: Population, row: Ints, product: Ints, second: Ints, *, span: Span) -> pa.Table:
    """Openings that a contact caused, at ``second`` of the span's one day; known at once."""
    happened = (span.first * SECONDS + second) * 1_000_000
    serials = _serials(people, row, product, span) + _PROMPTED
    return _written(people, row, product, happened, happened, serials)


def _serials(people: Population, row: Ints, product: Ints, span: Span) -> Ints:
    """Numbers that belong to customer, product and day, so that no other opening moves them."""
    serials: Ints = span.first * 10**13 + people.index[row] * len(PRODUCTS) + product
    return serials


def _at_leisure(people: Population, row: Ints, product: Ints, day: Ints, *, serials: Ints) -> pa.Table:
    luck = _luck(people, row, product, day, of="time")
    happened = (day * SECONDS + ((9 + 12 * luck) * 3600).astype(np.int64)) * 1_000_000
    late = _luck(people, row, product, day, of="delay")
    delay = np.where(late < LATE_SHARE, 1_800 + 40 * 3600 * late / LATE_SHARE, 120 * late).astype(np.int64)
    return _written(people, row, product, happened, happened + delay * 1_000_000, serials)


def _written(
    people: Population, row: Ints, product: Ints, happened: Ints, known: Ints, serials: Ints
) -> pa.Table:
    luck = _luck(people, row, product, happened, of="amount")
    yuan = np.array([_YUAN.get(name, 0) for name in PRODUCTS])[product] * 9.0 ** (luck - 0.5)
    columns = {
        "opening": serials,
        "occurred_at": happened,
        "product": words(PRODUCTS, product),
        "amount_fen": fen_of(yuan) // 10_000 * 10_000,
        "known_at": known,
    }
    return extract(OPENINGS, people, row, columns)


def _luck(people: Population, row: Ints, product: Ints, day: Ints, *, of: str) -> Floats:
    key = people.index[row] * len(PRODUCTS) + product
    return chance(people.seed, f"opening {of}", index=key, day=day)
