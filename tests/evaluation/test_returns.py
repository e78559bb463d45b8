"""Returns as a person would add them up by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from evaluation.returns import belongings, contacts_made, returns
from experiments.moments import Moments
from experiments.statistics import difference
from lake.tables.returns import RETURNS_TABLE

COSTS = {"sms": 0.1, "human_call": 8.0}
VALUES = {"good": 100.0, "dear": 20.0, "broken": 100.0}
STRATEGIES = pd.DataFrame(
    {
        "strategy": ["good", "dear", "broken"],
        "kind": ["fund", "fund", "loan"],
        "channel": ["sms", "human_call", "sms"],
        "manager": ["desk 1", "desk 2", "desk 1"],
        "open": False,
    }
)
CONTACTS = pd.DataFrame(
    {
        "strategy": ["good", "good", "dear", "broken"],
        "segment": ["S01", "S02", "S01", "S01"],
        "channel": ["sms", "sms", "human_call", "sms"],
        "contacts": [600, 400, 100, 50],
    }
)


def _readouts(**columns: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame(columns).assign(adjusted_lift=np.nan, adjusted_low=np.nan, adjusted_high=np.nan)
    frame = frame.assign(control_customers=frame["customers"], compared=frame["customers"])
    frame = frame.assign(error=(frame["high"] - frame["low"]) / 4, control_mean=0.02)
    frame = frame.assign(mean=frame["control_mean"] + frame["lift"])
    moved = frame.assign(metric="aum_change", lift=10.0, low=5.0, high=15.0)
    moved = moved.assign(adjusted_lift=9.0, adjusted_low=8.0, adjusted_high=10.0)
    return pd.concat([frame.assign(metric="converted"), moved], ignore_index=True)


READOUTS = _readouts(
    name=["good", "dear", "broken"],
    customers=[1000, 100, 50],
    lift=[0.03, 0.10, 0.5],
    low=[0.02, -0.02, 0.4],
    high=[0.05, 0.22, 0.6],
).assign(level="strategy", view="exposed", arm="any")
INSIDE = _readouts(
    strategy=["good", "good", "dear", "broken"],
    segment=["S01", "S02", "S01", "S01"],
    customers=[600, 400, 100, 50],
    lift=[0.03, np.nan, 0.10, 0.5],
    low=[0.02, np.nan, -0.02, 0.4],
    high=[0.05, np.nan, 0.22, 0.6],
).drop(columns=["mean", "control_mean"])


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return _returns()


def _returns(readouts: pd.DataFrame = READOUTS, strategies: pd.DataFrame = STRATEGIES) -> pd.DataFrame:
    found = returns(
        readouts,
        INSIDE,
        CONTACTS,
        strategies,
        distrusted={"broken"},
        costs=COSTS,
        values=VALUES,
        confidence=0.95,
    )
    return found.set_index(["level", "name"])


def test_a_strategy_brings_its_lift_times_its_customers_less_its_cost(table: pd.DataFrame) -> None:
    good = table.loc[("strategy", "good")]
    assert good["contacts"] == 1000
    assert good["cost"] == pytest.approx(100.0)
    found = [good[f"conversions{end}"] for end in ("", "_low", "_high")]
    assert found == pytest.approx([30, 20, 50])
    assert good["value_low"] == pytest.approx(2000)
    assert [good[f"return_per_contact{end}"] for end in ("", "_low", "_high")] == pytest.approx(
        [2.9, 1.9, 4.9]
    )
    assert good["aum"] == pytest.approx(9000)  # with the balance before taken out
    assert good["words"].startswith("Pays")


def test_what_costs_more_than_it_can_bring_does_not_pay(table: pd.DataFrame) -> None:
    dear = table.loc[("strategy", "dear")]
    assert dear["return_per_contact"] == pytest.approx(2.0 - 8.0)
    assert dear["return_per_contact_high"] < 0
    assert dear["words"].startswith("Does not pay")
    whole = table.loc[("all", "all")]
    assert whole["value"] == pytest.approx(3000 + 200)
    assert whole["cost"] == pytest.approx(100 + 800)


def test_what_may_still_come_is_not_told_to_cost_more_than_it_brought() -> None:
    table = _returns(strategies=STRATEGIES.assign(open=[False, True, False]))
    for key in (("strategy", "dear"), ("channel", "human_call")):
        assert table.loc[key, "return_per_contact_high"] < 0
        assert table.loc[key, "words"].startswith("Not yet told")
    assert table.loc[("strategy", "good"), "words"].startswith("Pays")


def test_an_interval_for_one_look_decides_nothing() -> None:
    """From 0.15 to 1.95 of 100, for one look; a contact pays from 0.1 on."""
    near = READOUTS.assign(lift=READOUTS["lift"].where(READOUTS["name"] != "good", 0.0105))
    near["low"] = near["low"].where(near["name"] != "good", 0.0015)
    near["high"] = near["high"].where(near["name"] != "good", 0.0195)
    near["error"] = near["error"].where(near["name"] != "good", 0.0045)
    row = _returns(near).loc[("strategy", "good")]
    assert row["return_per_contact_low"] > 0
    assert row["words"].startswith("Undecided")


def test_a_lift_speaks_of_those_it_rests_on_only() -> None:
    """Of 1,000 treated by 'good' 600 were compared, and the assets of 400 are known."""
    good = READOUTS["name"] == "good"
    rests = np.where(READOUTS["metric"] == "aum_change", 400, 600)
    partly = _returns(READOUTS.assign(compared=READOUTS["compared"].where(~good, rests)))
    row = partly.loc[("strategy", "good")]
    assert (row["customers"], row["contacts"], row["cost"]) == (1000, 1000, 100.0)
    assert row["conversions"] == pytest.approx(18)
    assert row["aum"] == pytest.approx(400 * 9)
    assert row["return_per_contact"] == pytest.approx((1800 - 60) / 600)  # cost and contacts alike


def test_a_kind_that_breaks_even_is_called_neither_on_nearly_any_of_30_nights() -> None:
    """200 kinds of 10 strategies each, in truth as dear as what they bring, read every night."""
    rng = np.random.default_rng(4)
    kinds, within = 200, 10
    names = [f"s{place:04}" for place in range(kinds * within)]
    strategies = pd.DataFrame(
        {"strategy": names, "kind": [f"k{place // within:03}" for place in range(len(names))]}
    ).assign(channel="sms", manager="desk 1", open=False)
    hits, control_hits = np.zeros(len(names)), np.zeros(len(names))
    told = {words: np.zeros(kinds, dtype=bool) for words in ("Pays", "Does not pay")}
    for night in range(1, 31):
        n, m = np.full(len(names), 85.0 * night), np.full(len(names), 15.0 * night)
        hits += rng.binomial(85, 0.052, len(names))
        control_hits += rng.binomial(15, 0.05, len(names))
        found = difference(
            Moments(n=n, total=hits, squares=hits),
            Moments(n=m, total=control_hits, squares=control_hits),
            binary=True,
        )
        read = _readouts(name=names, customers=n, lift=found.lift, low=found.low, high=found.high)
        error = np.tile(found.error, 2)
        table = returns(
            read.assign(level="strategy", view="exposed", arm="any", error=error, control_customers=m[0]),
            INSIDE[:0],
            pd.DataFrame({"strategy": names, "segment": "S01", "channel": "sms", "contacts": 85 * night}),
            strategies,
            distrusted=(),
            costs={"sms": 0.2},
            values=dict.fromkeys(names, 100.0),
            confidence=0.95,
        )
        words = table[table["level"] == "kind"].sort_values("name")["words"]
        for begins, ever in told.items():
            ever |= words.str.startswith(begins).to_numpy()
    shares = {begins: ever.mean() for begins, ever in told.items()}
    assert sum(shares.values()) <= 0.05, shares


def test_intervals_of_sums_cover_on_both_sides_where_few_are_held_out() -> None:
    """600 kinds of 20 strategies each; 20 held out of a strategy, of whom mostly nobody converts."""
    rng = np.random.default_rng(15)
    kinds, within, treated, held, rate = 600, 20, 400, 20, 0.02
    names = [f"s{place:05}" for place in range(kinds * within)]
    hits, control_hits = (rng.binomial(size, rate, len(names)).astype(float) for size in (treated, held))
    n, m = np.full(len(names), float(treated)), np.full(len(names), float(held))
    found = difference(
        Moments(n=n, total=hits, squares=hits),
        Moments(n=m, total=control_hits, squares=control_hits),
        binary=True,
    )
    read = pd.DataFrame({**vars(found), "name": names, "customers": n, "control_customers": m, "compared": n})
    read = read.assign(level="strategy", view="exposed", arm="any", metric="converted")
    moved = read.assign(metric="aum_change", adjusted_lift=0.0, adjusted_low=-1.0, adjusted_high=1.0)
    # Every kind's strategies again, each as the one segment that it speaks to.
    inside = pd.concat([read, moved], ignore_index=True).rename(columns={"name": "strategy"})
    inside["segment"] = "S" + (inside.index % len(names) // within).astype(str).str.zfill(3)
    inside = inside.drop(columns=["mean", "control_mean"])
    table = returns(
        pd.concat([read, moved], ignore_index=True),
        inside,
        CONTACTS[:0],
        pd.DataFrame(
            {"strategy": names, "kind": [f"k{place // within:03}" for place in range(len(names))]}
        ).assign(channel="sms", manager="desk 1", open=False),
        distrusted=(),
        costs=COSTS,
        values=dict.fromkeys(names, 100.0),
        confidence=0.95,
    )
    of_kinds = table[table["level"] == "kind"]
    above, below = (of_kinds["conversions_low"] > 0).mean(), (of_kinds["conversions_high"] < 0).mean()
    assert above <= 0.045, (above, below)
    assert below <= 0.045, (above, below)
    of_segments = table[table["level"] == "segment"]
    for end in ("low", "high"):
        ends = (each[f"conversions_{end}"].to_numpy() for each in (of_segments, of_kinds))
        np.testing.assert_allclose(*ends, rtol=1e-6)
    assert (of_kinds["value_high"] / of_kinds["conversions_high"]).to_numpy() == pytest.approx(100.0)


def test_sums_join_their_intervals_and_count_who_is_left_out(table: pd.DataFrame) -> None:
    whole = table.loc[("all", "all")]
    assert (whole["strategies"], whole["left_out"]) == (2, 1)
    assert whole["contacts"] == 1100  # of those counted only
    assert whole["conversions"] == pytest.approx(40)
    assert whole["conversions_low"] < 40 < whole["conversions_high"]
    # The assets of both move by 9 yuan, between 8 and 10.
    assert whole["aum"] == pytest.approx(1100 * 9)
    assert whole["aum_low"] == pytest.approx(1100 * 9 - np.hypot(1000, 100))
    assert whole["aum_high"] == pytest.approx(1100 * 9 + np.hypot(1000, 100))
    assert table.loc[("channel", "sms"), "left_out"] == 1
    assert table.loc[("manager", "desk 2"), "conversions"] == pytest.approx(10)


def test_what_is_not_to_be_trusted_shows_no_number(table: pd.DataFrame) -> None:
    for key in (("strategy", "broken"), ("kind", "loan")):
        row = table.loc[key]
        assert row[["conversions", "aum", "value", "return_per_contact", "cost"]].isna().all()
        assert row["words"].startswith("Left out")


def test_segments_are_summed_from_what_was_read_inside_them(table: pd.DataFrame) -> None:
    first, second = table.loc[("segment", "S01")], table.loc[("segment", "S02")]
    assert first["conversions"] == pytest.approx(18 + 10)
    assert first["contacts"] == 700
    assert (second["strategies"], second["left_out"]) == (0, 1)


def test_columns_are_those_of_the_table(table: pd.DataFrame) -> None:
    rows = table.reset_index()[list(RETURNS_TABLE.names)]
    made = pa.Table.from_pandas(rows, schema=RETURNS_TABLE.arrow_schema(), preserve_index=False)
    assert made.num_rows == len(table)


def test_no_strategy_yet_is_one_empty_table() -> None:
    empty = returns(
        READOUTS[:0],
        INSIDE[:0],
        CONTACTS[:0],
        STRATEGIES[:0],
        distrusted=(),
        costs=COSTS,
        values=VALUES,
        confidence=0.95,
    )
    assert list(empty.columns) == list(RETURNS_TABLE.names)
    assert empty.empty


def test_counts_contacts_whose_day_has_come(engine: SparkSession) -> None:
    night = date(2026, 7, 3)
    lists = engine.createDataFrame(
        [
            ("a", "good", "sms", date(2026, 7, 1)),
            ("a", "good", "human_call", date(2026, 7, 2)),
            ("b", "good", "sms", date(2026, 7, 2)),
            ("c", "good", "sms", date(2026, 7, 2)),
            ("b", "good", "sms", night),  # leaves tomorrow
        ],
        "customer string, strategy string, channel string, as_of date",
    )
    assignments = engine.createDataFrame(
        [("a", "good", "S01"), ("b", "good", "S02"), ("b", "dear", "S07")],
        "customer string, strategy string, segment string",
    )
    found = contacts_made(lists, assignments, as_of=night).fillna("none")
    assert {tuple(row) for row in found.to_numpy()} == {
        ("good", "S01", "sms", 1),
        ("good", "S01", "human_call", 1),
        ("good", "S02", "sms", 1),
        ("good", "none", "sms", 1),
    }


def test_a_strategy_belongs_where_its_newest_exposure_says_and_knows_of_open_windows(
    engine: SparkSession,
) -> None:
    assignments = engine.createDataFrame(
        [
            ("good", "fund", "push", "desk 1", date(2026, 7, 1), 10),
            ("good", "fund", "sms", "desk 2", date(2026, 7, 2), 10),
            ("dear", "loan", "sms", "desk 1", date(2026, 7, 1), 10),
        ],
        "strategy string, kind string, channel string, manager string, first_exposed date, window_days int",
    )
    over = {"strategy": "dear", "kind": "loan", "channel": "sms", "manager": "desk 1", "open": False}
    # The later window ends on the 11th, its late postings on the 14th.
    good = {"strategy": "good", "kind": "fund", "channel": "sms", "manager": "desk 2", "open": True}
    assert belongings(assignments, as_of=date(2026, 7, 13)).to_dict("records") == [over, good]
    later = belongings(assignments, as_of=date(2026, 7, 14))
    assert not later["open"].any()
