"""The analytics side holds tokens only: keyed, separated by field and house, versioned."""

import hashlib
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from base.settings import load_settings
from ledger.database import Ledger, open_ledger
from outreach.vault import Vault
from outreach.vault.tokens import Kind
from tests.outreach.release_world import ROWS, House

PHONE = "13812345678"


def test_rule_5_no_plain_hash_of_a_phone_gives_its_token(vault: Vault) -> None:
    token = vault.tokens("phone", pa.array([PHONE]))[0].as_py()
    for name in ("md5", "sha1", "sha256", "sha512", "sm3"):
        if name in hashlib.algorithms_available:
            digest = hashlib.new(name, PHONE.encode())
            assert token[1:].lower() not in digest.hexdigest()
    assert PHONE not in token


def test_rule_5_fields_and_houses_are_kept_apart_and_tokens_are_versioned(
    vault: Vault, tmp_path: Path
) -> None:
    value, kinds = pa.array([PHONE]), get_args(Kind)
    tokens = [vault.tokens(kind, value)[0].as_py() for kind in kinds]
    assert len(set(tokens)) == len(kinds) > 3
    assert {token[0] for token in tokens} == {"a"}, "the letter of the key's version"
    with open_ledger(load_settings(home=tmp_path / "another")) as another:
        assert Vault(another.settings).tokens("phone", value)[0].as_py() not in tokens


def test_rule_5_the_lake_of_a_released_night_names_nobody(released: House) -> None:
    files = released.settings.lake_folder.rglob("*.parquet")
    content = "".join(str(pq.ParquetFile(file).read().to_pydict()) for file in files)
    assert all(token in content for token in released.customers)
    for row in range(ROWS):
        assert f"138{row // 2:08d}" not in content
        assert f"C{row:09d}" not in content


def test_rule_5_ordinary_work_cannot_read_the_vault(ledger: Ledger) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), ledger.engine.connect() as connection:
        connection.execute(text("select * from vault.identities"))
