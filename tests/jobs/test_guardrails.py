"""A strategy that surely does harm is stopped before the next list leaves, and people have the last word."""

import zlib
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

FIRST, LATER = date(2026, 7, 20), date(2026, 7, 21)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("guardrails") / "home")) as opened:
        yield opened


@pytest.fixture
def savers(ledger: Ledger, request: pytest.FixtureRequest) -> str:
    """A live strategy of the test's own."""
    name = f"savers_{zlib.crc32(request.node.name.encode())}"
    put_live(ledger, [written(name)])
    return name


def harm(strategy: str, metric: str = "complained", *, low: float = 0.004) -> pd.DataFrame:
    """What ``evaluation.verdicts.harmed`` finds."""
    numbers = {"lift": low + 0.003, "low": low, "high": low + 0.006, "q_value": 0.002}
    return pd.DataFrame([{"strategy": strategy, "customers": 8_500, "metric": metric, **numbers}])


def is_stopped(ledger: Ledger, strategy: str) -> bool:
    with ledger.engine.connect() as connection:
        return strategy in read_stops(connection).strategies


def let_go_on(ledger: Ledger, strategy: str) -> None:
    throw_switch(ledger, "strategy", strategy, stopped=False, actor="周立成", reason="已改话术")


def test_harm_throws_the_switch_once_with_its_numbers_in_the_audit(ledger: Ledger, savers: str) -> None:
    for _ in range(2):
        stop_harmful(ledger, harm(savers), as_of=FIRST)
    assert is_stopped(ledger, savers)
    line, *others = trail(ledger, action="strategy stopped", subject=savers)
    assert (line["actor"], others) == ("guardrails", [])
    assert "complained +0.70 per 100 customers (surely +0.40 to +1.00)" in line["detail"]["reason"]
    assert line["detail"]["guardrails"]["complained"]["q_value"] == 0.002


def test_what_somebody_let_go_on_is_not_stopped_again_for_what_he_knew(ledger: Ledger, savers: str) -> None:
    assert stop_harmful(ledger, harm(savers), as_of=FIRST) == (savers,)
    let_go_on(ledger, savers)
    assert stop_harmful(ledger, harm(savers, low=0.02), as_of=FIRST) == ()  # that night, learned once more
    assert stop_harmful(ledger, harm(savers, low=0.0069), as_of=LATER) == ()  # perhaps as it seemed then
    assert not is_stopped(ledger, savers)
    assert stop_harmful(ledger, harm(savers, low=0.0071), as_of=LATER) == (savers,)


def test_another_guardrail_is_news(ledger: Ledger, savers: str) -> None:
    both = pd.concat([harm(savers), harm(savers, "outflow")])
    stop_harmful(ledger, both, as_of=FIRST)
    let_go_on(ledger, savers)
    assert stop_harmful(ledger, both, as_of=LATER) == ()
    assert stop_harmful(ledger, harm(savers, "opted_out"), as_of=LATER) == (savers,)


def test_what_people_stopped_themselves_is_no_evidence_of_the_guardrails(ledger: Ledger, savers: str) -> None:
    throw_switch(ledger, "strategy", savers, stopped=True, actor="guardrails", reason="by hand")
    assert stop_harmful(ledger, harm(savers), as_of=FIRST) == ()
    let_go_on(ledger, savers)
    assert stop_harmful(ledger, harm(savers), as_of=FIRST) == (savers,)


def test_what_is_retired_or_unknown_to_the_book_is_left_alone(ledger: Ledger, savers: str) -> None:
    retire(ledger, [savers], actor="周立成", reason="over")
    assert stop_harmful(ledger, harm(savers), as_of=FIRST) == ()
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
