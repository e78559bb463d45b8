"""Stands where the outside world answers: recipients open their lists, ask the world, and hand in outcomes.

Only recipients whose keys were made here and whose folder is in the outbox are stood in for.
"""

import io
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from base.errors import ReleaseError, SealError, SourceError
from base.scrub import scrubbed
from base.settings import Recipient, Settings, load_settings
from ledger.database import Ledger, open_ledger
from outreach.deliver import (
    APPROVAL,
    MANIFEST,
    RECEIPT,
    Package,
    answering_key,
    make_receipt,
    opening_keys,
    package_name,
    recipient_of,
    transport_of,
    unseal,
)
from outreach.inbox import hand_in, still_due, take_arrivals
from outreach.publish import publish_file
from outreach.release import Release, expires_at, left, releases_of, take_receipts
from outreach.vault import Vault
from sources.answers import ANSWERS
from sources.source import open_source
from strategies.book import ever_live


@scrubbed()
def outcomes_ready(*, as_of: date, settings: Settings | None = None) -> bool:
    """Whether the last outcomes of the lists released on night ``as_of`` have come in.

    Takes in what waits in the arrivals, then asks the source, where it can answer. True also where nothing
    was released, so nothing can come. Raises SourceError when the answers cannot be handed in.
    """
    settings = settings or load_settings()
    with open_ledger(settings) as ledger:
        take_arrivals(ledger, settings=settings, as_of=as_of)
        due = _due(ledger, as_of)
        if not due:
            return True
        held = _held(ledger, due, as_of=as_of, settings=settings)
        if not held:
            return False
        with ledger.engine.connect() as connection:
            lists = left(connection, as_of)
        lists = lists.filter(pc.is_in(lists["contact"], value_set=pa.concat_arrays(list(held.values()))))
        contacts = _resolved(lists, ledger, as_of=as_of, settings=settings)
        answers = open_source(settings).answer(as_of, contacts)
        if answers is None:
            return False
        _hand_in(answers, held, ledger, as_of=as_of, settings=settings)
        return not _due(ledger, as_of)


def _due(ledger: Ledger, as_of: date) -> tuple[str, ...]:
    with ledger.engine.connect() as connection:
        return still_due(connection, as_of)


def _held(ledger: Ledger, due: tuple[str, ...], *, as_of: date, settings: Settings) -> dict[str, pa.Array]:
    """The contacts that each recipient stood in for finds in its list; it acknowledges the list."""
    with ledger.engine.connect() as connection:
        releases = releases_of(connection, as_of)
    held = {
        name: _opened(releases[name], settings)
        for name in due
        if releases[name].state in ("delivered", "acknowledged") and _is_stood_in_for(name, settings)
    }
    if held:
        take_receipts(ledger, as_of, way=lambda name: transport_of(name, settings=settings))
    return held


def _is_stood_in_for(name: str, settings: Settings) -> bool:
    recipient = recipient_of(settings, name)
    given = (recipient.public_keys, recipient.shared_keys, recipient.answer_keys)
    return not any(given) and recipient.transport == Recipient().transport


def _opened(release: Release, settings: Settings) -> pa.Array:
    recipient, as_of = release.recipient, release.as_of
    path = settings.outbox_folder / recipient / package_name(recipient, as_of=as_of, attempt=release.attempt)
    sealed, approval = path.read_bytes(), _approval_of(path)
    on_the_day = expires_at(as_of, settings.contact) - timedelta(hours=1)
    keys = opening_keys(settings, recipient)
    files = unseal(sealed, approval=approval, recipient=recipient, keys=keys, now=on_the_day)
    package = Package.of(sealed, approval=approval, recipient=recipient, as_of=as_of, attempt=release.attempt)
    receipt = make_receipt(package, at=on_the_day, key=answering_key(settings, recipient))
    publish_file(path.with_name(f"{path.name}{RECEIPT}"), [receipt])
    lists = [_contacts(content) for name, content in files.items() if name != MANIFEST]
    return pa.concat_arrays(lists)


def _approval_of(path: Path) -> bytes:
    try:
        return path.with_name(f"{path.name}{APPROVAL}").read_bytes()
    except FileNotFoundError:
        raise SealError(f"{path.name} came without its approval, so nobody may use it") from None


def _contacts(content: bytes) -> pa.Array:
    only = csv.ConvertOptions(include_columns=["contact"], column_types={"contact": pa.string()})
    parsing = csv.ParseOptions(newlines_in_values=True)
    table = csv.read_csv(io.BytesIO(content), parse_options=parsing, convert_options=only)
    return table["contact"].combine_chunks()


def _resolved(lists: pa.Table, ledger: Ledger, *, as_of: date, settings: Settings) -> pa.Table:
    """The released contacts as the world knows them: by the bank's own customer numbers."""
    kinds = {strategy.name: strategy.kind for strategy in ever_live(ledger)}
    strategies = lists["strategy"].to_pylist()
    gone = sorted(set(strategies) - set(kinds))
    if gone:
        raise ReleaseError(
            f"the lists of {as_of} cannot be answered: strategies gone from the book: {', '.join(gone)}; "
            "put them back"
        )
    people = Vault(settings).take(as_of, lists["customer"], purpose="dial", recipient="source", ledger=ledger)
    if people.num_rows != lists.num_rows:
        raise ReleaseError(
            f"the lists of {as_of} cannot be answered: "
            f"customers gone from the vault: {lists.num_rows - people.num_rows}; put them back"
        )
    columns = {name: lists[name] for name in ("contact", "strategy", "step", "channel", "hour")}
    kind = pa.array([kinds[name] for name in strategies], pa.string())
    named = {**columns, "customer_no": people["customer_no"], "kind": kind}
    return pa.table(named).select(["contact", "customer_no", "strategy", "kind", "step", "channel", "hour"])


def _hand_in(
    answers: pa.Table, held: dict[str, pa.Array], ledger: Ledger, *, as_of: date, settings: Settings
) -> None:
    for recipient, contacts in held.items():
        own = answers.filter(pc.is_in(answers["contact"], value_set=contacts))
        try:
            hand_in(
                settings,
                own.select(ANSWERS.names).cast(ANSWERS),
                recipient=recipient,
                as_of=as_of,
                name=f"answers-{as_of.isoformat()}.parquet",
                last=True,
                key=answering_key(settings, recipient),
            )
        except OSError as error:
            raise SourceError(
                f"outcomes of {as_of}: not handed in ({error.strerror}); make room, ask again"
            ) from error
    refused = take_arrivals(ledger, settings=settings, as_of=as_of).refused
    if refused:
        raise SourceError(f"outcomes of {as_of} were refused: {'; '.join(refused)}")
