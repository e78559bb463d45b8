"""The last look before a list leaves: who opted out since the decision, and what has been switched off."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Row, func, insert, select, text

from base.errors import BookError, ReleaseError
from base.scrub import refuse_identifiers
from lake.tables.words import CHANNELS
from ledger.audit import record_within
from ledger.database import Ledger
from ledger.schema import OPT_OUTS, STRATEGIES, SWITCHES
from outreach.opt_outs import standing
from strategies.book import not_there, person, standings

Scope = Literal["strategy", "channel", "all"]
REASONS = ("opted_out", "number_opted_out", "strategy_switched_off", "channel_switched_off")
_LONGEST_WAIT = "5s"
_Places = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Stops:
    """Who and what must not go out: keys ``token|channel``, and names of strategies and channels."""

    customers: tuple[str, ...]
    numbers: tuple[str, ...]
    strategies: tuple[str, ...]
    channels: tuple[str, ...]


def hold_still(connection: Connection) -> None:
    """Opt-outs, switches and pauses wait until the transaction ends: each comes before the list or after.

    Gives up after seconds where somebody is entering some for long: others would queue behind the wait.
    """
    connection.execute(text(f"set local lock_timeout = '{_LONGEST_WAIT}'"))
    connection.execute(text("lock table opt_outs, switches, strategies in share mode"))


def last_opt_out(connection: Connection) -> int:
    """The highest number of an opt-out, 0 for none. While all hold still, later ones have a higher number."""
    last: int = connection.execute(select(func.coalesce(func.max(OPT_OUTS.c.id), 0))).scalar_one()
    return last


def read_stops(connection: Connection, *, after: int = 0, until: int | None = None) -> Stops:
    """Switches, strategies paused or retired, and opt-outs, as they stand in this transaction.

    ``after`` and ``until``: only opt-outs of a higher number, and of none that is higher. Raises ReleaseError
    for one that would stop nothing because it is misspelt.
    """
    numbered = OPT_OUTS.c.id > after
    if until is not None:
        numbered &= OPT_OUTS.c.id <= until
    opted = connection.execute(standing().where(numbered)).all()
    _refuse_misspelt(opted, connection.execute(select(SWITCHES)).all())
    stopped = set(thrown(connection))
    resting = select(STRATEGIES.c.name).where(STRATEGIES.c.state.in_(("paused", "retired")))
    stopped |= {("strategy", name) for name in connection.execute(resting).scalars()}
    everything = CHANNELS if any(scope == "all" for scope, _ in stopped) else ()
    return Stops(
        customers=tuple(key for row in opted if row.customer for key in _keys(row.customer, row.channel)),
        numbers=tuple(key for row in opted if row.number for key in _keys(row.number, row.channel)),
        strategies=tuple(sorted(name for scope, name in stopped if scope == "strategy")),
        channels=(*everything, *sorted(name for scope, name in stopped if scope == "channel")),
    )


def throw_switch(
    ledger: Ledger,
    scope: Scope,
    name: str,
    *,
    stopped: bool,
    actor: str,
    reason: str,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """Stops a strategy, a channel or all ("all") from the next release on, or lets it go on; audited.

    ``evidence`` joins the reason in the audit: what a program threw the switch for. Raises BookError for
    what does not exist, for what is stopped, or goes on, already, and for a reason with an identifier.
    """
    actor = person(actor)
    refuse_identifiers(reason, error=BookError)
    if not reason.strip():
        raise BookError("this takes a reason; those who read the audit will ask")
    with ledger.engine.begin() as connection:
        connection.execute(text("lock table switches in share row exclusive mode"))  # one at a time
        if scope == "strategy" and name not in standings(connection, [name]):
            raise not_there([name], connection)
        if scope == "channel" and name not in CHANNELS:
            raise BookError(f"{name!r} is no channel; channels are {', '.join(CHANNELS)}")
        if ((scope, name) in thrown(connection)) is stopped:
            raise BookError(f"{name}: {'is stopped already' if stopped else 'is not stopped'}")
        line = {"scope": scope, "name": name, "stopped": stopped, "actor": actor, "reason": reason}
        connection.execute(insert(SWITCHES).values(**line))
        record_within(
            connection,
            actor=actor,
            action=f"{scope} {'stopped' if stopped else 'started'}",
            details={name: {"reason": reason, **(evidence or {})}},
        )


def thrown(connection: Connection) -> dict[tuple[str, str], Row[Any]]:
    """The switches that stop something now, by scope and name."""
    lines = connection.execute(select(SWITCHES).order_by(SWITCHES.c.id)).all()
    last = {(line.scope, line.name): line for line in lines}
    return {switch: line for switch, line in last.items() if line.stopped}


def _refuse_misspelt(opted: Sequence[Row[Any]], switches: Sequence[Row[Any]]) -> None:
    wrong = [
        f"opt_outs {row.id}: channel {row.channel!r}"
        for row in opted
        if row.channel not in (*CHANNELS, "all")
    ]
    for row in switches:
        if row.scope not in ("strategy", "channel", "all"):
            wrong.append(f"switches {row.id}: scope {row.scope!r}")
        elif row.scope == "channel" and row.name not in CHANNELS:
            wrong.append(f"switches {row.id}: channel {row.name!r}")
    if wrong:
        raise ReleaseError(
            f"these lines of the ledger stop nothing as they are spelt: {'; '.join(wrong)}. "
            f"Channels are {', '.join(CHANNELS)} (or all, for opt-outs); scopes are strategy, channel, all"
        )


def with_kin_of(stops: Stops, kin: pa.Table) -> Stops:
    """An opt-out binds all accounts of the person and their numbers, and so all who share one of these.

    ``kin``: customer, number, person (null for who has one account).
    """
    customers = _of_all_accounts(stops.customers, kin)
    keys = [key.rsplit("|", 1) for key in customers]
    opted_out = pa.array(sorted({customer for customer, _ in keys}), pa.string())
    known = kin.filter(pc.and_(pc.is_valid(kin["number"]), pc.is_in(kin["customer"], value_set=opted_out)))
    of_customer = dict(zip(known["customer"].to_pylist(), known["number"].to_pylist(), strict=True))
    bound = {f"{of_customer[customer]}|{channel}" for customer, channel in keys if customer in of_customer}
    return replace(stops, customers=customers, numbers=(*stops.numbers, *sorted(bound)))


def _of_all_accounts(keys: Sequence[str], kin: pa.Table) -> tuple[str, ...]:
    """The keys, and those of the other accounts of the persons they name."""
    several = kin.filter(pc.is_valid(kin["person"]))
    person_of = dict(zip(several["customer"].to_pylist(), several["person"].to_pylist(), strict=True))
    accounts = defaultdict(list)
    for customer, whose in person_of.items():
        accounts[whose].append(customer)
    named = (key.rsplit("|", 1) for key in keys)
    theirs = {
        f"{account}|{channel}"
        for customer, channel in named
        if customer in person_of
        for account in accounts[person_of[customer]]
    }
    return (*keys, *sorted(theirs.difference(keys)))


def without_stopped(chosen: pa.Table, *, stops: Stops) -> tuple[pa.Table, dict[str, int]]:
    """``chosen`` (customer, number, strategy, channel) without what is stopped, and the drops by reason."""
    why = why_stopped(chosen, stops=stops)
    counts = {row["values"]: row["counts"] for row in why.value_counts().to_pylist()}
    return chosen.filter(pc.is_null(why)), {reason: counts.get(reason, 0) for reason in REASONS}


def why_stopped(chosen: pa.Table, *, stops: Stops) -> pa.Array:
    """The first of ``REASONS`` for which each row is stopped, null where none is."""
    hits = (
        _bound(chosen["customer"], chosen["channel"], stops.customers),
        _bound(chosen["number"], chosen["channel"], stops.numbers),
        _in(chosen["strategy"], stops.strategies),
        _in(chosen["channel"], stops.channels),
    )
    why = np.full(chosen.num_rows, -1, np.int8)
    for place in reversed(range(len(REASONS))):
        why[hits[place]] = place
    return pa.array(REASONS, pa.string()).take(pa.array(why, mask=why < 0))


def _keys(token: str, channel: str) -> tuple[str, ...]:
    return tuple(f"{token}|{one}" for one in (CHANNELS if channel == "all" else (channel,)))


def _bound(tokens: pa.ChunkedArray, channels: pa.ChunkedArray, keys: tuple[str, ...]) -> _Places:
    """Places of the rows that ``keys`` bind; only those are looked at whose token is among them at all."""
    near = _in(tokens, tuple({key.rsplit("|", 1)[0] for key in keys}))
    if not len(near):
        return near
    found = pc.binary_join_element_wise(tokens.take(near), channels.take(near), "|")
    hit: _Places = near[_in(found, keys)]
    return hit


def _in(values: pa.ChunkedArray, wanted: tuple[str, ...]) -> _Places:
    """Places of the values that are among ``wanted``."""
    if not wanted:
        return np.empty(0, np.int64)
    return np.flatnonzero(pc.is_in(values, value_set=pa.array(wanted, pa.string())))
