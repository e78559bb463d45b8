"""The rules in the engine against a judge in plain Python, who reads the rule book and the raw rows."""

import inspect
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as spark

from base.settings import Contact
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CONSENTS,
    CONTACTS,
    CUSTOMERS,
    NUMBERS,
    OUTCOMES,
    PERSONS,
    PLAN,
    SUPPRESSIONS,
)
from outreach.policy.facts import facts_of
from outreach.policy.gather import Known, gather
from outreach.policy.page import PAGE, render
from outreach.policy.rule import PolicyRule, dropped_by, policy_rules, reasons
from tests.outreach.policy_world import AS_OF, DAY, Row, World, make_world

CONTACT = Contact.model_validate({})
ORDER = [
    "switched_off",
    "deceased",
    "litigation",
    "staff",
    "complaint_open",
    "underage",
    "opted_out",
    "number_opted_out",
    "do_not_disturb",
    "refuses_automated_decisions",
    "no_personalisation",
    "no_consent",
    "refused_this_way",
    "refused_lately",
    "no_mobile_number",
    "no_app",
    "outside_hours",
    "caller_number",
    "strategy_not_valid",
    "unsuitable",
    "elderly_by_human",
    "elderly_risk",
    "other_journey",
    "touch_made",
    "contacted_that_day",
    "contacted_that_week",
]
STATES = {
    "deceased",
    "litigation",
    "staff",
    "complaint_open",
    "refuses_automated_decisions",
    "no_personalisation",
}


class Judge:
    """Reads a world's rows one by one and says which rule forbids a candidate first."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_customer: dict[Table, dict[str, list[Row]]] = {}
        for table, rows in world.rows.items():
            self.by_customer[table] = _by_customer(rows)
        self.journeys = _by_customer(world.journeys)
        self.begun_again = _by_customer(world.begun_again)
        self.number_of = {row["customer"]: row["number"] for row in world.rows[NUMBERS]}
        person_of = {row["customer"]: row["person"] for row in world.rows[PERSONS]}
        self.accounts = {
            customer: [other for other, theirs in person_of.items() if theirs == person]
            for customer, person in person_of.items()
        }
        self.touch = {(row["strategy"], row["step"]): row for row in world.touches}

    def rows(self, table: Table, customer: str) -> list[Row]:
        return self.by_customer[table].get(customer, [])

    def verdict(self, candidate: Row) -> str | None:
        forbidden = self.reasons_against(candidate)
        if not self.rows(CUSTOMERS, candidate["customer"]):
            forbidden &= {"switched_off", "underage"}  # nothing is known of him, so his age is not
        return next((name for name in ORDER if name in forbidden), None)

    def reasons_against(self, candidate: Row) -> set[str]:
        customer, channel = candidate["customer"], candidate["channel"]
        touch = self.touch[candidate["strategy"], candidate["step"]]
        found = (
            self.states(customer) | self.person(customer, candidate) | self.means(customer, candidate, touch)
        )
        if not touch["personal"]:
            found.discard("no_personalisation")
        sharing = self.sharing(customer)
        if self.opted_out(customer, channel):
            found.add("opted_out")
        if any(self.opted_out(other, channel) for other in sharing) or self.number_opted_out(
            customer, channel
        ):
            found.add("number_opted_out")
        if any(self.suppressed(other, "do_not_disturb", channel) for other in {customer, *sharing}):
            found.add("do_not_disturb")
        if not self.consented(customer, channel):
            found.add("no_consent")
        refusals = self.refusals(customer)
        if any(means == channel for means, _ in refusals):
            found.add("refused_this_way")
        if any(on >= date(2026, 2, 28) for _, on in refusals):
            found.add("refused_lately")
        if not touch["valid_from"] <= DAY <= touch["valid_until"]:
            found.add("strategy_not_valid")
        journey = self.journey(customer)
        if journey and journey != candidate["strategy"]:
            found.add("other_journey")
        if candidate["step"] <= self.last_step(customer, candidate["strategy"]):
            found.add("touch_made")
        together = (self.accounts_of(customer), sharing)
        if max(sum(self.contacts(other, 1) for other in people) for people in together) >= 1:
            found.add("contacted_that_day")
        if max(sum(self.contacts(other, 7) for other in people) for people in together) >= 3:
            found.add("contacted_that_week")
        return found

    def states(self, customer: str) -> set[str]:
        return {row["kind"] for row in self.suppressions(customer)} & STATES

    def person(self, customer: str, candidate: Row) -> set[str]:
        found = set()
        facts = next(iter(self.rows(CUSTOMERS, customer)), None)
        born = facts["birth_month"] if facts else None
        if born is None:
            found |= {"underage", "elderly_by_human", "elderly_risk"}
        else:
            first_of_next = date(born.year + born.month // 12, born.month % 12 + 1, 1)
            if first_of_next.replace(year=first_of_next.year + 18) > DAY:
                found.add("underage")
            if born.replace(year=born.year + 65) <= DAY:
                found |= {"elderly_by_human"} if candidate["channel"] != "human_call" else set()
                found |= {"elderly_risk"} if candidate["kind"] in ("wealth", "fund") else set()
        risk = (facts["risk_level"] if facts else None) or 0
        if risk < {"wealth": 2, "fund": 3}.get(candidate["kind"], 0):
            found.add("unsuitable")
        return found

    def means(self, customer: str, candidate: Row, touch: Row) -> set[str]:
        found = set()
        kinds = [row["kind"] for row in self.rows(NUMBERS, customer)]
        if candidate["channel"] == "push":
            if not any(row["has_app"] for row in self.rows(CUSTOMERS, customer)):
                found.add("no_app")
        elif kinds != ["mobile"]:
            found.add("no_mobile_number")
        hour = candidate["hour"]
        last = {"ai_call": 18, "human_call": 18}.get(candidate["channel"], 19)
        if hour is None or not 9 <= hour <= last:
            found.add("outside_hours")
        if touch["switched_off"]:
            found.add("switched_off")
        if touch["caller_purpose"] != "marketing":
            found.add("caller_number")
        return found

    def sharing(self, customer: str) -> list[str]:
        """Everybody at the customer's number, the customer too."""
        number = self.number_of.get(customer)
        return [other for other, theirs in self.number_of.items() if number and theirs == number]

    def accounts_of(self, customer: str) -> list[str]:
        """All accounts of the person, the customer's own too."""
        return self.accounts.get(customer, [customer])

    def suppressions(self, customer: str) -> list[Row]:
        return [
            row
            for account in self.accounts_of(customer)
            for row in self.rows(SUPPRESSIONS, account)
            if row["since"] <= DAY and (row["until"] is None or row["until"] >= DAY)
        ]

    def suppressed(self, customer: str, kind: str, channel: str) -> bool:
        return any(
            row["kind"] == kind and row["channel"] in (channel, "all") for row in self.suppressions(customer)
        )

    def opted_out(self, customer: str, channel: str) -> bool:
        return self.suppressed(customer, "opt_out", channel) or any(
            row["customer"] in self.accounts_of(customer) and row["channel"] in (channel, "all")
            for row in self.world.opt_outs
        )

    def number_opted_out(self, customer: str, channel: str) -> bool:
        number = self.number_of.get(customer)
        return any(
            number and row["number"] == number and row["channel"] in (channel, "all")
            for row in self.world.opt_outs
        )

    def consented(self, customer: str, channel: str) -> bool:
        return any(
            row["purpose"] == "marketing"
            and row["channel"] == channel
            and row["granted"]
            and row["known_at"].date() <= AS_OF
            and row["valid_from"] <= DAY
            and (row["valid_until"] is None or row["valid_until"] >= DAY)
            for row in self.rows(CONSENTS, customer)
        )

    def refusals(self, customer: str) -> list[tuple[str, date]]:
        others = [
            (row["channel"], row["contacted_at"].date(), row["result"])
            for account in self.accounts_of(customer)
            for row in self.rows(CONTACTS, account)
        ]
        own = [
            (row["channel"], row["happened_at"].date(), row["result"])
            for account in self.accounts_of(customer)
            for row in self.rows(OUTCOMES, account)
        ]
        return [(channel, on) for channel, on, result in others + own if result in ("refused", "complained")]

    def exposures(self, customer: str) -> list[Row]:
        return [row for row in self.rows(PLAN, customer) if row["fate"] in ("contact", "held_out")]

    def contacts(self, customer: str, days: int) -> int:
        """Contacts on the last ``days`` days, the contact day being the last of them."""
        made = [
            row["contacted_at"].date() for row in self.rows(CONTACTS, customer) if row["purpose"] != "service"
        ]
        made += [row["as_of"] + timedelta(days=1) for row in self.exposures(customer)]
        return sum(DAY - timedelta(days=days) < on <= DAY for on in made)

    def journey(self, customer: str) -> str | None:
        """His own, or else that of another account of his."""
        under_way = [
            (account == customer, row["first_exposed"], row["strategy"])
            for account in self.accounts_of(customer)
            for row in (*self.rows(ASSIGNMENTS, account), *self.begun_again.get(account, []))
            if (DAY - row["first_exposed"]).days < row["window_days"]
        ]
        return max(under_way)[2] if under_way else None

    def last_step(self, customer: str, strategy: str) -> int:
        steps = [row["last_step"] for row in self.journeys.get(customer, []) if row["strategy"] == strategy]
        return max(steps, default=0)


def _by_customer(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["customer"], []).append(row)
    return found


def in_engine(engine: SparkSession, world: World, contact: Contact = CONTACT) -> Counter[tuple[str, ...]]:
    """What the rules in the engine say: (customer, strategy, step, dropped_by or '') and how often."""
    known = Known(
        customers=_frame(engine, world, CUSTOMERS),
        numbers=_frame(engine, world, NUMBERS),
        persons=_frame(engine, world, PERSONS),
        consents=_frame(engine, world, CONSENTS),
        suppressions=_frame(engine, world, SUPPRESSIONS),
        contacts=_frame(engine, world, CONTACTS),
        outcomes=_frame(engine, world, OUTCOMES),
        plan=_frame(engine, world, PLAN),
        assignments=_frame(engine, world, ASSIGNMENTS),
        journeys=_rows(engine, world.journeys, "customer string, strategy string, last_step int"),
        begun_again=_rows(
            engine,
            world.begun_again,
            "customer string, strategy string, first_exposed date, window_days int",
        ),
        opt_outs=_rows(engine, world.opt_outs, "customer string, number string, channel string"),
        touches=_rows(
            engine,
            world.touches,
            "strategy string, step int, channel_bit int, planned_seconds int, by_human boolean, "
            "needs string, caller_purpose string, switched_off boolean, personal boolean, valid_from date, "
            "valid_until date",
        ),
    )
    candidates = _rows(
        engine,
        world.candidates,
        "customer string, strategy string, step int, channel string, kind string, hour int",
    )
    judged = gather(candidates, known, day=DAY, contact=contact).select(
        "customer", "strategy", "step", dropped_by(facts_of(DAY, contact=contact)).alias("dropped_by")
    )
    rows = judged.toArrow().to_pylist()
    return Counter((row["customer"], row["strategy"], row["step"], row["dropped_by"] or "") for row in rows)


def _frame(engine: SparkSession, world: World, table: Table) -> DataFrame:
    schema = table.spark_schema().add("as_of", spark.DateType())
    return engine.createDataFrame([tuple(row[f.name] for f in schema) for row in world.rows[table]], schema)


def _rows(engine: SparkSession, rows: list[Row], schema: str) -> DataFrame:
    names = [part.split()[0] for part in schema.split(", ")]
    return engine.createDataFrame([tuple(row[name] for name in names) for row in rows], schema)


def test_engine_and_judge_never_disagree(engine: SparkSession) -> None:
    world = make_world(2_000, seed=20260830)
    judge = Judge(world)
    expected = Counter(
        (c["customer"], c["strategy"], c["step"], judge.verdict(c) or "") for c in world.candidates
    )
    assert in_engine(engine, world) == expected
    verdicts = Counter(verdict for *_, verdict in expected)
    assert verdicts[""] > 500
    assert not set(ORDER) - set(verdicts), "the world must make every rule speak"


def test_no_contacts_a_day_means_nobody(engine: SparkSession) -> None:
    world = make_world(50, seed=1)
    verdicts = {verdict for *_, verdict in in_engine(engine, world, Contact.model_validate({"per_day": 0}))}
    assert "" not in verdicts
    assert "contacted_that_day" in verdicts


def test_order_is_the_documented_one() -> None:
    assert [rule.name for rule in policy_rules()] == ORDER


@pytest.mark.parametrize("rule", policy_rules(), ids=lambda rule: rule.name)
def test_every_rule_says_why_in_both_languages(rule: PolicyRule) -> None:
    words = reasons()[rule.name]
    assert words == inspect.cleandoc(type(rule).__doc__ or "")
    assert any("\u4e00" <= character <= "\u9fff" for character in words)
    assert words.split(".")[0].isascii()


def test_the_page_is_fresh() -> None:
    page = Path(__file__).parents[2] / PAGE
    assert page.read_text(encoding="utf-8") == render(), "run: python -m outreach.policy.page"
