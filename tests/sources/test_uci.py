"""UCI Bank Marketing as a source: dates that fit the calendar, answers that are the real ones, no leak."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from base.errors import SourceError
from base.settings import load_settings
from sources.uci import UciBankMarketing, call_days

NIGHT = date(2009, 4, 30)


@pytest.fixture(scope="module")
def original() -> pd.DataFrame:
    path = Path(__file__).parents[3] / "shared/data/uci_bank_marketing/bank-additional-full.csv.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not there: tests that read UCI Bank Marketing are skipped")
    return pd.read_csv(path, sep=";")


@pytest.fixture
def source(tmp_path: Path, shared_data: Path) -> UciBankMarketing:
    return UciBankMarketing(load_settings(home=tmp_path, source="uci", data=shared_data))


def contacts(numbers: list[str], kind: str = "deposit") -> pa.Table:
    rows = len(numbers)
    return pa.table(
        {
            "contact": [f"c{number}" for number in numbers],
            "customer_no": numbers,
            "strategy": ["s"] * rows,
            "kind": [kind] * rows,
            "step": pa.array([1] * rows, pa.int32()),
            "channel": ["human_call"] * rows,
            "hour": pa.array([10] * rows, pa.int32()),
        }
    )


def test_calls_get_days_that_fit_month_weekday_and_order(original: pd.DataFrame) -> None:
    days = call_days(original["month"], original["day_of_week"])
    assert days.is_monotonic_increasing
    assert (days.dt.strftime("%b").str.lower() == original["month"]).all()
    assert (days.dt.strftime("%a").str.lower() == original["day_of_week"]).all()
    assert (days.min(), days.max()) == (pd.Timestamp("2008-05-05"), pd.Timestamp("2010-11-26"))


def test_only_what_was_known_on_the_first_night_is_delivered(
    source: UciBankMarketing, original: pd.DataFrame
) -> None:
    folder = source.deliver(NIGHT)
    called = (call_days(original["month"], original["day_of_week"]) <= pd.Timestamp(NIGHT)).sum()
    history = pq.read_table(folder / "contacts.parquet").to_pandas()
    assert pq.read_metadata(folder / "customers.parquet").num_rows == len(original) == 41_188
    assert history["known_at"].max() < pd.Timestamp(NIGHT) + pd.Timedelta(days=1)
    assert len(history) > called
    sold = pq.read_table(folder / "openings.parquet").to_pandas().query("product == 'deposit'")
    yes = original["y"].eq("yes") & (original.index < called)
    numbers = {f"UCI{row + 1:05d}" for row in original.index[yes]}
    assert numbers <= set(sold["customer_no"])
    assert pq.read_table(folder / "identities.parquet")["generated"].unique().to_pylist() == [True]


def test_answers_are_what_customers_truly_said_and_show_in_the_next_delivery(
    source: UciBankMarketing, original: pd.DataFrame
) -> None:
    source.deliver(NIGHT)
    asked = list(range(40_000, 40_100))
    numbers = [f"UCI{row + 1:05d}" for row in asked]
    answers = source.answer(NIGHT, contacts([*numbers, "UCI00001"])).to_pandas().set_index("contact")
    truth = original.loc[asked, "y"].map({"yes": "converted", "no": "heard_out"}).tolist()
    assert [answers.loc[f"c{number}", "result"] for number in numbers] == truth
    assert "cUCI00001" not in answers.index  # called before: what they would say now is unknown
    assert (answers["seconds"] == 0).all()
    folder = source.deliver(NIGHT + timedelta(days=1))
    sold = pq.read_table(folder / "openings.parquet").to_pandas()
    assert sorted(sold["customer_no"]) == [
        number for number, result in zip(numbers, truth, strict=True) if result == "converted"
    ]
    assert (sold["occurred_at"] == pd.Timestamp("2009-05-01 10:00")).all()


def test_other_kinds_get_no_answer_and_asking_again_changes_nothing(source: UciBankMarketing) -> None:
    assert source.answer(NIGHT, contacts(["UCI40001"], kind="loan")).num_rows == 0
    again = [source.answer(NIGHT, contacts(["UCI40001", "UCI40002"])) for _ in range(2)]
    assert again[0].equals(again[1])
    first = (source.deliver(NIGHT + timedelta(days=1)) / "openings.parquet").read_bytes()
    assert (source.deliver(NIGHT + timedelta(days=1)) / "openings.parquet").read_bytes() == first


def test_the_length_of_the_call_is_never_read(source: UciBankMarketing) -> None:
    assert "duration" not in source._calls.columns


def test_a_night_too_early_and_data_that_are_not_there_are_told(
    tmp_path: Path, source: UciBankMarketing
) -> None:
    with pytest.raises(SourceError, match="begins on 2009-04-30"):
        source.deliver(date(2009, 1, 1))
    nowhere = UciBankMarketing(load_settings(home=tmp_path / "x", source="uci", data=tmp_path / "none"))
    with pytest.raises(SourceError, match=r"bank-additional-full.csv.gz is not in .*README"):
        nowhere.deliver(NIGHT)
