"""Who is held out, for those outside the house who call and write too: they must leave the same people alone.

A dialler of another department knows customers by the bank's own customer number, so that is the key and the
only column. A token says nothing outside the house; a masked phone singles people out without being a key;
the hash of a phone number is no protection. What a holdout covers stays in the audit: the file names nobody's
segment, and no strategy.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from base.errors import ExperimentError, VaultError
from base.settings import Holdout, Settings
from evaluation.suppress import shown
from experiments.holdouts import held, holdouts, in_its_segments
from jobs.audience import open_night
from jobs.job import Night
from jobs.locks import beside_others_at_once
from jobs.matter import HELD_OUT
from lake.tables import CUSTOMER_SEGMENTS
from ledger.audit import record
from outreach.publish import publish_file
from outreach.vault import Vault
from strategies.book import person

PURPOSE, RECIPIENT = "holdout", "outside_diallers"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A holdout above strategies as it stands on a night: ``customers`` are held, of ``among`` it covers."""

    name: str
    share: float
    covers: str
    customers: int
    among: int
    as_of: date


def standing(
    settings: Settings, *, as_of: date | None = None, progress: Callable[[str], None]
) -> tuple[Standing, ...]:
    """Every holdout above strategies, the global one first. Raises ScheduleError where there is no night."""
    with open_night(settings, as_of=as_of, progress=progress) as night:
        return tuple(_standing(night, name, holdout) for name, holdout in _above(night).items())


def export(
    settings: Settings,
    name: str,
    *,
    actor: str,
    as_of: date | None = None,
    path: Path | None = None,
    progress: Callable[[str], None],
) -> tuple[Path, int]:
    """Writes the customer numbers held by holdout ``name`` on the night (the last one if left out) to a file
    that only its owner may read, and returns where it is and how many it holds. Nobody is erased meanwhile.

    The file appears whole or not at all, in place of an earlier one; who took it is on the audit trail. Left
    out, ``path`` is under ``<home>/holdouts``. Raises ExperimentError where there is no such holdout or the
    file cannot be written, ScheduleError where there is no such night, VaultError where somebody held out has
    no identity, LedgerError while somebody is erased.
    """
    actor = person(actor)
    with (
        open_night(settings, as_of=as_of, progress=progress) as night,
        beside_others_at_once(night.ledger),
    ):
        above = _above(night)
        if name not in above:
            known = ", ".join(above) or "none; see experiments.holdouts in the settings"
            raise ExperimentError(f"{name}: no holdout is called this; there are: {known}")
        content, rows = _lines(night, _held(night, name, above[name]), actor=actor)
        place = path or settings.home / HELD_OUT / f"{name}-{night.as_of}.csv"
        try:
            publish_file(place, [content], mode=0o600)
        except OSError as error:
            raise ExperimentError(f"{place}: not written ({error.strerror}); make room, ask again") from error
        record(
            night.ledger,
            actor=actor,
            action="holdout exported",
            subject=name,
            detail={
                "as_of": night.as_of.isoformat(),
                "recipient": RECIPIENT,
                "rows": rows,
                "covers": _covers(above[name]),
                "sha256": hashlib.sha256(content).hexdigest(),
            },
        )
    return place, rows


def _above(night: Night) -> dict[str, Holdout]:
    return dict(holdouts(night.settings.experiments))


def _standing(night: Night, name: str, holdout: Holdout) -> Standing:
    return Standing(
        name=name,
        share=holdout.share,
        covers=_covers(holdout),
        customers=_held(night, name, holdout).count(),
        among=_covered(night, holdout).count(),
        as_of=night.as_of,
    )


def _covers(holdout: Holdout) -> str:
    """What the holdout covers, in words."""
    asked = {"tags": holdout.tags, "managers": holdout.managers, "segments": holdout.segments}
    told = "; ".join(f"{key} {', '.join(words)}" for key, words in asked.items() if words)
    return told or "everything"


def _covered(night: Night, holdout: Holdout) -> DataFrame:
    """The long-tail customers of the night in the segments that the holdout covers."""
    customers = night.store.read(CUSTOMER_SEGMENTS, as_of=night.as_of)
    return customers.where(in_its_segments(holdout, F.col("segment"))).select("customer")


def _held(night: Night, name: str, holdout: Holdout) -> DataFrame:
    drawn = held(F.col("customer"), name=name, holdout=holdout, salt=night.settings.experiments.salt)
    return _covered(night, holdout).where(drawn)


def _lines(night: Night, customers: DataFrame, *, actor: str) -> tuple[bytes, int]:
    """The file: a heading and a number a line, sorted, so that their order says nothing."""
    tokens = customers.toArrow()["customer"]
    people = Vault(night.settings).take(
        night.as_of, tokens, purpose=PURPOSE, recipient=RECIPIENT, ledger=night.ledger, actor=actor
    )
    if people.num_rows != len(tokens):
        raise VaultError(
            f"{shown(len(tokens) - people.num_rows)} of {len(tokens):,} customers held out have no identity "
            f"in the vault for {night.as_of}; nothing was written: run ingest for that date again"
        )
    numbers = sorted(people["customer_no"].cast(pa.string()).to_pylist())
    return "".join(f"{line}\n" for line in ("customer_no", *numbers)).encode(), len(numbers)
