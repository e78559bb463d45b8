"""Nights that have nothing to decide or cannot do all that is asked go on, and say so."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from base.settings import load_settings
from evaluation.suppress import recorded, shown
from jobs.decide import LOWERED
from jobs.decided import DECIDED
from jobs.job import Night
from jobs.run import execute, find_job
from lake.store import Store
from lake.tables import CERTIFICATES, LIMITS
from ledger.audit import trail
from ledger.database import open_ledger
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, Written
from tests.jobs.decided.nights import FIRST, rows, write_book
from tests.outreach.policy_world import Row
from tests.strategies.book_world import make_live, written


@pytest.fixture(scope="module")
def apart(first: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The first night in a lake of its own, since what is decided here is no news to other files."""
    lake = shutil.copytree(first.store.folder, tmp_path_factory.mktemp("apart") / "lake")
    store = Store(lake, first.spark, table_format=first.store.table_format)
    return dataclasses.replace(first, store=store)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"valid": {"end": FIRST}}, "no strategy of the book runs"),
        ({"who": "age > 200"}, ""),
        (None, "is live"),
    ],
    ids=["over", "for nobody", "empty book"],
)
def test_a_night_without_contacts(apart: Night, tmp_path: Path, change: Row | None, why: str) -> None:
    told: list[str] = []
    with open_ledger(load_settings(home=tmp_path / "home")) as ledger:
        if change:
            make_live(ledger, write_book(tmp_path / "book", **change))
        idle = dataclasses.replace(apart, ledger=ledger, progress=told.append)
        made = execute(find_job("decide"), idle).written
        assert {
            name: made[name] for name in ("positions", "candidates", "assignments", "entries", "plan")
        } == (dict.fromkeys(("positions", "candidates", "assignments", "entries", "plan"), 0))
    assert any(why in line for line in told)


def test_a_live_strategy_that_no_longer_reads_is_left_out_and_told(apart: Night, tmp_path: Path) -> None:
    told: list[str] = []
    read = written("broken_since")
    broken = Written(text=read.text.replace("aum_now", "aum_of_yore"), strategy=read.strategy)
    with open_ledger(load_settings(home=tmp_path / "home")) as ledger:
        put_live(ledger, [broken])
        execute(find_job("decide"), dataclasses.replace(apart, ledger=ledger, progress=told.append))
        (line,) = trail(ledger, action=DECIDED)
    assert any(words.startswith("broken_since is left out tonight") for words in told)
    assert "aum_of_yore" in line["detail"]["unreadable"]["broken_since"]
    assert line["detail"]["versions"] == {}


def test_minimums_that_cannot_be_met_are_told_and_the_night_goes_on(apart: Night, tmp_path: Path) -> None:
    told: list[str] = []
    asked = {"per_night": 5_000, "at_least": 4_000}
    with open_ledger(load_settings(home=tmp_path / "home")) as ledger:
        make_live(ledger, write_book(tmp_path / "book", limits=asked))
        night = dataclasses.replace(apart, ledger=ledger, progress=told.append)
        execute(find_job("decide"), night)
        (line,) = trail(ledger, action=LOWERED)
    lowered = {r["name"]: r for r in rows(apart, LIMITS) if r["relaxed_from"] is not None}
    assert set(lowered) == {f"strategy.{path.stem}" for path in OWN_BOOK.glob("*.yaml")}
    assert all(r["relaxed_from"] == 4_000 and r["low"] == r["used"] for r in lowered.values())
    assert line["detail"] == {n: {"asked": 4_000, "possible": recorded(r["low"])} for n, r in lowered.items()}
    name, row = next(iter(lowered.items()))
    words = f"{name} asks for at least 4,000 contacts, but {shown(row['low'])} are possible"
    assert any(said.startswith(words) for said in told)
    (certificate,) = rows(apart, CERTIFICATES)
    assert certificate["contacts"] > 0
    assert certificate["violations"] == 0
