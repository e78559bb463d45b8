"""Opt-outs bind under every token key: what they name stays known to the vault until they are withdrawn."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import select
from typer.testing import CliRunner

from base.errors import VaultError
from base.settings import load_settings
from jobs.command import app
from ledger.database import Ledger, open_ledger
from ledger.schema import OPT_OUTS
from outreach.opt_outs import Whom, enter, standing, withdraw
from outreach.stops import read_stops, why_stopped
from outreach.vault import Vault
from outreach.vault.opted_out import hold_off_rotation, wait_for_entries
from outreach.vault.rotation import destroy, rotate_token
from outreach.vault.store import open_store
from tests.outreach.vault_world import delivered, emptied, people

NIGHT, NEXT = date(2026, 7, 1), date(2026, 7, 2)
MATTER: dict[str, Any] = {"purpose": "person request", "ticket": "CASE-7", "actor": "li"}
STRANGER = "C0000007"
PHONE = "13800000007"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("opted_out"))) as ledger:
        yield ledger


@pytest.fixture
def ledger(opened: Ledger) -> Ledger:
    """Nobody has opted out, and nobody is in the vault."""
    with opened.engine.begin() as connection:
        for one in connection.execute(standing()).all():
            withdraw(connection, one.id, source="branch", actor="test", reason="another test begins")
    emptied(opened.settings)
    return opened


@pytest.fixture
def vault(ledger: Ledger) -> Vault:
    return Vault(ledger.settings)


def opt_out(ledger: Ledger, *whom: Whom) -> int:
    with ledger.engine.begin() as connection:
        return enter(connection, whom, channel="all", source="hotline", actor="li", reason="")


def by_phone(ledger: Ledger, phone: str) -> int:
    """As the hotline enters it; its id."""
    home = {"LONGREACH_HOME": str(ledger.settings.home)}
    words = ["opt-outs", "add", "--by", "phone", "--source", "hotline"]
    done = CliRunner().invoke(app, words, input=phone, env=home)
    assert done.exit_code == 0, done.output
    return int(re.findall(r"opt-out (\d+)", done.output)[0])


def turn_over(ledger: Ledger) -> None:
    """Two rotations; every token key but the newest is destroyed."""
    rotate_token(ledger.settings)
    newest = rotate_token(ledger.settings)
    for version in "abcdefgh"[: "abcdefgh".index(newest)]:
        destroy(ledger.settings, "token", version)


def stopped(ledger: Ledger, customer: str, number: str) -> bool:
    """Whether an opt-out of either stops a message."""
    rows = {"customer": [customer], "number": [number], "strategy": ["x"], "channel": ["sms"]}
    with ledger.engine.connect() as connection:
        why = why_stopped(pa.table(rows), stops=read_stops(connection))[0].as_py()
    return why in ("opted_out", "number_opted_out")


def tokens_of(vault: Vault, *numbers: str) -> list[tuple[str, str]]:
    table = delivered(vault, numbers)
    phones = vault.tokens("phone", table["phone"]).to_pylist()
    return list(zip(table["customer"].to_pylist(), phones, strict=True))


def kept(ledger: Ledger) -> set[tuple[str, str]]:
    with open_store(ledger.settings) as connection:
        return set(connection.execute("select kind, token from opted_out").fetchall())


def age(ledger: Ledger) -> None:
    with open_store(ledger.settings) as connection:
        connection.execute("update opted_out set at = at - interval '2 days'")


def test_rule_9_a_stranger_who_opted_out_by_phone_is_bound_when_he_becomes_a_customer(
    ledger: Ledger, vault: Vault
) -> None:
    vault.put(NIGHT, people(vault, 2))
    by_phone(ledger, PHONE)
    turn_over(ledger)
    age(ledger)
    vault.forget(NIGHT)
    turn_over(ledger)
    vault.put(NEXT, delivered(vault, [STRANGER, "C0000008"]))
    (his, other) = tokens_of(vault, STRANGER, "C0000008")
    assert stopped(ledger, *his)
    assert not stopped(ledger, *other)
    with open_store(ledger.settings) as connection:
        (sealed,) = connection.execute("select sealed from opted_out").fetchone() or ()
    assert PHONE.encode() not in sealed


def test_rule_9_the_number_of_one_who_was_erased_stays_bound(ledger: Ledger, vault: Vault) -> None:
    vault.put(NIGHT, people(vault, 3))
    rotate_token(ledger.settings)
    one, two, _ = tokens_of(vault, "C0000000", "C0000001", "C0000002")
    opt_out(ledger, Whom(customer=one[0], number=one[1]))
    vault.erase([one[0], two[0]], **MATTER, ledger=ledger)
    turn_over(ledger)
    # His customer number goes for good, and whatever no opt-out names.
    assert kept(ledger) == {("phone", one[1])}
    again, anew = tokens_of(vault, "C0000000", "C0000001")
    assert again[1] == one[1]
    assert again[0] != one[0]
    assert not {*anew} & {*two}
    assert stopped(ledger, *again)


@pytest.mark.parametrize("forgotten", [True, False], ids=["after its time", "delivered by mistake"])
def test_rule_9_who_opted_out_and_left_is_bound_when_he_returns(
    ledger: Ledger, vault: Vault, forgotten: bool
) -> None:
    vault.put(NIGHT, people(vault, 3))
    one, two, three = tokens_of(vault, "C0000000", "C0000001", "C0000002")
    opt_out(ledger, Whom(customer=one[0]))
    opt_out(ledger, Whom(number=two[1]))
    if forgotten:
        vault.put(NEXT, delivered(vault, ["C0000005"]))
        assert vault.forget(NEXT) == 3
    else:
        vault.put(NIGHT, delivered(vault, ["C0000005"]))
    turn_over(ledger)
    returned = tokens_of(vault, "C0000000", "C0000001", "C0000002")
    assert [stopped(ledger, *who) for who in returned] == [True, True, False]
    assert returned[2] != three


def test_what_no_opt_out_names_any_more_is_let_go(ledger: Ledger, vault: Vault) -> None:
    first = by_phone(ledger, PHONE)
    by_phone(ledger, "13800000008")
    turn_over(ledger)
    assert len(kept(ledger)) == 2
    with ledger.engine.begin() as connection:
        withdraw(connection, first, source="branch", actor="li", reason="he asked for it")
        (number,) = connection.execute(select(OPT_OUTS.c.number).where(OPT_OUTS.c.id == first)).one()
    vault.forget(NIGHT)
    # It may be the number of an opt-out that is being entered.
    assert ("phone", number) in kept(ledger)
    age(ledger)
    vault.forget(NIGHT)
    assert len(kept(ledger)) == 1
    assert vault.tokens("phone", pa.array([PHONE]))[0].as_py() != number


def test_a_kept_number_that_was_changed_is_told(ledger: Ledger) -> None:
    by_phone(ledger, PHONE)
    with open_store(ledger.settings) as connection:
        connection.execute("update opted_out set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))")
    with pytest.raises(VaultError, match=r"stands in an opt-out was changed.*backup"):
        rotate_token(ledger.settings)


def test_a_token_key_is_not_rotated_between_a_number_and_its_keeping(ledger: Ledger) -> None:
    with open_store(ledger.settings) as entering:
        hold_off_rotation(entering)
        with open_store(ledger.settings) as rotating:
            rotating.execute("set local lock_timeout = '50ms'")
            with pytest.raises(LockNotAvailable):
                wait_for_entries(rotating)
            rotating.rollback()
    rotate_token(ledger.settings)
