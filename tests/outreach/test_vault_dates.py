"""Whatever order nights are delivered in, and however often: the vault holds what each last said."""

from collections.abc import Iterator
from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.errors import VaultError
from base.settings import load_settings
from ledger.database import Ledger, open_ledger
from outreach.vault import Vault
from outreach.vault.store import open_store
from tests.outreach.vault_world import delivered, emptied

FIRST = date(2026, 7, 1)
DAYS = [FIRST + timedelta(days=day) for day in range(4)]
NUMBERS = [f"C{row:07d}" for row in range(3)]
DELIVERY = st.tuples(
    st.sampled_from(DAYS), st.dictionaries(st.sampled_from(NUMBERS), st.booleans(), max_size=len(NUMBERS))
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("dates"))) as opened:
        yield opened


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(deliveries=st.lists(DELIVERY, min_size=1, max_size=5))
def test_any_order_of_deliveries_gives_what_each_date_last_said(
    ledger: Ledger, deliveries: list[tuple[date, dict[str, bool]]]
) -> None:
    vault = Vault(emptied(ledger.settings))
    told: dict[date, dict[str, bool]] = {}
    everybody = delivered(vault, NUMBERS)
    elsewhere = delivered(vault, NUMBERS, moved=NUMBERS)
    for day, people in deliveries:
        told[day] = people
        rows = [NUMBERS.index(number) + len(NUMBERS) * moved for number, moved in people.items()]
        vault.put(day, pa.concat_tables([everybody, elsewhere]).take(pa.array(rows, pa.int64())))
    for day in DAYS:
        before = [other for other in told if other <= day]
        if not before:
            with pytest.raises(VaultError, match="no identities of"):
                vault.take(day, everybody["customer"], purpose="dial", recipient="source", ledger=ledger)
            continue
        found = vault.take(
            day, everybody["customer"], purpose="contact list", recipient="human_desk", ledger=ledger
        )
        phones = zip(found["customer_no"].to_pylist(), found["phone"].to_pylist(), strict=True)
        expected = told[max(before)]
        assert {number: phone.startswith("139") for number, phone in phones} == expected
    _assert_nothing_is_left_over(ledger)


def _assert_nothing_is_left_over(ledger: Ledger) -> None:
    with open_store(ledger.settings) as connection:
        alone = connection.execute("select customer from persons except select customer from identities")
        overlap = connection.execute(
            "select 1 from identities a join identities b on a.customer = b.customer and a.since < b.since"
            " and coalesce(a.until, 'infinity') > b.since"
        )
        assert alone.fetchall() == overlap.fetchall() == []


def test_the_same_people_again_are_not_sealed_anew(ledger: Ledger) -> None:
    vault = Vault(emptied(ledger.settings))
    records = "select customer, since, until, record from identities order by 1, 2"
    vault.put(DAYS[0], delivered(vault, NUMBERS))
    with open_store(ledger.settings) as connection:
        before = connection.execute(records).fetchall()
    vault.put(DAYS[1], delivered(vault, NUMBERS))
    vault.put(DAYS[2], delivered(vault, NUMBERS, moved=NUMBERS[:1]))
    with open_store(ledger.settings) as connection:
        after = connection.execute(records).fetchall()
    assert len(after) == len(before) + 1
    assert {row[3] for row in before} < {row[3] for row in after}
