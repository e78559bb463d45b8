"""Transports against real servers: whole or not at all, never twice, and clear about what is wrong."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import asyncssh
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from base.errors import DeliveryError, SettingsError
from base.settings import load_settings
from outreach.deliver import RECEIPT, Package, Receipt, answering_key, make_receipt, transport_of
from outreach.deliver.folder import FolderTransport
from outreach.deliver.https import HttpsTransport
from outreach.deliver.sftp import SftpTransport
from tests.outreach.approved import approval
from tests.outreach.disk import small_disk
from tests.servers.sftp import SftpSite, make_site, need_sshd
from tests.servers.webhook import Webhook, make_webhook

NIGHT = date(2026, 7, 1)
EVENING = datetime(2026, 7, 1, 22, tzinfo=timezone(timedelta(hours=8)))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = (KEY.public_key(),)
BANK = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))


def package(content: bytes = b"sealed" * 500_000, attempt: int = 1) -> Package:
    signed = approval(content, recipient="ai_dialler", key=BANK, attempt=attempt)
    return Package.of(content, approval=signed, recipient="ai_dialler", as_of=NIGHT, attempt=attempt)


def receipt_of(sent: Package) -> Receipt:
    return Receipt(recipient=sent.recipient, name=sent.name, sha256=sent.sha256, received_at=EVENING)


# --- a folder


def test_a_folder_gets_the_file_whole_and_the_same_again_is_harmless(tmp_path: Path) -> None:
    sent, way = package(), FolderTransport(tmp_path / "theirs", keys=KEYS)
    way.deliver(sent)
    before = (tmp_path / "theirs" / sent.name).stat().st_mtime_ns
    way.deliver(sent)
    assert {path.name for path in (tmp_path / "theirs").iterdir()} == set(sent.files)
    assert (tmp_path / "theirs" / f"{sent.name}.approval").read_bytes() == sent.approval
    assert (tmp_path / "theirs" / sent.name).read_bytes() == sent.content
    assert (tmp_path / "theirs" / sent.name).stat().st_mtime_ns == before


def test_other_bytes_under_the_name_are_left_and_told_of(tmp_path: Path) -> None:
    sent, way = package(), FolderTransport(tmp_path, keys=KEYS)
    (tmp_path / sent.name).write_bytes(b"something else")
    with pytest.raises(DeliveryError, match="other bytes lie at ai_dialler under this name"):
        way.deliver(sent)
    assert (tmp_path / sent.name).read_bytes() == b"something else"


@pytest.mark.parametrize("there", [b"", b"another's approval"])
def test_another_approval_under_the_name_is_left_and_the_list_does_not_come(
    tmp_path: Path, there: bytes
) -> None:
    sent = package()
    (tmp_path / f"{sent.name}.approval").write_bytes(there)
    with pytest.raises(DeliveryError, match=r"sealed\.approval: other bytes lie at ai_dialler"):
        FolderTransport(tmp_path, keys=KEYS).deliver(sent)
    assert not (tmp_path / sent.name).exists()


def test_a_folder_that_takes_nothing_is_named_and_a_later_try_succeeds(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"a file where the folder should be")
    way = FolderTransport(tmp_path / "theirs", keys=KEYS)
    with pytest.raises(DeliveryError, match="not written into the folder of ai_dialler"):
        way.deliver(package())
    (tmp_path / "theirs").unlink()
    way.deliver(package())
    assert (tmp_path / "theirs" / package().name).exists()


def test_a_full_disk_leaves_nothing_and_a_later_try_succeeds(tmp_path: Path) -> None:
    sent, way = package(), FolderTransport(tmp_path, keys=KEYS)
    with small_disk(1 << 20), pytest.raises(DeliveryError, match=r"File too large.*run release again"):
        way.deliver(sent)
    assert [path.name for path in tmp_path.iterdir()] == [f"{sent.name}.approval"]
    way.deliver(sent)
    assert (tmp_path / sent.name).read_bytes() == sent.content


def test_two_who_deliver_at_once_never_write_into_each_others_file(tmp_path: Path) -> None:
    sent = package(os.urandom(4 << 20))
    torn = []

    def deliver(_: int) -> None:
        FolderTransport(tmp_path, keys=KEYS).deliver(sent)
        torn.append((tmp_path / sent.name).read_bytes() != sent.content)

    for _ in range(5):
        with ThreadPoolExecutor(4) as several:
            list(several.map(deliver, range(8)))
        for name in sent.files:
            (tmp_path / name).unlink()
    assert torn == [False] * 40
    assert list(tmp_path.iterdir()) == []


def test_the_default_way_is_a_folder_of_the_outbox_with_a_key_made_for_trying_out(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    sent, way = package(), transport_of("ai_dialler", settings=settings)
    way.deliver(sent)
    path = tmp_path / "outbox" / "ai_dialler" / sent.name
    assert path.read_bytes() == sent.content
    assert way.receipt(sent) is None
    written = make_receipt(sent, at=EVENING, key=answering_key(settings, "ai_dialler"))
    path.with_name(f"{sent.name}{RECEIPT}").write_bytes(written)
    assert way.receipt(sent) == receipt_of(sent)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (make_receipt(package(b"other"), at=EVENING, key=KEY), "the receipt is for another file"),
        (make_receipt(package(attempt=2), at=EVENING, key=KEY), "the receipt is for another file"),
        (
            make_receipt(package(), at=EVENING, key=Ed25519PrivateKey.generate()),
            "not signed by a key that is known here",
        ),
        (b"thanks!", "no signed statement"),
    ],
)
def test_a_receipt_that_is_not_the_recipients_for_this_file_is_refused(
    tmp_path: Path, written: bytes, why: str
) -> None:
    (tmp_path / f"{package().name}{RECEIPT}").write_bytes(written)
    with pytest.raises(DeliveryError, match=why):
        FolderTransport(tmp_path, keys=KEYS).receipt(package())


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    recipients = {"ai_dialler": {"answer_keys": [str(tmp_path / "lost.pem")]}}
    with pytest.raises(SettingsError, match=r"lost\.pem .* Ed25519 public key"):
        transport_of("ai_dialler", settings=load_settings(home=tmp_path, recipients=recipients))


# --- SFTP, to a real OpenSSH server


@pytest.fixture
def site(tmp_path: Path) -> SftpSite:
    need_sshd()
    return make_site(tmp_path)


def test_sftp_puts_the_file_there_whole_once_and_fetches_the_receipt(site: SftpSite) -> None:
    sent, way = package(), SftpTransport(site.way(), keys=KEYS)
    with site.serve():
        way.deliver(sent)
        before = (site.folder / sent.name).stat().st_mtime_ns
        way.deliver(sent)
        assert way.receipt(sent) is None
        (site.folder / f"{sent.name}{RECEIPT}").write_bytes(make_receipt(sent, at=EVENING, key=KEY))
        assert way.receipt(sent) == receipt_of(sent)
    assert (site.folder / sent.name).read_bytes() == sent.content
    assert (site.folder / sent.name).stat().st_mtime_ns == before
    assert (site.folder / f"{sent.name}.approval").read_bytes() == sent.approval
    assert {path.name for path in site.folder.iterdir()} == {*sent.files, f"{sent.name}{RECEIPT}"}


def test_sftp_that_takes_half_a_file_shows_nobody_that_half_and_a_later_try_succeeds(site: SftpSite) -> None:
    sent, way = package(), SftpTransport(site.way(), keys=KEYS)
    with site.serve(largest_file=1 << 20), pytest.raises(DeliveryError, match="run release again"):
        way.deliver(sent)
    approved, half = sorted(path.name for path in site.folder.iterdir())[::-1]
    assert approved == f"{sent.name}.approval"
    assert half.startswith(f".{sent.name}.")
    with site.serve():
        way.deliver(sent)
    assert {path.name for path in site.folder.glob("[!.]*")} == set(sent.files)
    assert (site.folder / sent.name).read_bytes() == sent.content


def test_sftp_never_replaces_other_bytes(site: SftpSite) -> None:
    (site.folder / package().name).write_bytes(b"something else")
    with site.serve(), pytest.raises(DeliveryError, match="other bytes lie at ai_dialler"):
        SftpTransport(site.way(), keys=KEYS).deliver(package())
    assert (site.folder / package().name).read_bytes() == b"something else"


def test_sftp_talks_to_no_server_whose_host_key_is_not_the_pinned_one(site: SftpSite) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    (site.keys / "known_hosts").write_text(f"[127.0.0.1]:{site.port} {stranger}")
    with site.serve(), pytest.raises(DeliveryError, match="host key is not the one in known_hosts"):
        SftpTransport(site.way(), keys=KEYS).deliver(package())
    (site.keys / "known_hosts").write_text("")
    with site.serve(), pytest.raises(DeliveryError, match="host key is not the one in known_hosts"):
        SftpTransport(site.way(), keys=KEYS).deliver(package())
    assert list(site.folder.iterdir()) == []


def test_sftp_down_or_shut_to_this_key_is_said_and_resumed(site: SftpSite) -> None:
    sent, way = package(), SftpTransport(site.way(), keys=KEYS)
    with pytest.raises(DeliveryError, match=r"not known to be at .*127\.0\.0\.1.*server is up"):
        way.deliver(sent)
    authorized = site.keys / "authorized_keys"
    own = authorized.read_bytes()
    authorized.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_public_key())
    with site.serve(), pytest.raises(DeliveryError, match="Permission denied"):
        way.deliver(sent)
    authorized.write_bytes(own)
    with site.serve():
        way.deliver(sent)
    assert (site.folder / sent.name).read_bytes() == sent.content


def test_sftp_with_a_key_file_that_is_gone_is_a_delivery_that_failed(site: SftpSite) -> None:
    way = SftpTransport(site.way(key_file=site.keys / "lost"), keys=KEYS)
    with site.serve(), pytest.raises(DeliveryError, match="lost"):
        way.deliver(package())


# --- HTTPS, to a real server


@pytest.fixture
def webhook(tmp_path: Path) -> Iterator[Webhook]:
    served = make_webhook(tmp_path / "webhook", key=KEY, bank=BANK.public_key())
    with served.serve():
        yield served


def test_https_hands_over_once_and_repeats_are_answered_the_same(webhook: Webhook) -> None:
    sent, way = package(), HttpsTransport(webhook.way(), keys=KEYS)
    assert way.receipt(sent) is None
    way.deliver(sent)
    way.deliver(sent)
    assert webhook.taken == {sent.name: sent.content}
    assert webhook.approvals == {sent.name: sent.approval}
    assert way.receipt(sent) == receipt_of(sent)


def test_https_takes_no_list_without_an_approval_of_its_bytes(webhook: Webhook) -> None:
    sent = replace(package(), approval=package(b"other").approval)
    with pytest.raises(DeliveryError, match="it answered 403"):
        HttpsTransport(webhook.way(), keys=KEYS).deliver(sent)
    assert webhook.taken == {}


def test_https_signs_time_name_and_body_so_that_another_body_is_refused(webhook: Webhook) -> None:
    honest = package()
    forged = Package(**{**vars(honest), "sha256": hashlib.sha256(b"another").hexdigest()})
    with pytest.raises(DeliveryError, match="it answered 401"):
        HttpsTransport(webhook.way(), keys=KEYS).deliver(forged)
    (webhook.home / "secret").write_bytes(b"yesterday's secret")
    with pytest.raises(DeliveryError, match="it answered 401"):
        HttpsTransport(webhook.way(), keys=KEYS).deliver(honest)
    assert webhook.taken == {}


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        ("ill", "it answered 500"),
        ("moved", "it answered 307"),
        ("half", "the receipt is for another file"),
    ],
)
def test_https_that_fails_is_told_and_a_later_try_succeeds(webhook: Webhook, mood: str, why: str) -> None:
    webhook.moods.append(mood)
    sent, way = package(), HttpsTransport(webhook.way(), keys=KEYS)
    with pytest.raises(DeliveryError, match=why):
        way.deliver(sent)
    assert webhook.taken == {}
    way.deliver(sent)
    assert webhook.taken == {sent.name: sent.content}
    assert len(webhook.requests) == 2


def test_https_that_keeps_silent_is_not_waited_for(webhook: Webhook) -> None:
    webhook.moods.append("silent")
    with pytest.raises(DeliveryError, match="not known to be at https"):
        HttpsTransport(webhook.way(timeout=0.3), keys=KEYS).deliver(package(b"little"))


def test_https_keeps_what_it_has_when_other_bytes_come_under_the_name(webhook: Webhook) -> None:
    way = HttpsTransport(webhook.way(), keys=KEYS)
    way.deliver(package())
    with pytest.raises(DeliveryError, match="holds other bytes under this name"):
        way.deliver(package(b"changed"))
    assert webhook.taken == {package().name: package().content}


def test_https_trusts_no_certificate_but_of_the_pinned_authority(webhook: Webhook, tmp_path: Path) -> None:
    other = make_webhook(tmp_path / "other", key=KEY, bank=BANK.public_key())
    with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"):
        HttpsTransport(webhook.way(ca_file=other.home / "server.pem"), keys=KEYS).deliver(package())
    with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"):
        HttpsTransport(webhook.way(ca_file=None), keys=KEYS).deliver(package())
    assert webhook.requests == []


def test_https_down_is_said_and_resumed(tmp_path: Path) -> None:
    served, sent = make_webhook(tmp_path / "webhook", key=KEY, bank=BANK.public_key()), package()
    with served.serve():
        way = HttpsTransport(served.way(), keys=KEYS)
    with pytest.raises(DeliveryError, match=r"Connection refused.*server is up"):
        way.deliver(sent)
    with served.serve():
        way.deliver(sent)
    assert served.taken == {sent.name: sent.content}


def test_https_without_its_secret_is_a_delivery_that_failed(webhook: Webhook) -> None:
    (webhook.home / "secret").unlink()
    with pytest.raises(DeliveryError, match="the secret or the authority's file cannot be read"):
        HttpsTransport(webhook.way(), keys=KEYS).deliver(package())


def test_the_address_of_a_webhook_is_https_and_holds_no_credentials(webhook: Webhook) -> None:
    for address in ("http://example.com/lists", "https://user:word@example.com/lists"):
        with pytest.raises(ValueError, match="url"):
            webhook.way(url=address)
