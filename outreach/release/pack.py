"""Makes a recipient's sealed file of its rows: files, manifest, the scan of their very bytes, the seal."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from base.errors import ReleaseError
from base.settings import Settings
from outreach import policy
from outreach.channels.channel import MATERIAL, PLAIN, Channel
from outreach.deliver.keys import sealing_keys
from outreach.deliver.manifest import MANIFEST, Terms, make_manifest
from outreach.deliver.package import seal
from outreach.release.files import as_csv, tables_of
from outreach.release.lists import Words, contact_day, expires_at
from outreach.scan import Known, find_leaks

_APPROVAL = "by somebody other than its author, or by limits that the bank has set"


@dataclass(frozen=True, kw_only=True)
class Packer:
    """What packing a night's lists takes.

    ``look``: the identities of customers for a recipient (customer, customer_no, name, phone, id_number).
    ``versions``: of the strategies that the night was decided with, by name.
    """

    settings: Settings
    as_of: date
    channels: Mapping[str, type[Channel]]
    words: Words
    versions: Mapping[str, int]
    author: str
    look: Callable[[pa.ChunkedArray, str], pa.Table]

    def __call__(self, recipient: str, rows: pa.Table, attempt: int) -> bytes:
        """The sealed file. Raises ReleaseError where it would show who somebody on the list is."""
        identities = self.look(rows["customer"], recipient)
        tables = tables_of(
            rows, recipient=recipient, identities=identities, channels=self.channels, as_of=self.as_of
        )
        files = {f"{channel}.csv": as_csv(table) for channel, table in tables.items()}
        counts = {f"{channel}.csv": table.num_rows for channel, table in tables.items()}
        files[MANIFEST] = make_manifest(files, rows=counts, terms=self._terms(recipient, rows, attempt))
        self._refuse_leaks(recipient, files, identities)
        return seal(files, keys=sealing_keys(self.settings, recipient))

    def _terms(self, recipient: str, rows: pa.Table, attempt: int) -> Terms:
        used = sorted(rows["strategy"].unique().to_pylist())
        emitted = {
            field
            for channel in self.channels.values()
            if channel.recipient == recipient
            for field in channel.emits
        }
        return Terms(
            recipient=recipient,
            as_of=self.as_of,
            attempt=attempt,
            contact_day=contact_day(self.as_of),
            expires_at=expires_at(self.as_of, self.settings.contact),
            strategies={name: self.versions[name] for name in used if name in self.versions},
            policy=policy_digest(),
            author=self.author,
            approval=_APPROVAL,
            masks={field: MATERIAL[field] for field in sorted(emitted)},
        )

    def _refuse_leaks(self, recipient: str, files: Mapping[str, bytes], identities: pa.Table) -> None:
        plain = {
            field
            for channel in self.channels.values()
            if channel.recipient == recipient
            for field in PLAIN.intersection(channel.emits)
        }
        known = Known.of(identities)
        leaks = find_leaks(files, known=known, own_words=self.words.texts, plain=frozenset(plain))
        if leaks:
            raise ReleaseError(
                f"nothing of {self.as_of} was released, because its files would show who people are:\n  "
                + "\n  ".join(f"{recipient}/{leak}" for leak in leaks[:10])
            )


def policy_digest() -> str:
    """SHA-256 of the rules that decided who may be contacted, as they are written."""
    (folder,) = map(Path, policy.__path__)
    written = b"\0".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    return hashlib.sha256(written).hexdigest()
