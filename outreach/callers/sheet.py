"""The register as the bank's telephony writes it: a sheet, a number a line."""

import csv
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from base.errors import CallerError
from outreach.callers.register import Caller

COLUMNS = ("number", "class", "channel", "purposes", "daily_limit", "active_from", "active_until")
"""``purposes``: products, with commas between them; like ``active_until`` it may be empty."""


def read_sheet(path: Path) -> list[tuple[str, dict[str, str]]]:
    """Every line: where it stands, and what it says. Raises CallerError for a file that is no such sheet."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise CallerError(f"{path.name}: lacks {', '.join(missing)}; it has {', '.join(COLUMNS)}")
            return [(f"{path.name} line {reader.line_num}", row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CallerError(f"{path.name}: is no CSV file in UTF-8 ({type(error).__name__})") from None


def caller_of(told: Mapping[str, str | None], *, where: str) -> Caller:
    """The number that a line describes. Raises CallerError naming the line and what is wrong with it."""
    said = {name: (told[name] or "").strip() for name in COLUMNS}
    purposes = [purpose.strip() for purpose in said["purposes"].split(",") if purpose.strip()]
    try:
        return Caller.model_validate(
            {**said, "purposes": purposes, "active_until": said["active_until"] or None}
        )
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        )
        raise CallerError(f"{where}: {wrong}") from None
