"""Documents between the book and a folder of files, with a note there of which versions the files are."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from base.errors import BookError, StrategyError
from ledger.database import Ledger
from strategies.book import newest, pick, running, standings, versions_of
from strategies.document import Strategy
from strategies.folder import Written, read_files
from strategies.readings import Version, read_versions
from strategies.versions import Imported, changes, difference, import_

NOTE = ".checkout.json"
"""In a folder that was exported: the version of each file's text, by name."""


def take_in(
    ledger: Ledger, paths: Sequence[Path], *, actor: str, base: int | None = None, note: str = ""
) -> tuple[tuple[Imported, ...], list[str]]:
    """Imports files and folders. The version each was made from: ``base``, else the note beside the file.

    Returns what became of each, and warnings of notes that could not be brought up to date. Raises
    StrategyError and BookError with every mistake of every file; the book is unchanged then.
    """
    documents = read_files(paths)
    files = _files_by_folder(documents)
    if base is not None:
        bases = {one.strategy.name: base for one in documents}
    else:
        noted = {folder: _noted(folder) for folder in files}
        bases = {
            name: noted[folder][name]
            for folder, names in files.items()
            for name in names
            if name in noted[folder]
        }
    imported = import_(ledger, documents, actor=actor, bases=bases, note=note)
    return imported, _noted_down(imported, files)


def lay_out(
    ledger: Ledger,
    folder: Path,
    *,
    names: Sequence[str] | None = None,
    live: bool = False,
    number: int | None = None,
) -> tuple[Version, ...]:
    """Writes the newest (or the live) versions into ``folder``, byte for byte, and notes which they are.

    ``number``: that version of each instead. Raises BookError where a file there holds what the book does
    not: work would be lost.
    """
    with ledger.engine.connect() as connection:
        versions = (running if live else newest)(connection, names or None)
        if number is not None:
            versions = tuple(pick(versions_of(connection, one.name), number) for one in versions)
        unsaved = [
            str(path)
            for one in versions
            if (path := folder / f"{one.name}.yaml").exists() and not _is_saved(connection, one.name, path)
        ]
    if unsaved:
        raise BookError(
            f"not yet in the book, and not overwritten: {', '.join(unsaved)}; import or move them"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for one in versions:
        (folder / f"{one.name}.yaml").write_bytes(one.text.encode())
    _write_note(folder, {one.name: one.version for one in versions})
    return versions


def compare(ledger: Ledger, what: str, *, older: int | None = None, newer: int | None = None) -> str:
    """What changed, as ``diff -u`` writes it: between two versions, or from a version to a file.

    Without numbers: to the newest version from what is live, else from the one before; for a file, from the
    newest.
    """
    file = Path(what) if is_file(what) else None
    name = file.stem if file else what
    with ledger.engine.connect() as connection:
        versions = versions_of(connection, name)
        live = standings(connection, [name])[name].running
    if file:
        before = pick(versions, older)
        text = file.read_bytes().decode("utf-8", errors="replace")
        return difference(before.text, text, names=(f"{name} v{before.version}", str(file)))
    after = pick(versions, newer)
    base = live if live and live < after.version else max(after.version - 1, 1)
    return changes(pick(versions, base if older is None else older), after)


def document(ledger: Ledger, what: str) -> Strategy:
    """The strategy of a file, or the newest version of one of the book."""
    if is_file(what):
        return read_files([Path(what)])[0].strategy
    with ledger.engine.begin() as connection:
        found, unreadable = read_versions(connection, newest(connection, [what]))
    if unreadable:
        raise StrategyError("\n".join(unreadable.values()))
    return found[0]


def is_file(what: str) -> bool:
    """Whether ``what`` is meant as a path and not as the name of a strategy."""
    path = Path(what)
    return (
        "/" in what
        or path.suffix in {".yaml", ".yml"}
        or path.is_dir()
        or (path.suffix != "" and path.exists())
    )


def _files_by_folder(documents: Sequence[Written]) -> Mapping[Path, Sequence[str]]:
    """The strategies whose own file in a folder was read: the notes there speak of those alone."""
    files: dict[Path, list[str]] = {}
    for one in documents:
        if one.file is not None and one.file.name == f"{one.strategy.name}.yaml":
            files.setdefault(one.file.parent, []).append(one.strategy.name)
    return files


def _noted_down(imported: Sequence[Imported], files: Mapping[Path, Sequence[str]]) -> list[str]:
    """Brings the notes up to date where there are any; the warnings of those that would not take it."""
    warnings = []
    versions = {one.name: one.version for one in imported}
    for folder, names in files.items():
        here = {name: versions[name] for name in names}
        try:
            if (folder / NOTE).exists():
                _write_note(folder, here)
        except (OSError, BookError) as error:
            # The book has the versions already: that the note failed must not look as if the import had.
            why = error.strerror if isinstance(error, OSError) else "it does not read"
            told = ", ".join(f"{name} v{version}" for name, version in here.items())
            warnings.append(
                f"{told}: in the book, but {folder / NOTE} could not be brought up to date ({why}); "
                "export into another folder before the next change"
            )
    return warnings


def _is_saved(connection: Connection, name: str, path: Path) -> bool:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return any(one.sha256 == sha256 for one in versions_of(connection, name))


def _noted(folder: Path) -> Mapping[str, int]:
    try:
        noted = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        return {str(name): int(version) for name, version in noted.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError):
        raise BookError(
            f"{folder / NOTE} does not read; it says which versions the files were made from: export anew "
            "into another folder, or say it with --base"
        ) from None


def _write_note(folder: Path, versions: Mapping[str, int]) -> None:
    noted = {**_noted(folder), **versions}
    (folder / NOTE).write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n", encoding="utf-8")
