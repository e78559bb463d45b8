"""The Berka data (PKDD'99): accounts, transactions, loans and cards of a Czech bank, 1993 to March 1994."""

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from base.errors import SourceError
from lake.table import Table
from lake.tables import BALANCES, CONSENTS, CUSTOMERS, IDENTITIES, OPENINGS, TRANSACTIONS
from lake.tables.words import ASSET_CLASSES
from sources.answers import ANSWERS
from sources.extract import Extract
from sources.made_up import made_up_identities
from sources.public import assumed_consents, read_public, shape
from sources.source import Source
from sources.synthetic.landing import lay_down

_FILES = {
    "account": "berka/account.asc.gz",
    "client": "berka/client.asc.gz",
    "disposition": "berka/disp.asc.gz",
    "district": "berka/district.asc.gz",
    "loan": "berka/loan.asc.gz",
    "card": "berka/card.asc.gz",
    "transaction": "berka/trans_1993-01_1994-03.asc.gz",
}
_LAST = date(1994, 3, 31)
_NOON = pd.Timedelta(hours=12)
_SEED = 1999
_CARDS_FROM = 1_000_000
_ROUNDED_TO = 10  # hundredths: balances are rounded to a tenth of a crown

# By what the posting was for (k_symbol), and where that is not said by how it was made (operation).
_CATEGORY_OF_SYMBOL = {
    "UROK": "interest",
    "SANKC. UROK": "fee",
    "SLUZBY": "fee",
    "DUCHOD": "salary",
    "UVER": "repayment",
    "SIPO": "purchase",
    "POJISTNE": "purchase",
}
_CATEGORY_OF_OPERATION = {
    "VKLAD": "cash",
    "VYBER": "cash",
    "VYBER KARTOU": "cash",
    "PREVOD Z UCTU": "transfer",
    "PREVOD NA UCET": "transfer",
}
_CHANNEL_OF_OPERATION = {"VKLAD": "counter", "VYBER": "counter", "VYBER KARTOU": "atm"}
_BY_THE_BANK = ("UROK", "SANKC. UROK", "SLUZBY")


class Berka(Source):
    """Clients of a Czech bank with their accounts, transactions, loans and cards, 1993-01-01 to 1994-03-31.

    Amounts stay crowns (CZK): a hundredth is taken for a fen, and the band of assets in the settings applies
    to the number. An account's assets and postings are its owner's; a negative balance counts as nought. Days
    are known, hours are not: everything happens at noon. Permanent orders carry no date and are left out.

    Made up, because the files are silent: names, mobile numbers and ID numbers, marked as generated;
    marketing consent by SMS and call from the day of joining. Nobody answers contacts here.
    """

    name = "berka"
    by_calendar = False
    caveat = "Nobody answers contacts in this data, so nothing can be said of the effect of contacting."

    @property
    def extracts(self) -> tuple[Extract, ...]:
        return tuple(
            Extract(table=table, needs_rows=table in (CUSTOMERS, IDENTITIES))
            for table in (CUSTOMERS, IDENTITIES, BALANCES, TRANSACTIONS, OPENINGS, CONSENTS)
        )

    @property
    def default_first_night(self) -> date:
        return date(1994, 3, 21)

    @property
    def nights(self) -> int:
        return (_LAST - self.default_first_night).days + 1

    def deliver(self, as_of: date) -> Path:
        if not self.default_first_night <= as_of <= _LAST:
            raise SourceError(
                f"source berka has nights from {self.default_first_night} to {_LAST}, not {as_of}; "
                "choose one of them"
            )
        return lay_down(
            self.settings.landing_folder / as_of.isoformat(),
            world="berka 1",
            parts=[0],
            extracts=lambda _: self._extracts(as_of),
        )

    def answer(self, as_of: date, contacts: pa.Table) -> pa.Table:  # noqa: ARG002
        """Nothing: the list counts as answered, by nobody."""
        return ANSWERS.empty_table()

    def _extracts(self, as_of: date) -> dict[str, pa.Table]:
        people = self._clients[self._clients["joined"] <= pd.Timestamp(as_of)]
        numbers = pa.array(people["customer_no"], pa.string())
        return {
            "customers": _customers(people),
            "identities": made_up_identities(numbers, landline=np.zeros(len(people), bool), seed=_SEED),
            "consents": assumed_consents(numbers, people["joined"], ("sms", "ai_call", "human_call")),
            "transactions": self._transactions(as_of),
            "balances": self._balances(as_of),
            "openings": self._openings(as_of),
        }

    @cached_property
    def _clients(self) -> pd.DataFrame:
        """One row a client: customer_no, joined, birth_month, gender, city, and owned account or 0."""
        clients, districts = self._read("client"), self._read("district")
        accounts = self._read("account").assign(joined=lambda frame: _days(frame["date"]))
        held = self._read("disposition").merge(accounts[["account_id", "joined"]], on="account_id")
        people = clients.merge(held, on="client_id").merge(districts, left_on="district_id", right_on="A1")
        month = people["birth_number"] // 100 % 100
        people["gender"] = np.where(month > 50, "F", "M")  # women's month of birth has 50 added
        people["birth_month"] = pd.to_datetime(
            {"year": 1900 + people["birth_number"] // 10_000, "month": month % 50, "day": 1}
        )
        people["customer_no"] = "B" + people["client_id"].astype(str).str.zfill(6)
        people["city"] = people["A2"]
        people["account"] = people["account_id"].where(people["type"] == "OWNER", 0)
        return people.sort_values("client_id", ignore_index=True)

    @cached_property
    def _postings(self) -> pd.DataFrame:
        """All transactions in file order with day, owner, amount and balance in hundredths."""
        read = self._read("transaction", low_memory=False)
        read["day"] = _days(read["date"])
        read["amount_fen"] = (read["amount"] * 100).round().astype("int64")
        read["balance_fen"] = (read["balance"] * 100).round().astype("int64")
        read["direction"] = np.where(read["type"] == "PRIJEM", "credit", "debit")
        return self._with_owner(read)

    def _transactions(self, as_of: date) -> pa.Table:
        news = self._news(self._postings, as_of)
        symbol = news["k_symbol"].map(_CATEGORY_OF_SYMBOL)
        category = symbol.fillna(news["operation"].map(_CATEGORY_OF_OPERATION)).fillna("other")
        channel = news["operation"].map(_CHANNEL_OF_OPERATION).fillna("auto")
        return _events(
            TRANSACTIONS,
            news,
            transaction=news["trans_id"],
            direction=news["direction"],
            amount_fen=news["amount_fen"],
            channel=channel.mask(news["k_symbol"].isin(_BY_THE_BANK), "auto"),
            category=category,
        )

    def _balances(self, as_of: date) -> pa.Table:
        closing = closing_balances(self._news(self._postings, as_of))
        zeros = np.zeros(len(closing), np.int64)
        return shape(
            BALANCES,
            {
                "customer_no": pa.array(closing["customer_no"], pa.string()),
                "balance_date": closing["day"],
                **{f"{asset}_fen": zeros for asset in ASSET_CLASSES},
                "demand_fen": closing["balance_fen"].clip(lower=0),
                "known_at": closing["day"] + _NOON,
            },
        )

    def _openings(self, as_of: date) -> pa.Table:
        loans = self._with_owner(self._read("loan")).rename(columns={"loan_id": "opening"})
        loans = loans.assign(
            product="loan", fen=(loans["amount"] * 100).round().astype("int64"), day=_days(loans["date"])
        )
        cards = self._read("card").merge(self._read("disposition")[["disp_id", "client_id"]], on="disp_id")
        cards = cards.merge(self._clients[["client_id", "customer_no"]], on="client_id")
        cards = cards.assign(
            product="card",
            fen=0,
            day=_days(cards["issued"].str[:6].astype(int)),
            opening=_CARDS_FROM + cards["card_id"],
        )
        columns = ["opening", "customer_no", "product", "fen", "day"]
        news = self._news(pd.concat([loans[columns], cards[columns]], ignore_index=True), as_of)
        return _events(
            OPENINGS, news, opening=news["opening"], product=news["product"], amount_fen=news["fen"]
        )

    def _news(self, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """What became known on ``as_of``; on the first night all until then."""
        day = pd.Timestamp(as_of)
        if as_of == self.default_first_night:
            return frame[frame["day"] <= day]
        return frame[frame["day"] == day]

    def _with_owner(self, frame: pd.DataFrame) -> pd.DataFrame:
        owners = self._clients.loc[self._clients["account"] > 0, ["account", "customer_no"]]
        return frame.merge(owners, left_on="account_id", right_on="account", suffixes=("_other", ""))

    def _read(self, name: str, **options: Any) -> pd.DataFrame:
        return read_public(self.settings, _FILES[name], **options)


def closing_balances(postings: pd.DataFrame) -> pd.DataFrame:
    """customer_no, day and balance_fen at the end of each day with postings.

    The order of a day's postings is not recorded. Each balance but the last is what another posting of the
    day started from, so the one that none started from closes the day; where rounding hides it (in 163 of
    39,960 days of an account), the last in the file is taken.
    """
    key = ["customer_no", "day"]
    signed = postings["amount_fen"].where(postings["direction"] == "credit", -postings["amount_fen"])
    after = (postings["balance_fen"] / _ROUNDED_TO).round()
    before = ((postings["balance_fen"] - signed) / _ROUNDED_TO).round()
    ends = pd.concat(
        [postings[key].assign(tenths=after, times=1), postings[key].assign(tenths=before, times=-1)]
    )
    open_ends = ends.groupby([*key, "tenths"])["times"].sum().reset_index()
    open_ends = open_ends[open_ends["times"] > 0].drop_duplicates(key, keep=False)
    last = postings.assign(tenths=after).drop_duplicates(key, keep="last")
    closing = last.merge(open_ends[[*key, "tenths"]], on=key, how="left", suffixes=("", "_end"))
    found = closing["tenths_end"].notna() & (closing["tenths_end"] != closing["tenths"])
    ended_at = (closing["tenths_end"].fillna(0) * _ROUNDED_TO).astype("int64")
    closing["balance_fen"] = np.where(found, ended_at, closing["balance_fen"])
    return closing[[*key, "balance_fen"]].sort_values([*key[::-1]], ignore_index=True)


def _customers(people: pd.DataFrame) -> pa.Table:
    return shape(
        CUSTOMERS,
        {
            "customer_no": pa.array(people["customer_no"], pa.string()),
            "birth_month": people["birth_month"],
            "gender": people["gender"],
            "city": people["city"],
            "opened_on": people["joined"],
            "has_app": np.zeros(len(people), bool),
            "known_at": people["joined"],
        },
    )


def _events(table: Table, news: pd.DataFrame, **columns: Any) -> pa.Table:
    moment = news["day"] + _NOON
    numbers = pa.array(news["customer_no"], pa.string())
    return shape(table, {"customer_no": numbers, "occurred_at": moment, "known_at": moment, **columns})


def _days(numbers: "pd.Series[int]") -> "pd.Series[Any]":
    """Days written as yymmdd."""
    return pd.to_datetime(numbers.astype(str).str.zfill(6).radd("19"), format="%Y%m%d")
