"""The last verdict over the trail, kept outside the database beside the checkpoints."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from ledger.audit.verify import Fault, Verdict

FILE = "verdict.json"


def keep(verdict: Verdict, folder: Path, *, now: datetime) -> None:
    """Keeps what was found at that moment, in place of what was found before."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    told = {"at": now.isoformat(timespec="seconds"), **asdict(verdict)}
    fresh = folder / f".{FILE}"
    fresh.write_text(json.dumps(told), encoding="utf-8")
    fresh.replace(folder / FILE)


def last(folder: Path) -> tuple[datetime, Verdict] | None:
    """When the trail was last verified, and what was found; None where it never was, or nobody can tell."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
        at, fault = datetime.fromisoformat(told.pop("at")), told.pop("fault")
        return at, Verdict(**told, fault=Fault(**fault) if fault else None)
    except (OSError, ValueError, KeyError, TypeError):
        return None
