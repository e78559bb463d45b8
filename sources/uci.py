"""UCI Bank Marketing (Moro, Cortez, Rita 2014): calls that sold a term deposit, Portugal 2008-2010."""

import hashlib
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from base.errors import SourceError
from lake.tables import CONSENTS, CONTACTS, CUSTOMERS, IDENTITIES, OPENINGS
from sources.extract import Extract
from sources.made_up import made_up_identities
from sources.public import assumed_consents, read_public, shape
from sources.source import Source
from sources.synthetic.landing import keep, lay_down

_FILE = "uci_bank_marketing/bank-additional-full.csv.gz"
_OPENS = date(2008, 5, 1)
_NEVER = 999
_KIND = "deposit"
_SEED = 2014
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_DAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri"))}


class UciBankMarketing(Source):
    """41,188 customers of a Portuguese bank, each called about a term deposit once in 2008-2010.

    The file names no dates: they follow from month, weekday and the order of its rows. Until the first night
    the calls happened as recorded; from then on Longreach decides who is called, and a contact about a
    deposit, by whatever channel, is answered by what that customer truly said when called (``y``). Contacts
    about anything else, and customers who had been called before, get no answer, since nobody knows it. The
    length of the call is never read: it is known only afterwards.

    Made up, because the file is silent: names, phones (a fixed line where the file says so) and ID numbers,
    marked as generated; consent to be called, since the bank did call. There are no balances, transactions or
    app events. Loans held are dated to the day the file begins.
    """

    name = "uci"
    by_calendar = False
    caveat = (
        "Everyone in this file was called, so nobody knows what the customers held out would have done: "
        "openings are known of contacted customers only, and no lift can be read."
    )

    @property
    def extracts(self) -> tuple[Extract, ...]:
        return tuple(
            Extract(table=table, needs_rows=table in (CUSTOMERS, IDENTITIES))
            for table in (CUSTOMERS, IDENTITIES, OPENINGS, CONSENTS, CONTACTS)
        )

    @property
    def default_first_night(self) -> date:
        """30,430 customers have been called by then and 10,758 not yet."""
        return date(2009, 4, 30)

    @property
    def nights(self) -> int:
        """Then nearly everybody whose answer is known and who has a mobile number has been contacted."""
        return 3

    def deliver(self, as_of: date) -> Path:
        if as_of < self.default_first_night:
            raise SourceError(
                f"source uci begins on {self.default_first_night}; ask for that night or a later one"
            )
        first = as_of == self.default_first_night
        return lay_down(
            self.settings.landing_folder / as_of.isoformat(),
            world=f"uci 1 {self._answers_known(as_of)}",
            parts=[0],
            extracts=lambda _: {
                "customers": self._customers(),
                "identities": self._identities(),
                "consents": assumed_consents(self._numbers, self._joined, ("ai_call", "human_call")),
                "openings": self._openings_before() if first else self._openings_answered(as_of),
                "contacts": self._contacts() if first else self._contacts().slice(0, 0),
            },
        )

    def answer(self, as_of: date, contacts: pa.Table) -> pa.Table:
        """What the customers contacted about a deposit truly said; others are left out.

        The talk is given no length.
        """
        asked = contacts.to_pandas()
        asked = asked[asked["kind"] == _KIND].merge(
            self._calls[["customer_no", "called", "y"]], on="customer_no"
        )
        asked = asked[asked["called"] > pd.Timestamp(self.default_first_night)].sort_values("contact")
        hours = pd.to_timedelta(asked["hour"].fillna(12).astype(int), unit="h")
        asked["happened_at"] = pd.Timestamp(as_of + timedelta(days=1)) + hours
        said_yes = asked["y"] == "yes"
        keep(
            pa.Table.from_pandas(asked[said_yes][["customer_no", "happened_at"]], preserve_index=False),
            self._kept(as_of),
        )
        return pa.table(
            {
                "contact": pa.array(asked["contact"], pa.string()),
                "result": pa.array(np.where(said_yes, "converted", "heard_out").tolist(), pa.string()),
                "happened_at": pa.array(asked["happened_at"], pa.timestamp("us", tz="UTC")),
                "seconds": pa.array(np.zeros(len(asked), np.int32)),
            }
        )

    @cached_property
    def _calls(self) -> pd.DataFrame:
        """The file in its order, with customer_no and the day of the call; without the length of the call."""
        read = read_public(self.settings, _FILE, usecols=lambda name: name != "duration")
        read["customer_no"] = [f"UCI{row:05d}" for row in range(1, len(read) + 1)]
        read["called"] = call_days(read["month"], read["day_of_week"])
        return read

    @property
    def _numbers(self) -> pa.Array:
        return pa.array(self._calls["customer_no"], pa.string())

    @property
    def _joined(self) -> "pd.Series[Any]":
        return pd.Series(pd.Timestamp(_OPENS), index=self._calls.index)

    @property
    def _past(self) -> pd.DataFrame:
        return self._calls[self._calls["called"] <= pd.Timestamp(self.default_first_night)]

    def _customers(self) -> pa.Table:
        calls = self._calls
        born = pd.to_datetime(
            {"year": calls["called"].dt.year - calls["age"], "month": calls["called"].dt.month, "day": 1}
        )
        return shape(
            CUSTOMERS,
            {
                "customer_no": self._numbers,
                "birth_month": born,
                "occupation": calls["job"].replace("unknown", None),
                "opened_on": self._joined,
                "has_app": np.zeros(len(calls), bool),
                "known_at": self._joined,
            },
        )

    def _identities(self) -> pa.Table:
        fixed = (self._calls["contact"] == "telephone").to_numpy()
        return made_up_identities(self._numbers, landline=fixed, seed=_SEED)

    def _openings_before(self) -> pa.Table:
        """Deposits sold by the calls so far and by an earlier campaign, and loans held from the start."""
        calls, past = self._calls, self._past
        sold = past[past["y"] == "yes"].assign(day=past["called"], product=_KIND)
        earlier = self._earlier_contacts()
        earlier = earlier[earlier["poutcome"] == "success"].assign(product=_KIND)
        lent = calls[(calls["housing"] == "yes") | (calls["loan"] == "yes")]
        lent = lent.assign(day=pd.Timestamp(_OPENS), product="loan")
        known = pd.concat([sold, earlier, lent], ignore_index=True)
        return _openings(
            known["customer_no"], known["day"] + pd.Timedelta(hours=12), known["product"], first=1
        )

    def _openings_answered(self, as_of: date) -> pa.Table:
        """Deposits sold on ``as_of`` by the list of the night before."""
        path = self._kept(as_of - timedelta(days=1))
        if not path.exists():
            return shape(OPENINGS, {"customer_no": pa.array([], pa.string())})
        sold = pq.read_table(path).to_pandas()
        first = 1_000_000 + 100_000 * (as_of - self.default_first_night).days
        return _openings(
            sold["customer_no"], sold["happened_at"], pd.Series(_KIND, index=sold.index), first=first
        )

    def _contacts(self) -> pa.Table:
        """The last call to each customer so far, and the last contact of an earlier campaign."""
        past = self._past.assign(
            day=self._past["called"], result=np.where(self._past["y"] == "yes", "converted", "heard_out")
        )
        earlier = self._earlier_contacts()
        earlier["result"] = np.where(earlier["poutcome"] == "success", "converted", "heard_out")
        known = pd.concat([past, earlier], ignore_index=True)
        moment = known["day"] + pd.Timedelta(hours=12)
        return shape(
            CONTACTS,
            {
                "contact": np.arange(1, len(known) + 1),
                "customer_no": pa.array(known["customer_no"], pa.string()),
                "contacted_at": moment,
                "channel": ["human_call"] * len(known),
                "purpose": ["marketing"] * len(known),
                "product": [_KIND] * len(known),
                "result": known["result"],
                "known_at": moment,
            },
        )

    def _earlier_contacts(self) -> pd.DataFrame:
        """Contacts of the campaign before, ``pdays`` before the call, as far as known on the first night."""
        named = self._calls[self._calls["pdays"] != _NEVER]
        named = named.assign(day=named["called"] - pd.to_timedelta(named["pdays"], unit="D"))
        return named[named["day"] <= pd.Timestamp(self.default_first_night)].copy()

    def _answers_known(self, as_of: date) -> str:
        path = self._kept(as_of - timedelta(days=1))
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none"

    def _kept(self, as_of: date) -> Path:
        return self.settings.home / "world" / "uci" / f"{as_of.isoformat()}.parquet"


def call_days(months: "pd.Series[str]", weekdays: "pd.Series[str]") -> "pd.Series[Any]":
    """The day of each call, from May 2008 on.

    Rows are in order of time: a month earlier in the year than the one before begins a new year, and rows of
    one weekday in a row are one day, the next such weekday of that month.
    """
    changed = (months != months.shift()) | (weekdays != weekdays.shift())
    days: list[date] = []
    day, year, month = _OPENS - timedelta(days=1), _OPENS.year, _OPENS.month
    for name, weekday in zip(months[changed], weekdays[changed], strict=True):
        number = _MONTHS[name]
        if number != month:
            year += number < month
            month = number
            day = max(day, date(year, month, 1) - timedelta(days=1))
        day += timedelta(days=(_DAYS[weekday] - day.weekday() - 1) % 7 + 1)
        days.append(day)
    return pd.Series(pd.to_datetime(days).to_numpy()[changed.cumsum().to_numpy() - 1], index=months.index)


def _openings(customers: Any, moments: Any, products: Any, *, first: int) -> pa.Table:
    return shape(
        OPENINGS,
        {
            "opening": np.arange(first, first + len(customers)),
            "customer_no": pa.array(customers, pa.string()),
            "occurred_at": moments,
            "product": products,
            "amount_fen": np.zeros(len(customers), np.int64),
            "known_at": moments,
        },
    )
