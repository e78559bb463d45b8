"""What is kept of a person: found, handed out, erased, over every store. It may open the vault."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv

from base.errors import StoreError, VaultError
from base.settings import Settings
from jobs.job import Night
from jobs.locks import beside_others_at_once, undisturbed_at_once
from jobs.matter import Matter
from jobs.person_data import Holding, holdings
from jobs.person_erase import Erased, erase_everywhere
from jobs.run import open_house
from ledger.audit import record
from ledger.database import open_ledger
from outreach.mask import WHOLE, mask_id_number, mask_name, mask_phone
from outreach.vault import Vault
from sources.numbers import classify

_MASKS = {"name": mask_name, "phone": mask_phone, "id_number": mask_id_number}


def find(settings: Settings, value: str, *, by: str, matter: Matter) -> tuple[str, ...]:
    """Tokens of all who ever had this customer number, ``phone`` or ``document``; audited.

    Raises VaultError without a known purpose and a ticket.
    """
    handle = "customer" if by == "customer-no" else by
    written = classify(pa.array([value]))["phone"][0].as_py() if by == "phone" else value
    with open_ledger(settings) as ledger:
        return Vault(settings).find(handle, written or "", **vars(matter), ledger=ledger)  # type: ignore[arg-type]


def whereabouts(
    settings: Settings, customers: Sequence[str], *, as_of: date, matter: Matter
) -> list[Holding]:
    """What each store holds of ``customers``; audited."""
    with open_house(settings, as_of=as_of) as house:
        _enter(house, "person.looked_for", matter)
        return list(holdings(house, customers))


def export(
    settings: Settings, customers: Sequence[str], *, to: Path, full: bool, as_of: date, matter: Matter
) -> list[Holding]:
    """Writes all that is kept of ``customers`` below ``to``: who they are, masked unless ``full``, and a CSV
    a place. Returns what was found. Nobody is erased meanwhile.

    Raises VaultError without a known purpose and a ticket, and where a token is nobody's; StoreError where
    the folder is not empty or cannot be written; LedgerError while somebody is erased.
    """
    _make_private(to)
    with open_house(settings, as_of=as_of) as house, beside_others_at_once(house.ledger):
        who = [_identity(house, customer, full=full, matter=matter) for customer in customers]
        _write(to / "identity.json", json.dumps(who, ensure_ascii=False, indent=2).encode())
        found = list(holdings(house, customers))
        for holding in found:
            sink = pa.BufferOutputStream()
            csv.write_csv(holding.rows, sink)
            name = f"{holding.store} {holding.name}.csv".replace("/", "_").replace(" ", "_")
            _write(to / name, sink.getvalue().to_pybytes())
        _enter(house, "person.handed_out", matter, places=len(found), full=full)
    return found


def erase(
    settings: Settings,
    customers: Sequence[str],
    *,
    at: datetime,
    matter: Matter,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Erased]:
    """Erases ``customers`` from every store; says of each place what went, what stays, why and how long.

    They are opted out first, so that what left tonight is called off. The vault comes last: interrupted, it
    is run again and finishes. Raises LedgerError while a job or an export runs, which might write them
    down again.
    """
    if not customers:
        raise VaultError("nobody is named: give the tokens that longreach person find tells")
    with open_house(settings, as_of=at.date(), progress=progress) as house, undisturbed_at_once(house.ledger):
        done = erase_everywhere(house, customers, at=at, actor=matter.actor)
        shredded = Vault(settings).erase(customers, **vars(matter), ledger=house.ledger)
        done.append(Erased(store="vault", name="identities and keys", erased=shredded))
        _enter(house, "person.erased", matter, rows=sum(one.erased for one in done))
    return done


def _identity(house: Night, customer: str, *, full: bool, matter: Matter) -> dict[str, Any]:
    seen = Vault(house.settings).look(house.as_of, customer, **vars(matter), ledger=house.ledger)
    if full:
        return seen
    masked = {
        name: mask(pa.array([seen[name]], pa.string()))[0].as_py()
        for name, mask in _MASKS.items()
        if name in seen
    }
    return {**dict.fromkeys(seen, WHOLE), "customer": customer, **masked}


def _enter(house: Night, action: str, matter: Matter, **detail: int) -> None:
    told = {"purpose": matter.purpose, **detail}
    record(house.ledger, actor=matter.actor, action=action, subject=matter.ticket, detail=told)


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise StoreError(f"{folder} is not empty; name a new folder, which one person's data fill")
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}; name another folder") from error


def _write(file: Path, content: bytes) -> None:
    try:
        file.touch(mode=0o600)
        file.write_bytes(content)
    except OSError as error:
        raise StoreError(f"{file}: not written ({error.strerror})") from error
