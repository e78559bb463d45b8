"""All that waits for somebody, the most pressing first."""

from sqlalchemy import Connection

from console.inbox import book, night
from console.inbox.need import Group
from console.pages.page import Visit

_PLACES = (
    book.at_rest,
    night.failures,
    night.lists,
    book.in_the_book,
    book.proposed,
    night.experiments,
    night.alarms,
)


def waiting(visit: Visit, connection: Connection) -> list[Group]:
    """What waits for this person, by kind; nothing of a kind that is empty."""
    return [one for place in _PLACES for one in place(visit, connection) if one.needs]
