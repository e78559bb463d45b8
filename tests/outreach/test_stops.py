"""The last look before release: opt-outs bind person and number, and nothing misspelt passes for a stop."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import Connection, insert

from base.errors import ReleaseError
from base.settings import load_settings
from ledger.database import open_ledger
from ledger.schema import OPT_OUTS, SWITCHES
from outreach.stops import read_stops, with_kin_of, without_stopped

CHOSEN = pa.table(
    {
        "customer": ["husband", "wife", "stranger"],
        "number": ["n1", "n1", "n2"],
        "strategy": ["s", "s", "s"],
        "channel": ["ai_call", "ai_call", "ai_call"],
    }
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with open_ledger(load_settings(home=tmp_path / "home")) as ledger, ledger.engine.connect() as opened:
        yield opened


def test_an_opt_out_binds_the_number_and_all_who_share_it(connection: Connection) -> None:
    connection.execute(insert(OPT_OUTS).values(customer="husband", channel="ai_call"))
    kin = pa.table({"customer": ["husband"], "number": ["n1"], "person": pa.nulls(1, pa.string())})
    kept, drops = without_stopped(CHOSEN, stops=with_kin_of(read_stops(connection), kin))
    assert kept["customer"].to_pylist() == ["stranger"]
    assert (drops["opted_out"], drops["number_opted_out"]) == (1, 1)


def test_an_opt_out_binds_all_accounts_of_the_person_and_whoever_is_at_their_numbers(
    connection: Connection,
) -> None:
    """An account that has ended opted out; the wife is the same person, her husband is at her number."""
    connection.execute(insert(OPT_OUTS).values(customer="ended", channel="ai_call"))
    kin = pa.table(
        {
            "customer": ["ended", "wife", "husband", "stranger"],
            "number": [None, "n1", "n1", "n2"],
            "person": ["p", "p", None, None],
        }
    )
    kept, drops = without_stopped(CHOSEN, stops=with_kin_of(read_stops(connection), kin))
    assert kept["customer"].to_pylist() == ["stranger"]
    assert (drops["opted_out"], drops["number_opted_out"]) == (1, 1)


@pytest.mark.parametrize(
    ("scope", "name"), [("Channel", "ai_call"), ("channel", "sms_gateway"), ("strategies", "all")]
)
def test_a_misspelt_switch_is_refused_and_named(connection: Connection, scope: str, name: str) -> None:
    switch = {"scope": scope, "name": name, "stopped": True, "actor": "a", "reason": "r"}
    connection.execute(insert(SWITCHES).values(**switch))
    with pytest.raises(ReleaseError, match=f"switches 1: .*{name if scope == 'channel' else scope}"):
        read_stops(connection)


def test_an_opt_out_of_no_channel_is_refused(connection: Connection) -> None:
    connection.execute(insert(OPT_OUTS).values(customer="husband", channel="phone"))
    with pytest.raises(ReleaseError, match="opt_outs 1: channel 'phone'"):
        read_stops(connection)
