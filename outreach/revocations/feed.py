"""The feed: what each recipient holds and may no longer use, page by page.

Revocations are numbered in the order of their commits (migration 0007), so a reader who has seen place N has
seen all before it. What a revocation means for a recipient is found as it reads: the contacts it holds of
lists that were frozen before that place and have not expired. A revocation stays one, also where the opt-out
is withdrawn or the strategy goes on: the contact was called off.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Row, text

from base.errors import OptOutError

PAGE = 5_000
_EVENTS = 500


@dataclass(frozen=True, kw_only=True, order=True)
class Cursor:
    """How far a reader has come: up to a place, or into one that concerns many contacts."""

    place: int = 0
    as_of: date = date.min
    contact: str = ""

    @classmethod
    def read(cls, told: str) -> "Cursor":
        """From the words a reader was told. Raises OptOutError for any other."""
        place, *inside = told.split("/")
        try:
            if not place.isascii() or not place.isdecimal() or len(place) > 18:
                raise ValueError
            if not inside:
                return cls(place=int(place))
            as_of, contact = inside
            return cls(place=int(place), as_of=date.fromisoformat(as_of), contact=contact)
        except ValueError:
            raise OptOutError(
                f"after={told}: no place in the feed; begin with 0, go on with 'next'"
            ) from None

    def __str__(self) -> str:
        return f"{self.place}/{self.as_of}/{self.contact}" if self.contact else str(self.place)


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """One contact that its recipient must not make any more."""

    place: int
    contact: str
    address: str
    why: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Page:
    """Revocations in order; ``next`` is where the next page begins, ``more`` whether it is worth asking."""

    revocations: tuple[Revocation, ...]
    next: Cursor
    more: bool


# The tables fill by a million rows in seconds, sooner than PostgreSQL learns of it: it must neither think
# them small nor think that "all of a recipient" are few. So one list of tokens is looked up at a time.
_BY_INDEX = text("set local enable_seqscan = off")
_SPAN = text("""
select coalesce((select max(place) from revocations), 0) as newest,
    (select min(after) from released_lists where recipient = :recipient and expires_at > now()) as oldest
""")
_AHEAD = text("""
select place, why, at, customer, number, channel from revocations where place > :place
order by place limit :limit
""")
_NUMBERS = text("""
select distinct customer, number from released_contacts
where customer = any(:customers) and number is not null
""")
_HIT = text("""
with hit as materialized (
    select * from released_contacts where customer = any(:customers)
), hit_by_number as materialized (
    select * from released_contacts where number = any(:numbers)
)
select c.contact, c.address, c.customer, c.number, c.channel, l.after
from (select * from hit union select * from hit_by_number) c
    join released_lists l on l.recipient = c.recipient and l.as_of = c.as_of
where c.recipient = :recipient and l.expires_at > now()
""")
_OF_MANY = text("""
select e.place, c.contact, c.address, e.why, e.at, c.as_of
from revocations e, released_contacts c
    join released_lists l on l.recipient = c.recipient and l.as_of = c.as_of
where e.place = :place and c.recipient = :recipient and l.expires_at > now() and l.after < e.place
    and e.channel in ('all', c.channel) and coalesce(e.strategy, c.strategy) = c.strategy
    and coalesce(e.as_of, c.as_of) = c.as_of and coalesce(e.recipient, c.recipient) = c.recipient
    and (c.as_of, c.contact) > (:as_of, :contact)
order by c.as_of, c.contact limit :limit
""")
_ASKED = text("""
with asked as materialized (select * from released_contacts where address = :address)
select c.customer, c.number, c.channel, c.strategy, c.as_of, c.recipient, l.after
from asked c join released_lists l on l.recipient = c.recipient and l.as_of = c.as_of
where c.recipient = :recipient and l.expires_at > now()
""")
_KIN = text("select distinct customer from released_contacts where number = :number and customer is not null")
_WHY = text("""
select why from revocations e where e.place > :after and e.channel in ('all', :channel) and (
    e.customer = any(:kin) or e.number = :number
    or e.customer is null and e.number is null and coalesce(e.strategy, :strategy) = :strategy
        and coalesce(e.as_of, :as_of) = :as_of and coalesce(e.recipient, :recipient) = :recipient
) order by e.place limit 1
""")


def read_page(connection: Connection, *, recipient: str, after: Cursor, limit: int = PAGE) -> Page:
    """What ``recipient`` must not use any more and was told after ``after``; about ``limit`` at most.

    ``connection``: in one snapshot (repeatable read), else a list that is frozen between two queries could
    hold what is never told.
    """
    connection.execute(_BY_INDEX)
    span = connection.execute(_SPAN, {"recipient": recipient}).one()
    if span.oldest is None or (span.newest <= after.place and not after.contact):
        return Page(revocations=(), next=max(after, Cursor(place=span.newest)), more=False)
    here = max(after, Cursor(place=span.oldest))
    found: list[Revocation] = []
    while len(found) < limit:
        if here.contact:
            made, here = _of_many(connection, recipient, here, limit - len(found))
            found += made
            continue
        ahead = connection.execute(_AHEAD, {"place": here.place, "limit": _EVENTS}).all()
        of_persons = list(takewhile(_is_of_a_person, ahead))
        if not ahead:
            return Page(revocations=tuple(found), next=here, more=False)
        if of_persons:
            found += _of_persons(connection, recipient, of_persons)
            here = Cursor(place=of_persons[-1].place)
        else:
            start = Cursor(place=ahead[0].place)
            made, here = _of_many(connection, recipient, start, limit - len(found))
            found += made
    return Page(revocations=tuple(found), next=here, more=True)


def check(connection: Connection, *, recipient: str, address: str) -> str | None:
    """Why ``recipient`` may not use the address now, None where it may.

    ``unknown`` is what it does not hold, or what has expired: which of the two is not told.
    """
    connection.execute(_BY_INDEX)
    asked = connection.execute(_ASKED, {"recipient": recipient, "address": address}).mappings().first()
    if asked is None:
        return "unknown"
    kin = connection.execute(_KIN, {"number": asked["number"]}).scalars()
    own = [] if asked["customer"] is None else [asked["customer"]]
    why: str | None = connection.execute(_WHY, {**asked, "kin": [*own, *kin]}).scalar()
    return why


def _is_of_a_person(event: Row[Any]) -> bool:
    return event.customer is not None or event.number is not None


def _of_persons(connection: Connection, recipient: str, events: Sequence[Row[Any]]) -> list[Revocation]:
    """The contacts that events of single people hit: by account, by number, by the account's number."""
    customers = [event.customer for event in events if event.customer is not None]
    numbers_of = defaultdict(set)
    for customer, number in connection.execute(_NUMBERS, {"customers": customers}).all():
        numbers_of[customer].add(number)
    bound = [({event.number} | numbers_of[event.customer]) - {None} for event in events]
    wanted = {"recipient": recipient, "customers": customers, "numbers": list(set().union(*bound))}
    held = defaultdict(list)
    for contact in connection.execute(_HIT, wanted).all():
        held["customer", contact.customer].append(contact)
        held["number", contact.number].append(contact)
    found = []
    for event, numbers in zip(events, bound, strict=True):
        keys = [("customer", event.customer), *(("number", number) for number in sorted(numbers))]
        hit = {one.contact: one for key in keys if key[1] is not None for one in held[key]}
        found += [
            Revocation(place=event.place, contact=contact, address=one.address, why=event.why, at=event.at)
            for contact, one in sorted(hit.items())
            if one.after < event.place and event.channel in ("all", one.channel)
        ]
    return found


def _of_many(
    connection: Connection, recipient: str, here: Cursor, limit: int
) -> tuple[list[Revocation], Cursor]:
    """The next contacts that the revocation at a place concerns, and where the reader stands then."""
    wanted = {"recipient": recipient, "limit": limit, **vars(here)}
    rows = connection.execute(_OF_MANY, wanted).all()
    found = [
        Revocation(place=row.place, contact=row.contact, address=row.address, why=row.why, at=row.at)
        for row in rows
    ]
    if len(rows) < limit:
        return found, Cursor(place=here.place)
    return found, Cursor(place=here.place, as_of=rows[-1].as_of, contact=rows[-1].contact)
