"""Passwords, card check numbers, PINs and biometric templates are refused at intake, by the file's schema."""

from pathlib import Path

import pyarrow as pa
import pytest

from base.errors import SourceError
from base.registry import instances
from lake.table import Table
from lake.tables import CUSTOMERS
from sources.delivery import open_delivery
from sources.extract import Extract
from sources.piece import check_header
from tests.sources.small_bank import FIRST, deliver_csv, tables

CREDENTIALS = [
    "login_password",
    "交易密码",
    "cvv2",
    "CVC",
    "card-pin",
    "pin_block",
    "track2",
    "face_template",
]
CREDENTIALS += ["face_template", "voiceprint", "指纹", "人脸特征"]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_rule_2_a_file_with_a_credential_is_refused_even_if_it_was_to_be_ignored(
    tmp_path: Path, name: str
) -> None:
    made = tables()
    made["customers"] = made["customers"].append_column(name, pa.array(["x"] * 300))
    delivery = open_delivery(deliver_csv(tmp_path, made), as_of=FIRST)
    with pytest.raises(SourceError, match="is a credential and is refused"):
        list(delivery.read(Extract(table=CUSTOMERS, ignored=(name,))))


@pytest.mark.parametrize(
    "name",
    [
        "userPwd",
        "cardCvv",
        "atmPIN",
        "PIN码",
        "CVV2码",
        "卡片验证码",
        "卡有效期",
        "pass_word",
        "faceId",
        "iris",
    ],
)
def test_rule_2_credentials_are_known_however_the_name_is_spelt(name: str) -> None:
    extract = Extract(table=CUSTOMERS)
    names = [extract.theirs(column.name) for column in extract.delivered]
    with pytest.raises(SourceError, match="is a credential and is refused"):
        check_header([*names, name], extract, file="customers.csv", count_rows=lambda: 0)


@pytest.mark.parametrize(
    "name", ["shipping", "opinion", "spin_class", "授权有效期", "valid_until", "trackers"]
)
def test_rule_2_other_names_are_no_credentials(name: str) -> None:
    extract = Extract(table=CUSTOMERS, ignored=(name,))
    names = [extract.theirs(column.name) for column in extract.delivered]
    check_header([*names, name], extract, file="customers.csv", count_rows=lambda: 0)


def test_rule_2_no_table_of_the_house_could_take_one() -> None:
    for table in instances("lake.tables", Table).values():
        extract = Extract(table=table)
        names = [extract.theirs(column.name) for column in extract.delivered]
        check_header(names, extract, file=table.name, count_rows=lambda: 0)
