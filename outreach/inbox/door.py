"""The door that outcome files come in by: each is checked, entered once, and handed on; or refused, and why.

A file is laid down first, under a name and with bytes that follow from it alone, then entered in the ledger,
then taken away from the arrivals. Killed anywhere between, the next run ends with the same.
"""

import hashlib
import io
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet
from sqlalchemy import Connection, func, insert, select

from base.errors import SealError, SourceError, StoreError
from base.settings import Settings
from lake.tables.words import OPTED_OUT, RECIPIENTS
from ledger.audit import record_within
from ledger.database import Ledger
from ledger.schema import INBOX_FILES, RELEASED_CONTACTS, RELEASES, among
from outreach.deliver.canaries import look_for
from outreach.deliver.keys import answer_keys, recipient_of
from outreach.inbox.arrivals import (
    STATEMENT,
    Arrival,
    Statement,
    arrivals,
    content_hash,
    read_arrival,
    recorded_name,
)
from outreach.opt_outs import heed_outcomes
from outreach.publish import publish_file
from outreach.release.states import LEFT
from sources.answers import SUFFIXES, parse_answers

_FILES = INBOX_FILES.c
_TAKEN = _FILES.refused.is_(None)
_ONE_AT_A_TIME = 7_226_001  # any number nobody else locks by
_WHO_SAID_SO = ("contact", "customer", "number")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of the files that waited: names taken, and lines that say why others were refused."""

    taken: tuple[str, ...]
    refused: tuple[str, ...]


def take_arrivals(ledger: Ledger, *, settings: Settings, as_of: date) -> Taken:
    """Takes in what waits, for the night ``as_of``: answers to that night's lists or to earlier ones.

    Accepted files lie in ``inbox/<as_of>`` without their canaries; those that answer a later night wait for
    it. Opt-outs among them bind at once. Refused ones lie in ``inbox/quarantine/<recipient>`` and are told of
    in ``inbox_files`` and the audit.
    Raises StoreError when the disk does not take a file; it then waits on.
    """
    taken, refused = [], []
    with ledger.engine.begin() as at_the_door:
        at_the_door.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        for arrival in arrivals(settings):
            try:
                name = _take(arrival, ledger, settings=settings, as_of=as_of)
                if name is not None:
                    taken.append(f"{arrival.recipient}/{name}")
            except (SealError, SourceError) as error:
                refused.append(_refuse(arrival, ledger, settings=settings, why=str(error)))
    return Taken(taken=tuple(taken), refused=tuple(refused))


def still_due(connection: Connection, as_of: date) -> tuple[str, ...]:
    """The recipients of that night's lists who have not said that their last answers are in."""
    lists = select(RELEASES.c.recipient).where(
        RELEASES.c.as_of == as_of, RELEASES.c.rows > 0, RELEASES.c.state.in_(LEFT)
    )
    ended = select(_FILES.recipient).where(_FILES.as_of == as_of, _FILES.last, _TAKEN)
    return tuple(sorted(set(connection.execute(lists).scalars()) - set(connection.execute(ended).scalars())))


def refuse_what_came_otherwise(connection: Connection, folder: Path) -> None:
    """Raises SourceError for an outcome file in ``folder`` (``inbox/<night>``) that came by no door."""
    files = {path: path.read_bytes() for path in sorted(folder.glob("*")) if path.suffix in SUFFIXES}
    hashes = {path.name: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    query = select(_FILES.laid_down).where(among(_FILES.laid_down, sorted(hashes.values())))
    known = set(connection.execute(query).scalars())
    strange = [name for name, digest in hashes.items() if digest not in known]
    if strange:
        raise SourceError(
            f"inbox/{folder.name} holds what no recipient signed, or what was changed since: "
            f"{', '.join(strange)}; move it away. Outcome files are handed in as docs/recipients.md says"
        )


def _take(arrival: Arrival, ledger: Ledger, *, settings: Settings, as_of: date) -> str | None:
    """The name by which the file was taken; None where it waits for its night.

    Raises SealError, SourceError.
    """
    if arrival.recipient not in (*RECIPIENTS, *settings.recipients):
        raise SealError("the folder's name is no recipient")
    statement, content = read_arrival(arrival, keys=answer_keys(settings, arrival.recipient))
    answers = _answers(content, statement)
    if answers.num_rows != statement.rows:
        raise SealError(f"the file holds {answers.num_rows} rows and its statement says {statement.rows}")
    if statement.as_of > as_of:
        return None
    days = recipient_of(settings, arrival.recipient).answer_days
    canaries = _canaries(ledger, statement, answers)
    with ledger.engine.begin() as connection:
        _refuse_repeated(connection, statement)
        _refuse_late(connection, statement, days=days)
        own = answers.filter(pc.invert(pc.is_in(answers["contact"], value_set=canaries)))
        _refuse_others_contacts(connection, statement, own)
        heed_outcomes(connection, _opted_out(connection, statement, own))
        laid = _laid_down(settings.home / "inbox" / as_of.isoformat(), statement, own)
        line = {"rows": own.num_rows, "last": statement.last, "laid_down": laid, "as_of": statement.as_of}
        connection.execute(
            insert(INBOX_FILES).values(
                recipient=statement.recipient, file=statement.file, sha256=statement.sha256, **line
            )
        )
        record_within(
            connection,
            actor=statement.recipient,
            action="outcome file taken",
            details={statement.file: {"as_of": statement.as_of.isoformat(), "rows": own.num_rows}},
        )
    with suppress(OSError):  # what stays is refused by the next run, as taken before
        for path in (arrival.statement_path, arrival.path):
            path.unlink(missing_ok=True)
    return statement.file


def _answers(content: bytes, statement: Statement) -> pa.Table:
    """Columns of ANSWERS. Raises SealError, SourceError where the ledger or Python could not hold them."""
    try:
        answers = parse_answers(content, name=statement.file)
    except (ValueError, LookupError, NotImplementedError) as error:
        raise SealError(f"the file cannot be read ({type(error).__name__})") from error
    if pc.any(pc.match_substring(answers["contact"], "\0")).as_py():
        raise SealError("a contact holds the character NUL")
    years = pc.year(answers["happened_at"])
    if pc.any(pc.or_(pc.less(years, 1970), pc.greater(years, 2099))).as_py():
        raise SealError("a moment lies outside the years 1970 to 2099")
    return answers


def _refuse_repeated(connection: Connection, statement: Statement) -> None:
    """Files of different nights may be alike: without a row, say."""
    same = (_FILES.as_of == statement.as_of) & (_FILES.sha256 == statement.sha256)
    query = select(_FILES.file, same.label("same")).where(
        _FILES.recipient == statement.recipient, (_FILES.file == statement.file) | same, _TAKEN
    )
    before = connection.execute(query.order_by(same.desc())).first()
    if before is not None and before.same:
        raise SealError(f"the same content was taken before, as {before.file}; nothing is counted twice")
    if before is not None:
        raise SealError("a file of this name but other content was taken before; give new answers a new name")


def _refuse_late(connection: Connection, statement: Statement, *, days: int) -> None:
    """Nights are set against nights; the machine's clock, which may be moved, is not asked."""
    mine = (RELEASES.c.recipient == statement.recipient) & RELEASES.c.state.in_(LEFT)
    newest = connection.execute(select(func.max(RELEASES.c.as_of)).where(mine)).scalar()
    own = connection.execute(select(RELEASES.c.as_of).where(mine, RELEASES.c.as_of == statement.as_of))
    if newest is None or own.first() is None:
        raise SealError(f"no list of {statement.as_of} was released to {statement.recipient}")
    if newest - statement.as_of > timedelta(days=days):
        raise SealError(
            f"answers to the list of {statement.as_of} are taken for {days} days; that of {newest} has left"
        )


def _refuse_others_contacts(connection: Connection, statement: Statement, answers: pa.Table) -> None:
    contacts = answers["contact"].unique().drop_null().to_pylist()
    query = select(RELEASED_CONTACTS.c.contact, RELEASED_CONTACTS.c.recipient)
    given = connection.execute(query.where(among(RELEASED_CONTACTS.c.contact, contacts))).all()
    own = {row.contact for row in given if row.recipient == statement.recipient}
    strange = {row.contact for row in given} - own
    if strange:
        raise SealError(f"{len(strange)} of its contacts were given to another recipient, not to this one")


def _opted_out(connection: Connection, statement: Statement, answers: pa.Table) -> pa.Table:
    """Contacts of this recipient in which somebody wanted no more: contact, customer, number."""
    contacts = answers.filter(pc.equal(answers["result"], OPTED_OUT))["contact"].drop_null().to_pylist()
    held = RELEASED_CONTACTS.c
    query = select(held.contact, held.customer, held.number).where(
        among(held.contact, contacts), held.recipient == statement.recipient
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in _WHO_SAID_SO]))


def _canaries(ledger: Ledger, statement: Statement, answers: pa.Table) -> pa.Array:
    """Those among the answers. What they betray is told whatever becomes of the file."""
    told = answers.filter(pc.and_(pc.is_valid(answers["contact"]), pc.is_valid(answers["happened_at"])))
    contacts, moments = told["contact"].to_pylist(), told["happened_at"].to_pylist()
    latest = _latest(zip(contacts, moments, strict=True))
    with ledger.engine.begin() as connection:
        found = look_for(connection, latest, by=statement.recipient, where="outcomes")
    return pa.array(sorted(found), pa.string())


def _latest(moments: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for contact, moment in moments:
        latest[contact] = max(moment, latest.get(contact, moment))
    return latest


def _laid_down(folder: Path, statement: Statement, answers: pa.Table) -> str:
    """Puts the rows where ``learn`` reads them; the SHA-256 of that file."""
    sink = io.BytesIO()
    parquet.write_table(answers, sink)
    name = f"{statement.recipient}-{statement.sha256[:16]}.parquet"
    try:
        publish_file(folder / name, [sink.getvalue()])
    except OSError as error:
        raise StoreError(
            f"outcome file {statement.file}: not written into the inbox ({error.strerror}); make room"
        ) from error
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _refuse(arrival: Arrival, ledger: Ledger, *, settings: Settings, why: str) -> str:
    """Records that, moves the file and its statement away; the line that says so.

    In the quarantine they bear the number of their line in ``inbox_files``.
    """
    digest = content_hash(arrival)
    name, recipient = recorded_name(arrival.path.name, digest), recorded_name(arrival.recipient, digest)
    with ledger.engine.begin() as connection:
        line = insert(INBOX_FILES).values(
            recipient=recipient, file=name, sha256=digest, rows=0, last=False, refused=why
        )
        number = connection.execute(line.returning(_FILES.id)).scalar_one()
        record_within(
            connection, actor=recipient, action="outcome file refused", details={name: {"why": why}}
        )
    folder = settings.home / "inbox" / "quarantine" / recipient
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, suffix in ((arrival.path, ""), (arrival.statement_path, STATEMENT)):
            with suppress(FileNotFoundError):
                path.rename(folder / f"{number}-{name}{suffix}")
    except OSError as error:
        why = f"{why}; it cannot be moved into the quarantine ({error.strerror}), remove it"
    return f"{recipient}/{name}: {why}"
