"""The vault: tokens that say nothing, records nobody else reads, and a trail of every look."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import date
from hashlib import sha256

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from base.errors import VaultError
from base.settings import Settings, load_settings
from ledger.audit import trail
from ledger.database import Ledger, database_url, open_ledger
from outreach.vault import KINDS, Kind, Vault
from outreach.vault.keyring import KeyRing
from outreach.vault.rotation import destroy, rewrap, rotate_master, rotate_token
from outreach.vault.store import open_store
from tests.outreach.vault_world import delivered, emptied, people

NIGHT, NEXT = date(2026, 7, 1), date(2026, 7, 2)
AFTER, LAST = date(2026, 7, 3), date(2026, 7, 4)
MATTER = {"purpose": "complaint", "ticket": "CASE-7", "actor": "li"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("vault"))) as opened:
        yield opened


@pytest.fixture
def settings(ledger: Ledger) -> Settings:
    return emptied(ledger.settings)


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings)


def dump(settings: Settings) -> bytes:
    """Every row of every table of the database, as its owner sees them."""
    owner = database_url(settings).set(drivername="postgresql").render_as_string(hide_password=False)
    tables = "select schemaname || '.' || tablename from pg_tables where schemaname in ('public', 'vault')"
    content = b""
    with psycopg.connect(owner) as connection, connection.cursor() as cursor:
        for (table,) in connection.execute(tables).fetchall():
            with cursor.copy(f"copy {table} to stdout (format binary)") as copy:
                content += b"".join(map(bytes, copy))
    return content


def test_tokens_are_the_keyed_hash_of_the_standard_library(vault: Vault, settings: Settings) -> None:
    token = vault.tokens("customer", pa.array(["C0000001"]))[0].as_py()
    with open_store(settings) as connection:
        key = KeyRing.open(connection, settings).token_key().secret
    # HKDF (RFC 5869) of one block, without salt.
    extracted = hmac.digest(bytes(32), key, "sha256")
    derived = hmac.digest(extracted, b"longreach token|customer_no|join\x01", "sha256")
    expected = hmac.new(derived, b"C0000001", sha256).digest()[:8]
    assert token == "a" + urlsafe_b64encode(expected).decode().rstrip("=")
    assert len(token) == 12


def test_tokens_keep_order_nulls_and_repeats(vault: Vault) -> None:
    tokens = vault.tokens("customer", pa.chunked_array([["x", None], ["y", "x"]])).to_pylist()
    assert tokens[0] == tokens[3] != tokens[2]
    assert tokens[1] is None
    assert vault.tokens("customer", pa.array([], pa.string())).to_pylist() == []


def test_rule_5_tokens_of_two_kinds_or_two_homes_never_match(vault: Vault, settings: Settings) -> None:
    values = pa.array(["13812345678"])
    kinds: list[Kind] = list(KINDS)
    found = {vault.tokens(kind, values)[0].as_py() for kind in kinds}
    emptied(settings)
    assert len(found | {Vault(settings).tokens("phone", values)[0].as_py()}) == len(kinds) + 1


def test_a_second_vault_of_the_same_home_makes_the_same_tokens(vault: Vault, settings: Settings) -> None:
    values = pa.array(["C1", "C2"])
    assert vault.tokens("customer", values).equals(Vault(settings).tokens("customer", values))


def test_sm3_where_it_is_asked_for(settings: Settings) -> None:
    asked = settings.model_copy(update={"vault": settings.vault.model_copy(update={"hash": "sm3"})})
    token = Vault(asked).tokens("phone", pa.array(["13812345678"]))[0].as_py()
    with open_store(asked) as connection:
        key = KeyRing.open(connection, asked).token_key()
    assert key.algorithm == "sm3"
    derived = hmac.digest(hmac.digest(bytes(32), key.secret, "sha256"), _INFO, "sha256")
    expected = hmac.new(derived, b"13812345678", "sm3").digest()[:8]
    assert token == "a" + urlsafe_b64encode(expected).decode().rstrip("=")
    # The version says how it was made: settings of later do not change it.
    assert Vault(settings).tokens("phone", pa.array(["13812345678"]))[0].as_py() == token


_INFO = b"longreach token|phone|join\x01"


def test_the_master_key_is_for_the_owner_only(vault: Vault, settings: Settings) -> None:
    vault.put(NIGHT, people(vault, 3))
    keys = settings.vault.keys_folder or settings.vault_folder / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    assert [(key.name, key.stat().st_mode & 0o777) for key in keys.iterdir()] == [("master.1", 0o600)]


def test_nothing_kept_shows_who_it_is(vault: Vault, settings: Settings) -> None:
    table = people(vault, 50)
    vault.put(NIGHT, table)
    content = dump(settings)
    assert table["customer"][1].as_py().encode() in content
    for name in ("customer_no", "name", "phone", "id_number"):
        assert not any(value.encode() in content for value in table[name].drop_null().to_pylist())


def test_rule_5_ordinary_connections_are_refused(vault: Vault, ledger: Ledger) -> None:
    vault.put(NIGHT, people(vault, 3))
    for statement in (
        "select * from vault.identities",
        "select * from vault.persons",
        "delete from vault.tombstones",
        "create table vault.copy (record bytea)",
    ):
        with ledger.engine.connect() as connection:
            assert connection.execute(text("select current_user")).scalar() == "longreach_app"
            with pytest.raises(ProgrammingError, match="permission denied for schema vault"):
                connection.execute(text(statement))


def test_the_vault_may_not_write_what_ordinary_work_writes(settings: Settings) -> None:
    with pytest.raises(VaultError, match="may not act"), open_store(settings) as connection:
        connection.execute("insert into public.switches (scope) values ('all')")


def test_take_gives_the_asked_in_their_order_and_records_it(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 20)
    vault.put(NIGHT, table)
    asked = pa.array([table["customer"][7].as_py(), "a-nobody----", table["customer"][2].as_py()])
    taken = vault.take(NIGHT, asked, purpose="contact list", recipient="ai_dialler", ledger=ledger)
    assert taken["phone"].to_pylist() == ["13800000007", "13800000002"]
    line = trail(ledger, action="vault.take", last=1)[0]
    assert (line["actor"], line["subject"]) == ("contact list", "ai_dialler")
    assert line["detail"] == {"as_of": "2026-07-01", "recipient": "ai_dialler", "customers": 3, "rows": 2}


def test_take_brings_back_what_was_put(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 30)
    vault.put(NIGHT, table)
    taken = vault.take(
        NIGHT, table["customer"], purpose="contact list", recipient="human_desk", ledger=ledger
    )
    assert taken.equals(table.select(taken.column_names))


def test_a_purpose_opens_only_its_fields(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 5)
    vault.put(NIGHT, table)
    taken = vault.take(NIGHT, table["customer"], purpose="dial", recipient="source", ledger=ledger)
    assert taken.column_names == ["customer", "customer_no"]


@pytest.mark.parametrize(
    ("purpose", "recipient", "why"),
    [("curiosity", "ai_dialler", "no purpose"), ("dial", "human_desk", "receives nothing")],
)
def test_rule_3_refusals_are_recorded_too(
    vault: Vault, ledger: Ledger, purpose: str, recipient: str, why: str
) -> None:
    vault.put(NIGHT, people(vault, 2))
    before = len(trail(ledger, action="vault.refused", last=1000))
    with pytest.raises(VaultError, match=why):
        vault.take(NIGHT, pa.array(["a"]), purpose=purpose, recipient=recipient, ledger=ledger)
    assert len(trail(ledger, action="vault.refused", last=1000)) == before + 1


def test_rule_3_a_full_view_needs_purpose_and_ticket(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 3)
    vault.put(NIGHT, table)
    token = table["customer"][1].as_py()
    for wrong, why in (
        ({"purpose": "dial"}, "no purpose"),
        ({"ticket": " "}, "without a ticket"),
        ({"ticket": "A13800000001"}, "without"),
    ):
        with pytest.raises(VaultError, match=why):
            vault.look(NIGHT, token, **{**MATTER, **wrong}, ledger=ledger)
        line = trail(ledger, last=1)[0]
        assert (line["action"], line["actor"], line["subject"]) == ("vault.refused", "li", token)
        assert "13800000001" not in str(line["detail"])
    for typed in ("13800000001", "C00013800001"):
        with pytest.raises(VaultError, match="token of nobody"):
            vault.look(NIGHT, typed, **MATTER, ledger=ledger)
        assert typed not in str(trail(ledger, last=1)[0])
    seen = vault.look(NIGHT, token, **MATTER, ledger=ledger)
    assert seen == {"customer": token, "customer_no": "C0000001", "name": "张三1", "phone": "13800000001"}
    line = trail(ledger, last=1)[0]
    assert (line["action"], line["actor"], line["subject"]) == ("vault.look", "li", token)
    assert line["detail"] == {"as_of": "2026-07-01", "purpose": "complaint", "ticket": "CASE-7", "rows": 1}


def test_a_date_before_the_first_delivery_is_named(vault: Vault, ledger: Ledger) -> None:
    vault.put(NEXT, people(vault, 2))
    with pytest.raises(VaultError, match="no identities of 2026-07-01"):
        vault.take(NIGHT, pa.array(["a"]), purpose="dial", recipient="source", ledger=ledger)


@pytest.mark.parametrize(
    "harm",
    [
        "update identities set record = overlay(record placing '\\x00'::bytea from 20)",
        "update identities set record = substring(record for octet_length(record) - 1)",
        "update identities set record = (select record from identities order by customer limit 1)",
        "update identities set since = since - 1",
        "update persons set wrapped = (select wrapped from persons order by customer limit 1)",
    ],
)
def test_changed_or_swapped_records_are_refused(
    vault: Vault, ledger: Ledger, settings: Settings, harm: str
) -> None:
    table = people(vault, 10)
    vault.put(NIGHT, table)
    with open_store(settings) as connection:
        connection.execute(harm)
    with pytest.raises(VaultError, match="was changed"):
        vault.take(NIGHT, table["customer"], purpose="dial", recipient="source", ledger=ledger)


def test_people_whose_token_is_not_of_their_number_are_refused(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 4)
    mixed = table.set_column(0, "customer", table["customer"].take(pa.array([1, 0, 2, 3])))
    with pytest.raises(VaultError, match="2 customers carry a token"):
        vault.put(NIGHT, mixed)
    vault.put(NIGHT, table)
    with pytest.raises(VaultError, match="2 customers carry a token"):
        vault.put(NEXT, mixed)
    taken = vault.take(NEXT, table["customer"], purpose="dial", recipient="source", ledger=ledger)
    assert taken["customer_no"].to_pylist() == table["customer_no"].to_pylist()


def test_somebody_is_found_by_number_phone_and_id_number(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 5)
    vault.put(NIGHT, table)
    token = table["customer"][3].as_py()
    for handle, value in (
        ("customer", "C0000003"),
        ("phone", "13800000003"),
        ("document", " 11010119900101000x"),
    ):
        found = vault.find(handle, value.replace("000x", "0003"), **MATTER, ledger=ledger)  # type: ignore[arg-type]
        assert found == (token,)
        line = trail(ledger, last=1)[0]
        assert (line["action"], line["subject"], line["detail"]["rows"]) == ("vault.find", handle, 1)
        assert "13800000003" not in str(line)
    assert vault.find("phone", "13999999999", **MATTER, ledger=ledger) == ()
    with pytest.raises(VaultError, match="without a ticket"):
        vault.find("phone", "13800000003", **{**MATTER, "ticket": ""}, ledger=ledger)


def test_rule_7_the_erased_are_gone_and_do_not_come_back(
    vault: Vault, ledger: Ledger, settings: Settings
) -> None:
    table = people(vault, 6)
    vault.put(NIGHT, table)
    gone = table["customer"].to_pylist()[2:4]
    with pytest.raises(VaultError, match="without a ticket"):
        vault.erase(gone, **{**MATTER, "ticket": ""}, ledger=ledger)
    assert vault.erase([*gone, "a-nobody----"], **MATTER, ledger=ledger) == 2
    line = trail(ledger, last=1)[0]
    assert (line["action"], line["actor"], line["detail"]["rows"]) == ("vault.erase", "li", 2)
    assert vault.put(NEXT, table) == 2
    assert vault.put(NEXT, table) == 2
    assert vault.erased(table["customer_no"]).to_pylist() == [False, False, True, True, False, False]
    for day in (NIGHT, NEXT):
        left = vault.take(day, table["customer"], purpose="dial", recipient="source", ledger=ledger)
        assert left["customer_no"].to_pylist() == ["C0000000", "C0000001", "C0000004", "C0000005"]
    assert vault.find("phone", "13800000002", **MATTER, ledger=ledger) == ()
    # The trail names the token of the erased; the vault does not even hold that.
    with open_store(settings) as connection:
        for name in ("persons", "identities"):
            found = connection.execute(f"select 1 from {name} where customer = any(%s)", (gone,))
            assert found.fetchall() == []
    assert vault.lift("C0000002", **MATTER, ledger=ledger)
    assert not vault.lift("C0000002", **MATTER, ledger=ledger)
    assert vault.put(NEXT, table) == 1
    back = vault.take(NEXT, table["customer"], purpose="dial", recipient="source", ledger=ledger)
    assert "C0000002" in back["customer_no"].to_pylist()


def test_the_erased_stay_away_after_both_keys_were_rotated(
    vault: Vault, settings: Settings, ledger: Ledger
) -> None:
    table = people(vault, 3)
    vault.put(NIGHT, table)
    vault.erase(table["customer"].to_pylist()[:1], **MATTER, ledger=ledger)
    rotate_master(settings)
    rewrap(settings)
    destroy(settings, "master", "1")
    rotate_token(settings)
    destroy(settings, "token", "a")
    assert vault.put(NEXT, people(vault, 3)) == 1


def test_a_record_that_ended_is_forgotten_when_its_time_is_over(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 3)
    vault.put(NIGHT, table)
    vault.put(NEXT, delivered(vault, ["C0000000", "C0000001"], moved=["C0000001"]))
    assert vault.forget(NIGHT) == 0
    assert vault.forget(NEXT) == 2
    before = vault.take(NIGHT, table["customer"], purpose="dial", recipient="source", ledger=ledger)
    assert before["customer_no"].to_pylist() == ["C0000000"]
    now = vault.take(NEXT, table["customer"], purpose="dial", recipient="source", ledger=ledger)
    assert now["customer_no"].to_pylist() == ["C0000000", "C0000001"]


def test_an_ended_account_is_kept_while_its_person_has_another(vault: Vault) -> None:
    table = people(vault, 3)
    shared = pa.array(["A1", "A1", "C1"])  # of the second, whose phone changed first, only the last is needed
    vault.put(NIGHT, table.set_column(4, "id_number", shared))
    moved = delivered(vault, ["C0000000", "C0000001", "C0000002"], moved=["C0000001"])
    vault.put(NEXT, moved.set_column(4, "id_number", shared))
    vault.put(AFTER, table.set_column(4, "id_number", shared).slice(0, 1))
    one = table["customer"].to_pylist()[:2]
    assert vault.forget(AFTER) == 2
    assert sorted(vault.same_person(as_of=AFTER)["customer"].to_pylist()) == sorted(one)
    vault.put(LAST, table.slice(2, 1))
    assert vault.forget(LAST) == 2
    assert vault.same_person(as_of=LAST).num_rows == 0


def test_accounts_that_share_an_id_number_are_one_person(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 6)
    shared = ["A1", "b1 ", "A1", None, "B1", "x"]
    vault.put(NIGHT, table.set_column(4, "id_number", pa.array(shared)))
    # A year on, the first one's document is another, which the second has too: all four are one.
    shared[0] = "B1"
    vault.put(NEXT, table.set_column(4, "id_number", pa.array(shared)))
    tokens = table["customer"].to_pylist()
    documents = vault.tokens("document", pa.array(["A1", "B1"])).to_pylist()
    first = vault.same_person(as_of=NIGHT).to_pydict()
    pairs = dict(zip(first["customer"], first["person"], strict=True))
    assert pairs == dict(zip([tokens[row] for row in (0, 2, 1, 4)], np.repeat(documents, 2), strict=True))
    later = vault.same_person(as_of=NEXT).to_pydict()
    linked = dict.fromkeys((tokens[row] for row in (0, 1, 2, 4)), min(documents))
    assert dict(zip(later["customer"], later["person"], strict=True)) == linked
