"""A strategy that makes customers complain is found when lifts are read; nothing of it leaves afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from base.settings import load_settings
from jobs.job import Night
from jobs.run import execute, find_job
from lake.tables import ASSIGNMENTS, COMPLAINTS, PLAN, VERDICTS_TABLE
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from outreach.stops import thrown
from tests.outreach.release_world import NIGHT, House, make_house, write

EXPOSED = NIGHT - timedelta(days=10)
LAST = NIGHT - timedelta(days=1)
TREATED, HELD = 1_600, 400


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("harm") / "home")) as opened:
        yield opened


@pytest.fixture
def house(tmp_path: Path, engine: SparkSession, ledger: Ledger) -> House:
    return make_house(tmp_path / "house", engine=engine, ledger=ledger)


def _planned(night: Night) -> list[str]:
    """Strategies with contacts tonight, by name."""
    rows = night.store.read(PLAN, as_of=NIGHT).filter("fate = 'contact'").select("strategy").distinct()
    return sorted(row["strategy"] for row in rows.collect())


def _exposed(strategy: str) -> list[dict[str, Any]]:
    draw = {"treatment_share": 0.8, "channel": "sms", "manager": "周立成", "covered_by": "", "held_by": ""}
    return [
        {
            "customer": f"{strategy}-{number}",
            "strategy": strategy,
            "arm": "treatment" if number < TREATED else "control",
            "arm_share": 0.8 if number < TREATED else 0.2,
            "first_exposed": EXPOSED,
            "segment": "S01",
            "kind": "deposit",
            "window_days": 6,
            **draw,
        }
        for number in range(TREATED + HELD)
    ]


def _complaints(strategy: str, *, treated: int, held: int) -> list[dict[str, Any]]:
    opened = datetime.combine(EXPOSED + timedelta(days=2), datetime.min.time(), tzinfo=UTC)
    return [
        {
            "complaint": number,
            "customer": f"{strategy}-{number}",
            "opened_at": opened,
            "topic": "contact",
            "known_at": opened,
        }
        for number in (*range(treated), *range(TREATED, TREATED + held))
    ]


def test_planted_harm_is_switched_off_and_stays_at_home(house: House) -> None:
    harmful, harmless, *_ = planned = _planned(house.night)
    before = replace(house.night, as_of=EXPOSED - timedelta(days=1))
    write(before, ASSIGNMENTS, [*_exposed(harmful), *_exposed(harmless)])
    complaints = [*_complaints(harmful, treated=130, held=2), *_complaints(harmless, treated=12, held=3)]
    write(replace(house.night, as_of=LAST), COMPLAINTS, complaints)

    for _ in range(2):  # learning twice stops once
        execute(find_job("learn"), replace(house.night, as_of=LAST))
    lines = trail(house.night.ledger, action="strategy stopped")
    assert [(line["actor"], line["subject"]) for line in lines] == [("guardrails", harmful)]
    assert lines[0]["detail"]["guardrails"].keys() == {"complained"}
    with house.night.ledger.engine.connect() as connection:
        assert thrown(connection).keys() == {("strategy", harmful)}

    judged = house.night.store.read(VERDICTS_TABLE, as_of=LAST).toPandas().set_index("strategy")
    assert (judged["verdict"][harmful], judged["metric"][harmful]) == ("stop", "complained")
    assert judged["verdict"][harmless] != "stop"

    house.release()
    assert {str(row["strategy"]) for row in house.lists()} == set(planned) - {harmful}
