"""Two nights of a small bank: everything comes out at the other side, and doing it again changes nothing."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from base.registry import instances
from base.settings import load_settings
from features.compiler import CUSTOMER_FEATURES
from jobs.job import Night
from jobs.night import ALL_STEPS, night
from jobs.planted import planted_effects
from jobs.report import report_path
from jobs.run import RunSummary, execute, find_job, open_house
from jobs.why import ask
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CONTACT_LISTS,
    CUSTOMER_SEGMENTS,
    OUTCOMES,
    PLAN,
    READOUTS,
    RETURNS_TABLE,
)
from lake.tables import CUSTOMERS as DELIVERED_CUSTOMERS
from ledger.audit import trail
from ledger.database import open_ledger
from ledger.schema import OPT_OUTS
from outreach.channels.channel import capacities, load_channels
from sources.source import open_source
from sources.synthetic.bank import SyntheticBank
from tests.strategies.book_world import make_live

FIRST = date(2026, 7, 1)
SECOND = FIRST + timedelta(days=1)
CUSTOMERS = 1_500
TABLES = {name: table for name, table in instances("lake.tables", Table).items() if name != "identities"} | {
    CUSTOMER_FEATURES.name: CUSTOMER_FEATURES
}

Stands = tuple[dict[str, str], dict[str, str]]


@dataclass(frozen=True)
class Ran:
    """An open house after two nights, and what the runs said."""

    house: Night
    summaries: list[RunSummary] = field(default_factory=list)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    settings = load_settings(
        home=tmp_path_factory.mktemp("night") / "home", synthetic={"customers": CUSTOMERS}
    )
    with open_ledger(settings) as ledger:
        make_live(ledger)
    summaries = night(settings, as_of=FIRST) + night(settings, as_of=SECOND)
    with open_house(settings, as_of=SECOND) as house:
        yield Ran(house, summaries)


def _digests(house: Night) -> dict[str, str]:
    return {
        f"{name} {as_of}": house.store.digest(table, as_of=as_of)
        for name, table in TABLES.items()
        for as_of in (FIRST, SECOND)
    }


def _outbox(house: Night) -> dict[str, str]:
    folder = house.settings.outbox_folder
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def stands(ran: Ran) -> Stands:
    """Fingerprints of all tables and files after the two nights: nothing below changes any."""
    return _digests(ran.house), _outbox(ran.house)


def test_every_step_ran_both_nights(ran: Ran) -> None:
    assert [summary.job for summary in ran.summaries] == [*ALL_STEPS, *ALL_STEPS]


def test_what_was_kept_long_enough_is_looked_for_every_night(ran: Ran) -> None:
    applied = trail(ran.house.ledger, action="retention applied", last=9)
    assert {line["subject"] for line in applied} == {str(FIRST), str(SECOND)}


def test_steps_done_again_change_no_table_and_no_file(ran: Ran, stands: Stands) -> None:
    """Each table is written by one step, so which of them differs tells the step."""
    for step in ALL_STEPS:
        execute(find_job(step), ran.house)
    assert (_digests(ran.house), _outbox(ran.house)) == stands


def test_an_earlier_night_done_again_changes_no_table(ran: Ran, stands: Stands) -> None:
    earlier = replace(ran.house, as_of=FIRST)
    for step in ALL_STEPS:
        execute(find_job(step), earlier)
    assert _digests(ran.house) == stands[0]


def test_a_released_decision_stands_whatever_people_ask_for_since(ran: Ran, stands: Stands) -> None:
    contacted = ran.house.store.read(CONTACT_LISTS, as_of=SECOND).select("customer").limit(20).collect()
    rows = [{"customer": row["customer"], "channel": "all"} for row in contacted]
    with ran.house.ledger.engine.begin() as connection:
        connection.execute(insert(OPT_OUTS), rows)
    for step in ("decide", "release"):
        execute(find_job(step), ran.house)
    assert _digests(ran.house) == stands[0]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_keeps_its_grain_and_what_is_required(ran: Ran, table: Table) -> None:
    frame = ran.house.store.read(table, as_of=SECOND)
    assert frame.groupBy(*table.grain).count().filter("count > 1").count() == 0
    for column in table.columns:
        if column.required:
            assert frame.filter(f"{column.name} is null").count() == 0, column.name


def test_capacity_holds_and_nobody_is_contacted_twice(ran: Ran) -> None:
    most = capacities(ran.house.settings, customers=CUSTOMERS)
    for as_of in (FIRST, SECOND):
        chosen = ran.house.store.read(PLAN, as_of=as_of).filter("fate in ('contact', 'held_out')").toPandas()
        assert not chosen["customer"].duplicated().any()
        made = chosen[chosen["fate"] == "contact"].groupby("channel").size()
        assert all(count <= most[str(channel)] for channel, count in made.items())


def test_held_out_customers_are_on_no_list(ran: Ran) -> None:
    lists = ran.house.store.read(CONTACT_LISTS, as_of=SECOND, scope="until")
    held = ran.house.store.read(ASSIGNMENTS, as_of=SECOND, scope="until").filter("arm != 'treatment'")
    assert held.count() > 0
    assert lists.join(held, ["customer", "strategy"]).count() == 0
    everywhere = held.filter("arm = 'global_holdout'").select("customer").distinct()
    assert lists.join(everywhere, "customer").count() == 0


def test_every_released_contact_is_answered_once(ran: Ran) -> None:
    lists = ran.house.store.read(CONTACT_LISTS, as_of=FIRST)
    outcomes = ran.house.store.read(OUTCOMES, as_of=FIRST)
    assert lists.count() > 0
    assert outcomes.count() == lists.count()
    assert outcomes.join(lists, "contact").count() == lists.count()


def test_lifts_are_read_for_what_has_been_seen(ran: Ran) -> None:
    readouts = ran.house.store.read(READOUTS, as_of=SECOND).toPandas()
    exposed = ran.house.store.read(ASSIGNMENTS, as_of=FIRST).filter("held_by = ''").count()
    row = readouts[(readouts["level"] == "all") & (readouts["metric"] == "converted")].iloc[0]
    assert row["customers"] + row["control_customers"] == exposed


def test_the_planted_lift_is_the_mean_true_effect_of_those_treated(ran: Ran) -> None:
    store, source = ran.house.store, open_source(ran.house.settings)
    assert isinstance(source, SyntheticBank)
    readouts = store.read(READOUTS, as_of=SECOND).toPandas()
    lists = store.read(CONTACT_LISTS, as_of=SECOND, scope="before")
    assignments = store.read(ASSIGNMENTS, as_of=SECOND, scope="before")
    found = planted_effects(source, lists, assignments, readouts, as_of=SECOND)
    assert found is not None
    # Of the first night's contacts one day has been seen, so the effect is what that day adds.
    truth = source.planted([FIRST]).to_pandas()
    strategies = readouts[(readouts["level"] == "strategy") & (readouts["metric"] == "converted")]
    strategies = strategies[(strategies["view"] == "exposed") & (strategies["arm"] == "any")]
    readable = strategies.dropna(subset=["low"]).set_index("name")["customers"]
    truth = truth[truth["strategy"].isin(readable.index)]
    treated = readable.groupby(truth.drop_duplicates("strategy").set_index("strategy")["kind"]).sum()
    by_hand = truth.groupby("kind")["tau"].sum() / treated
    assert len(found) > 0
    for row in found.to_dict("records"):
        assert row["planted"] == pytest.approx(by_hand[row["kind"]])


def test_returns_count_the_contacts_whose_day_has_come(ran: Ran) -> None:
    rows = ran.house.store.read(RETURNS_TABLE, as_of=SECOND).toPandas()
    own = rows[(rows["level"] == "strategy") & (rows["strategies"] == 1)]
    lists = ran.house.store.read(CONTACT_LISTS, as_of=FIRST).toPandas()
    lists = lists[lists["strategy"].isin(own["name"])]
    costs = {name: channel.cost for name, channel in load_channels().items()}
    for row in (own[["contacts", "cost"]].sum(), rows[rows["level"] == "all"].iloc[0]):
        assert row["contacts"] == len(lists) > 0
        assert row["cost"] == pytest.approx(lists["channel"].map(costs).sum())


def test_who_is_not_of_the_long_tail_is_told_so(ran: Ran) -> None:
    customers, tail = (
        ran.house.store.read(table, as_of=SECOND).select("customer")
        for table in (DELIVERED_CUSTOMERS, CUSTOMER_SEGMENTS)
    )
    outside = customers.join(tail, "customer", "left_anti").agg({"customer": "min"}).collect()[0][0]
    answer = ask(ran.house.settings, outside, as_of=SECOND, progress=lambda _: None)
    assert answer.standing is not None
    assert answer.standing.startswith("not of the long tail: assets of")
    assert (answer.candidates, answer.not_asked, answer.unselected) == ((), (), 0)


def test_the_report_needs_no_network(ran: Ran) -> None:
    page = report_path(ran.house.settings, SECOND).read_text(encoding="utf-8")
    assert f"night of {SECOND}" in page
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", page)
    assert "漏斗" in page
    assert "Portfolio 策略组合" in page


def test_lists_lie_ready_for_their_recipients(ran: Ran) -> None:
    found = {path.split("/")[0] for path in _outbox(ran.house)}
    lists = ran.house.store.read(CONTACT_LISTS, as_of=SECOND, scope="until")
    assert found == {row["recipient"] for row in lists.select("recipient").distinct().collect()}
    assert not list(Path(ran.house.settings.outbox_folder).rglob("*.draft"))
