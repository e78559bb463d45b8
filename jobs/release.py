"""Step five: hands the masked lists to those who call and write."""

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from base.errors import ReleaseError
from jobs.decide import DECIDED
from jobs.job import Frames, Night, job
from lake.table import Table
from lake.tables import CONTACT_LISTS, CUSTOMERS, NUMBERS, PLAN, SUPPRESSIONS
from lake.tables.words import CHANNELS
from ledger.audit import record, trail
from outreach.channels.channel import Channel, load_channels
from outreach.outbox import Files, freeze, frozen, lay_down
from outreach.release import Words, all_files, build_lists, contact_day
from outreach.scan import Known, find_leaks
from outreach.stops import Stops, hold_still, read_stops, with_numbers_of, without_stopped
from outreach.vault import Vault
from strategies.book import documents, ever_live
from strategies.document import Strategy

# Of all suppressions only this one leaves a way: strategies that read no features.
_NOT_BINDING = "no_personalisation"


@job(reads=(PLAN.at, NUMBERS.at, CUSTOMERS.at, SUPPRESSIONS.at), writes=(CONTACT_LISTS,))
def release(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Releases the night's contacts: masked, scanned, each list exactly once.

    Looks once more for opt-outs, suppressions and switches that came after the decision. A night that was
    released before is laid down again as it was.
    """
    channels = load_channels()
    with night.ledger.engine.connect() as connection:
        lists = frozen(connection, as_of=night.as_of, settings=night.settings)
    files: Files
    if lists is None:
        lists, files = _freeze_anew(night, frames, channels)
    else:
        night.progress(f"the lists of {night.as_of} were released before: laying the same ones down")
        files = dict(all_files(lists, channels=channels, as_of=night.as_of))
    lay_down(night.ledger, files, as_of=night.as_of, settings=night.settings)
    return {CONTACT_LISTS: night.store.frame(CONTACT_LISTS, lists)}


def _freeze_anew(
    night: Night, frames: Frames, channels: Mapping[str, type[Channel]]
) -> tuple[pa.Table, Files]:
    vault, words = Vault(night.settings), Words.of(_decided_with(night))
    chosen = _with_tokens(_chosen(night, frames, channels), vault, as_of=night.as_of, channels=channels)
    identities = _identities(night, vault, chosen, channels)
    with night.ledger.engine.begin() as connection:
        hold_still(connection)
        stops = read_stops(connection)
        kept, drops = without_stopped(chosen, stops=with_numbers_of(stops, _numbers(night, frames, stops)))
        lists = build_lists(kept, identities=identities, words=words, channels=channels, as_of=night.as_of)
        files = dict(all_files(lists, channels=channels, as_of=night.as_of))
        _refuse_leaks(night, files, identities, words)
        freeze(connection, lists, files=files, as_of=night.as_of, settings=night.settings)
    record(
        night.ledger,
        actor="release",
        action="lists released",
        subject=night.as_of.isoformat(),
        detail={"rows": lists.num_rows, "dropped": drops},
    )
    night.progress(f"{lists.num_rows:,} contacts leave; {sum(drops.values()):,} stopped since the decision")
    return lists, files


def _decided_with(night: Night) -> tuple[Strategy, ...]:
    """The documents as they were when the night was decided, whatever has gone live since."""
    decisions = trail(night.ledger, action=DECIDED, subject=night.as_of.isoformat(), last=1)
    if not decisions:
        return ever_live(night.ledger)
    return documents(night.ledger, decisions[0]["detail"]["versions"])


def _numbers(night: Night, frames: Frames, stops: Stops) -> pa.Table:
    """The numbers of everybody who opted out, on the list or not: customer, number."""
    opted_out = sorted({key.rsplit("|", 1)[0] for key in stops.customers})
    tokens = night.spark.createDataFrame([(token,) for token in opted_out], "customer string")
    return frames[NUMBERS].select("customer", "number").join(tokens, "customer", "left_semi").toArrow()


def _chosen(night: Night, frames: Frames, channels: Mapping[str, type[Channel]]) -> pa.Table:
    """The contacts that were decided, without those suppressed since: customer to hour, number."""
    plan = frames[PLAN].filter(F.col("fate") == "contact")
    contacts = (
        plan.select("customer", "strategy", "step", "channel", "arm", "hour")
        .join(frames[NUMBERS].select("customer", "number"), "customer", "left")
        .join(frames[CUSTOMERS].select("customer", "birth_month"), "customer", "left")
    )
    day = F.lit(contact_day(night.as_of))
    in_force = (
        (F.col("kind") != _NOT_BINDING)
        & (F.col("since").isNull() | (F.col("since") <= day))
        & (F.col("until").isNull() | (F.col("until") >= day))
    )
    every = F.array(*map(F.lit, CHANNELS))
    channel = F.explode(F.when(F.col("channel") == "all", every).otherwise(F.array("channel")))
    bound = frames[SUPPRESSIONS].filter(in_force).select("customer", channel.alias("channel"))
    found = contacts.join(bound, ["customer", "channel"], "left_anti").toArrow()
    _refuse_by_age(found, channels, night)
    return found


def _refuse_by_age(chosen: pa.Table, channels: Mapping[str, type[Channel]], night: Night) -> None:
    """Policy has seen to it; looked at again here because nothing after this can.

    Only the month of birth is known, so whoever may be elderly counts as elderly.
    """
    day, contact = contact_day(night.as_of), night.settings.contact
    born = chosen["birth_month"]
    by_machine = pa.array([name for name, channel in channels.items() if not channel.by_human])
    elderly = pc.less_equal(born, pa.scalar(date(day.year - contact.elderly_age, day.month, 1)))
    minor = pc.greater(born, pa.scalar(date(day.year - contact.adult_age, day.month, 1)))
    wrong = {
        "elderly people by machine": pc.and_(elderly, pc.is_in(chosen["channel"], value_set=by_machine)),
        "people who may be under age, or of unknown age": pc.fill_null(minor, True),
    }
    for who, rows in wrong.items():
        count = pc.sum(rows).as_py() or 0
        if count:
            raise ReleaseError(
                f"the plan of {night.as_of} would contact {count} {who}; nothing was released: "
                "mend the policy rules and run decide for this date again"
            )


def _with_tokens(
    chosen: pa.Table, vault: Vault, *, as_of: date, channels: Mapping[str, type[Channel]]
) -> pa.Table:
    """Adds ``contact``, the same for the same touch and night, and ``address``, good for it alone."""
    text = [chosen[name].cast(pa.string()) for name in ("customer", "strategy", "step")]
    contact = vault.tokens("contact", pc.binary_join_element_wise(as_of.isoformat(), *text, "|"))
    recipient = {name: channel.recipient for name, channel in channels.items()}
    recipients = pa.array([recipient[name] for name in chosen["channel"].to_pylist()], pa.string())
    address = vault.tokens("dial", pc.binary_join_element_wise(contact, recipients, "|"))
    return chosen.append_column("contact", contact).append_column("address", address)


def _identities(
    night: Night, vault: Vault, chosen: pa.Table, channels: Mapping[str, type[Channel]]
) -> pa.Table:
    """Who the chosen are: one look into the vault, and one audit record, a recipient."""
    looks = []
    for recipient in sorted({channel.recipient for channel in channels.values()}):
        served = pa.array([name for name, channel in channels.items() if channel.recipient == recipient])
        customers = chosen.filter(pc.is_in(chosen["channel"], value_set=served))["customer"].unique()
        looks.append(
            vault.take(
                night.as_of, customers, purpose="contact list", recipient=recipient, ledger=night.ledger
            )
        )
    return pa.concat_tables(looks)


def _refuse_leaks(night: Night, files: Files, identities: pa.Table, words: Words) -> None:
    known = Known.of(identities)
    leaks = [
        f"{recipient}/{leak}"
        for recipient, content in files.items()
        for leak in find_leaks(content, known=known, own_words=words.texts)
    ]
    if leaks:
        raise ReleaseError(
            f"nothing of {night.as_of} was released, because its files would show who people are:\n  "
            + "\n  ".join(leaks[:10])
        )
