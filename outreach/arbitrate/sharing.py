"""Who counts as one on a night: candidates who share a phone number or are one person."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from outreach.arbitrate.problem import Bits, Ints
from outreach.coded import Words


def sharing(customer: Words, number: Words, person: Words, *, luck: Bits) -> Ints:
    """The unit of each row: a place among the words of ``number`` followed by those of ``customer``.

    Rows are of one unit where they share a number, or are one person's, also through others: a person at two
    numbers makes one unit of all who are reached there. ``luck``: one a place; a unit of several places goes
    by the least, so that it does not depend on the order of rows.
    """
    unit = np.where(number.codes >= 0, number.codes, len(number.words) + customer.codes)
    known = person.codes >= 0
    if not known.any():
        return unit
    ties = np.unique(np.stack([unit[known], person.codes[known]]), axis=1)
    places = len(number.words) + len(customer.words)
    nodes = places + len(person.words)
    graph = coo_array((np.ones(ties.shape[1], np.bool_), (ties[0], places + ties[1])), shape=(nodes, nodes))
    _, linked = connected_components(graph, directed=False)
    tied = np.unique(ties[0])
    by_luck = tied[np.lexsort((tied, luck[tied]))]
    sets, first = np.unique(linked[by_luck], return_index=True)
    stands_for = np.arange(places)
    stands_for[tied] = by_luck[first][np.searchsorted(sets, linked[tied])]
    return np.asarray(stands_for[unit])
