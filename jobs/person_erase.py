"""Takes a person out of lake and ledger, and names what must stay, why, and when it goes."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, func, select, tuple_

from base.settings import Retention
from jobs.accounts import numbers_of
from jobs.job import Night
from jobs.matter import HANDED_OUT, HELD_OUT
from jobs.person_data import Holding, holdings, stands_in, tables
from ledger.schema import (
    ALERTS,
    AUDIT,
    METADATA,
    OPT_OUT_WITHDRAWALS,
    OPT_OUTS,
    RELEASED_CONTACTS,
    RELEASED_LISTS,
    REVOCATIONS,
)
from outreach.opt_outs import EVERYWHERE, Whom, enter, standing

_PROTECTS = "it protects the person from being contacted"
_TRAIL = "records of what was done are kept, and their chain would break; they name a token only"
STAYS = {
    OPT_OUTS.name: _PROTECTS,
    OPT_OUT_WITHDRAWALS.name: "it says what an opt-out is worth",
    REVOCATIONS.name: _PROTECTS,
    AUDIT.name: _TRAIL,
    ALERTS.name: _TRAIL,
}
"""Tables of the ledger whose lines stay, and why. Everything else goes."""


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What became of one place. ``until``: the day on which what is ``kept`` goes; none where it stays."""

    store: str
    name: str
    erased: int = 0
    kept: int = 0
    why: str = ""
    until: date | None = None


_EVIDENCE = "evidence of contacts made, masked and by tokens; the recipient erases its own copy"
_IN_USE = "until the list expires, diallers are told by it not to call"


def foreseen(holding: Holding, retention: Retention) -> Erased:
    """What would become of one place, were the person erased now; of contacts of released lists, that those
    in use stay is said in words alone."""
    place = Erased(store=holding.store, name=holding.name)
    if holding.store in ("outbox", "inbox"):
        night = date.fromisoformat(holding.name.split()[-1].split("/")[0])
        until = evidence_until(night, retention)
        return replace(place, kept=holding.count, why=_EVIDENCE, until=until)
    if holding.store == "ledger" and holding.name in STAYS:
        return replace(place, kept=holding.count, why=STAYS[holding.name])
    in_use = holding.store == "ledger" and holding.name == RELEASED_CONTACTS.name
    return replace(place, erased=holding.count, why=_IN_USE if in_use else "")


def evidence_until(as_of: date, retention: Retention) -> date:
    """Last day on which a night's lists and answers are kept: evidence of the contacts made from them."""
    return as_of + timedelta(days=1 + retention.call_evidence_days)


def erase_everywhere(house: Night, customers: Sequence[str], *, at: datetime, actor: str) -> list[Erased]:
    """Opts ``customers`` out and erases them from all stores but the vault."""
    _opt_out(house, customers, actor=actor)
    before = list(holdings(house, customers))
    done = []
    for table in tables():
        rows = house.store.erase(table, customers)
        if rows:
            done.append(Erased(store="lake", name=table.name, erased=rows))
            house.progress(f"{table.name}: {rows:,} rows erased")
    done += _from_ledger(house, customers, at=at)
    done += [foreseen(one, house.settings.retention) for one in before if one.store in ("outbox", "inbox")]
    done += _copies(house.settings.home / HANDED_OUT, customers)
    done += _held_out(house.settings.home / HELD_OUT)
    shutil.rmtree(house.settings.home / "staging", ignore_errors=True)
    return done


def _copies(folder: Path, customers: Sequence[str]) -> Iterator[Erased]:
    """Removes the copies that were made for them and are still here."""
    for who in sorted(folder.glob("*/identity.json")):
        words = who.read_text(encoding="utf-8")
        if any(customer in words for customer in customers):
            shutil.rmtree(who.parent)
            yield Erased(store="copies", name=who.parent.name, erased=1)


def _held_out(folder: Path) -> Iterator[Erased]:
    """Removes every list of holdouts: they name customer numbers, no tokens, and are soon written anew."""
    for file in sorted(folder.glob("*")):
        file.unlink(missing_ok=True)
        yield Erased(store="holdouts", name=file.name, erased=1)


def _opt_out(house: Night, customers: Sequence[str], *, actor: str) -> None:
    numbers = numbers_of(customers, as_of=house.as_of, settings=house.settings)
    number_of = {one["customer"]: one["number"] for one in numbers.to_pylist()}
    with house.ledger.engine.begin() as connection:
        lines = [row for row in connection.execute(standing()) if row.channel == EVERYWHERE]
        bound = {(row.customer, row.number) for row in lines} | {(row.customer, None) for row in lines}
        for customer in customers:
            whom = Whom(customer=customer, number=number_of.get(customer))
            if (whom.customer, whom.number) not in bound:
                enter(
                    connection,
                    [whom],
                    channel=EVERYWHERE,
                    source="erasure",
                    actor=actor,
                    reason="the person was erased",
                )


def _from_ledger(house: Night, customers: Sequence[str], *, at: datetime) -> list[Erased]:
    done = []
    with house.ledger.engine.begin() as connection:
        for table in METADATA.sorted_tables:
            theirs = stands_in(table, customers)
            held = connection.execute(select(func.count()).select_from(table).where(theirs)).scalar_one()
            if not held:
                continue
            if table.name in STAYS:
                done.append(Erased(store="ledger", name=table.name, kept=held, why=STAYS[table.name]))
            elif table is RELEASED_CONTACTS:
                done.append(_released(connection, customers, at=at))
            else:
                gone = connection.execute(delete(table).where(theirs)).rowcount
                done.append(Erased(store="ledger", name=table.name, erased=gone))
    return done


def _released(connection: Connection, customers: Sequence[str], *, at: datetime) -> Erased:
    """Contacts of lists that have expired go; by the others a dialler is still told whom not to call."""
    lists = RELEASED_LISTS.c
    in_use = select(lists.recipient, lists.as_of).where(lists.expires_at > at)
    theirs = RELEASED_CONTACTS.c.customer.in_(list(customers))
    ended = tuple_(RELEASED_CONTACTS.c.recipient, RELEASED_CONTACTS.c.as_of).not_in(in_use)
    gone = connection.execute(delete(RELEASED_CONTACTS).where(theirs, ended)).rowcount
    left = connection.execute(select(func.count()).select_from(RELEASED_CONTACTS).where(theirs)).scalar_one()
    last = connection.execute(select(func.max(lists.expires_at))).scalar()
    return Erased(
        store="ledger",
        name=RELEASED_CONTACTS.name,
        erased=gone,
        kept=left,
        why=_IN_USE if left else "",
        until=last.date() if left and last else None,
    )
