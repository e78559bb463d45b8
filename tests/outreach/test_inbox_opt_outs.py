"""Who says to a recipient that he wants no more is opted out as soon as its file is taken."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from base.settings import load_settings
from ledger.database import Ledger, open_ledger
from ledger.schema import RELEASED_CONTACTS
from outreach.opt_outs import standing
from outreach.revocations import Cursor, read_page
from tests.outreach.feed_world import holds
from tests.outreach.inbox_world import NIGHT, RECIPIENT, Door, make_door


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture
def door(tmp_path: Path, ledger: Ledger) -> Door:
    return make_door(tmp_path, ledger=ledger)


def test_who_wants_no_more_is_opted_out_with_his_number_as_the_file_is_taken(door: Door) -> None:
    with door.ledger.engine.begin() as connection:
        own = {"address": "x", "strategy": "s", "channel": "ai_call", "recipient": RECIPIENT, "as_of": NIGHT}
        held = {"contact": "a9", "customer": "who said no", "number": "his number"}
        connection.execute(insert(RELEASED_CONTACTS).values(**own, **held))
    door.hand_in("a9", "a9", "a1", "never released", result="opted_out")
    door.hand_in("a9", name="again.parquet", result="opted_out")
    with door.ledger.engine.connect() as connection:
        before = {row.id for row in connection.execute(standing())}
        door.take()
        rows = [row for row in connection.execute(standing()) if row.id not in before]
    assert sorted((row.customer, row.number, row.channel, row.source) for row in rows) == [
        ("c", None, "all", "outcome"),
        ("who said no", "his number", "all", "outcome"),
    ]


def test_a_refused_file_opts_nobody_out(door: Door) -> None:
    door.hand_in("a1", "d1", result="opted_out")
    with door.ledger.engine.connect() as connection:
        before = connection.execute(standing()).all()
        assert "given to another recipient" in door.take()[1][0]
        assert connection.execute(standing()).all() == before


def test_the_feed_tells_other_recipients_of_whoever_shares_his_number(door: Door) -> None:
    """He is on no list any more when it is read."""
    with door.ledger.engine.begin() as connection:
        own = {"address": "x", "strategy": "s", "channel": "ai_call", "recipient": RECIPIENT, "as_of": NIGHT}
        held = {"contact": "a8", "customer": "husband", "number": "shared"}
        connection.execute(insert(RELEASED_CONTACTS).values(**own, **held))
    holds(
        door.ledger.engine,
        [{"contact": "wife's", "customer": "wife", "number": "shared"}],
        recipient="human_desk",
    )
    door.hand_in("a8", result="opted_out")
    door.take()
    with door.ledger.engine.begin() as connection:
        connection.execute(delete(RELEASED_CONTACTS).where(RELEASED_CONTACTS.c.contact == "a8"))
    with door.ledger.engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        page = read_page(connection, recipient="human_desk", after=Cursor())
    assert [one.contact for one in page.revocations] == ["wife's"]
