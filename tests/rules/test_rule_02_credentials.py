"""Passwords, check numbers, PINs and biometric templates are refused at intake, by name and by content."""

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from base.errors import SourceError
from base.registry import instances
from base.settings import load_settings
from lake.table import Table
from lake.tables import CUSTOMERS
from sources.credentials import credentials_in
from sources.delivery import open_delivery
from sources.extract import Extract
from sources.piece import check_header
from sources.synthetic.bank import SyntheticBank
from tests.sources.small_bank import FIRST, deliver_csv, deliver_parquet, tables, with_cell

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


HASHES = [
    "$2b$12$" + "aZ./" * 13 + "9",
    "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    "pbkdf2_sha256$260000$salt$aGFzaA==",
    "$6$rounds=5000$salt$" + "xY/." * 20,
    "$1$salt$" + "xY/." * 6,
    "{SSHA}" + "c2FsdGVk" * 4,
    "scrypt:32768:8:1$salt$abcdef",
]
STRIPES = [
    "6222021234567894=25121010000012300000",
    "%B4111111111111111^DOE/JANE^2512101",
    ";5500005555555559=2512201?",
]
KEYS = ["-----BEGIN RSA PRIVATE KEY-----", "AGE-SECRET-KEY-1" + "QPZRY9X8" * 7]
TEMPLATES = ["Rk1SACAyMAAB" + "Ab3/" * 40, "464d5200" + "20323000" * 20, "iVBORw0K" * 70]
WITH_CHECK_NUMBER = ["4111111111111111|123", "5500 0055 5555 5559 12/27 123", "6011000990139424,4321", "x"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        *(([value], "password hashes") for value in HASHES),
        *(([value], "the data of a card's magnetic stripe") for value in STRIPES),
        *(([value], "private keys") for value in KEYS),
        *(([value], "biometric templates") for value in TEMPLATES),
        (WITH_CHECK_NUMBER, "card numbers with their check numbers"),
    ],
)
@pytest.mark.parametrize("deliver", [deliver_csv, deliver_parquet])
def test_rule_2_a_column_of_an_innocent_name_that_holds_credentials_stops_the_file(
    tmp_path: Path, deliver: Callable[[Path, dict[str, pa.Table]], Path], values: list[str], kind: str
) -> None:
    made = tables()
    for row, value in enumerate(values):
        made["customers"] = with_cell(made["customers"], "city", 7 * row, value)
    delivery = open_delivery(deliver(tmp_path, made), as_of=FIRST)
    with pytest.raises(SourceError) as caught:
        list(delivery.read(Extract(table=CUSTOMERS)))
    said = str(caught.value)
    assert f"column city holds what looks like {kind}" in said
    assert not any(value in said for value in values if len(value) > 1)


def test_rule_2_numbers_words_and_tokens_of_other_kinds_are_no_credentials() -> None:
    draw = np.random.default_rng(7)
    numbers = draw.integers(10**15, 10**16, 10_000)
    innocent = [
        [str(number) for number in numbers],
        [f"{number}|{number % 1000:03d}" for number in numbers],  # an account and a branch
        [f"{number}={number % 1000}" for number in numbers],
        [f"{number:064x}" for number in numbers],
        [f"客户来电询问尾号{number % 10_000}的卡，密码已重置，手续费$2$元 " * 40 for number in numbers[:100]],
        ["the quick brown fox 12 times " * 40],
        [f"https://example.com/{number:x}?next=%2F" * 20 for number in numbers[:100]],
        ["0" * 600, "01" * 600, "-" * 600],
    ]
    for cells in innocent:
        assert credentials_in(pa.array([None, *cells])) is None


def test_rule_2_references_of_debits_are_no_magnetic_stripes() -> None:
    draw = np.random.default_rng(8)
    seconds = draw.integers(0, 86_400, 20_000)
    clock = [f"{at // 3600:02d}{at // 60 % 60:02d}{at % 60:02d}" for at in seconds]
    numbers = draw.integers(0, 10**7, 20_000)
    references = [f"20260701{time}D{number:07d}" for time, number in zip(clock, numbers, strict=True)]
    assert credentials_in(pa.array(references)) is None
    assert not any(credentials_in(pa.array([one])) for one in references[:500])
    wrong_digit = [f"622202{number:010d}=2512101" for number in range(20) if number % 10]
    assert sum(credentials_in(pa.array([one])) is not None for one in wrong_digit) <= 2


def test_rule_2_stripes_with_a_letter_between_are_known_by_several_cells() -> None:
    cards = ("6222021234567894", "4111111111111111", "5500005555555559", "6011000990139424")
    cells = [f"{card}D25121010000012300000F" for card in cards]
    references = [f"2026070112{at:04d}D9999{at:03d}" for at in range(3)]
    assert credentials_in(pa.array([*references, *cells])) == "the data of a card's magnetic stripe"
    assert credentials_in(pa.array([cells[0]] * 5)) is None
    ended = [f"流水{reference}; {cells[0][:16]}=2512101" for reference in references]
    assert credentials_in(pa.array(ended)) == "the data of a card's magnetic stripe"


def test_rule_2_long_words_are_templates_only_if_they_look_like_encoded_bytes() -> None:
    draw = np.random.default_rng(9)
    assert credentials_in(pa.array([base64.b64encode(draw.bytes(384)).decode()])) == "biometric templates"
    for plain in ("ab" * 300, "aB" * 300, "a1" * 300, "A1" * 300, "abc-1_" * 100):
        assert credentials_in(pa.array([plain])) is None


def test_rule_2_nothing_that_a_bank_delivers_every_night_is_one(tmp_path: Path) -> None:
    small = {"customers": 1_000, "history_days": 60, "first_night": FIRST}
    source = SyntheticBank(load_settings(home=tmp_path, synthetic=small))
    delivery = open_delivery(source.deliver(FIRST), as_of=FIRST)
    for extract in source.extracts:
        list(delivery.read(extract))
