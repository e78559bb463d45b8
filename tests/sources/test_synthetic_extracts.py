"""The synthetic bank's extracts: as declared, the same again, and never ahead of their day."""

import json
import resource
import signal
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from base.errors import SourceError
from base.settings import Settings, load_settings
from lake.table import Table
from lake.tables import DELIVERED
from sources.synthetic.bank import SyntheticBank
from sources.synthetic.population import population
from sources.synthetic.standing import Complained, suppressions

FIRST = date(2026, 7, 1)
NIGHTS = [FIRST + timedelta(days=offset) for offset in range(4)]
EVENTS = [table for table in DELIVERED if table.delivery == "events"]


def made(home: Path, **settings: object) -> Settings:
    small = {"customers": 1_000, "history_days": 120, "first_night": FIRST}
    return load_settings(home=home, synthetic={**small, **settings})


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = made(tmp_path_factory.mktemp("bank"))
    for night in NIGHTS:
        SyntheticBank(settings).deliver(night)
    return settings.landing_folder


def read(landing: Path, night: date, name: str) -> pa.Table:
    return pq.read_table(landing / night.isoformat() / f"{name}.parquet")


def every(landing: Path, table: Table) -> pa.Table:
    return pa.concat_tables([read(landing, night, table.name) for night in NIGHTS])


@pytest.mark.parametrize("table", DELIVERED, ids=lambda table: table.name)
def test_extracts_are_as_declared(landing: Path, table: Table) -> None:
    for night in NIGHTS[:2]:
        extract = read(landing, night, table.name)
        declared = table.arrow_schema()
        assert extract.schema.names == ["customer_no", *(name for name in table.names if name != "customer")]
        for column in table.columns:
            if column.name == "customer":
                continue
            cells = extract[column.name]
            assert cells.type == declared.field(column.name).type, column.name
            assert not (column.required and cells.null_count), column.name
            if column.values:
                assert set(cells.drop_null().unique().to_pylist()) <= set(column.values)
            if column.low is not None and len(extract):
                assert pc.min(cells).as_py() >= column.low
            if column.high is not None:
                assert pc.max(cells).as_py() <= column.high
        key = ["customer_no" if name == "customer" else name for name in table.grain]
        assert len(extract.group_by(key).aggregate([])) == len(extract)


def test_the_marker_counts_the_rows(landing: Path) -> None:
    folder = landing / FIRST.isoformat()
    counts = json.loads((folder / "_COMPLETE").read_text())["tables"]
    assert set(counts) == {table.name for table in DELIVERED} | {"identities"}
    assert counts == {name: len(read(landing, FIRST, name)) for name in counts}
    assert counts["customers"] == counts["identities"] == 1_000


def test_history_is_as_long_as_asked_and_about_as_busy(landing: Path) -> None:
    postings = read(landing, FIRST, "transactions")
    first = pc.min(postings["occurred_at"]).as_py().date()
    assert first == FIRST - timedelta(days=119)
    assert 30 < len(postings) / 1_000 * 365 / 120 < 50


@pytest.mark.parametrize("table", EVENTS, ids=lambda table: table.name)
def test_a_day_brings_what_became_known_on_it_and_nothing_later(landing: Path, table: Table) -> None:
    for night in NIGHTS:
        extract = read(landing, night, table.name)
        known = pc.cast(extract["known_at"], pa.date32())
        if night == FIRST:
            assert pc.max(known).as_py() <= night
        elif len(extract):
            assert pc.all(pc.equal(known, night)).as_py()
        happened = pc.cast(extract[table.happened], pa.date32())
        assert not len(extract) or pc.max(happened).as_py() <= night


@pytest.mark.parametrize("table", EVENTS, ids=lambda table: table.name)
def test_no_key_is_delivered_twice(landing: Path, table: Table) -> None:
    whole = every(landing, table)
    key = ["customer_no" if name == "customer" else name for name in table.grain]
    assert len(whole.group_by(key).aggregate([])) == len(whole)


def test_some_postings_come_late_and_over_midnight(landing: Path) -> None:
    news = read(landing, NIGHTS[1], "transactions")
    yesterday = pc.less(news["occurred_at"], pa.scalar(datetime(2026, 7, 2, tzinfo=UTC)))
    assert 0 < pc.sum(yesterday).as_py() < len(news) / 4


def test_events_belong_to_customers_who_had_joined(landing: Path) -> None:
    joined = read(landing, FIRST, "customers").select(["customer_no", "opened_on"])
    for table in EVENTS:
        both = every(landing, table).select(["customer_no", table.happened]).join(joined, "customer_no")
        assert both["opened_on"].null_count == 0
        assert pc.all(pc.greater_equal(pc.cast(both[table.happened], pa.date32()), both["opened_on"])).as_py()


def test_everybody_has_a_balance_and_all_asset_classes_are_held(landing: Path) -> None:
    held = read(landing, FIRST, "balances")
    assert len(held["customer_no"].unique()) == 1_000
    assert all(pc.max(held[name]).as_py() > 0 for name in held.schema.names if name.endswith("_fen"))


def test_all_kinds_of_suppression_occur_and_news_come_in_time(landing: Path) -> None:
    declared = next(table for table in DELIVERED if table.name == "suppressions")
    nobody = Complained(index=np.zeros(0, np.int64), day=np.zeros(0, np.int64))
    struck = suppressions(population(20_000, seed=1), nobody, as_of=FIRST, today=FIRST)
    assert set(struck["kind"].to_pylist()) == set(declared["kind"].values)
    assert set(struck["channel"].to_pylist()) == set(declared["channel"].values)
    for night in NIGHTS:
        assert pc.max(read(landing, night, "suppressions")["since"]).as_py() <= night


def test_the_same_world_gives_the_same_bytes(landing: Path, tmp_path: Path) -> None:
    folder = SyntheticBank(made(tmp_path)).deliver(NIGHTS[2])
    for path in sorted(folder.iterdir()):
        assert path.read_bytes() == (landing / NIGHTS[2].isoformat() / path.name).read_bytes(), path.name


def test_a_complete_day_is_left_alone_and_a_changed_world_replaces_it(tmp_path: Path) -> None:
    folder = SyntheticBank(made(tmp_path)).deliver(FIRST)
    marker = (folder / "_COMPLETE").stat().st_mtime_ns
    assert SyntheticBank(made(tmp_path)).deliver(FIRST) == folder
    assert (folder / "_COMPLETE").stat().st_mtime_ns == marker
    before = pq.read_table(folder / "customers.parquet")
    SyntheticBank(made(tmp_path, seed=5)).deliver(FIRST)
    assert not before.equals(pq.read_table(folder / "customers.parquet"))


def test_what_a_killed_run_left_is_swept_away(tmp_path: Path) -> None:
    settings = made(tmp_path)
    (settings.landing_folder / f".{FIRST}.draft").mkdir(parents=True)
    (settings.landing_folder / f".{FIRST}.draft" / "transactions.parquet").write_bytes(b"half")
    (settings.landing_folder / f"{FIRST}").mkdir()
    (settings.landing_folder / f"{FIRST}" / "left.parquet").write_bytes(b"half")
    folder = SyntheticBank(settings).deliver(FIRST)
    assert (folder / "_COMPLETE").exists()
    assert not (folder / "left.parquet").exists()
    assert [path.name for path in settings.landing_folder.iterdir()] == [FIRST.isoformat()]


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    settings = made(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(SourceError, match="could not be written"):
            SyntheticBank(settings).deliver(FIRST)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert list(settings.landing_folder.iterdir()) == []
    assert (SyntheticBank(settings).deliver(FIRST) / "_COMPLETE").exists()


def test_many_customers_come_in_parts(tmp_path: Path) -> None:
    settings = made(tmp_path, customers=51_000, history_days=30, transactions_per_customer=1.0)
    folder = SyntheticBank(settings).deliver(FIRST + timedelta(days=1))
    files = sorted(path.name for path in (folder / "customers").iterdir())
    assert files == ["part-00000.parquet", "part-00001.parquet"]
    assert len(pq.read_table(folder / "customers")["customer_no"].unique()) == 51_000


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="opens on 2026-07-01"):
        SyntheticBank(made(tmp_path)).deliver(date(2026, 6, 30))
    (tmp_path / "landing").write_text("a file where a folder should be")
    with pytest.raises(SourceError, match="could not be written"):
        SyntheticBank(made(tmp_path)).deliver(FIRST)
