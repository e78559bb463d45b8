"""The night's candidates as rows of numbers: who shares a unit, at which hours, and what each row uses."""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import pyarrow as pa

from base.errors import SettingsError, StrategyError
from lake.tables.words import TREATED
from outreach.arbitrate.declared import Limit, declared
from outreach.arbitrate.factors import Contacts, factors_of
from outreach.arbitrate.problem import WHOLE, Bits, Factor, Flags, Floats, Ints, Limits, Problem
from outreach.arbitrate.rooms import Rooms
from outreach.arbitrate.sharing import sharing
from outreach.coded import Words, hashed, in_order, luck_of_touch, mixed, words

_TOP = np.uint64(1 << 63)
_ROUNDING = 1e-9  # a share of a whole number that is whole but for the last bits
_STAYS = ("contact", "held_out", "capacity", "strategy_limit")


@dataclass(frozen=True, kw_only=True)
class Field:
    """The night's candidates and the contacts they may become.

    One a candidate: ``customer`` to ``treated``; ``net`` is CNY, value less cost; ``stay`` what that is
    multiplied by if it is above zero, for staying put; ``worth`` the product.
    One a row of the problem, units together: ``row_candidate``, ``row_hour``, ``row_share`` of the worth that
    is left at that hour. Candidates that are not worth their cost have no row. ``own``: factors of candidates
    at their own hour; ``rows``: of rows.
    """

    customer: Words
    strategy: Words
    channel: Words
    arm: Words
    unit: Ints
    net: Floats
    stay: Floats
    worth: Floats
    luck: Bits
    treated: Flags
    row_candidate: Ints
    row_hour: Ints
    row_share: Floats
    unit_luck: Bits
    own: tuple[Factor, ...]
    rows: tuple[Factor, ...]
    declared: tuple[Limit, ...]

    def problem(self, bids: Floats, *, first: Flags) -> Problem:
        """The night's choice where candidates compete with ``bids`` (CNY); of equals in a unit those that
        are ``first`` win."""
        unit = self.unit[self.row_candidate]
        begins = np.flatnonzero(np.diff(unit, prepend=-1))
        luck = mixed(self.luck[self.row_candidate] + self.row_hour.astype(np.uint64)) >> np.uint64(1)
        return Problem(
            starts=np.append(begins, len(unit)),
            unit_luck=self.unit_luck[unit[begins]],
            worth=bids[self.row_candidate] * self.row_share,
            luck=luck | (_TOP * (~first[self.row_candidate]).astype(np.uint64)),
            treated=self.treated[self.row_candidate],
            factors=self.rows,
            limits=self.limits,
        )

    @property
    def limits(self) -> Limits:
        return Limits(
            names=tuple(limit.name for limit in self.declared),
            low=np.array([limit.low for limit in self.declared], dtype=np.int64),
            high=np.array([limit.high for limit in self.declared], dtype=np.int64),
            every_arm=np.array([limit.every_arm for limit in self.declared], dtype=np.bool_),
        )

    def best_rows(self, reduced: Floats) -> tuple[Ints, Floats]:
        """Each candidate's best row and what is left to it there; -1 and minus infinity where it has none."""
        best, row = np.full(len(self.worth), -np.inf), np.full(len(self.worth), -1)
        np.maximum.at(best, self.row_candidate, reduced)
        wins = np.flatnonzero(reduced == best[self.row_candidate])[::-1]
        row[self.row_candidate[wins]] = wins  # of equals the nearest to its own hour, which is written last
        return row, best


def lay_out(candidates: pa.Table, *, rooms: Rooms, salt: str) -> Field:
    """The field of the night; ``candidates`` as ``outreach.arbitrate.plan.arbitrate`` takes them.

    Raises SettingsError where a channel has no room, StrategyError where a strategy has none.
    """
    customer, number, person, arm = (
        words(candidates[name]) for name in ("customer", "number", "person", "arm")
    )
    strategy, channel, segment = (
        in_order(words(candidates[name])) for name in ("strategy", "channel", "segment")
    )
    _know(strategy, channel, rooms)
    step, hour = (candidates[name].to_numpy().astype(np.int64) for name in ("step", "hour"))
    value, cost = candidates["value"].to_numpy(), candidates["cost"].to_numpy()
    net, stay = value - cost, _stay(candidates["last_fate"], rooms)
    worth = np.where(net > 0, net * stay, net)
    unit_luck = mixed(hashed((*number.words, *customer.words)) ^ hashed((salt,))[0])
    unit = sharing(customer, number, person, luck=unit_luck)
    row_candidate, row_hour = _rows(worth, unit, hour, channel, rooms)
    treated = np.array([word in TREATED for word in arm.words], dtype=np.bool_)[arm.codes]
    limits = _with_floors(declared(rooms), rooms, segment=segment, unit=unit, sought=worth > 0)
    every = np.concatenate([np.arange(len(worth)), row_candidate])
    factors = factors_of(
        Contacts(
            strategy=_at(strategy, every),
            channel=_at(channel, every),
            segment=_at(segment, every),
            step=step[every],
            hour=np.concatenate([hour, row_hour]),
            cost=np.rint(np.nan_to_num(cost) * WHOLE).astype(np.int64)[every],
        ),
        rooms=rooms,
        places={limit.name: place for place, limit in enumerate(limits)},
    )
    many = len(worth)
    return Field(
        customer=customer,
        strategy=strategy,
        channel=channel,
        arm=arm,
        unit=unit,
        net=net,
        stay=stay,
        worth=worth,
        luck=luck_of_touch(customer, strategy, step, salt),
        treated=treated,
        row_candidate=row_candidate,
        row_hour=row_hour,
        row_share=1 - rooms.hour_costs * np.abs(row_hour - hour[row_candidate]),
        unit_luck=unit_luck,
        own=tuple(replace(factor, codes=factor.codes[:many]) for factor in factors),
        rows=tuple(replace(factor, codes=factor.codes[many:]) for factor in factors),
        declared=limits,
    )


def _know(strategy: Words, channel: Words, rooms: Rooms) -> None:
    unbounded = sorted(set(strategy.words) - set(rooms.strategies))
    if unbounded:
        raise StrategyError(f"no limit a night for {', '.join(unbounded)}; state limits.per_night")
    closed = sorted(set(channel.words) - set(rooms.channels))
    if closed:
        raise SettingsError(f"no capacity for {', '.join(closed)}; state capacity.{closed[0]}.per_night")


def _stay(last_fate: pa.ChunkedArray, rooms: Rooms) -> Floats:
    """A little more than 1 where last night chose the candidate or had no room for it."""
    fate = words(last_fate)
    stays = np.array([*(word in _STAYS for word in fate.words), False])[fate.codes]
    return np.where(stays, 1 + rooms.stay_put, 1.0)


def _rows(worth: Floats, unit: Ints, hour: Ints, channel: Words, rooms: Rooms) -> tuple[Ints, Ints]:
    """The candidate and the hour of every row, units together, a candidate's own hour before others."""
    candidates = np.flatnonzero(worth > 0)  # a worth that is no number is none
    may = np.zeros((len(channel.words), 24 + 2 * rooms.hours_away), dtype=np.bool_)
    for at, name in enumerate(channel.words):
        may[at, [each + rooms.hours_away for each in rooms.channels[name].moves_to]] = True
    layers = [(candidates, hour[candidates])]
    for away in range(1, rooms.hours_away + 1):
        for moved in (-away, away):
            to = hour[candidates] + moved
            open_then = may[channel.codes[candidates], to + rooms.hours_away]
            layers.append((candidates[open_then], to[open_then]))
    row_candidate, row_hour = (np.concatenate(parts) for parts in zip(*layers, strict=True))
    order = np.argsort(unit[row_candidate], kind="stable")
    return row_candidate[order], row_hour[order]


def _with_floors(
    limits: tuple[Limit, ...], rooms: Rooms, *, segment: Words, unit: Ints, sought: Flags
) -> tuple[Limit, ...]:
    """The limits with shares turned into numbers of those who could be contacted with profit, whatever their
    arm: a minimum that counted the treated alone would tell one arm from another."""
    if not (rooms.floors.segments or rooms.floors.managers):
        return limits
    pairs = np.unique(segment.codes[sought] * (int(unit.max(initial=0)) + 1) + unit[sought])
    counts = np.bincount(pairs // (int(unit.max(initial=0)) + 1), minlength=len(segment.words))
    reachable: dict[str, int] = dict(zip(segment.words, counts.tolist(), strict=True))

    def reached(limit: Limit) -> int:
        if limit.kind == "segment":
            return reachable.get(limit.of, 0)
        own = [name for name, manager in rooms.floors.managers_of.items() if manager == limit.of]
        return sum(reachable.get(name, 0) for name in own)

    return tuple(
        replace(limit, low=ceil(limit.share * reached(limit) - _ROUNDING) * WHOLE) if limit.share else limit
        for limit in limits
    )


def _at(column: Words, rows: Ints) -> Words:
    return Words(codes=column.codes[rows], words=column.words)
