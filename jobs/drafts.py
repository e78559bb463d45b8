"""Who is on the night's lists: the contacts that were decided, without those stopped since, masked."""

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from base.errors import ReleaseError
from evaluation.suppress import shown
from jobs.job import Frames, Night
from jobs.watch import watch_release
from lake.tables import CUSTOMERS, HELD_BACK, NUMBERS, PERSONS, PLAN, SUPPRESSIONS
from lake.tables.words import CHANNELS
from outreach.callers import allocate, callers_of_day
from outreach.channels.channel import PLAIN, Channel
from outreach.mask import WHOLE, mask_phone
from outreach.policy.facts import CHANNEL_BITS
from outreach.policy.suppressions import suppressed_on
from outreach.release import Draft, Release, Words, build_lists, contact_day, kin_of, recipients_of
from outreach.stops import Stops, hold_still, last_opt_out, read_stops, why_stopped, with_kin_of
from outreach.vault import Vault
from strategies.document import Strategy

_TOUCH = ("customer", "strategy", "step")


class DecidedContacts:
    """The contacts that were decided, made or held out, as release finds them.

    ``rows``: customer, strategy, step, channel, arm, hour, fate, value, number, number_kind, birth_month
    and suppressed.
    ``kin`` (customer, number, person): everybody who shares a number with one of them, and all accounts of
    these persons.
    """

    def __init__(self, night: Night, frames: Frames) -> None:
        decided = frames[PLAN].filter(F.col("fate").isin("contact", "held_out"))
        columns = (*_TOUCH, "channel", "arm", "hour", "fate", "value")
        numbers = frames[NUMBERS].select("customer", "number", F.col("kind").alias("number_kind"))
        contacts = (
            decided.select(*columns)
            .join(numbers, "customer", "left")
            .join(frames[CUSTOMERS].select("customer", "birth_month"), "customer", "left")
            .join(_suppressed(frames, contact_day(night.as_of)), ["customer", "channel"], "left")
            .withColumn("suppressed", F.coalesce("suppressed", F.lit(False)))
        )
        self.rows = contacts.toArrow()
        self.kin = _kin(_people(self.rows, night.spark), frames).toArrow()

    def why_stopped(self, stops: Stops) -> pa.Array:
        """Why each row must not leave, in a word; null where nothing forbids it."""
        later = why_stopped(self.rows, stops=with_kin_of(stops, self.kin))
        return pc.if_else(self.rows["suppressed"], "suppressed", later).combine_chunks()

    def watch(self, night: Night) -> None:
        """Has the watch look at what is about to leave; it may stop a channel that is not as usual."""
        with night.ledger.engine.connect() as connection:
            why = self.why_stopped(read_stops(connection))
        made = pc.equal(self.rows["fate"], "contact")
        watch_release(night, self.rows.filter(made), why.filter(made.combine_chunks()))

    def held_back(
        self,
        lists: pa.Table,
        *,
        releases: Mapping[str, Release],
        channels: Mapping[str, type[Channel]],
        stops: Stops,
    ) -> pa.Table:
        """The rows of HELD_BACK. ``lists``: what left, of CONTACT_LISTS; ``stops``: as they bound it."""
        stays = {name: releases[channel.recipient].state for name, channel in channels.items()}
        ended = {name: state for name, state in stays.items() if state in ("withdrawn", "expired")}
        of_channel = pc.index_in(self.rows["channel"], value_set=pa.array(list(ended), pa.string()))
        made = pc.equal(self.rows["fate"], "contact")
        left = pc.is_in(_touch(self.rows), value_set=_touch(lists).combine_chunks())
        why = pc.coalesce(
            self.why_stopped(stops),
            pa.array(list(ended.values()), pa.string()).take(of_channel.combine_chunks()),
            pc.if_else(made, _no_way(self.rows, channels), None),
        )
        rows = self.rows.append_column("reason", why)
        stayed = rows.filter(pc.and_(pc.invert(left), pc.is_valid(why)))
        return stayed.select(list(HELD_BACK.names)).cast(HELD_BACK.arrow_schema())


def make_drafts(
    night: Night,
    decided: DecidedContacts,
    *,
    vault: Vault,
    book: Sequence[Strategy],
    channels: Mapping[str, type[Channel]],
    identities: dict[str, pa.Table],
) -> tuple[dict[str, Draft], int]:
    """The night's lists by recipient, and the last opt-out they heed.

    Puts what it took out of the vault into ``identities``, by recipient. Raises ReleaseError where the plan
    is against the rules of age.
    """
    with night.ledger.engine.begin() as connection:
        hold_still(connection)
        looked_to = last_opt_out(connection)
    with night.ledger.engine.connect() as connection:
        stops = read_stops(connection)
        callers = callers_of_day(connection, day=contact_day(night.as_of))
    rows = decided.rows.filter(
        pc.and_(pc.equal(decided.rows["fate"], "contact"), pc.is_null(decided.why_stopped(stops)))
    )
    rows = rows.append_column("elderly", _elderly(rows, night))
    _refuse_by_age(rows, channels, night)
    rows = _with_callers(rows, callers, book, channels)
    rows = _with_tokens(rows, vault, as_of=night.as_of, channels=channels)
    for recipient in recipients_of(channels):
        identities[recipient] = _identities(night, vault, rows, recipient, channels)
    everybody = pa.concat_tables(identities.values())
    rows = _with_known_numbers(rows, everybody, channels)
    lists = build_lists(
        rows,
        identities=everybody,
        words=Words.of(book),
        channels=channels,
        as_of=night.as_of,
        contact=night.settings.contact,
    )
    drafts = {}
    for recipient in recipients_of(channels):
        own = lists.filter(pc.equal(lists["recipient"], recipient)).combine_chunks()
        drafts[recipient] = Draft(rows=own, kin=kin_of(own, decided.kin))
    return drafts, looked_to


def _people(rows: pa.Table, spark: SparkSession) -> DataFrame:
    """Customer and number of each row, which need not be worked out once more."""
    if rows.num_rows == 0:
        return spark.createDataFrame([], "customer string, number string")
    return spark.createDataFrame(rows.select(["customer", "number"]))


def _kin(contacts: DataFrame, frames: Frames) -> DataFrame:
    """Customer, number and person of whoever shares a number with ``contacts`` (customer, number), and of all
    accounts of the persons among these; accounts that have ended have no number."""
    people = (
        frames[NUMBERS]
        .select("customer", "number")
        .join(frames[PERSONS].select("customer", "person"), "customer", "full")
    )
    numbers = contacts.select("number").filter("number is not null").distinct()
    near = people.join(numbers, "number", "left_semi").unionByName(
        people.join(contacts.select("customer"), "customer", "left_semi")
    )
    accounts = people.join(near.select("person").filter("person is not null"), "person", "left_semi")
    return (
        near.select("customer", "number", "person")
        .unionByName(accounts.select("customer", "number", "person"))
        .distinct()
    )


def _suppressed(frames: Frames, day: date) -> DataFrame:
    """Customer and channel of every suppression in force, as policy reads them."""
    binding = suppressed_on(frames[SUPPRESSIONS], persons=frames[PERSONS], numbers=frames[NUMBERS], day=day)
    named = (F.when(F.col("bits").bitwiseAND(CHANNEL_BITS[name]) != 0, F.lit(name)) for name in CHANNELS)
    bound = binding.select("customer", F.explode(F.array(*named)).alias("channel"))
    bound = bound.filter("channel is not null").distinct()
    return bound.withColumn("suppressed", F.lit(True))


def _refuse_by_age(rows: pa.Table, channels: Mapping[str, type[Channel]], night: Night) -> None:
    """Policy has seen to it; looked at again here because nothing after this can."""
    day, contact = contact_day(night.as_of), night.settings.contact
    by_machine = pa.array([name for name, channel in channels.items() if not channel.by_human])
    minor = pc.greater(rows["birth_month"], pa.scalar(date(day.year - contact.adult_age, day.month, 1)))
    wrong = {
        "elderly people by machine": pc.and_(
            rows["elderly"], pc.is_in(rows["channel"], value_set=by_machine)
        ),
        "people who may be under age, or of unknown age": pc.fill_null(minor, True),
    }
    for who, hit in wrong.items():
        count = pc.sum(hit).as_py() or 0
        if count:
            raise ReleaseError(
                f"the plan of {night.as_of} would contact {shown(count)} {who}; nothing was released: "
                "mend the policy rules and run decide for this date again"
            )


def _elderly(rows: pa.Table, night: Night) -> pa.ChunkedArray:
    """Only the month of birth is known, so whoever may be elderly counts as elderly."""
    day = contact_day(night.as_of)
    last = date(day.year - night.settings.contact.elderly_age, day.month, 1)
    return pc.fill_null(pc.less_equal(rows["birth_month"], pa.scalar(last)), True)


def _with_callers(
    rows: pa.Table, register: pa.Table, book: Sequence[Strategy], channels: Mapping[str, type[Channel]]
) -> pa.Table:
    """Adds ``caller``, the bank's number each is made from; contacts for which none is left stay behind."""
    kinds = {strategy.name: strategy.kind for strategy in book}
    kind = pa.array([kinds.get(name) for name in rows["strategy"].to_pylist()], pa.string())
    callers = allocate(rows.append_column("kind", kind), register)
    called = pa.array([name for name, channel in channels.items() if "caller" in channel.emits], pa.string())
    stay = pc.and_(pc.is_in(rows["channel"], value_set=called), pc.is_null(callers))
    return rows.append_column("caller", callers).filter(pc.invert(stay))


def _no_way(rows: pa.Table, channels: Mapping[str, type[Channel]]) -> pa.ChunkedArray:
    """Why a contact stayed that nobody stopped."""
    written_to = pc.is_in(rows["channel"], value_set=_given_numbers(channels))
    unusable = pc.and_(written_to, pc.fill_null(pc.not_equal(rows["number_kind"], "mobile"), True))
    return pc.if_else(pc.or_(pc.is_null(rows["number"]), unusable), "no_number", "no_caller_number")


def _given_numbers(channels: Mapping[str, type[Channel]]) -> pa.Array:
    """The channels whose recipients are given plain numbers."""
    return pa.array([name for name, channel in channels.items() if PLAIN.intersection(channel.emits)])


def _with_tokens(
    rows: pa.Table, vault: Vault, *, as_of: date, channels: Mapping[str, type[Channel]]
) -> pa.Table:
    """Adds ``contact``, the same for the same touch and night, and ``address``, good for it alone."""
    contact = vault.tokens("contact", pc.binary_join_element_wise(as_of.isoformat(), _touch(rows), "|"))
    recipient = pa.array([channel.recipient for channel in channels.values()])
    named = recipient.take(pc.index_in(rows["channel"], value_set=pa.array(list(channels))).combine_chunks())
    address = vault.tokens("dial", pc.binary_join_element_wise(contact, named, "|"))
    return rows.append_column("contact", contact).append_column("address", address)


def _touch(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(*(rows[name].cast(pa.string()) for name in _TOUCH), "|")


def _identities(
    night: Night, vault: Vault, rows: pa.Table, recipient: str, channels: Mapping[str, type[Channel]]
) -> pa.Table:
    """Who is on a recipient's list: one look into the vault, and one audit record."""
    served = [name for name, channel in channels.items() if channel.recipient == recipient]
    own = rows.filter(pc.is_in(rows["channel"], value_set=pa.array(served)))
    return vault.take(
        night.as_of,
        own["customer"].unique(),
        purpose="contact list",
        recipient=recipient,
        ledger=night.ledger,
    )


def _with_known_numbers(
    rows: pa.Table, identities: pa.Table, channels: Mapping[str, type[Channel]]
) -> pa.Table:
    """Without whoever would be sent a message to a number whose shape nobody knows."""
    unknown = identities.filter(pc.equal(mask_phone(identities["phone"]), WHOLE))["customer"]
    stay = pc.and_(
        pc.is_in(rows["channel"], value_set=_given_numbers(channels)),
        pc.is_in(rows["customer"], value_set=unknown.combine_chunks()),
    )
    return rows.filter(pc.invert(stay))
