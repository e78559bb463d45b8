"""The last look before a list leaves: who opted out since the decision, and what has been switched off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Row, insert, select, text

from base.errors import BookError, ReleaseError
from lake.tables.words import CHANNELS
from ledger.audit import record_within
from ledger.database import Ledger
from ledger.schema import OPT_OUTS, STRATEGIES, SWITCHES
from strategies.book import not_there, person, standings

Scope = Literal["strategy", "channel", "all"]


@dataclass(frozen=True, kw_only=True)
class Stops:
    """Who and what must not go out: keys ``token|channel``, and names of strategies and channels."""

    customers: tuple[str, ...]
    numbers: tuple[str, ...]
    strategies: tuple[str, ...]
    channels: tuple[str, ...]


def hold_still(connection: Connection) -> None:
    """Opt-outs, switches and pauses wait until the transaction ends: each comes before the list or after."""
    connection.execute(text("lock table opt_outs, switches, strategies in share mode"))


def read_stops(connection: Connection) -> Stops:
    """All opt-outs, switches, and strategies paused or retired, as they stand in this transaction.

    Raises ReleaseError for one that would stop nothing because it is misspelt.
    """
    opted = connection.execute(select(OPT_OUTS)).all()
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
    what does not exist, and for what is stopped, or goes on, already.
    """
    actor = person(actor)
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


def with_numbers_of(stops: Stops, numbers: pa.Table) -> Stops:
    """An opt-out binds the person's number too, and so all who share it. ``numbers``: customer, number."""
    known = numbers.filter(pc.is_valid(numbers["number"]))
    of_customer = dict(zip(known["customer"].to_pylist(), known["number"].to_pylist(), strict=True))
    keys = (key.rsplit("|", 1) for key in stops.customers)
    bound = {f"{of_customer[customer]}|{channel}" for customer, channel in keys if customer in of_customer}
    return replace(stops, numbers=(*stops.numbers, *sorted(bound)))


def without_stopped(chosen: pa.Table, *, stops: Stops) -> tuple[pa.Table, dict[str, int]]:
    """``chosen`` (customer, number, strategy, channel) without what is stopped, and the drops by reason."""
    by_reason = {
        "opted_out": _in(_key(chosen["customer"], chosen["channel"]), stops.customers),
        "number_opted_out": _in(_key(chosen["number"], chosen["channel"]), stops.numbers),
        "strategy_switched_off": _in(chosen["strategy"], stops.strategies),
        "channel_switched_off": _in(chosen["channel"], stops.channels),
    }
    stopped = pa.chunked_array([pa.array([False] * chosen.num_rows, pa.bool_())])
    drops = {}
    for reason, hit in by_reason.items():
        fresh = pc.and_(hit, pc.invert(stopped))
        drops[reason] = pc.sum(fresh).as_py() or 0
        stopped = pc.or_(stopped, fresh)
    return chosen.filter(pc.invert(stopped)), drops


def _keys(token: str, channel: str) -> tuple[str, ...]:
    return tuple(f"{token}|{one}" for one in (CHANNELS if channel == "all" else (channel,)))


def _key(tokens: pa.ChunkedArray, channels: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(tokens, channels, "|", null_handling="replace", null_replacement="")


def _in(values: pa.ChunkedArray, wanted: tuple[str, ...]) -> pa.ChunkedArray:
    return pc.is_in(values, value_set=pa.array(wanted, pa.string()))
