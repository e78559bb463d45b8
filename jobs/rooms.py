"""The limits of a night, from settings, channels and documents, and what funnels under way will ask for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from math import ceil

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from base.errors import SettingsError
from base.settings import Contact, LeastShares
from jobs.job import Frames, Night
from jobs.known import capacity
from lake.tables import CUSTOMERS, SEGMENT_CATALOG
from lake.tables.words import PRODUCTS
from outreach.arbitrate.ahead import Returned, loads, under_way
from outreach.arbitrate.rooms import ChannelRoom, Floors, Rooms, SkillRoom, StrategyRoom
from outreach.channels.channel import Channel, hourly, load_channels
from strategies.document import Strategy
from strategies.funnel import begun

_LONGEST_WAIT = 30  # days between two touches of a funnel, at most


def night_rooms(night: Night, frames: Frames, book: Sequence[Strategy], *, made: DataFrame) -> Rooms:
    """Every limit of the night, from the frames that decide reads.

    ``made``: the touches as the night begins. Raises SettingsError where settings name what is not there.
    """
    settings, day = night.settings, night.as_of + timedelta(days=1)
    scarce = [name for name, channel in load_channels().items() if channel.by_human]
    returned = _returned(made, as_of=night.as_of)
    expected = loads(book, returned, scarce=scarce)
    return Rooms(
        channels=_channels(night, customers=frames[CUSTOMERS].count()),
        strategies=_strategies(book, begun(made)),
        skills=_skills(night, scarce),
        floors=_floors(settings.floors, frames[SEGMENT_CATALOG]),
        loads=expected,
        under_way=under_way(book, returned, expected, scarce=scarce, day=day),
        reserve=settings.arbitration.reserve_quantile,
        hours_away=settings.arbitration.hours_away,
        hour_costs=settings.arbitration.hour_costs,
        stay_put=settings.arbitration.stay_put,
    )


def contact_hours(channel: type[Channel], contact: Contact) -> range:
    """The hours in which a contact may be planned so that it ends inside the permitted ones."""
    return range(contact.hour_from, contact.hour_to - ceil(channel.seconds / 3600))


def _channels(night: Night, *, customers: int) -> dict[str, ChannelRoom]:
    found = {}
    for name, per_night in capacity(night, customers=customers).items():
        channel, given = load_channels()[name], night.settings.capacity.get(name)
        hours = contact_hours(channel, night.settings.contact)
        found[name] = ChannelRoom(
            per_night=per_night,
            per_hour=hourly(
                given.per_hour if given else None,
                per_night=per_night,
                slack=channel.slack,
                hours=hours,
            ),
            budget=given.budget if given else None,
            hours=tuple(hours),
        )
    return found


def _skills(night: Night, scarce: Sequence[str]) -> dict[str, SkillRoom]:
    contact, channels = night.settings.contact, load_channels()
    hours = sorted({hour for name in scarce for hour in contact_hours(channels[name], contact)})
    for name, skill in night.settings.skills.items():
        _require(f"skills.{name}.kinds", skill.kinds, PRODUCTS)
    return {
        name: SkillRoom(
            kinds=skill.kinds,
            channels=tuple(scarce),
            per_night=skill.per_night,
            per_hour=hourly(skill.per_hour, per_night=skill.per_night, slack=None, hours=hours),
        )
        for name, skill in night.settings.skills.items()
    }


def _strategies(book: Sequence[Strategy], so_far: Mapping[str, int]) -> dict[str, StrategyRoom]:
    return {
        strategy.name: StrategyRoom(
            kind=strategy.kind,
            per_night=strategy.limits.per_night,
            at_least=strategy.limits.at_least,
            budget=strategy.limits.budget,
            beginnings=None
            if strategy.caps.total is None
            else max(0, strategy.caps.total - so_far.get(strategy.name, 0)),
            exposures=strategy.experiment.expose,
        )
        for strategy in book
    }


def _floors(shares: LeastShares, catalog: DataFrame) -> Floors:
    rows = catalog.select("segment", "manager").collect()
    managers_of = {row["segment"]: row["manager"] for row in rows}
    _require("floors.segments", shares.segments, sorted(managers_of))
    _require("floors.managers", shares.managers, sorted(set(managers_of.values())))
    return Floors(segments=shares.segments, managers=shares.managers, managers_of=managers_of)


def _require(setting: str, named: Iterable[str], known: Sequence[str]) -> None:
    for name in named:
        if name not in known:
            raise SettingsError(
                f"{setting}: there is no {name!r}; there are {', '.join(known) or 'none yet'}"
            )


def _returned(made: DataFrame, *, as_of: date) -> list[Returned]:
    """Contacts made, counted by touch, result and day; days that nothing is waited for since, together."""
    keys = ("strategy", "step", "contact_day", "result")
    recent = F.greatest("contact_day", F.lit(as_of - timedelta(days=_LONGEST_WAIT + 1)))
    contacts = made.filter("fate = 'contact'").withColumn("contact_day", recent)
    counted = contacts.groupBy(*keys).agg(F.count("*").alias("contacts")).collect()
    return [Returned(*(row[name] for name in (*keys, "contacts"))) for row in counted]
