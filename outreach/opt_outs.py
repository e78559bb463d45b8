"""Who asked not to be contacted: entered once, binding person and number, and never removed.

An opt-out is a line of the ledger that nothing changes. It names tokens of a customer, of a number, or of
both; whoever shares the number is bound too. Only its own customer withdraws it, and both lines stay.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, RowMapping, Select, exists, func, insert, select

from base.errors import OptOutError
from base.scrub import refuse_identifiers
from lake.tables.words import CHANNELS
from ledger.audit import record_within
from ledger.database import Ledger
from ledger.schema import OPT_OUT_WITHDRAWALS, OPT_OUTS, among
from strategies.book import person

EVERYWHERE = "all"


@dataclass(frozen=True, kw_only=True)
class Whom:
    """Tokens of a customer, of a phone number, or of both."""

    customer: str | None = None
    number: str | None = None


def enter(
    connection: Connection,
    whom: Sequence[Whom],
    *,
    channel: str,
    source: str,
    actor: str,
    reason: str,
) -> int:
    """Enters that one person wants no contact by ``channel`` (or ``all``), and returns the opt-out's id.

    ``whom``: the account it was said for, then other accounts of the same person; all stand and fall with the
    first. Audited in the same transaction. Raises OptOutError for nobody, an unknown channel, no source, or
    words with an identifier.
    """
    for words in (source, reason):
        refuse_identifiers(words, error=OptOutError)
    if channel not in (*CHANNELS, EVERYWHERE):
        raise OptOutError(f"{channel!r} is no channel; there are {', '.join(CHANNELS)}, and all of them: all")
    if not source.strip():
        raise OptOutError("say how the opt-out came in, such as hotline, branch or letter")
    if not whom or any(one.customer is None and one.number is None for one in whom):
        raise OptOutError("an opt-out is of a customer or of a number; nobody was named")
    return _entered(connection, whom, channel=channel, source=source, actor=person(actor), reason=reason)


def _entered(
    connection: Connection, whom: Sequence[Whom], *, channel: str, source: str, actor: str, reason: str
) -> int:
    said = {"channel": channel, "source": source, "actor": actor, "reason": reason}
    adding = insert(OPT_OUTS).returning(OPT_OUTS.c.id)
    origin: int | None = None
    for one in whom:
        line = {**said, "customer": one.customer, "number": one.number, "derived_from": origin}
        added = connection.execute(adding.values(**line)).scalar_one()
        origin = added if origin is None else origin
    subject = whom[0].customer or whom[0].number or ""
    details = {subject: {"opt_out": origin, "channel": channel, "source": source, "accounts": len(whom)}}
    record_within(connection, actor=actor, action="opted out", details=details)
    assert origin is not None
    return origin


def bind_accounts(ledger: Ledger, people: pa.Table) -> int:
    """Lets standing opt-outs bind every account of the person, and returns how many were new.

    ``people``: customer, person, number; accounts of one person bear the same token of a person. Accounts may
    be merged, or opened, long after somebody opted out.
    """
    number_of = dict(zip(people["customer"].to_pylist(), people["number"].to_pylist(), strict=True))
    person_of = dict(zip(people["customer"].to_pylist(), people["person"].to_pylist(), strict=True))
    accounts = defaultdict(set)
    for customer, whose in person_of.items():
        accounts[whose].add(customer)
    with ledger.engine.begin() as connection:
        bound = defaultdict(set)
        said = {row.id: row for row in connection.execute(standing()).all()}
        for row in said.values():
            if row.customer in person_of:
                bound[row.derived_from or row.id].add(row.customer)
        lines = [
            {
                **{name: getattr(said[origin], name) for name in ("channel", "source", "actor", "reason")},
                "customer": customer,
                "number": number_of[customer],
                "derived_from": origin,
            }
            for origin, own in bound.items()
            for customer in sorted(set().union(*(accounts[person_of[one]] for one in own)) - own)
        ]
        if lines:
            connection.execute(insert(OPT_OUTS), lines)
            details = {line["customer"]: {"stands_for": line["derived_from"]} for line in lines}
            record_within(connection, actor="ingest", action="opted out", details=details)
    return len(lines)


def heed_outcomes(connection: Connection, told: pa.Table) -> int:
    """Enters the opt-outs that came back with outcomes, each once; returns how many were new.

    ``told``: contact, customer, number; the contacts in which the customer said so, each once. They bind on
    all channels.
    """
    said = {f"said in contact {one.pop('contact')}": Whom(**one) for one in told.to_pylist()}
    known = select(OPT_OUTS.c.reason).where(among(OPT_OUTS.c.reason, sorted(said)))
    before = set(connection.execute(known).scalars())
    fresh = {reason: whom for reason, whom in said.items() if reason not in before}
    for reason, whom in fresh.items():
        _entered(connection, [whom], channel=EVERYWHERE, source="outcome", actor="outcomes", reason=reason)
    return len(fresh)


def withdraw(connection: Connection, opt_out: int, *, source: str, actor: str, reason: str) -> None:
    """Ends an opt-out because its customer asked for it; both lines stay, and it ends for all its accounts.

    Raises OptOutError where there is no such opt-out, it was withdrawn before, stands for another one, or
    nothing says how and why the customer asked, or does so with an identifier.
    """
    actor = person(actor)
    for words in (source, reason):
        refuse_identifiers(words, error=OptOutError)
    if not reason.strip() or not source.strip():
        raise OptOutError("only the customer withdraws an opt-out: say how it was asked for, and why")
    found = connection.execute(select(OPT_OUTS).where(OPT_OUTS.c.id == opt_out).with_for_update()).first()
    if found is None:
        raise OptOutError(f"there is no opt-out {opt_out}; longreach opt-outs list shows them")
    if found.derived_from is not None:
        raise OptOutError(f"opt-out {opt_out} stands for {found.derived_from}; withdraw that one")
    ended = OPT_OUT_WITHDRAWALS.c.opt_out == opt_out
    if connection.execute(select(OPT_OUT_WITHDRAWALS.c.at).where(ended)).first():
        raise OptOutError(f"opt-out {opt_out} was withdrawn before")
    line = {"opt_out": opt_out, "source": source, "actor": actor, "reason": reason}
    connection.execute(insert(OPT_OUT_WITHDRAWALS).values(**line))
    subject = found.customer or found.number
    details = {subject: {"opt_out": opt_out, "source": source, "reason": reason}}
    record_within(connection, actor=actor, action="opt-out withdrawn", details=details)


def standing() -> Select[Any]:
    """The opt-outs that bind, columns of OPT_OUTS: neither they nor the one they stand for was withdrawn."""
    ended = OPT_OUT_WITHDRAWALS.c.opt_out.in_([OPT_OUTS.c.id, OPT_OUTS.c.derived_from])
    return select(OPT_OUTS).where(~exists().where(ended))


def standing_by_channel(connection: Connection) -> dict[str, int]:
    """How many opt-outs bind, by channel (or ``all``), each counted once however many accounts it binds."""
    ended = exists().where(OPT_OUT_WITHDRAWALS.c.opt_out == OPT_OUTS.c.id)
    said = select(OPT_OUTS.c.channel, func.count()).where(OPT_OUTS.c.derived_from.is_(None), ~ended)
    return dict(connection.execute(said.group_by(OPT_OUTS.c.channel)).tuples().all())


def history(
    connection: Connection, *, customer: str | None = None, below: int | None = None, last: int = 20
) -> list[RowMapping]:
    """The newest opt-outs first, columns of OPT_OUTS and ``withdrawn_at``: of one customer, or of all.
    ``below``: only those entered before the opt-out of that id."""
    withdrawn_at = (
        select(OPT_OUT_WITHDRAWALS.c.at)
        .where(OPT_OUT_WITHDRAWALS.c.opt_out == func.coalesce(OPT_OUTS.c.derived_from, OPT_OUTS.c.id))
        .scalar_subquery()
    )
    query = select(OPT_OUTS, withdrawn_at.label("withdrawn_at")).order_by(OPT_OUTS.c.id.desc()).limit(last)
    if customer is not None:
        query = query.where(OPT_OUTS.c.customer == customer)
    if below is not None:
        query = query.where(OPT_OUTS.c.id < below)
    return list(connection.execute(query).mappings())
