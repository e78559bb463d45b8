"""The receiver that docs/recipients.md shows works, and is as careful as the document says."""

import json
import re
import types
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from base.settings import Settings, load_settings
from outreach.deliver import (
    MANIFEST,
    Package,
    Terms,
    answer_keys,
    answering_key,
    bank_key,
    make_manifest,
    opening_keys,
    seal,
    sealing_keys,
    transport_of,
)
from outreach.deliver.signed import read_statement
from tests.outreach.approved import approval

DOCUMENT = Path(__file__).parents[2] / "docs" / "recipients.md"
NIGHT = date(2026, 7, 1)
EVENING = datetime(2026, 7, 2, 20, tzinfo=timezone(timedelta(hours=8)))
MORNING = EVENING - timedelta(hours=11)
NAME = "ai_dialler"
LISTS = {"ai_call.csv": '"contact","text"\n"aAbCdEfGhIjK","您好"\n'.encode()}


@pytest.fixture(scope="module")
def receiver() -> types.ModuleType:
    (code,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), flags=re.M | re.S)
    module = types.ModuleType("receiver")
    exec(compile(code, DOCUMENT.name, "exec"), module.__dict__)  # noqa: S102
    return module


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path)


def delivered(settings: Settings, *, recipient: str = NAME, expires_at: datetime = EVENING) -> Path:
    terms = Terms(
        recipient=recipient,
        as_of=NIGHT,
        attempt=1,
        contact_day=NIGHT + timedelta(days=1),
        expires_at=expires_at,
        strategies={},
        policy="",
        author="a",
        approval="b",
        masks={},
    )
    files = {**LISTS, MANIFEST: make_manifest(LISTS, rows={"ai_call.csv": 1}, terms=terms)}
    sealed = seal(files, keys=sealing_keys(settings, NAME))
    signed = approval(sealed, recipient=NAME, key=bank_key(settings))
    package = Package.of(sealed, approval=signed, recipient=NAME, as_of=NIGHT, attempt=1)
    transport_of(NAME, settings=settings).deliver(package)
    return settings.outbox_folder / NAME / package.name


def receive(receiver: types.ModuleType, path: Path, settings: Settings, **changes: object) -> Any:
    keys = opening_keys(settings, NAME)
    given: dict[str, object] = {
        "recipient": NAME,
        "identity": keys.identities[0],
        "bank_key": keys.bank[0],
        "answering_key": answering_key(settings, NAME),
        "now": MORNING,
    }
    return receiver.receive(path, **{**given, **changes})


def test_it_opens_a_list_and_its_receipt_is_taken(receiver: types.ModuleType, settings: Settings) -> None:
    path = delivered(settings)
    assert receive(receiver, path, settings) == LISTS
    package = Package.of(path.read_bytes(), approval=b"", recipient=NAME, as_of=NIGHT, attempt=1)
    receipt = transport_of(NAME, settings=settings).receipt(package)
    assert receipt is not None
    assert (receipt.sha256, receipt.received_at) == (package.sha256, MORNING)


def test_it_refuses_what_the_document_says_it_refuses(receiver: types.ModuleType, settings: Settings) -> None:
    path = delivered(settings)
    with pytest.raises(InvalidSignature):
        receive(receiver, path, settings, bank_key=Ed25519PrivateKey.generate().public_key())
    with pytest.raises(ValueError, match="expired"):
        receive(receiver, path, settings, now=EVENING)
    with pytest.raises(ValueError, match="another's list"):
        receive(receiver, path, settings, recipient="human_desk")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(pyrage.DecryptError):
        receive(receiver, path, settings)
    assert not path.with_name(f"{path.name}.receipt").exists()


def test_its_statements_of_outcomes_are_read(receiver: types.ModuleType, settings: Settings) -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), flags=re.M | re.S)
    stated = receiver.statement("outcomes", json.loads(example), answering_key(settings, NAME))
    assert read_statement("outcomes", stated, keys=answer_keys(settings, NAME)) == json.loads(example)


def test_the_settings_it_shows_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (toml,) = re.findall(r"^```toml\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), flags=re.M | re.S)
    (tmp_path / "longreach.toml").write_text(toml)
    monkeypatch.chdir(tmp_path)
    shown = load_settings(home=tmp_path).recipients[NAME]
    assert shown.transport.kind == "sftp"
    assert len(sealing_keys(load_settings(home=tmp_path), NAME).public) == 1
