"""The vault's keys: from three providers, rotated and destroyed; what is wrong with one is told in words."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from base.errors import VaultError
from base.settings import Settings, load_settings
from ledger.database import Ledger, database_url, open_ledger
from outreach.vault import Vault
from outreach.vault.rotation import destroy, rewrap, rotate_master, rotate_token, versions
from outreach.vault.store import open_store
from tests.outreach.transit import Transit, transit_server
from tests.outreach.vault_world import delivered, emptied, people

NIGHT, NEXT = date(2026, 7, 1), date(2026, 7, 2)
MATTER: dict[str, Any] = {"purpose": "person request", "ticket": "CASE-7", "actor": "li"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("keys"))) as opened:
        yield opened


@pytest.fixture
def settings(ledger: Ledger) -> Settings:
    return emptied(ledger.settings)


@pytest.fixture
def transit() -> Iterator[Transit]:
    with transit_server() as server:
        yield server


def told(settings: Settings, **vault: object) -> Settings:
    return settings.model_copy(update={"vault": load_settings(vault=vault).vault})


def names(settings: Settings, ledger: Ledger, table: pa.Table, as_of: date = NIGHT) -> list[str]:
    taken = Vault(settings).take(
        as_of, table["customer"], purpose="contact list", recipient="human_desk", ledger=ledger
    )
    return taken["customer_no"].to_pylist()


def test_a_lost_key_is_not_made_anew(settings: Settings) -> None:
    vault = Vault(settings)
    vault.put(NIGHT, people(vault, 2))
    key = settings.vault_folder / "keys" / "master.1"
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(VaultError, match=r"master\.1 is not in .*restore it from its backup"):
        vault.tokens("customer", pa.array(["C1"]))
    for wrong, why in ((secrets.token_bytes(32), "not the one that sealed"), (kept[:9], "9 bytes, not 32")):
        key.write_bytes(wrong)
        with pytest.raises(VaultError, match=why):
            vault.put(NEXT, people(vault, 2))
    key.write_bytes(kept)
    assert vault.tokens("customer", pa.array(["C1"])).null_count == 0


def test_the_environment_gives_keys(
    settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = told(settings, keys="environment")
    with pytest.raises(VaultError, match=r"LONGREACH_VAULT_KEY_1 must hold .*it is not set.*openssl"):
        Vault(asked).tokens("customer", pa.array(["C1"]))
    monkeypatch.setenv("LONGREACH_VAULT_KEY_1", secrets.token_hex(32))
    table = people(Vault(asked), 3)
    Vault(asked).put(NIGHT, table)
    with pytest.raises(VaultError, match="LONGREACH_VAULT_KEY_2"):
        rotate_master(asked)
    monkeypatch.setenv("LONGREACH_VAULT_KEY_2", secrets.token_hex(32))
    assert rotate_master(asked) == "2"
    rewrap(asked)
    with pytest.raises(VaultError, match="take LONGREACH_VAULT_KEY_1 out of the environment"):
        destroy(asked, "master", "1")
    monkeypatch.delenv("LONGREACH_VAULT_KEY_1")
    destroy(asked, "master", "1")
    assert names(asked, ledger, table) == table["customer_no"].to_pylist()


def test_transit_gives_keys_and_destroys_them(settings: Settings, ledger: Ledger, transit: Transit) -> None:
    asked = told(settings, keys="transit", transit={"address": transit.address, "token_file": transit.token})
    table = people(Vault(asked), 3)
    Vault(asked).put(NIGHT, table)
    assert rotate_master(asked) == "2"
    assert rewrap(asked) == 3
    with open_store(asked) as connection:
        (old,) = connection.execute("select reference from masters where version = '1'").fetchone() or ()
    destroy(asked, "master", "1")
    assert names(asked, ledger, table) == table["customer_no"].to_pylist()
    assert transit.refuses(bytes(old).decode())
    # Nothing of the provider's lies in the home.
    assert not (asked.vault_folder / "keys").exists()


def test_transit_that_refuses_or_is_gone_is_told(
    settings: Settings, ledger: Ledger, transit: Transit
) -> None:
    asked = told(settings, keys="transit", transit={"address": transit.address, "token_file": transit.token})
    table = people(Vault(asked), 3)
    Vault(asked).put(NIGHT, table)
    transit.token.write_text("another")
    with pytest.raises(VaultError, match=r"refuses transit/decrypt/longreach \(HTTP 403\)"):
        Vault(asked).put(NEXT, table)
    transit.token.write_text("令牌")
    with pytest.raises(VaultError, match="no access token"):
        Vault(asked).put(NEXT, table)
    transit.token.unlink()
    with pytest.raises(VaultError, match="does not read"):
        Vault(asked).put(NEXT, table)
    transit.token.write_text(transit.right)
    nowhere = {"address": "http://127.0.0.1:9", "token_file": transit.token}
    with pytest.raises(VaultError, match=r"127\.0\.0\.1:9 does not answer .*nothing was changed"):
        rotate_master(told(settings, keys="transit", transit=nowhere))
    assert [version.version for version in versions(asked) if version.key == "master"] == ["1"]
    assert names(asked, ledger, table, NEXT) == table["customer_no"].to_pylist()


def test_a_vault_moves_from_files_to_transit_by_rotation(
    settings: Settings, ledger: Ledger, transit: Transit
) -> None:
    table = people(Vault(settings), 3)
    Vault(settings).put(NIGHT, table)
    asked = told(settings, keys="transit", transit={"address": transit.address, "token_file": transit.token})
    rotate_master(asked)
    assert names(asked, ledger, table) == table["customer_no"].to_pylist()
    rewrap(asked)
    destroy(asked, "master", "1")
    assert list((settings.vault_folder / "keys").iterdir()) == []
    assert names(asked, ledger, table) == table["customer_no"].to_pylist()


def test_a_master_key_ends_when_nothing_hangs_on_it(settings: Settings, ledger: Ledger) -> None:
    vault = Vault(settings)
    table = people(vault, 5)
    vault.put(NIGHT, table)
    with pytest.raises(VaultError, match="master key 1 is in force"):
        destroy(settings, "master", "1")
    rotate_master(settings)
    vault.put(NEXT, people(vault, 6))
    assert [(one.version, one.people) for one in versions(settings) if one.key == "master"] == [
        ("1", 5),
        ("2", 1),
    ]
    with pytest.raises(VaultError, match="the keys of 5 people hang on master key 1"):
        destroy(settings, "master", "1")
    with pytest.raises(VaultError, match="there is no master key 7"):
        destroy(settings, "master", "7")
    assert (rewrap(settings), rewrap(settings)) == (5, 0)
    destroy(settings, "master", "1")
    destroy(settings, "master", "1")
    assert not (settings.vault_folder / "keys" / "master.1").exists()
    assert names(settings, ledger, table) == table["customer_no"].to_pylist()


def test_what_a_backup_holds_of_the_erased_ends_with_the_master_key(settings: Settings) -> None:
    vault = Vault(settings)
    table = people(vault, 3)
    vault.put(NIGHT, table)
    token = table["customer"][1].as_py()
    query = "select record, wrapped from identities join persons using (customer) where customer = %s"
    with open_store(settings) as connection:
        record, wrapped = connection.execute(query, (token,)).fetchone() or ()
    key = settings.vault_folder / "keys" / "master.1"
    master = AESGCM(key.read_bytes())
    # The backup of before still opens with the master key of before: this is what rotation is for.
    person = master.decrypt(wrapped[:12], wrapped[12:], f"{token}|1".encode())
    assert "张三1" in AESGCM(person).decrypt(record[:12], record[12:], f"{token}|{NIGHT}".encode()).decode()
    rotate_master(settings)
    rewrap(settings)
    destroy(settings, "master", "1")
    assert [path.name for path in key.parent.iterdir()] == ["master.2"]


def test_rule_5_tokens_of_those_known_survive_the_token_key(settings: Settings, ledger: Ledger) -> None:
    vault = Vault(settings)
    table = people(vault, 6)
    vault.put(NIGHT, table)
    outside = pa.array(["2026-07-01|x"])
    before = {
        "customer": vault.tokens("customer", table["customer_no"]),
        "phone": vault.tokens("phone", table["phone"]),
        "dial": vault.tokens("dial", outside),
    }
    for _ in range(2):
        newest = rotate_token(settings)
    destroy(settings, "token", "a")
    destroy(settings, "token", "b")
    assert newest == "c"
    # Opt-outs, caps and arms hang on these two: they bind as before.
    assert vault.tokens("customer", table["customer_no"]).equals(before["customer"])
    assert vault.tokens("phone", table["phone"]).equals(before["phone"])
    assert vault.tokens("dial", outside)[0].as_py()[0] == "c"
    more = people(vault, 8)
    assert {token[0] for token in more["customer"].to_pylist()[6:]} == {"c"}
    vault.put(NEXT, more)
    assert names(settings, ledger, more, NEXT) == more["customer_no"].to_pylist()
    found = vault.find("document", "110101199001010002", **MATTER, ledger=ledger)
    assert found == (table["customer"][2].as_py(),)
    # One who moves to a number that somebody had before shares its token, as before.
    moved = delivered(vault, ["C0000001"], moved=["C0000001"])
    rotate_token(settings)
    assert vault.tokens("phone", moved["phone"])[0].as_py() != before["phone"][1].as_py()


def test_rotation_goes_on_where_the_clock_was_moved_back(settings: Settings) -> None:
    vault = Vault(settings)
    vault.put(NIGHT, people(vault, 1))
    with open_store(settings) as connection:
        connection.execute("update keys set made_at = made_at + interval '1 day'")
    assert rotate_token(settings) == "b"
    assert vault.tokens("dial", pa.array(["x"]))[0].as_py()[0] == "b"
    assert [one.version for one in versions(settings) if one.key == "token"] == ["a", "b"]
    with pytest.raises(VaultError, match="token key b is in force"):
        destroy(settings, "token", "b")


def test_the_newest_token_key_is_not_destroyed(settings: Settings) -> None:
    vault = Vault(settings)
    vault.put(NIGHT, people(vault, 2))
    with pytest.raises(VaultError, match="token key a is in force"):
        destroy(settings, "token", "a")
    with pytest.raises(VaultError, match="no token key q"):
        destroy(settings, "token", "q")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("raise exception 'no space left' using errcode = '53100'", "disk of PostgreSQL is full; nothing"),
        ("perform pg_terminate_backend(pg_backend_pid())", "broke off .*nothing of this was kept"),
    ],
)
def test_a_server_that_fails_under_it_keeps_what_was(
    settings: Settings, ledger: Ledger, statement: str, words: str
) -> None:
    vault = Vault(settings)
    table = people(vault, 4)
    vault.put(NIGHT, table)
    owner = database_url(settings).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(owner) as connection:
        connection.execute(
            "create function vault.fail() returns trigger language plpgsql security definer"
            f" as $$ begin {statement}; return new; end $$"
        )
        connection.execute(
            "create trigger fail before insert on vault.identities execute function vault.fail()"
        )
    try:
        with pytest.raises(VaultError, match=words):
            vault.put(NEXT, delivered(vault, ["C0000001", "C0000009"], moved=["C0000001"]))
    finally:
        with psycopg.connect(owner) as connection:
            connection.execute("drop function vault.fail cascade")
    assert names(settings, ledger, table, NEXT) == table["customer_no"].to_pylist()


def test_a_server_that_is_not_there_is_told(settings: Settings) -> None:
    gone = told(settings, database_url="postgresql://nobody@127.0.0.1:9/longreach")
    tokens: Callable[[], object] = lambda: Vault(gone).tokens("customer", pa.array(["C1"]))  # noqa: E731
    with pytest.raises(VaultError, match=r"127\.0\.0\.1 does not answer"):
        tokens()


def test_keys_are_bytes_that_transit_made(transit: Transit) -> None:
    """The stand-in keeps transit's own promise: plaintext in base64, ciphertext that says its version."""
    made = transit.call("datakey/plaintext/longreach", {"bits": 256})
    assert len(b64decode(made["plaintext"])) == 32
    again = transit.call("decrypt/longreach", {"ciphertext": made["ciphertext"]})
    assert again["plaintext"] == b64encode(b64decode(made["plaintext"])).decode()
