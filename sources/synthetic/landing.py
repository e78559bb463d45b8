"""Laying a day's extracts down: streamed part by part beside their place, and put there only when whole."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from base.errors import SourceError
from sources.source import COMPLETE

_WORKERS = 2


def lay_down(
    folder: Path,
    *,
    world: str,
    parts: Iterable[int],
    extracts: Callable[[int], Mapping[str, pa.Table]],
) -> Path:
    """Write the ``extracts`` of every part into ``folder``: a file a table, for many parts a folder of files.

    ``world`` says what the extracts are made from; a folder already complete for the same is left as it is.
    Nothing is seen under ``folder`` before all of it is written. Raises SourceError where it cannot be.
    """
    if _made_from(folder) == world:
        return folder
    numbers = list(parts)
    draft = folder.with_name(f".{folder.name}.draft")

    def write(part: int) -> dict[str, int]:
        tables = extracts(part)
        for name, table in tables.items():
            single = draft / f"{name}.parquet"
            path = single if len(numbers) == 1 else draft / name / f"part-{part:05}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            # Readers see plain columns: how words were held in memory here is nobody's business.
            pq.write_table(table, path, compression="zstd", compression_level=1, store_schema=False)
        return {name: table.num_rows for name, table in tables.items()}

    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        with ThreadPoolExecutor(_WORKERS) as pool:
            counts = list(pool.map(write, numbers))
        totals = {name: sum(count[name] for count in counts) for name in counts[0]}
        _write_text(draft / COMPLETE, json.dumps({"tables": totals, "world": world}))
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise SourceError(
            f"the extracts could not be written to {folder}: {error.strerror or error}; "
            "make room or mend the rights, and run the night again"
        ) from error
    return folder


def keep(table: pa.Table, path: Path) -> None:
    """Write one small table in place of what was there, never half. Raises SourceError where it cannot be."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, draft)
        draft.replace(path)
    except OSError as error:
        raise SourceError(
            f"{path.name} could not be written to {path.parent}: {error.strerror or error}"
        ) from error


def _made_from(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / COMPLETE).read_text())["world"])
    except (OSError, ValueError, KeyError):
        return None


def _write_text(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
