"""A masked phone is never a key and never called anonymous."""

import re
from pathlib import Path

import pyarrow as pa

from base.registry import instances
from lake.table import Table
from outreach.mask import mask_phone
from outreach.vault import Vault
from tests.outreach.release_world import House

ROOT = Path(__file__).parents[2]


def test_rule_4_phones_with_one_mask_are_two_by_token(vault: Vault) -> None:
    phones = pa.array(["13800001234", "13899991234", "13800001234"])
    assert len(set(mask_phone(phones).to_pylist())) == 1
    first, second, again = vault.tokens("phone", phones).to_pylist()
    assert first != second
    assert first == again


def test_rule_4_no_table_holds_a_masked_phone_as_a_column_or_key() -> None:
    for table in instances("lake.tables", Table).values():
        assert not [name for name in (*table.names, *table.grain) if "masked" in name], table.name


def test_rule_4_lists_tell_people_of_one_mask_apart_by_token(released: House) -> None:
    """Each phone of the small bank is that of two customers, so that all masks are there twice."""
    lines = released.files("human_desk")["human_call.csv"].decode().splitlines()
    names = [name.strip('"') for name in lines[0].split(",")]
    rows = [dict(zip(names, line.split('","'), strict=False)) for line in lines[1:]]
    assert len({row["contact"] for row in rows}) == len(rows) > 0


def test_rule_4_no_document_calls_masked_data_anonymous() -> None:
    claim = re.compile(r"mask\w*[^.\n]{0,40}\b(?:is|are|be) anonym|anonymi[sz]ed|已匿名|匿名化", re.I)
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        assert not claim.search(document.read_text(encoding="utf-8")), document.name
