"""The world in memory, without a file: people, their own wishes, and what contacts make of them.

For tests and studies that need many small worlds:

    people = population(2_000, seed=7)
    answers = respond(people.take(rows), contacts)
    bought = taken_up_within(
        people, product=wanted, start=contacts.day, window_days=7, rows=rows, answers=answers
    )
"""

import numpy as np

from sources.synthetic.draws import Flags, Ints
from sources.synthetic.openings import wants
from sources.synthetic.population import Population, population
from sources.synthetic.response import Answers, Contacts, expected_lift, respond

__all__ = ["Answers", "Contacts", "Population", "expected_lift", "population", "respond", "taken_up_within"]


def taken_up_within(
    people: Population, *, product: Ints, start: int, window_days: int, rows: Ints, answers: Answers
) -> Flags:
    """Who takes up their ``product`` (a position in ``PRODUCTS`` each) within the window from day ``start``.

    ``rows`` of ``people`` were contacted on ``start`` about that product, with ``answers``; the others not.
    """
    mine = np.arange(len(people))
    first = wants(people, day=start)[mine, product]
    first[rows] = (first[rows] & ~answers.stifled) | answers.caused
    later = [wants(people, day=start + offset)[mine, product] for offset in range(1, window_days)]
    taken: Flags = np.logical_or.reduce([first, *later])
    return taken
