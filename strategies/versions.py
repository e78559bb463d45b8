"""New versions of strategies: written once, never changed, never on top of somebody else's work unseen."""

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy.dialects import postgresql

from base.errors import BookError
from base.scrub import refuse_identifiers
from ledger.audit import record_within
from ledger.database import Ledger
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS
from strategies.book import Standing, newest, person, standings, versions_of
from strategies.folder import Written
from strategies.readings import Version, read_versions


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of one document, and the version that says what it says."""

    name: str
    version: int
    outcome: Literal["new", "changed", "unchanged"]


def import_(
    ledger: Ledger,
    documents: Sequence[Written],
    *,
    actor: str,
    bases: Mapping[str, int] | None = None,
    note: str = "",
) -> tuple[Imported, ...]:
    """Writes each document into the book as a new draft version; all of them or none.

    ``bases``: the version from which the text of an existing strategy was made. Raises BookError for every
    document whose base is not given, or is not the newest version: somebody else's change would be lost;
    and for a note with an identifier.
    """
    refuse_identifiers(note, error=BookError)
    actor, texts = person(actor), {written.strategy.name: written.text for written in documents}
    with ledger.engine.begin() as connection:
        _make_room(connection, sorted(texts))
        now = standings(connection, texts, locked=True)
        imported: list[Imported] = []
        refused: list[str] = []
        for name, text in texts.items():
            try:
                imported.append(_compare(connection, now[name], text, base=(bases or {}).get(name)))
            except BookError as error:
                refused.append(str(error))
        if refused:
            raise BookError("\n".join(refused))
        fresh = [one for one in imported if one.outcome != "unchanged"]
        _write(connection, fresh, texts, actor, note)
        # Lists know titles from readings, whoever wrote the document.
        read_versions(connection, newest(connection, [one.name for one in fresh]))
    return tuple(imported)


def changes(older: Version, newer: Version) -> str:
    """What changed between two versions, line by line, as ``diff -u`` writes it; empty where nothing did."""
    return difference(
        older.text, newer.text, names=(f"{older.name} v{older.version}", f"{newer.name} v{newer.version}")
    )


def difference(older: str, newer: str, *, names: tuple[str, str]) -> str:
    """The two texts compared line by line, as ``diff -u`` writes it."""
    lines = difflib.unified_diff(older.splitlines(), newer.splitlines(), *names, lineterm="")
    return "\n".join(lines)


def digest(text: str) -> str:
    """SHA-256 of the document's bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def _make_room(connection: Connection, names: Sequence[str]) -> None:
    """A row for each name that is new, which is then locked like the others."""
    new = postgresql.insert(STRATEGIES).on_conflict_do_nothing()
    connection.execute(new, [{"name": name} for name in names])


def _compare(connection: Connection, now: Standing, text: str, *, base: int | None) -> Imported:
    """What importing ``text`` means. Raises BookError where it must not be."""
    if now.newest == 0:
        return Imported(name=now.name, version=1, outcome="new")
    history = versions_of(connection, now.name)
    if history[-1].text == text:
        return Imported(name=now.name, version=now.newest, outcome="unchanged")
    if now.state == "retired":
        raise BookError(f"{now.name}: is retired, which is final; give the document another name")
    if base == now.newest:
        return Imported(name=now.name, version=now.newest + 1, outcome="changed")
    raise BookError(_refusal(history, base))


def _refusal(history: Sequence[Version], base: int | None) -> str:
    newest = history[-1]
    if base is None:
        return (
            f"{newest.name}: is in the book, at version {newest.version} by {newest.author}; say which "
            "version your text was made from (--base), or make it from a file of longreach strategies export"
        )
    if not 1 <= base <= newest.version:
        return f"{newest.name}: there is no version {base} to start from; {newest.version} is the newest"
    since = [
        f"  version {one.version} by {one.author}, {one.at:%Y-%m-%d %H:%M}"
        + (f": {one.note}" if one.note else "")
        for one in history[base:]
    ]
    return "\n".join(
        [
            f"{newest.name}: your text was made from version {base}, but since then came",
            *since,
            changes(history[base - 1], newest),
            f"  put both together on version {newest.version}, then import with --base {newest.version}",
        ]
    )


def _write(
    connection: Connection, imported: Sequence[Imported], texts: Mapping[str, str], actor: str, note: str
) -> None:
    if not imported:
        return
    rows = [
        {
            "name": one.name,
            "version": one.version,
            "text": texts[one.name],
            "sha256": digest(texts[one.name]),
            "author": actor,
            "note": note,
        }
        for one in imported
    ]
    connection.execute(insert(STRATEGY_VERSIONS), rows)
    move = update(STRATEGIES).where(STRATEGIES.c.name == bindparam("strategy"))
    connection.execute(
        move.values(
            pending=bindparam("version"),
            stage="draft",
            submitted_by=None,
            approved_by=None,
            sent_back_by=None,
            sent_back_why=None,
        ),
        [{"strategy": one.name, "version": one.version} for one in imported],
    )
    record_within(
        connection,
        actor=actor,
        action="strategy imported",
        details={str(row["name"]): {key: row[key] for key in ("version", "sha256", "note")} for row in rows},
    )
