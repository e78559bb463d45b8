"""An opt-out counts when selecting, again at release, and in the feed; it binds person and number."""

from datetime import UTC, datetime, time, timedelta

import pyarrow as pa
from pyspark.sql import SparkSession
from sqlalchemy import insert

from jobs.matter import Matter
from jobs.person import erase
from lake.tables.words import CHANNELS, SUPPRESSION_KINDS
from ledger.database import Ledger
from ledger.schema import RELEASES
from outreach.deliver import answering_key
from outreach.inbox import hand_in
from outreach.opt_outs import Whom, bind_accounts, standing
from outreach.revocations import Cursor, read_page
from outreach.vault import Vault
from outreach.vault.rotation import rotate_token
from sources.answers import ANSWERS
from tests.ledger.owner import as_owner
from tests.outreach.feed_world import holds, opts_out
from tests.outreach.release_world import NIGHT, House
from tests.outreach.vault_world import people
from tests.rules.plain_people import happens, plain_people, verdicts
from tests.truth.person_states import EVERYWHERE

SMS, CALL = CHANNELS.index("sms"), CHANNELS.index("ai_call")


def test_rule_9_when_selecting_it_binds_the_person_and_the_number(engine: SparkSession) -> None:
    people, opt_out = plain_people(8), SUPPRESSION_KINDS.index("opt_out")
    for first in (0, 2, 4):
        people.number[first + 1] = people.number[first]
    happens(people.suppressions, 0, kind=opt_out, channel=EVERYWHERE)  # by the bank's delivery
    happens(people.opt_outs, 2, by=1, channel=SMS)  # since then, the person
    happens(people.opt_outs, 4, by=2, channel=SMS)  # the number alone
    happens(people.opt_outs, 6, by=1, channel=CALL)  # by another channel
    own, number = "opted_out", "number_opted_out"
    assert verdicts(engine, people) == [own, number, own, number, number, number, None, None]


def test_rule_9_between_decision_and_release_it_still_holds_and_binds_who_shares_the_number(
    house: House,
) -> None:
    opts_out(house.night.ledger.engine, Whom(customer=house.customers[0]))
    house.release()
    # Rows 0 and 1 have one phone.
    assert not house.released() & set(house.customers[:2])
    assert house.customers[2] in house.released()


def test_rule_9_who_said_so_to_a_recipient_is_on_no_list_from_tonight_on(house: House) -> None:
    """Row 0 answers an earlier list tonight, before the lists are frozen; row 1 has his phone."""
    engine, before = house.night.ledger.engine, NIGHT - timedelta(days=1)
    number = str(Vault(house.settings).tokens("phone", pa.array(["13800000000"]))[0])
    holds(
        engine,
        [{"contact": "said so", "customer": house.customers[0], "number": number}],
        as_of=before,
    )
    with engine.begin() as connection:
        as_owner(connection)
        frozen = {"attempt": 1, "size": 9, "sha256": "0" * 64, "opt_outs_to": 0, "rows": 1}
        left = {"state": "delivered", "author": "a", "approver": "b", "actor": "a"}
        connection.execute(insert(RELEASES).values(as_of=before, recipient="ai_dialler", **frozen, **left))
    answer = {
        "contact": "said so",
        "result": "opted_out",
        "happened_at": datetime(2026, 7, 1, 4, tzinfo=UTC),
        "seconds": 0,
    }
    hand_in(
        house.settings,
        pa.Table.from_pylist([answer], schema=ANSWERS),
        recipient="ai_dialler",
        as_of=before,
        name="said.parquet",
        last=True,
        key=answering_key(house.settings, "ai_dialler"),
    )
    house.release()
    assert not house.released() & set(house.customers[:2])
    assert house.customers[2] in house.released()


def test_rule_9_an_erased_persons_number_stays_opted_out(house: House) -> None:
    """Row 0 is erased before anything left; row 1 has his phone, and nothing tells of that any more."""
    at = datetime.combine(NIGHT, time(), UTC)
    matter = Matter(purpose="person request", ticket="CASE-1024", actor="carla")
    erase(house.settings, house.customers[:1], at=at, matter=matter)
    number = str(Vault(house.settings).tokens("phone", pa.array(["13800000000"]))[0])
    with house.night.ledger.engine.connect() as connection:
        bound = {(row.customer, row.number) for row in connection.execute(standing())}
    assert bound == {(house.customers[0], number)}


def test_rule_9_after_release_the_feed_calls_off_what_its_recipient_still_holds(ledger: Ledger) -> None:
    """Rows by twos have one number: an opt-out of one person and one of a number alone; the last two stay."""
    held = [
        {"contact": f"rule9-{row}", "customer": f"rule9-c{row}", "number": f"rule9-n{row // 2}"}
        for row in range(6)
    ]
    holds(ledger.engine, held, recipient="ai_dialler")
    opts_out(ledger.engine, Whom(customer="rule9-c0"))
    opts_out(ledger.engine, Whom(number="rule9-n1"))
    with ledger.engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        start = Cursor.read("0")
        told = {
            recipient: {
                one.contact
                for one in read_page(connection, recipient=recipient, after=start, limit=10_000).revocations
                if one.contact.startswith("rule9")
            }
            for recipient in ("ai_dialler", "sms_gateway")
        }
    assert told == {"ai_dialler": {f"rule9-{row}" for row in range(4)}, "sms_gateway": set()}


def test_rule_9_an_account_found_to_be_the_same_persons_is_bound_too(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 3)
    documents = pa.array(["A1234567", "A1234567", "B1234567"])
    vault.put(NIGHT, table.set_column(4, "id_number", documents))
    first, second, other = table["customer"].to_pylist()
    opts_out(ledger.engine, Whom(customer=first), channel="sms")
    bind_accounts(ledger, vault.same_person(as_of=NIGHT))
    with ledger.engine.connect() as connection:
        bound = {row.customer: row.number for row in connection.execute(standing())}
    assert bound[second] == vault.tokens("phone", table["phone"])[1].as_py()
    assert other not in bound


def test_rule_9_it_outlives_a_new_key_for_tokens(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 2)
    vault.put(NIGHT, table)
    opts_out(ledger.engine, Whom(customer=table["customer"][0].as_py()))
    rotate_token(ledger.settings)
    again = Vault(ledger.settings).tokens("customer", table["customer_no"])
    with ledger.engine.connect() as connection:
        bound = {row.customer for row in connection.execute(standing())}
    assert again[0].as_py() in bound
