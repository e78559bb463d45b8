"""Words that nobody has written yet."""

from collections.abc import Iterator
from typing import Self

from strategies.blank import unwritten
from strategies.checks.facts import Facts
from strategies.checks.finding import Finding


class Unwritten(Finding):
    """Offer or script still holds the words that a new strategy begins with. 优惠内容或话术尚未填写"""

    name = "unwritten"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        for entry in facts.asked:
            places = unwritten(entry.strategy)
            if places:
                yield cls(strategies=(entry.name,), detail=", ".join(places))
