"""What a what-if answer shows of few people: nothing, and nothing that tells of them."""

from dataclasses import replace
from typing import Any

import pytest

from jobs.what_if import shown_difference
from outreach.arbitrate.compare import Difference, Moved

FOUND = Difference(channels=(), strategies=(), same=500, other_hour=40, another=60, gained=70, lost=30)


def told(found: Difference) -> tuple[int | None, ...]:
    return found.same, found.other_hour, found.another, found.gained, found.lost


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, (500, 40, 60, 70, 30)),
        ({"other_hour": 3}, (500, None, 60, 70, 30)),
        ({"another": 3}, (None, 40, None, 70, 30)),
        ({"gained": 3, "lost": 0}, (None, 40, 60, None, None)),
        ({"lost": 9}, (None, 40, 60, None, None)),
        ({"same": 4, "other_hour": 0, "another": 0}, (None, 0, None, None, None)),
        ({"gained": 0, "lost": 0, "another": 0, "other_hour": 0}, (500, 0, 0, 0, 0)),
    ],
)
def test_few_customers_cannot_be_told_from_the_sentence_and_the_totals(
    changes: dict[str, Any], shown: tuple[int | None, ...]
) -> None:
    assert told(shown_difference(replace(FOUND, **changes))) == shown


def test_neither_plan_is_shown_where_they_differ_by_few() -> None:
    moves = (("a", 100, 150), ("b", 40, 43), ("c", 60, 60), ("d", 7, 90), ("e", 30, 12))
    found = replace(FOUND, strategies=tuple(Moved(name=n, before=b, after=a) for n, b, a in moves))
    told = {one.name: (one.before, one.after) for one in shown_difference(found).strategies}
    assert told["a"] == (100, 150)
    assert told["b"] == told["d"] == (None, None)
    assert sum(pair == (None, None) for pair in told.values()) >= 2
