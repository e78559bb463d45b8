"""The vault: tokens that say nothing, seals that break, and a record of every look."""

import hmac
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from base.errors import VaultError
from base.settings import Settings, load_settings
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from outreach.vault import Vault

NIGHT = date(2026, 7, 1)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    home = tmp_path_factory.mktemp("home")
    with open_ledger(load_settings(home=home)) as opened:
        yield opened


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings)


def people(vault: Vault, rows: int) -> pa.Table:
    numbers = pa.array([f"C{row:07d}" for row in range(rows)])
    return pa.table(
        {
            "customer": vault.tokens("customer", numbers),
            "customer_no": numbers,
            "name": pa.array([None if row % 7 == 3 else f"张三{row}" for row in range(rows)]),
            "phone": pa.array([f"138{row:08d}" for row in range(rows)]),
            "id_number": pa.array([f"11010119900101{row:04d}" for row in range(rows)]),
            "generated": pa.array([True] * rows),
        }
    )


def sealed(settings: Settings) -> Path:
    return settings.vault_folder / "identities" / f"{NIGHT}.sealed"


def test_tokens_are_the_keyed_hash_of_the_standard_library(vault: Vault, settings: Settings) -> None:
    token = vault.tokens("customer", pa.array(["C0000001"]))[0].as_py()
    key = (settings.vault_folder / "keys" / "token.a").read_bytes()
    field = sha256(b"longreach token\0customer\0" + key).digest()
    expected = hmac.new(field, b"C0000001", sha256).digest()[:8]
    from base64 import urlsafe_b64encode

    assert token == "a" + urlsafe_b64encode(expected).decode().rstrip("=")
    assert len(token) == 12


def test_tokens_keep_order_nulls_and_repeats(vault: Vault) -> None:
    tokens = vault.tokens("customer", pa.chunked_array([["x", None], ["y", "x"]])).to_pylist()
    assert tokens[0] == tokens[3] != tokens[2]
    assert tokens[1] is None
    assert vault.tokens("customer", pa.array([], pa.string())).to_pylist() == []


def test_tokens_of_two_kinds_or_two_homes_never_match(vault: Vault, tmp_path: Path) -> None:
    values = pa.array(["13812345678"])
    elsewhere = Vault(load_settings(home=tmp_path / "other"))
    found = {
        vault.tokens("phone", values)[0].as_py(),
        vault.tokens("dial", values)[0].as_py(),
        elsewhere.tokens("phone", values)[0].as_py(),
    }
    assert len(found) == 3


def test_a_second_vault_of_the_same_home_makes_the_same_tokens(vault: Vault, settings: Settings) -> None:
    values = pa.array(["C1", "C2"])
    assert vault.tokens("customer", values).equals(Vault(settings).tokens("customer", values))


def test_keys_and_identities_are_for_the_owner_only(vault: Vault, settings: Settings) -> None:
    vault.put(NIGHT, people(vault, 3))
    inside = settings.vault_folder
    assert inside.stat().st_mode & 0o777 == 0o700
    for file in (inside / "keys" / "token.a", inside / "keys" / "seal.a", sealed(settings)):
        assert file.stat().st_mode & 0o777 == 0o600


def test_nothing_kept_shows_who_it_is(vault: Vault, settings: Settings) -> None:
    vault.put(NIGHT, people(vault, 50))
    content = sealed(settings).read_bytes()
    assert "张三1".encode() not in content
    assert b"13800000001" not in content


def test_take_gives_the_asked_in_their_order_and_records_it(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 20)
    vault.put(NIGHT, table)
    asked = pa.array([table["customer"][7].as_py(), "a-nobody----", table["customer"][2].as_py()])
    taken = vault.take(NIGHT, asked, purpose="contact list", recipient="ai_dialler", ledger=ledger)
    assert taken["phone"].to_pylist() == ["13800000007", "13800000002"]
    line = trail(ledger, action="vault.take", last=1)[0]
    assert line["subject"] == "ai_dialler"
    assert line["detail"] == {"as_of": "2026-07-01", "recipient": "ai_dialler", "customers": 3, "rows": 2}


def test_a_purpose_opens_only_its_fields(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 5)
    vault.put(NIGHT, table)
    taken = vault.take(NIGHT, table["customer"], purpose="dial", recipient="source", ledger=ledger)
    assert taken.column_names == ["customer", "customer_no"]


@pytest.mark.parametrize(
    ("purpose", "recipient", "why"),
    [("curiosity", "ai_dialler", "no purpose"), ("dial", "human_desk", "receives nothing")],
)
def test_refusals_are_recorded_too(
    vault: Vault, ledger: Ledger, purpose: str, recipient: str, why: str
) -> None:
    vault.put(NIGHT, people(vault, 2))
    before = len(trail(ledger, action="vault.refused", last=1000))
    with pytest.raises(VaultError, match=why):
        vault.take(NIGHT, pa.array(["a"]), purpose=purpose, recipient=recipient, ledger=ledger)
    assert len(trail(ledger, action="vault.refused", last=1000)) == before + 1


def test_a_date_without_identities_is_named(vault: Vault, ledger: Ledger) -> None:
    with pytest.raises(VaultError, match="no identities of 2026-07-01"):
        vault.take(NIGHT, pa.array(["a"]), purpose="dial", recipient="source", ledger=ledger)


@pytest.mark.parametrize("harm", ["flip", "cut", "append", "swap the date"])
def test_changed_identities_are_refused(vault: Vault, ledger: Ledger, settings: Settings, harm: str) -> None:
    vault.put(NIGHT, people(vault, 10))
    content = bytearray(sealed(settings).read_bytes())
    if harm == "flip":
        content[len(content) // 2] ^= 1
    elif harm == "cut":
        del content[-5:]
    elif harm == "append":
        content = content + content
    asked = date(2026, 7, 2) if harm == "swap the date" else NIGHT
    (settings.vault_folder / "identities" / f"{asked}.sealed").write_bytes(content)
    with pytest.raises(VaultError, match="changed or cut"):
        vault.take(asked, pa.array(["a"]), purpose="dial", recipient="source", ledger=ledger)


def test_lost_keys_are_not_made_anew(vault: Vault, settings: Settings) -> None:
    vault.put(NIGHT, people(vault, 2))
    (settings.vault_folder / "keys" / "token.a").unlink()
    with pytest.raises(VaultError, match=r"token\.a is gone"):
        vault.tokens("customer", pa.array(["C1"]))


def test_many_frames_are_one_table(vault: Vault, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.vault._FRAME_ROWS", 7)
    table = people(vault, 30)
    vault.put(NIGHT, table)
    taken = vault.take(
        NIGHT, table["customer"], purpose="contact list", recipient="human_desk", ledger=ledger
    )
    assert taken["name"].to_pylist() == table["name"].to_pylist()


def test_putting_again_replaces(vault: Vault, ledger: Ledger) -> None:
    first, second = people(vault, 3), people(vault, 5)
    vault.put(NIGHT, first)
    vault.put(NIGHT, second)
    taken = vault.take(NIGHT, second["customer"], purpose="dial", recipient="source", ledger=ledger)
    assert taken.num_rows == 5
