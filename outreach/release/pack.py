"""Makes a recipient's sealed file of its rows: files, manifest, the scan of their very bytes, the seal."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from base.errors import ReleaseError
from base.settings import Settings
from outreach import policy
from outreach.channels.channel import MATERIAL, PLAIN, Channel
from outreach.deliver.canaries import Planted, Tokens, plant
from outreach.deliver.keys import marks_key, sealing_keys
from outreach.deliver.manifest import MANIFEST, Terms, make_manifest
from outreach.deliver.package import seal
from outreach.deliver.watermark import mark
from outreach.release.drafts import Sealed
from outreach.release.files import as_csv, tables_of
from outreach.release.lists import LISTED, contact_day, expires_at
from outreach.release.words import Words

_HANDED = ["contact", "address", "customer", "number", "strategy", "channel", "caller"]
_APPROVAL = "by somebody other than its author, or by limits that the bank has set"


@dataclass(frozen=True, kw_only=True)
class Packer:
    """What packing a night's lists takes.

    ``look``: the identities of customers for a recipient (customer, customer_no, name, phone, id_number).
    ``tokens``: how the vault makes them. ``versions``: of the strategies that the night was decided with.
    """

    settings: Settings
    as_of: date
    channels: Mapping[str, type[Channel]]
    words: Words
    versions: Mapping[str, int]
    author: str
    look: Callable[[pa.ChunkedArray, str], pa.Table]
    tokens: Tokens

    def __call__(self, recipient: str, rows: pa.Table, attempt: int) -> Sealed:
        """Raises ReleaseError where the file would show who somebody on the list is."""
        identities = self.look(rows["customer"], recipient)
        tables = tables_of(
            rows, recipient=recipient, identities=identities, channels=self.channels, as_of=self.as_of
        )
        key, until = marks_key(self.settings), expires_at(self.as_of, self.settings.contact)
        planted = {
            channel: plant(
                table,
                channel=channel,
                recipient=recipient,
                as_of=self.as_of,
                expires_at=until,
                key=key,
                tokens=self.tokens,
                settings=self.settings.canaries,
            )
            for channel, table in tables.items()
        }
        files = {
            f"{channel}.csv": as_csv(mark(one.rows, recipient=recipient, as_of=self.as_of, key=key))
            for channel, one in planted.items()
        }
        counts = {f"{channel}.csv": one.rows.num_rows for channel, one in planted.items()}
        files[MANIFEST] = make_manifest(files, rows=counts, terms=self._terms(recipient, rows, attempt))
        self._refuse_leaks(recipient, files, rows, identities)
        return Sealed(
            content=seal(files, keys=sealing_keys(self.settings, recipient)),
            canaries=tuple(canary for one in planted.values() for canary in one.canaries),
            handed=pa.concat_tables(
                [rows.select(_HANDED), *(_made_up(one, rows) for one in planted.values())]
            ),
        )

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

    def _refuse_leaks(
        self, recipient: str, files: Mapping[str, bytes], rows: pa.Table, identities: pa.Table
    ) -> None:
        plain = {
            field
            for channel in self.channels.values()
            if channel.recipient == recipient
            for field in PLAIN.intersection(channel.emits)
        }
        # The scanner loads a compiler, which those who only look at lists need not hold.
        from outreach.scan import Known, find_leaks

        own = {*self.settings.canaries.lines, *rows["caller"].drop_null().unique().to_pylist()}
        leaks = find_leaks(
            files,
            known=Known.of(identities),
            own_words=self.words.own_words(
                rows["masked_name"].unique().to_pylist(), last_day=contact_day(self.as_of)
            ),
            own_numbers=frozenset(own),
            plain=frozenset(plain),
        )
        if leaks:
            raise ReleaseError(
                f"nothing of {self.as_of} was released, because its files would show who people are:\n  "
                + "\n  ".join(f"{recipient}/{leak}" for leak in leaks[:10])
            )


def _made_up(planted: Planted, rows: pa.Table) -> pa.Table:
    """The canaries as the feed knows them: rows like any other, of nobody."""
    lines = {canary.contact: canary for canary in planted.canaries}
    found = planted.rows.filter(pc.is_in(planted.rows["contact"], value_set=pa.array(lines, pa.string())))
    made = [
        {
            "contact": row["contact"],
            "address": row["address"],
            "number": lines[row["contact"]].line,
            "strategy": row.get("strategy", rows["strategy"][0].as_py()),
            "channel": lines[row["contact"]].channel,
            "caller": row.get("caller"),
        }
        for row in found.to_pylist()
    ]
    return pa.Table.from_pylist(made, schema=pa.schema([LISTED.field(name) for name in _HANDED]))


def policy_digest() -> str:
    """SHA-256 of the rules that decided who may be contacted, as they are written."""
    (folder,) = map(Path, policy.__path__)
    written = b"\0".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    return hashlib.sha256(written).hexdigest()
