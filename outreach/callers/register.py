"""The register of caller numbers: what each may be used for, how often a day, and when it rests.

A number keeps the class its operator registered it for, and its channel; the database refuses to change
either, to use a number over its limit or out of its days, and to use a service number for marketing. A new
ledger holds made-up numbers, marked ``generated``, so that something can be tried; the first number of the
bank's own retires them all.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal, get_args

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import Connection, RowMapping, func, or_, select, update
from sqlalchemy.dialects import postgresql

from base.errors import CallerError
from base.scrub import refuse_identifiers
from lake.tables.words import PRODUCTS
from ledger.audit import record_within
from ledger.schema import CALLER_NUMBERS, RELEASED_CONTACTS, among
from outreach.channels.channel import load_channels
from strategies.book import person

CallerClass = Literal["marketing", "service"]
CLASSES: tuple[str, ...] = get_args(CallerClass)
MARKETING: CallerClass = "marketing"
"""The class that every contact of a strategy takes."""

_OF_DAY = pa.schema(
    [
        ("number", pa.string()),
        ("channel", pa.string()),
        ("purposes", pa.list_(pa.string())),
        ("daily_limit", pa.int64()),
    ]
)


class Caller(BaseModel):
    """A number of the bank's own: digits as customers see them. ``purposes``: products; none means all.

    ``daily_limit``: contacts a day. ``active_until``: its last day, if it has one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{3,20}$")]
    caller_class: CallerClass = Field(alias="class")
    channel: str
    purposes: tuple[str, ...] = ()
    daily_limit: int = Field(gt=0, le=10_000_000)
    active_from: date
    active_until: date | None = None

    @model_validator(mode="after")
    def _is_of_this_house(self) -> "Caller":
        calling = calling_channels()
        if self.channel not in calling:
            raise ValueError(f"channel {self.channel!r} takes no number; these do: {', '.join(calling)}")
        unknown = [purpose for purpose in self.purposes if purpose not in PRODUCTS]
        if unknown:
            raise ValueError(f"purpose {unknown[0]!r} is no product; products are {', '.join(PRODUCTS)}")
        if self.active_until is not None and self.active_until < self.active_from:
            raise ValueError("active_until lies before active_from")
        return self


def calling_channels() -> tuple[str, ...]:
    """The channels whose contacts come from a number."""
    return tuple(sorted(name for name, channel in load_channels().items() if channel.needs == "number"))


def add(connection: Connection, callers: Sequence[Caller], *, actor: str) -> None:
    """Registers numbers; made-up ones retire. Raises CallerError, for the caller to undo all, where one is
    there already.
    """
    actor = person(actor)
    lines = [
        {**caller.model_dump(by_alias=True), "purposes": list(caller.purposes), "generated": False}
        for caller in callers
    ]
    if not lines:
        raise CallerError("there is no number to register")
    for line in lines:
        adding = postgresql.insert(CALLER_NUMBERS).values(**line).on_conflict_do_nothing()
        if connection.execute(adding.returning(CALLER_NUMBERS.c.number)).first() is None:
            raise CallerError(f"{line['number']}: is registered already; a number is registered once")
    made_up = CALLER_NUMBERS.c.generated & (CALLER_NUMBERS.c.state == "active")
    connection.execute(update(CALLER_NUMBERS).where(made_up).values(state="retired"))
    details = {caller.number: {"class": caller.caller_class, "channel": caller.channel} for caller in callers}
    record_within(connection, actor=actor, action="caller registered", details=details)


def rest(connection: Connection, number: str, *, until: date, actor: str, reason: str) -> None:
    """Lets a number rest through ``until``. Raises CallerError where there is none, or without a reason."""
    _change(connection, number, {"rests_until": until}, did="caller rests", actor=actor, reason=reason)


def retire(connection: Connection, number: str, *, actor: str, reason: str) -> None:
    """Ends a number for good. Raises CallerError where there is none, it is retired, or without a reason."""
    _change(connection, number, {"state": "retired"}, did="caller retired", actor=actor, reason=reason)


def rest_complained(
    connection: Connection, contacts: pa.Array, *, day: date, days: int, complaints: int
) -> tuple[str, ...]:
    """Lets every number rest from ``day`` on, for ``days``, from which ``complaints`` or more of the contacts
    were made; returns these numbers. ``contacts``: tokens of those complained about of late.

    A number that rests already is left alone, so that the same complaints do not count twice.
    """
    made = RELEASED_CONTACTS.c.caller
    query = (
        select(made)
        .join(CALLER_NUMBERS, CALLER_NUMBERS.c.number == made)
        .where(among(RELEASED_CONTACTS.c.contact, contacts.to_pylist()))
        .where(CALLER_NUMBERS.c.state == "active")
        .where(RELEASED_CONTACTS.c.as_of >= func.coalesce(CALLER_NUMBERS.c.rests_until, date.min))
        .group_by(made)
        .having(func.count() >= complaints)
        .order_by(made)
    )
    found = tuple(connection.execute(query).scalars())
    until = day + timedelta(days=days - 1)
    for number in found:
        rest(connection, number, until=until, actor="learn", reason=f"{complaints} complaints or more")
    return found


def callers_of_day(connection: Connection, *, day: date, of: CallerClass = MARKETING) -> pa.Table:
    """The numbers of a class that may be used on ``day``: number, channel, purposes, daily_limit."""
    columns = CALLER_NUMBERS.c
    usable = (
        (columns["class"] == of)
        & (columns.state == "active")
        & (columns.active_from <= day)
        & (func.coalesce(columns.active_until, day) >= day)
        & or_(columns.rests_until.is_(None), columns.rests_until < day)
    )
    query = select(*(columns[name] for name in _OF_DAY.names)).where(usable).order_by(columns.number)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return pa.Table.from_pylist(rows, schema=_OF_DAY)


def daily_limits(register: pa.Table) -> dict[str, int]:
    """Contacts a day that the numbers carry, by channel that takes a number; without one it has none."""
    limits = dict.fromkeys(calling_channels(), 0)
    for channel, limit in zip(
        register["channel"].to_pylist(), register["daily_limit"].to_pylist(), strict=True
    ):
        limits[channel] += limit
    return limits


def every_caller(connection: Connection) -> list[RowMapping]:
    """The whole register, columns of CALLER_NUMBERS, by channel and number."""
    query = select(CALLER_NUMBERS).order_by(CALLER_NUMBERS.c.channel, CALLER_NUMBERS.c.number)
    return list(connection.execute(query).mappings())


def _change(
    connection: Connection, number: str, values: Mapping[str, Any], *, did: str, actor: str, reason: str
) -> None:
    actor = person(actor)
    refuse_identifiers(reason, error=CallerError)
    if not reason.strip():
        raise CallerError("this takes a reason; those who read the audit will ask")
    active = (CALLER_NUMBERS.c.number == number) & (CALLER_NUMBERS.c.state == "active")
    if not connection.execute(update(CALLER_NUMBERS).where(active).values(**values)).rowcount:
        raise CallerError(f"{number}: no number in use is called this; longreach callers list shows them")
    details = {number: {"reason": reason, **{name: str(value) for name, value in values.items()}}}
    record_within(connection, actor=actor, action=did, details=details)
