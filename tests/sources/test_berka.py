"""The Berka data as a source: clients, postings and closing balances, day by day."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from base.errors import SourceError
from base.settings import load_settings
from sources.berka import Berka, closing_balances

NIGHT = date(1994, 3, 21)


@pytest.fixture(scope="module")
def folder_of_first_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Berka, Path]:
    data = Path(__file__).parents[3] / "shared/data"
    if not data.is_dir():
        pytest.skip(f"{data.name} is not there: tests that read Berka are skipped")
    source = Berka(load_settings(home=tmp_path_factory.mktemp("berka"), source="berka", data=data))
    return source, source.deliver(NIGHT)


def frame(folder: Path, name: str) -> pd.DataFrame:
    return pq.read_table(folder / f"{name}.parquet").to_pandas()


def test_clients_who_had_joined_and_women_s_months(folder_of_first_night: tuple[Berka, Path]) -> None:
    customers = frame(folder_of_first_night[1], "customers").set_index("customer_no")
    assert customers["opened_on"].max() <= NIGHT
    assert len(customers) == 1479
    second = customers.loc["B000002"]  # birth_number 450204
    assert (second["birth_month"], second["gender"], second["city"]) == (date(1945, 2, 1), "M", "Hl.m. Praha")
    third = customers.loc["B000003"]  # birth_number 406009
    assert (third["birth_month"], third["gender"]) == (date(1940, 10, 1), "F")


def test_postings_keep_number_sum_and_direction(folder_of_first_night: tuple[Berka, Path]) -> None:
    source, folder = folder_of_first_night
    original = pd.read_csv(
        source.settings.data / "berka/trans_1993-01_1994-03.asc.gz", sep=";", low_memory=False
    )
    original = original[original["date"] <= 940321]
    kept = frame(folder, "transactions")
    assert len(kept) == len(original)
    assert kept["amount_fen"].sum() == round(original["amount"].sum() * 100)
    credit = kept.loc[kept["direction"] == "credit", "amount_fen"].sum()
    assert credit == round(original.loc[original["type"] == "PRIJEM", "amount"].sum() * 100)
    assert set(kept["category"]) == {
        "salary", "transfer", "purchase", "cash", "fee", "interest", "repayment",
    }  # fmt: skip
    interest = kept[kept["category"] == "interest"]
    assert set(interest["channel"]) == {"auto"}


def test_nights_add_up_to_the_whole(folder_of_first_night: tuple[Berka, Path]) -> None:
    source, folder = folder_of_first_night
    rows = len(frame(folder, "transactions"))
    for day in range(1, source.nights):
        news = frame(source.deliver(NIGHT + timedelta(days=day)), "transactions")
        assert (news["occurred_at"].dt.date == NIGHT + timedelta(days=day)).all()
        rows += len(news)
    assert rows == 49_102
    with pytest.raises(SourceError, match="nights from 1994-03-21 to 1994-03-31"):
        source.deliver(date(1994, 4, 1))


def test_the_closing_balance_is_the_one_no_posting_started_from() -> None:
    day = pd.Timestamp("1993-05-05")
    # 1000 -> 1500 -> 1300 -> 1900, written in another order
    postings = pd.DataFrame(
        {
            "customer_no": ["B1"] * 3 + ["B2"],
            "day": [day] * 4,
            "direction": ["credit", "credit", "debit", "credit"],
            "amount_fen": [60_000, 50_000, 20_000, 700],
            "balance_fen": [190_000, 150_000, 130_000, 700],
        }
    )
    closing = closing_balances(postings)
    assert closing.set_index("customer_no")["balance_fen"].to_dict() == {"B1": 190_000, "B2": 700}


def test_balances_follow_from_the_postings(folder_of_first_night: tuple[Berka, Path]) -> None:
    """From one recorded day to the next, a balance moves by that day's postings in nearly all cases."""
    _, folder = folder_of_first_night
    kept = frame(folder, "transactions")
    kept["signed"] = kept["amount_fen"].where(kept["direction"] == "credit", -kept["amount_fen"])
    kept["balance_date"] = kept["occurred_at"].dt.date
    moved = kept.groupby(["customer_no", "balance_date"])["signed"].sum()
    balances = frame(folder, "balances").set_index(["customer_no", "balance_date"]).sort_index()["demand_fen"]
    steps = balances.groupby(level=0).diff().dropna()
    agree = (steps - moved.reindex(steps.index)).abs() <= 50
    assert agree.mean() > 0.98
