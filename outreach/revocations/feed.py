"""The feed: what each recipient holds and may no longer use, page by page.

Revocations are numbered in the order of their commits (migration 0007), so a reader who has seen place N has
seen all before it. What a revocation means for a recipient is found as it reads: the contacts it holds of
lists that were frozen before that place and have not expired. A revocation stays one, also where the opt-out
is withdrawn or the strategy goes on: the contact was called off.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

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


_HELD = """
from released_contacts c join released_lists l on l.recipient = c.recipient and l.as_of = c.as_of
where c.recipient = :recipient and l.expires_at > now() and l.after < e.place
    and e.channel in ('all', c.channel)
"""
# Those of a person: by the account, by the number, and by the number of the account.
_OF_PERSONS = f"""
select e.place, hit.contact, hit.address, e.why, e.at from revocations e cross join lateral (
    select c.contact, c.address {_HELD} and c.customer = e.customer
    union
    select c.contact, c.address {_HELD} and c.number = e.number
    union
    select c.contact, c.address {_HELD} and c.number in (
        select own.number from released_contacts own where own.customer = e.customer
    )
) hit
where e.place > :place and e.place <= :until order by e.place, hit.contact
"""
_OF_MANY = """
select e.place, c.contact, c.address, e.why, e.at, c.as_of
from revocations e, released_contacts c
    join released_lists l on l.recipient = c.recipient and l.as_of = c.as_of
where e.place = :place and c.recipient = :recipient and l.expires_at > now() and l.after < e.place
    and e.channel in ('all', c.channel) and coalesce(e.strategy, c.strategy) = c.strategy
    and coalesce(e.as_of, c.as_of) = c.as_of and coalesce(e.recipient, c.recipient) = c.recipient
    and (c.as_of, c.contact) > (:as_of, :contact)
order by c.as_of, c.contact limit :limit
"""
_AHEAD = """
select place, customer is null and number is null as many from revocations
where place > :place order by place limit :limit
"""
_SPAN = """
select coalesce((select max(place) from revocations), 0) as newest,
    (select min(after) from released_lists where recipient = :recipient and expires_at > now()) as oldest
"""
_WHY = """
select c.channel, (
    select e.why from revocations e where e.place > l.after and e.channel in ('all', c.channel) and (
        e.customer = c.customer or e.number = c.number
        or e.customer in (select one.customer from released_contacts one where one.number = c.number)
        or e.customer is null and e.number is null and coalesce(e.strategy, c.strategy) = c.strategy
            and coalesce(e.as_of, c.as_of) = c.as_of and coalesce(e.recipient, c.recipient) = c.recipient
    ) order by e.place limit 1
) as why
from released_contacts c join released_lists l on l.recipient = c.recipient and l.as_of = c.as_of
where c.address = :address and c.recipient = :recipient and l.expires_at > now()
"""


def read_page(connection: Connection, *, recipient: str, after: Cursor, limit: int = PAGE) -> Page:
    """What ``recipient`` must not use any more and was told after ``after``; about ``limit`` at most.

    ``connection``: in one snapshot (repeatable read), else a list that is frozen between two queries could
    hold what is never told.
    """
    span = connection.execute(text(_SPAN), {"recipient": recipient}).one()
    if span.oldest is None or (span.newest <= after.place and not after.contact):
        return Page(revocations=(), next=max(after, Cursor(place=span.newest)), more=False)
    here = max(after, Cursor(place=span.oldest))
    found: list[Revocation] = []
    while len(found) < limit:
        if here.contact:
            made, here = _of_many(connection, recipient, here, limit - len(found))
            found += made
            continue
        ahead = connection.execute(text(_AHEAD), {"place": here.place, "limit": _EVENTS}).all()
        if not ahead:
            return Page(revocations=tuple(found), next=here, more=False)
        if ahead[0].many:
            start = Cursor(place=ahead[0].place)
            made, here = _of_many(connection, recipient, start, limit - len(found))
        else:
            wide = (at for at, one in enumerate(ahead) if one.many)
            until = ahead[next(wide, len(ahead)) - 1].place
            made, here = _of_persons(connection, recipient, here, until), Cursor(place=until)
        found += made
    return Page(revocations=tuple(found), next=here, more=True)


def check(connection: Connection, *, recipient: str, address: str) -> str | None:
    """Why ``recipient`` may not use the address now, None where it may.

    ``unknown`` is what it does not hold, or what has expired: which of the two is not told.
    """
    found = connection.execute(text(_WHY), {"recipient": recipient, "address": address}).first()
    return "unknown" if found is None else found.why


def _of_persons(connection: Connection, recipient: str, here: Cursor, until: int) -> list[Revocation]:
    wanted = {"recipient": recipient, "place": here.place, "until": until}
    return [Revocation(**row) for row in connection.execute(text(_OF_PERSONS), wanted).mappings()]


def _of_many(
    connection: Connection, recipient: str, here: Cursor, limit: int
) -> tuple[list[Revocation], Cursor]:
    """The next contacts that the revocation at a place concerns, and where the reader stands then."""
    wanted = {"recipient": recipient, "limit": limit, **vars(here)}
    rows = connection.execute(text(_OF_MANY), wanted).all()
    found = [
        Revocation(place=row.place, contact=row.contact, address=row.address, why=row.why, at=row.at)
        for row in rows
    ]
    if len(rows) < limit:
        return found, Cursor(place=here.place)
    return found, Cursor(place=here.place, as_of=rows[-1].as_of, contact=rows[-1].contact)
