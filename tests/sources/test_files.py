"""The agreement with a bank on how its files are written, and what is said when it makes no sense."""

from pathlib import Path

import pytest

from base.errors import SettingsError
from base.settings import load_settings
from lake.tables import CUSTOMERS, TRANSACTIONS
from sources.files import AGREEMENT, FilesSource


def source_with(tmp_path: Path, text: str) -> FilesSource:
    (tmp_path / AGREEMENT).write_text(text, encoding="utf-8")
    return FilesSource(load_settings(home=tmp_path / "home", landing=tmp_path, source="files"))


def test_terms_of_one_table_go_before_those_of_all(tmp_path: Path) -> None:
    source = source_with(
        tmp_path,
        "every: {encoding: gbk, money: yuan}\n"
        "tables: {transactions: {encoding: utf-8, columns: {customer_no: 客户号}}}\n"
        "not_delivered: [complaints, contacts]\n",
    )
    extracts = {extract.table: extract for extract in source.extracts}
    assert (extracts[CUSTOMERS].encoding, extracts[CUSTOMERS].money) == ("gbk", "yuan")
    assert (extracts[TRANSACTIONS].encoding, extracts[TRANSACTIONS].money) == ("utf-8", "yuan")
    assert extracts[TRANSACTIONS].theirs("customer_no") == "客户号"
    assert len(extracts) == 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("every: {codepage: gbk}", "every.codepage: Extra inputs are not permitted"),
        ("every: {money: dollars}", "every.money: Input should be 'fen' or 'yuan'"),
        ("tables:\n  customers: {columns: [\n", "line 3 is no YAML"),
        ("tables: {clients: {}}", "clients: no such table; tables are customers, identities"),
        ("tables: {customers: {columns: {nummer: x}}}", "customers has no column nummer; it has birth_month"),
        ("not_delivered: [customers]", "customers and identities: cannot be left out"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _ = source_with(tmp_path, text).extracts
    assert str(caught.value).startswith(AGREEMENT)
    assert words in str(caught.value)
