"""The manifest: what a sealed file holds, under which rules it was made, and until when it may be used."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from base.errors import SealError

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a manifest says beside its files.

    ``expires_at``: with its zone. ``strategies``: version by name. ``policy``: digest of the declared rules.
    ``author``, ``approval``: who made the list, and who else has to approve it. ``masks``: what the columns
    hold, by name.
    """

    recipient: str
    as_of: date
    attempt: int
    contact_day: date
    expires_at: datetime
    strategies: Mapping[str, int]
    policy: str
    author: str
    approval: str
    masks: Mapping[str, str]


def make_manifest(files: Mapping[str, bytes], *, rows: Mapping[str, int], terms: Terms) -> bytes:
    """The manifest of ``files``, as JSON in UTF-8 with sorted keys; the same for the same content.

    ``rows``: how many each file holds. It tells no rows by strategy: their sum beside the file's would tell
    how many rows are canaries.
    """
    document = {
        "format": FORMAT,
        "recipient": terms.recipient,
        "as_of": terms.as_of.isoformat(),
        "attempt": terms.attempt,
        "contact_day": terms.contact_day.isoformat(),
        "expires_at": terms.expires_at.isoformat(),
        "strategies": dict(terms.strategies),
        "policy_sha256": terms.policy,
        "author": terms.author,
        "approval": terms.approval,
        "masks": dict(terms.masks),
        "marks": "rows are watermarked for their recipient, and may hold canaries",
        "rows": sum(rows.values()),
        "files": {
            name: {"rows": rows[name], "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        },
    }
    return f"{json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)}\n".encode()


def check_manifest(
    manifest: bytes, files: Mapping[str, bytes], *, recipient: str, now: datetime
) -> dict[str, Any]:
    """The manifest's document. Raises SealError unless it is for ``recipient``, unexpired at ``now`` (with
    its zone), and names exactly ``files``."""
    document: dict[str, Any] = json.loads(manifest)
    if document["format"] != FORMAT:
        raise SealError(f"the list is of format {document['format']}; format {FORMAT} is read here")
    if document["recipient"] != recipient:
        raise SealError(f"the list is for {document['recipient']}, not for {recipient}")
    if now >= datetime.fromisoformat(document["expires_at"]):
        raise SealError(f"the list of {document['as_of']} expired at {document['expires_at']}; destroy it")
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    if hashes != {name: entry["sha256"] for name, entry in document["files"].items()}:
        raise SealError(f"the files of {document['as_of']} are not those its manifest names")
    return document
