"""Sealed files: seconds to seal a long list, ten thousand flipped bits, and how fast real servers take one.

``python -m benchmarks.sealed_files`` prints one JSON line a figure.
"""

import argparse
import base64
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from base.errors import SealError
from base.settings import Settings, load_settings
from benchmarks.figure import Figure, at_least, at_most, exactly, show
from outreach.deliver import (
    MANIFEST,
    Package,
    Terms,
    Transport,
    bank_key,
    make_manifest,
    marks_key,
    opening_keys,
    seal,
    sealing_keys,
    unseal,
)
from outreach.deliver.https import HttpsTransport
from outreach.deliver.sftp import SftpTransport
from outreach.deliver.watermark import mark
from outreach.release.files import as_csv
from tests.outreach.approved import approval
from tests.servers.sftp import make_site, need_sshd
from tests.servers.webhook import make_webhook

_ROWS = 1_000_000
_FLIPS = 5_000
_CIPHERS = {"age": "ai_dialler", "sm4": "sms_gateway"}
_EVENING = datetime(2026, 7, 2, 20, tzinfo=timezone(timedelta(hours=8)))
_MORNING = _EVENING - timedelta(hours=11)
_TERMS = Terms(
    recipient="",
    as_of=date(2026, 7, 1),
    attempt=1,
    contact_day=date(2026, 7, 2),
    expires_at=_EVENING,
    strategies={},
    policy="0" * 64,
    author="benchmark",
    approval="none",
    masks={},
)
Result = TypeVar("Result")

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def figures(*, rows: int = _ROWS, flips: int = _FLIPS) -> Iterator[Figure]:
    """Everything, on a list of ``rows`` rows, with ``flips`` flipped bits for each of the two ciphers."""
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home), recipients={"sms_gateway": {"cipher": "sm4"}})
        long = a_list(rows)
        yield from _sealing(long, settings)
        for cipher, recipient in _CIPHERS.items():
            accepted = accepted_flips(_sealed({"list.csv": as_csv(a_list(200))}, recipient, settings), flips)
            yield exactly(f"{cipher}: flipped bits of {flips:,} accepted", accepted, "files", goal=0)
        yield from _servers(random.Random(1).randbytes(32 << 20), Path(home))


def a_list(rows: int) -> pa.Table:
    """A list as the AI dialler gets it, about 260 bytes a row; the same for the same length."""
    draw = np.random.default_rng(20260701)
    strategy = pa.array(draw.integers(0, 40, rows))
    words = ["您好,这里是银行的智能语音助手,为您介绍存款到期续存。转人工请说人工,不再接听请说不要。"]
    texts = pa.array([f"{words[0]}方案{number}" for number in range(40)])
    return pa.table(
        {
            "contact": _tokens(draw, rows),
            "address": _tokens(draw, rows),
            "hour": pa.array(draw.integers(9, 20, rows), pa.int32()),
            "strategy": pa.array([f"strategy_{number}" for number in range(40)]).take(strategy),
            "step": pa.array(draw.integers(1, 4, rows), pa.int32()),
            "text": texts.take(strategy),
            "seconds": pa.array(np.full(rows, 90), pa.int32()),
            "expires_at": pa.repeat(_EVENING.isoformat(), rows),
        }
    )


def accepted_flips(
    sealed: tuple[bytes, Callable[[bytes], object]], flips: int, *, seed: int = 20260701
) -> int:
    """How many of ``flips`` copies, each with one bit flipped, half of them in the first 400 bytes, open."""
    content, opened = sealed
    draw, accepted = random.Random(seed), 0
    for flip in range(flips):
        changed = bytearray(content)
        place = draw.randrange(8 * (min(400, len(content)) if flip % 2 else len(content)))
        changed[place // 8] ^= 1 << place % 8
        try:
            opened(bytes(changed))
            accepted += 1
        except SealError:
            continue
    return accepted


def _sealing(long: pa.Table, settings: Settings) -> Iterator[Figure]:
    marked, seconds = _timed(
        lambda: mark(long, recipient="ai_dialler", as_of=_TERMS.as_of, key=marks_key(settings))
    )
    yield at_most(f"{long.num_rows:,} rows watermarked", seconds, "s", goal=5)
    files = {"list.csv": as_csv(marked)}
    size = len(files["list.csv"]) / 1e6
    for cipher, recipient in _CIPHERS.items():
        (content, opened), seconds = _timed(partial(_sealed, files, recipient, settings))
        yield at_most(f"{cipher}: {size:,.0f} MB manifested and sealed", seconds, "s", goal=5)
        _, seconds = _timed(partial(opened, content))
        yield at_most(f"{cipher}: the same opened and checked", seconds, "s", goal=10)


def _sealed(
    files: dict[str, bytes], recipient: str, settings: Settings
) -> tuple[bytes, Callable[[bytes], object]]:
    rows = dict.fromkeys(files, 0)
    manifest = make_manifest(files, rows=rows, terms=replace(_TERMS, recipient=recipient))
    content = seal({**files, MANIFEST: manifest}, keys=sealing_keys(settings, recipient))
    keys, signing = opening_keys(settings, recipient), bank_key(settings)

    def opened(changed: bytes) -> object:
        # Approved as it is, so that the seal alone can refuse it.
        signed = approval(changed, recipient=recipient, key=signing)
        return unseal(changed, approval=signed, recipient=recipient, keys=keys, now=_MORNING)

    return content, opened


def _servers(content: bytes, home: Path) -> Iterator[Figure]:
    need_sshd()
    signed = approval(content, recipient="ai_dialler", key=_KEY)
    package = Package.of(content, approval=signed, recipient="ai_dialler", as_of=_TERMS.as_of, attempt=1)
    keys = (_KEY.public_key(),)
    site = make_site(home / "sftp")
    with site.serve():
        yield _carried("SFTP, written, read back and renamed", SftpTransport(site.way(), keys=keys), package)
    webhook = make_webhook(home / "webhook", key=_KEY, bank=_KEY.public_key())
    with webhook.serve():
        yield _carried("HTTPS, taken and acknowledged", HttpsTransport(webhook.way(), keys=keys), package)


def _carried(name: str, transport: Transport, package: Package) -> Figure:
    _, seconds = _timed(lambda: transport.deliver(package))
    return at_least(name, len(package.content) / 1e6 / seconds, "MB/s", goal=10)


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def _tokens(draw: np.random.Generator, rows: int) -> pa.StringArray:
    heads = np.zeros((rows, 9), dtype=np.uint8)
    heads[:, :8] = draw.integers(0, 256, (rows, 8))
    text = base64.urlsafe_b64encode(heads.tobytes())
    return pa.array([f"a{text[start : start + 11].decode()}" for start in range(0, 12 * rows, 12)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=_ROWS)
    parser.add_argument("--flips", type=int, default=_FLIPS, help="flipped bits for each of the two ciphers")
    given = parser.parse_args()
    show(figures(rows=given.rows, flips=given.flips))
