"""Whatever goes wrong on the way out is said, loses nothing, sends nothing twice, and is over when mended.

Each night here meets one trouble after another, is held back by each for a reason that people can act on,
and leaves once and whole when the last is gone. The same for single lists, and for lists that are killed or
carried by several at once, is in ``carried`` and ``test_deliver_transports``.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyspark.sql import SparkSession
from sqlalchemy import select, text

from base.errors import (
    DeliveryError,
    LedgerError,
    LongreachError,
    ReleaseError,
    SettingsError,
    StoreError,
    VaultError,
)
from base.settings import load_settings
from base.settings.recipients import Https, Sftp
from jobs.locks import alone
from lake.tables import CONTACT_LISTS, HELD_BACK, NUMBERS, PLAN
from lake.tables.words import RECIPIENTS
from ledger.database import Ledger, open_ledger
from ledger.schema import RELEASE_CONTENT, RELEASES
from outreach.deliver import answering_key, bank_key, sealing_keys
from outreach.mask import WHOLE
from outreach.release import moves_of
from outreach.vault import Vault
from outreach.vault.rotation import rotate_master, rotate_token
from sources.numbers import classify
from tests.ledger.owner import as_owner
from tests.outreach.disk import small_disk
from tests.outreach.release_world import NIGHT, ROWS, House, decided, make_house, write
from tests.servers.sftp import SftpSite, make_site, need_sshd
from tests.servers.webhook import make_webhook

Trouble = Callable[[House], AbstractContextManager[House]]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture
def house(tmp_path: Path, engine: SparkSession, ledger: Ledger) -> House:
    return make_house(tmp_path / "home", engine=engine, ledger=ledger)


def told(house: House, **settings: object) -> House:
    """The same night under other settings."""
    changed = load_settings(home=house.settings.home, **settings)
    other = house.settings.model_copy(update={name: getattr(changed, name) for name in settings})
    return replace(house, night=replace(house.night, settings=other))


def sha256_by_recipient(ledger: Ledger) -> dict[str, str]:
    with ledger.engine.connect() as connection:
        rows = connection.execute(select(RELEASES.c.recipient, RELEASES.c.sha256)).all()
    return {row.recipient: row.sha256 for row in rows}


def moves(ledger: Ledger, to: str) -> list[str]:
    """To which recipients' lists this happened, once for each time."""
    with ledger.engine.connect() as connection:
        return sorted(move["recipient"] for move in moves_of(connection, NIGHT) if move["to_state"] == to)


def assert_nobody_got_anything(house: House) -> None:
    assert not list(house.settings.outbox_folder.glob("*/*"))
    assert moves(house.night.ledger, "frozen") == []


def assert_all_left_once(house: House) -> None:
    for state in ("frozen", "approved", "written", "delivered"):
        assert moves(house.night.ledger, state) == sorted(RECIPIENTS), state
    assert house.released() == {customer for row, customer in enumerate(house.customers) if row % 8 != 7}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- before anything is frozen


def master_key(house: House) -> Path:
    folder = house.settings.vault.keys_folder
    assert folder is not None
    return folder / "master.1"


@contextmanager
def another_key(house: House) -> Iterator[House]:
    own = master_key(house).read_bytes()
    master_key(house).write_bytes(secrets.token_bytes(32))
    try:
        yield house
    finally:
        master_key(house).write_bytes(own)


@contextmanager
def no_key(house: House) -> Iterator[House]:
    own = master_key(house).read_bytes()
    master_key(house).unlink()
    try:
        yield house
    finally:
        master_key(house).write_bytes(own)


@contextmanager
def vault_unreachable(house: House) -> Iterator[House]:
    vault = house.settings.vault.model_copy(
        update={"database_url": "postgresql://nobody@127.0.0.1:9/longreach"}
    )
    yield replace(
        house,
        night=replace(house.night, settings=house.settings.model_copy(update={"vault": vault})),
    )


@contextmanager
def recipients_key_gone(house: House) -> Iterator[House]:
    sm4 = {"cipher": "sm4", "shared_keys": [str(house.settings.home / "lost.sm4")]}
    yield told(house, recipients={"ai_dialler": sm4})


@contextmanager
def no_room_in_postgresql(house: House) -> Iterator[House]:
    """Its own words for a full disk, as it begins to keep the sealed bytes."""
    full = "raise exception 'could not extend file' using errcode = '53100'"
    with house.night.ledger.engine.begin() as connection:
        as_owner(connection)
        connection.execute(
            text(f"create function full_disk() returns trigger language plpgsql as $$ begin {full}; end $$")
        )
        connection.execute(
            text(
                f"create trigger full_disk before insert on {RELEASE_CONTENT.name} "
                "for each row execute function full_disk()"
            )
        )
    try:
        yield house
    finally:
        with house.night.ledger.engine.begin() as connection:
            as_owner(connection)
            connection.execute(text("drop function full_disk cascade"))


@contextmanager
def another_scheduler(house: House) -> Iterator[House]:
    with alone("release", house.night.ledger):
        yield house


BEFORE: list[tuple[Trouble, type[LongreachError], str]] = [
    (another_key, VaultError, r"master key 1 .*is not the one that sealed this vault; restore"),
    (no_key, VaultError, r"master\.1 is not in .*restore it from its backup"),
    (vault_unreachable, VaultError, r"127\.0\.0\.1 does not answer"),
    (recipients_key_gone, SettingsError, r"lost\.sm4"),
    (no_room_in_postgresql, ReleaseError, r"no room on its disk; make room and run release again"),
    (another_scheduler, LedgerError, r"release is already running in another process; wait for it to end"),
]


def test_what_goes_wrong_before_lists_are_frozen_leaves_all_for_a_later_run(house: House) -> None:
    for trouble, error, words in BEFORE:
        with trouble(house) as troubled, pytest.raises(error, match=words):
            troubled.release()
        assert_nobody_got_anything(house)
    house.release()
    assert_all_left_once(house)
    assert {name: digest(house.sealed(name)[0]) for name in RECIPIENTS} == sha256_by_recipient(
        house.night.ledger
    )


def test_keys_that_are_rotated_between_decision_and_delivery_change_nothing(house: House) -> None:
    rotate_master(house.settings)
    rotate_token(house.settings)
    house.release()
    before = {name: house.files(name) for name in RECIPIENTS}
    rotate_master(house.settings)
    rotate_token(house.settings)
    house.release()
    assert_all_left_once(house)
    assert {name: house.files(name) for name in RECIPIENTS} == before


# --- on the way


@pytest.fixture
def site(tmp_path: Path) -> SftpSite:
    need_sshd()
    return make_site(tmp_path / "site")


def agreed(house: House, recipient: str, way: Sftp | Https) -> dict[str, object]:
    """A recipient elsewhere, who has told the bank his public keys."""
    own = house.settings.home / f"{recipient}.pub.pem"
    public = answering_key(house.settings, recipient).public_key()
    own.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    keys = {"public_keys": sealing_keys(house.settings, recipient).public, "answer_keys": [own]}
    return {"transport": way, **keys}


BOTH = r"run release again:\n +ai_dialler: .*{}.*\n +sms_gateway: .*{}"


def test_servers_that_are_down_ill_or_full_get_each_list_once_when_they_are_well(
    house: House, site: SftpSite, tmp_path: Path
) -> None:
    answers = answering_key(house.settings, "sms_gateway")
    webhook = make_webhook(tmp_path / "webhook", key=answers, bank=bank_key(house.settings).public_key())
    with webhook.serve():
        pass  # it has its port from now on
    ways: dict[str, Sftp | Https] = {"ai_dialler": site.way(), "sms_gateway": webhook.way()}
    there = told(house, recipients={name: agreed(house, name, way) for name, way in ways.items()})
    with pytest.raises(DeliveryError, match=BOTH.format("server is up", "Connection refused")):
        there.release()
    assert moves(house.night.ledger, "delivered") == ["human_desk", "push_gateway"]
    webhook.moods.append("ill")
    again = pytest.raises(DeliveryError, match=BOTH.format("has room", "answered 500"))
    with site.serve(largest_file=1_000), webhook.serve(), again:
        there.release()
    assert webhook.taken == {}
    assert not list(site.folder.glob("[!.]*.sealed"))
    with site.serve(), webhook.serve():
        there.release()
        there.release()
    assert_all_left_once(there)
    promised = sha256_by_recipient(house.night.ledger)
    (over_sftp,) = site.folder.glob("[!.]*.sealed")
    assert digest(over_sftp) == promised["ai_dialler"]
    assert [hashlib.sha256(one).hexdigest() for one in webhook.taken.values()] == [promised["sms_gateway"]]


def test_a_disk_that_is_full_under_lists_or_under_tables_leaves_each_list_once(house: House) -> None:
    with small_disk(1_000), pytest.raises(DeliveryError, match=r"not written .*run release again"):
        house.release()
    assert not list(house.settings.outbox_folder.glob("*/*.sealed"))
    assert moves(house.night.ledger, "delivered") == []
    # What is on the lists' place in the lake takes nothing; the lists themselves have left by then.
    blocked = house.settings.lake_folder / CONTACT_LISTS.name
    blocked.write_bytes(b"")
    with pytest.raises(StoreError, match="contact_lists, 2026-07-01: not written"):
        house.release()
    left = {name: house.sealed(name)[0].read_bytes() for name in RECIPIENTS}
    blocked.unlink()
    house.release()
    assert_all_left_once(house)
    assert {name: house.sealed(name)[0].read_bytes() for name in RECIPIENTS} == left


# --- what is on the lists


def test_a_night_of_nobody_sends_each_recipient_one_empty_list(house: House) -> None:
    write(house.night, PLAN, [])
    house.release()
    house.release()
    assert moves(house.night.ledger, "delivered") == sorted(RECIPIENTS)
    assert house.lists() == []
    for recipient in RECIPIENTS:
        assert len(house.sealed(recipient)) == 1
        assert json.loads(house.files(recipient)["manifest.json"])["rows"] == 0


# Messages are sent to places 3 and 11 of the plan, people call 1, 5 and 9.
ODD = {3: "+44 20 7946 0958", 11: "1380013800", 1: "分机 8001", 5: "+852 9123 4567", 9: ""}
CALLED, WRITTEN_TO = (1, 5, 9), (3, 11)


def with_phones(house: House, odd: Mapping[int, str]) -> None:
    """Takes everybody's phone in as intake does."""
    seen = classify(pa.array([odd.get(row, f"138{row // 2:08d}") for row in range(ROWS)]))
    vault = Vault(house.settings)
    people = {
        "customer": house.customers,
        "customer_no": [f"C{row:09d}" for row in range(ROWS)],
        "name": ["张三丰"] * ROWS,
        "phone": seen["phone"],
        "id_number": [f"1101011990030{row:04d}X" for row in range(ROWS)],
        "generated": [True] * ROWS,
    }
    vault.put(house.night.as_of, pa.table(people))
    tokens = vault.tokens("phone", seen["phone"].combine_chunks()).to_pylist()
    numbers = zip(house.customers, tokens, seen["kind"].to_pylist(), strict=True)
    write(
        house.night,
        NUMBERS,
        [{"customer": customer, "number": token, "kind": kind} for customer, token, kind in numbers],
    )


def test_phones_of_unknown_shape_get_no_message_and_show_no_digit_until_they_are_mended(house: House) -> None:
    with_phones(house, ODD)
    house.release()
    everywhere = b"".join(content for name in RECIPIENTS for content in house.files(name).values())
    assert not any(odd.encode() in everywhere for odd in ODD.values() if odd)
    masks = {row["customer"]: json.loads(str(row["payload"])).get("masked_phone") for row in house.lists()}
    assert {masks[house.customers[row]] for row in CALLED} == {WHOLE}
    held_back = house.night.store.read(HELD_BACK, as_of=NIGHT).toArrow().to_pylist()
    assert {row["customer"]: row["reason"] for row in held_back} == {
        house.customers[row]: "no_number" for row in WRITTEN_TO
    }
    morrow = replace(house, night=replace(house.night, as_of=NIGHT + timedelta(days=1)))
    decided(morrow.night)
    morrow.release()
    on_it = morrow.night.store.read(CONTACT_LISTS, as_of=morrow.night.as_of).select("customer").collect()
    assert {house.customers[row] for row in WRITTEN_TO} <= {row["customer"] for row in on_it}
