"""The facts that policy rules look at: one row a candidate contact."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from base.settings import Contact
from lake.tables.words import CHANNELS

ALL_CHANNELS = (1 << len(CHANNELS)) - 1

# Sets of channels travel as bits of one integer: joins stay narrow, and no channel has a column of its own.
CHANNEL_BITS: Mapping[str, int] = {
    **{channel: 1 << place for place, channel in enumerate(CHANNELS)},
    "all": ALL_CHANNELS,
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a candidate contact, as columns of the engine, with the settings that bound it.

    A column is null where the bank does not know; a rule that meets null forbids. ``..._on`` columns are
    sets of channels (see ``CHANNEL_BITS``), never null: 0 means none.
    """

    contact: Contact
    day: date
    # of the contact
    strategy: Column
    step: Column
    kind: Column
    hour: Column
    # of its channel and strategy
    channel_bit: Column
    planned_seconds: Column
    by_human: Column
    needs: Column
    caller_purpose: Column
    switched_off: Column
    personal: Column
    valid_from: Column
    valid_until: Column
    # of the person
    surely_age: Column
    perhaps_age: Column
    risk_level: Column
    has_app: Column
    number_kind: Column
    consented_on: Column
    opted_out_on: Column
    number_opted_out_on: Column
    do_not_disturb_on: Column
    complaint_open: Column
    litigation: Column
    deceased: Column
    staff: Column
    refuses_automated_decisions: Column
    no_personalisation: Column
    refused_on: Column
    refused_lately: Column
    contacts_on_day: Column
    contacts_in_week: Column
    journey: Column
    last_step: Column

    def includes_channel(self, channels: Column) -> Column:
        """Whether the contact's channel is among a set of channels."""
        return channels.bitwiseAND(self.channel_bit) != 0


FACT_NAMES: tuple[str, ...] = tuple(
    field.name for field in fields(Facts) if field.name not in ("contact", "day")
)


def facts_of(day: date, *, contact: Contact) -> Facts:
    """The facts as columns of a frame that ``outreach.policy.gather.gather`` made for contacts on ``day``."""
    return Facts(contact=contact, day=day, **{name: F.col(name) for name in FACT_NAMES})
