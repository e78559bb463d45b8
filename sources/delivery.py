"""A day's extracts in the landing folder: whether they are complete, and their rows, piece by piece."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from base.errors import SourceError
from sources import delimited, parquet
from sources.credentials import refuse_credentials
from sources.extract import Extract
from sources.piece import Piece
from sources.source import COMPLETE

_READERS = {".csv": delimited.read, ".parquet": parquet.read}


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The folder of one business date and how many rows each table was said to have (None: not said)."""

    folder: Path
    promised: dict[str, int] | None

    def read(self, extract: Extract) -> Iterator[Piece]:
        """The table's rows in the order of its files.

        Raises SourceError naming file, column and number of rows when a file is missing, cut short, wrongly
        encoded, not as agreed, empty where rows are needed, or has another number of rows than was promised;
        and where it holds credentials.
        """
        files = self._files(extract)
        rows = 0
        for path in files:
            for piece in _READERS[path.suffix](path, path.relative_to(self.folder).as_posix(), extract):
                refuse_credentials(piece, extract)
                rows += piece.delivered
                yield piece
        self._check_rows(extract, rows)

    def _files(self, extract: Extract) -> list[Path]:
        name = extract.table.name
        single = [path for suffix in _READERS if (path := self.folder / f"{name}{suffix}").is_file()]
        parts = sorted(
            path for path in (self.folder / name).glob("*") if path.is_file() and path.suffix in _READERS
        )
        if not single and not parts:
            raise SourceError(
                f"{self.folder.name}: file {name}.csv or {name}.parquet is missing"
                f"{self._said(name)}; deliver it and run ingest again"
            )
        if len(single) + bool(parts) > 1:
            raise SourceError(
                f"{self.folder.name}: table {name} is there more than once "
                f"({', '.join(path.name for path in single)}{', a folder of parts' if parts else ''}); "
                "leave one"
            )
        return single or parts

    def _check_rows(self, extract: Extract, rows: int) -> None:
        name = extract.table.name
        promised = None if self.promised is None else self.promised.get(name)
        if promised is not None and promised != rows:
            raise SourceError(
                f"{self.folder.name}: table {name} has {rows:,} rows but {COMPLETE} says {promised:,}; "
                "it was cut short or changed afterwards; deliver it again"
            )
        if rows == 0 and extract.needs_rows:
            raise SourceError(f"{self.folder.name}: table {name} is empty (0 rows); a night needs its rows")

    def _said(self, name: str) -> str:
        if self.promised is None or name not in self.promised:
            return ""
        return f" ({self.promised[name]:,} rows were announced)"


def open_delivery(folder: Path, *, as_of: date) -> Delivery:
    """The delivery in ``folder``. Raises SourceError when it is not there or not complete."""
    marker = folder / COMPLETE
    if not folder.is_dir():
        raise SourceError(
            f"nothing was delivered for {as_of}: the landing folder has no folder {folder.name}"
        )
    if not marker.is_file():
        raise SourceError(
            f"{folder.name}: the delivery is not complete (no file {COMPLETE}); it is still being written, "
            "or its writer stopped half way"
        )
    return Delivery(folder=folder, promised=_promised(marker))


def _promised(marker: Path) -> dict[str, int] | None:
    try:
        text = marker.read_text(encoding="utf-8").strip()
        if not text:
            return None  # many banks lay down an empty marker
        return {str(name): int(rows) for name, rows in json.loads(text)["tables"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise SourceError(
            f'{marker.parent.name}/{COMPLETE} does not read; write {{"tables": {{"customers": 1000, ...}}}} '
            "or leave it empty"
        ) from None
