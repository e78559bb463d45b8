"""A strategy that surely does harm is stopped before the next list leaves, and people have the last word."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from base.errors import BookError
from base.settings import load_settings
from jobs.guardrails import stop_harmful
from lake.tables import PLAN
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from outreach.stops import read_stops, throw_switch
from strategies.first_book import put_live
from strategies.lifecycle import retire
from tests.outreach.release_world import NIGHT, make_house
from tests.strategies.book_world import written

FIRST = date(2026, 7, 20)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path / "home")) as opened:
        put_live(opened, [written("county_savers"), written("fund_starters")])
        yield opened


def harm(strategy: str = "county_savers", metric: str = "complained", *, low: float = 0.004) -> pd.DataFrame:
    """What ``evaluation.verdicts.harmed`` finds."""
    numbers = {"lift": low + 0.003, "low": low, "high": low + 0.006, "q_value": 0.002}
    return pd.DataFrame([{"strategy": strategy, "customers": 8_500, "metric": metric, **numbers}])


def stopped(ledger: Ledger) -> tuple[str, ...]:
    with ledger.engine.connect() as connection:
        return read_stops(connection).strategies


def let_go_on(ledger: Ledger) -> None:
    throw_switch(ledger, "strategy", "county_savers", stopped=False, actor="周立成", reason="已改话术")


def test_harm_throws_the_switch_once_with_its_numbers_in_the_audit(ledger: Ledger) -> None:
    for _ in range(2):
        stop_harmful(ledger, harm(), as_of=FIRST)
    assert stopped(ledger) == ("county_savers",)
    lines = trail(ledger, action="strategy stopped")
    assert [(line["actor"], line["subject"]) for line in lines] == [("guardrails", "county_savers")]
    assert "complained +0.70 per 100 customers (surely +0.40 to +1.00)" in lines[0]["detail"]["reason"]
    assert lines[0]["detail"]["guardrails"]["complained"]["q_value"] == 0.002


def test_what_somebody_let_go_on_is_not_stopped_again_for_what_he_knew(ledger: Ledger) -> None:
    assert stop_harmful(ledger, harm(), as_of=FIRST) == ("county_savers",)
    let_go_on(ledger)
    later = FIRST + timedelta(days=1)
    assert stop_harmful(ledger, harm(low=0.02), as_of=FIRST) == ()  # the same night, learned once more
    assert stop_harmful(ledger, harm(low=0.0069), as_of=later) == ()  # perhaps no worse than it seemed then
    assert stopped(ledger) == ()
    assert stop_harmful(ledger, harm(low=0.0071), as_of=later) == ("county_savers",)


def test_another_guardrail_is_news(ledger: Ledger) -> None:
    stop_harmful(ledger, pd.concat([harm(), harm(metric="outflow")]), as_of=FIRST)
    let_go_on(ledger)
    later = FIRST + timedelta(days=1)
    assert stop_harmful(ledger, pd.concat([harm(), harm(metric="outflow")]), as_of=later) == ()
    assert stop_harmful(ledger, harm(metric="opted_out"), as_of=later) == ("county_savers",)


def test_what_people_stopped_themselves_is_no_evidence_of_the_guardrails(ledger: Ledger) -> None:
    throw_switch(ledger, "strategy", "county_savers", stopped=True, actor="guardrails", reason="by hand")
    assert stop_harmful(ledger, harm(), as_of=FIRST) == ()
    let_go_on(ledger)
    assert stop_harmful(ledger, harm(), as_of=FIRST) == ("county_savers",)


def test_what_is_retired_or_unknown_to_the_book_is_left_alone(ledger: Ledger) -> None:
    retire(ledger, ["fund_starters"], actor="周立成", reason="over")
    assert stop_harmful(ledger, harm("fund_starters"), as_of=FIRST) == ()
    assert stop_harmful(ledger, harm("never_written"), as_of=FIRST) == ()


def test_nothing_of_a_harmful_strategy_leaves_with_the_next_list(
    tmp_path: Path, engine: SparkSession, ledger: Ledger
) -> None:
    house = make_house(tmp_path / "house", engine=engine, ledger=ledger)
    planned = house.night.store.read(PLAN, as_of=NIGHT).filter("fate = 'contact'")
    by_strategy = {row["strategy"]: row["count"] for row in planned.groupBy("strategy").count().collect()}
    harmful = min(by_strategy)
    assert stop_harmful(ledger, harm(harmful), as_of=NIGHT - timedelta(days=1)) == (harmful,)
    house.release()
    released = {str(row["strategy"]) for row in house.lists()}
    assert released == set(by_strategy) - {harmful}
    with pytest.raises(BookError, match="is stopped already"):
        throw_switch(ledger, "strategy", harmful, stopped=True, actor="周立成", reason="again")
