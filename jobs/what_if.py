"""A night's plan as it would be if something were otherwise: made again, compared, and not written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from base.errors import ArbitrationError
from base.settings import Settings
from evaluation.suppress import few, hidden
from jobs.decide import allowed_candidates, last_prices
from jobs.decided import Decided, open_decided
from jobs.plan import stored
from jobs.plan_figures import Tonight, figures, shown
from jobs.rooms import contact_hours
from lake.tables import CANDIDATES, CERTIFICATES, LIMITS, NUMBERS, PERSONS, PLAN
from outreach.arbitrate.compare import Difference, Moved, compare
from outreach.arbitrate.declared import declared
from outreach.arbitrate.plan import Decision, arbitrate
from outreach.arbitrate.problem import NO_HIGH, WHOLE
from outreach.arbitrate.rooms import Rooms
from outreach.arbitrate.what_if import changed, paused, read_change
from outreach.channels.channel import load_channels
from outreach.explore import Exploration

_OUTCOMES = ("same", "other_hour", "another", "gained", "lost")
_GRAIN = ("customer", "strategy", "step")
# What the choice makes of a candidate.
_MADE = (*_GRAIN, "hour", "fate", "reason", "shadow_price", "short_by", "put_forward", "propensity")


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """A night's plan as it is, and as it would be had ``changes`` been so before it was made.

    ``asked``: what the changes name.
    """

    changes: tuple[str, ...]
    asked: tuple[str, ...]
    before: Tonight
    after: Tonight
    difference: Difference


def what_if(
    settings: Settings,
    changes: Sequence[str],
    *,
    as_of: date | None,
    progress: Callable[[str], None],
) -> WhatIf:
    """What the night, or the last one that was decided, would have chosen with ``changes``; writes nothing.

    The choice is made again from the stored candidates, by the function and from the prices that made it.
    Raises SettingsError for a change that does not read, ScheduleError where the night was not decided,
    ArbitrationError where it cannot be made again.
    """
    with open_decided(settings, as_of=as_of, progress=progress) as decided:
        night = decided.night
        plan, choice = stored(night), _Choice.of(decided)
    hours = {name: contact_hours(channel, settings.contact) for name, channel in load_channels().items()}
    read = [read_change(text, rooms=choice.rooms, hours=hours) for text in changes]
    rooms = changed(choice.rooms, read)
    _require_same_limits(choice.rooms, plan.limits, as_of=night.as_of)
    progress("making the plan again as it was")
    _require_same_plan(choice.made(choice.rooms), plan, as_of=night.as_of)
    progress(f"making it with {', '.join(changes)}")
    after = choice.made(rooms, without=paused(read))
    asked = {change.name for change in read}
    return WhatIf(
        changes=tuple(changes),
        asked=tuple(sorted(asked)),
        before=shown(night.as_of, figures(plan)),
        after=shown(night.as_of, figures(after), beside=figures(plan)),
        difference=shown_difference(
            compare(
                plan.plan,
                after.plan,
                channels=rooms.channels.keys() & asked,
                strategies=rooms.strategies.keys() & asked,
            )
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """Everything that a night's plan was made from. ``last_list``: customers on the list before that."""

    day: date
    candidates: pa.Table
    last_list: pa.ChunkedArray
    rooms: Rooms
    exploration: Exploration
    last_prices: dict[str, float] | None

    @classmethod
    def of(cls, decided: Decided) -> "_Choice":
        night, experiments = decided.night, decided.night.settings.experiments
        frames = decided.frames
        numbers = frames[NUMBERS].select("customer", "number")
        persons = frames[PERSONS].select("customer", "person")
        candidates = (
            night.store.read(CANDIDATES, as_of=night.as_of)
            .drop("as_of")
            .join(numbers, "customer", "left")
            .join(persons, "customer", "left")
        )
        newest = frames[PLAN].agg(F.max("as_of")).collect()[0][0]
        last = frames[PLAN].filter((F.col("as_of") == F.lit(newest)) & (F.col("fate") == "contact"))
        day = night.as_of + timedelta(days=1)
        return cls(
            day=day,
            last_list=last.select("customer").distinct().toArrow()["customer"],
            candidates=allowed_candidates(candidates, frames[PLAN]),
            rooms=decided.rooms,
            exploration=Exploration(share=experiments.exploration, salt=f"{experiments.salt} {day}"),
            last_prices=last_prices(frames[LIMITS]),
        )

    def made(self, rooms: Rooms, *, without: frozenset[str] = frozenset()) -> Decision:
        """What is decided in ``rooms``, ``without`` some strategies."""
        running = pc.invert(pc.is_in(self.candidates["strategy"], pa.array(sorted(without), pa.string())))
        decision = arbitrate(
            self.candidates.filter(running),
            rooms=rooms,
            day=self.day,
            exploration=self.exploration,
            last_prices=self.last_prices,
        )
        listed = decision.plan.filter(pc.field("fate") == "contact")["customer"]
        stays = pc.is_in(self.last_list, value_set=listed.combine_chunks()).cast(pa.float64())
        place = CERTIFICATES.names.index("overlap")
        certificate = decision.certificate.set_column(
            place, "overlap", pa.array([pc.mean(stays).as_py()], pa.float64())
        )
        return replace(decision, certificate=certificate)


def _require_same_limits(rooms: Rooms, limits: pa.Table, *, as_of: date) -> None:
    """What settings and documents say now must be what the night kept to."""
    then = {row["name"]: row["high"] for row in limits.to_pylist()}
    now = {one.name: None if one.high == NO_HIGH else one.high / WHOLE for one in declared(rooms)}
    other = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if other:
        name = other[0]
        raise ArbitrationError(
            f"{as_of} cannot be made again: {name} was {_end(name, then)} that night and is "
            f"{_end(name, now)} by today's settings ({len(other):,} limits differ); set them as they were, "
            "and ask again"
        )


def _end(name: str, limits: dict[str, float | None]) -> str:
    if name not in limits:
        return "not limited"
    high = limits[name]
    return "without an upper end" if high is None else f"{high:,.10g}"


def _require_same_plan(again: Decision, plan: Decision, *, as_of: date) -> None:
    first, second = (
        one.plan.select(_MADE).sort_by([(name, "ascending") for name in _GRAIN]).combine_chunks()
        for one in (again, plan)
    )
    if not first.cast(second.schema).equals(second):
        raise ArbitrationError(
            f"{as_of} cannot be made again: the same candidates give another plan now, so nothing can be "
            "laid beside the stored one. The program was changed since that night, or settings of "
            "arbitration, floors or experiments were, or a night before it was decided anew. Ask of a night "
            "decided since, with --as-of; or, while its lists are not released, run longreach decide --as-of "
            f"{as_of} and ask again"
        )


def shown_difference(found: Difference) -> Difference:
    """Without counts of few people, nor those that tell them with the totals of the two plans."""
    counts = {name: getattr(found, name) or 0 for name in _OUTCOMES}
    unshown = {name for name, count in counts.items() if few(np.array(count))}
    if unshown & {"same", "another"}:
        unshown |= {"same", "another"}
    if unshown & {"gained", "lost"} or few(np.array(counts["same"] + counts["another"])):
        unshown |= {"gained", "lost", "same"}
    return replace(
        found,
        channels=_shown_moves(found.channels),
        strategies=_shown_moves(found.strategies),
        **dict.fromkeys(unshown),
    )


def _shown_moves(moves: Sequence[Moved]) -> tuple[Moved, ...]:
    """Without those of few people before, after, or between the two."""
    rows = pd.DataFrame([(one.before, one.after) for one in moves], columns=["before", "after"])
    rows["change"] = (rows["after"] - rows["before"]).abs()
    unseen = hidden(rows, counts=["before", "after", "change"], within=[])
    return tuple(
        replace(one, before=None, after=None) if unshown else one
        for one, unshown in zip(moves, unseen, strict=True)
    )
