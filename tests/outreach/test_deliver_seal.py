"""Sealed files: opened by their recipient alone, while they last, and only as the bank made them."""

import json
import os
import random
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from base.errors import SealError, SettingsError
from base.settings import Settings, load_settings
from outreach.deliver import (
    MANIFEST,
    OpeningKeys,
    Package,
    Terms,
    bank_key,
    make_manifest,
    opening_keys,
    seal,
    sealing_keys,
    sm4,
    unseal,
)
from outreach.deliver.signed import make_statement
from tests.outreach.approved import approval

ZONE = timezone(timedelta(hours=8))
NIGHT = date(2026, 7, 1)
MORNING = datetime(2026, 7, 2, 9, tzinfo=ZONE)
EVENING = datetime(2026, 7, 2, 20, tzinfo=ZONE)
RECIPIENTS = ("ai_dialler", "sms_gateway")  # the first takes age, the second SM4
TERMS = Terms(
    recipient="",
    as_of=NIGHT,
    attempt=1,
    contact_day=NIGHT + timedelta(days=1),
    expires_at=EVENING,
    strategies={"deposit_rollover": 3},
    policy="0" * 64,
    author="release job",
    approval="a person who is not the author",
    masks={"contact": "token of the contact"},
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path, recipients={"sms_gateway": {"cipher": "sm4"}})


def listed(recipient: str, *, rows: int = 40) -> dict[str, bytes]:
    lines = "".join(f'"a{row:011d}","19","您好"\n' for row in range(rows))
    files = {"list.csv": f'"contact","hour","text"\n{lines}'.encode()}
    terms = replace(TERMS, recipient=recipient)
    return {**files, MANIFEST: make_manifest(files, rows={"list.csv": rows}, terms=terms)}


def sealed(settings: Settings, recipient: str) -> bytes:
    return seal(listed(recipient), keys=sealing_keys(settings, recipient))


def opened(
    settings: Settings, content: bytes, recipient: str, now: datetime = MORNING
) -> Mapping[str, bytes]:
    keys, signed = opening_keys(settings, recipient), approved(settings, content, recipient)
    return unseal(content, approval=signed, recipient=recipient, keys=keys, now=now)


def approved(settings: Settings, content: bytes, recipient: str) -> bytes:
    return approval(content, recipient=recipient, key=bank_key(settings))


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_the_recipient_opens_what_the_bank_sealed_and_nothing_shows_outside(
    settings: Settings, recipient: str
) -> None:
    content = sealed(settings, recipient)
    assert opened(settings, content, recipient) == listed(recipient)
    assert b"contact" not in content
    assert content != sealed(settings, recipient)


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_no_flipped_bit_is_accepted(settings: Settings, recipient: str) -> None:
    content = sealed(settings, recipient)
    head = range(0, 8 * min(420, len(content)))  # age's header, SM4's first line
    draw = random.Random(20260701)
    for place in {*draw.sample(head, 120), *draw.sample(range(8 * len(content)), 60)}:
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(SealError):
            opened(settings, bytes(changed), recipient)


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_what_is_cut_lengthened_or_swapped_is_refused(settings: Settings, recipient: str) -> None:
    content = sealed(settings, recipient)
    other = sealed(settings, recipient)
    half = len(content) // 2
    wrong = (
        b"",
        content[:1],
        content[:half],
        content[:-1],
        content[1:],
        content + b"\0",
        content + content,
        content[:half] + other[half:],
        b"\n" + content,
    )
    for changed in wrong:
        with pytest.raises(SealError):
            opened(settings, changed, recipient)


def test_every_frame_of_sm4_knows_its_place_and_whether_it_is_the_last() -> None:
    key = bytes(range(32))
    plain = os.urandom(3 * sm4._FRAME)
    whole = sm4.encrypt(plain, key_id="k1", key=key)
    assert sm4.decrypt(whole, keys={"k1": key}) == plain
    start = whole.index(b"\n") + 1
    size = sm4._FRAME + 16
    line, frames = whole[:start], [whole[at : at + size] for at in range(start, len(whole), size)]
    assert len(frames) == 3
    swaps = ([1, 0, 2], [0, 1], [0, 2], [0, 1, 2, 2], [0, 0, 1, 2], [])
    for order in swaps:
        with pytest.raises(SealError, match="changed or cut"):
            sm4.decrypt(line + b"".join(frames[place] for place in order), keys={"k1": key})


@given(plain=st.binary(max_size=300), key=st.binary(min_size=32, max_size=32))
def test_sm4_gives_back_what_it_was_given(plain: bytes, key: bytes) -> None:
    assert sm4.decrypt(sm4.encrypt(plain, key_id="k", key=key), keys={"k": key}) == plain


def test_a_list_is_refused_from_the_moment_it_expires_in_whatever_zone(settings: Settings) -> None:
    content = sealed(settings, "ai_dialler")
    assert opened(settings, content, "ai_dialler", EVENING - timedelta(seconds=1))
    for moment in (EVENING, EVENING.astimezone(UTC), EVENING + timedelta(days=300)):
        with pytest.raises(SealError, match=r"expired at 2026-07-02T20:00:00\+08:00; destroy it"):
            opened(settings, content, "ai_dialler", moment)


def test_a_list_sealed_to_one_is_not_another_ones(settings: Settings, tmp_path: Path) -> None:
    content = sealed(settings, "ai_dialler")
    with pytest.raises(SealError, match="sealed to another key"):
        opened(settings, content, "human_desk")
    with pytest.raises(SealError, match="for ai_dialler, not for human_desk"):
        unseal(
            content,
            approval=approved(settings, content, "human_desk"),
            recipient="human_desk",
            keys=opening_keys(settings, "ai_dialler"),
            now=MORNING,
        )


def test_who_has_the_recipients_key_but_not_the_banks_is_no_bank(settings: Settings) -> None:
    real = sealing_keys(settings, "ai_dialler")
    forged = replace(real, signing=Ed25519PrivateKey.generate())
    with pytest.raises(SealError, match="manifest is not signed by a key that is known here"):
        opened(settings, seal(listed("ai_dialler"), keys=forged), "ai_dialler")


def test_a_file_that_nobody_but_its_author_approved_is_refused(settings: Settings) -> None:
    content, other = (sealed(settings, "ai_dialler") for _ in range(2))
    own = bank_key(settings)
    for signed, why in (
        (b"", "approval is no signed statement"),
        (approved(settings, other, "ai_dialler"), "approval is of another file"),
        (approved(settings, content, "human_desk"), "approval is for human_desk"),
        (approval(content, recipient="ai_dialler", key=Ed25519PrivateKey.generate()), "not signed by a key"),
        (approval(content, recipient="ai_dialler", key=own, approver=" Release JOB"), "by its own author"),
        (make_statement("approval", {"recipient": "ai_dialler"}, key=own), "does not say who approved"),
        (make_statement("receipt", {"recipient": "ai_dialler"}, key=own), "not signed by a key"),
    ):
        with pytest.raises(SealError, match=why):
            unseal(
                content,
                approval=signed,
                recipient="ai_dialler",
                keys=opening_keys(settings, "ai_dialler"),
                now=MORNING,
            )


def test_files_that_the_manifest_does_not_name_so_are_refused(settings: Settings) -> None:
    keys = sealing_keys(settings, "ai_dialler")
    whole = listed("ai_dialler")
    for files in (
        {**whole, "list.csv": whole["list.csv"].replace(b"19", b"18")},
        {**whole, "more.csv": b"x"},
        {MANIFEST: whole[MANIFEST]},
    ):
        with pytest.raises(SealError, match="are not those its manifest names"):
            opened(settings, seal(files, keys=keys), "ai_dialler")
    with pytest.raises(SealError, match=r"without manifest\.json are not sealed"):
        seal({"list.csv": b""}, keys=keys)


def test_what_opens_but_is_no_archive_of_the_bank_is_refused(settings: Settings) -> None:
    public = [pyrage.x25519.Recipient.from_str(key) for key in sealing_keys(settings, "ai_dialler").public]
    for inside in (b"", b"hello", zstd(b"hello"), zstd(archive("x.csv")), zstd(archive("x", "x"))):
        with pytest.raises(SealError, match=r"not of the bank|no list of the bank"):
            opened(settings, pyrage.encrypt(inside, public), "ai_dialler")


def test_keys_rotate_side_by_side(tmp_path: Path) -> None:
    old, new = (pyrage.x25519.Identity.generate() for _ in range(2))
    both = [str(identity.to_public()) for identity in (old, new)]
    settings = load_settings(home=tmp_path, recipients={"ai_dialler": {"public_keys": both}})
    content = sealed(settings, "ai_dialler")
    bank = (sealing_keys(settings, "ai_dialler").signing.public_key(),)
    stranger = Ed25519PrivateKey.generate().public_key()
    for identity in (old, new):
        keys = OpeningKeys(bank=(stranger, *bank), identities=(str(identity),), shared={})
        signed = approved(settings, content, "ai_dialler")
        assert unseal(content, approval=signed, recipient="ai_dialler", keys=keys, now=MORNING)


def test_shared_keys_rotate_by_name(tmp_path: Path) -> None:
    for name in ("2026-06", "2026-07"):
        (tmp_path / f"{name}.sm4").write_text(os.urandom(32).hex())
    paths = [str(tmp_path / f"{name}.sm4") for name in ("2026-07", "2026-06")]
    settings = load_settings(
        home=tmp_path, recipients={"sms_gateway": {"cipher": "sm4", "shared_keys": paths}}
    )
    content = sealed(settings, "sms_gateway")
    assert content.startswith(b"longreach-sm4/1 2026-07 ")
    assert opened(settings, content, "sms_gateway")
    keys = opening_keys(settings, "sms_gateway")
    only_old = replace(keys, shared={"2026-06": keys.shared["2026-06"]})
    with pytest.raises(SealError, match="a key that is not here; there are: 2026-06"):
        unseal(content, approval=b"", recipient="sms_gateway", keys=only_old, now=MORNING)


def test_a_shared_key_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "short.sm4").write_text("00ff")
    recipient = {"cipher": "sm4", "shared_keys": [str(tmp_path / "short.sm4")]}
    with pytest.raises(SettingsError, match=r"short\.sm4 .* 32 bytes in hexadecimal"):
        sealing_keys(load_settings(home=tmp_path, recipients={"sms_gateway": recipient}), "sms_gateway")


def test_nobody_elsewhere_is_sent_what_only_this_house_can_open(tmp_path: Path) -> None:
    way = {"kind": "https", "url": "https://example.com/lists", "secret_file": str(tmp_path / "secret")}
    with pytest.raises(SettingsError, match="https takes public_keys and answer_keys"):
        load_settings(home=tmp_path, recipients={"ai_dialler": {"transport": way}})
    with pytest.raises(SettingsError, match="https takes shared_keys and answer_keys"):
        load_settings(home=tmp_path, recipients={"ai_dialler": {"cipher": "sm4", "transport": way}})


def test_made_keys_are_the_owners_alone_and_stay(settings: Settings) -> None:
    first = [sealing_keys(settings, name) for name in RECIPIENTS]
    assert [keys.public for keys in first] == [sealing_keys(settings, name).public for name in RECIPIENTS]
    for path in (settings.vault_folder / "recipients").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_the_manifest_says_what_is_inside_by_which_rules_and_until_when() -> None:
    document = json.loads(listed("ai_dialler", rows=7)[MANIFEST])
    assert document["rows"] == document["files"]["list.csv"]["rows"] == 7
    assert document["expires_at"] == "2026-07-02T20:00:00+08:00"
    assert document["strategies"] == {"deposit_rollover": 3}
    assert (document["author"], document["approval"]) == ("release job", "a person who is not the author")
    assert listed("ai_dialler", rows=7) == listed("ai_dialler", rows=7)


def test_a_package_is_named_after_recipient_night_and_attempt() -> None:
    first, second = (
        Package.of(b"x", approval=b"", recipient="human_desk", as_of=NIGHT, attempt=n) for n in (1, 2)
    )
    assert first.name == "human_desk-2026-07-01-1.sealed"
    assert first.name != second.name
    assert first.sha256 == second.sha256


def zstd(plain: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as compressed:
        compressed.write(plain)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def archive(*names: str) -> bytes:
    sink = BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return sink.getvalue()
