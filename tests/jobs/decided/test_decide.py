"""A night of deciding: every candidate has a fate, every exposure its promises, and the same key twice."""

from collections import Counter

import pytest

from experiments.assign import arms_of
from experiments.enrolment import is_enrolled
from experiments.holdouts import holdouts, is_held
from features.compiler import CUSTOMER_FEATURES
from jobs.job import Night
from lake.tables import ASSIGNMENTS, CANDIDATES, CUSTOMERS, PLAN
from lake.tables.words import ARMS, TREATED
from outreach.channels.channel import capacities
from outreach.policy.rule import policy_rules
from strategies.document import Strategy
from tests.jobs.decided.nights import GENERAL_RULES, SECOND, rows, unread


def test_every_candidate_has_one_fate(first: Night) -> None:
    candidates, plan = rows(first, CANDIDATES), rows(first, PLAN)
    allowed = {(r["customer"], r["strategy"], r["step"]) for r in candidates if r["dropped_by"] is None}
    assert len(plan) == len(allowed)
    assert allowed == {(r["customer"], r["strategy"], r["step"]) for r in plan}
    assert {r["dropped_by"] for r in candidates} - {None} <= {rule.name for rule in policy_rules()}
    assert {"contact", "held_out", "lower_value", "capacity"} <= {r["fate"] for r in plan}


def test_capacities_and_hours_hold(first: Night) -> None:
    contacts = [r for r in rows(first, PLAN) if r["fate"] == "contact"]
    carried = capacities(first.settings, customers=len(rows(first, CUSTOMERS)))
    assert all(
        count <= carried[channel] for channel, count in Counter(r["channel"] for r in contacts).items()
    )
    assert all(9 <= r["hour"] <= (18 if r["channel"].endswith("call") else 19) for r in contacts)
    assert len({r["customer"] for r in contacts}) == len(contacts)


def test_assignments_are_the_first_exposures_with_their_promises(
    first: Night, book: dict[str, Strategy]
) -> None:
    exposed = {
        (r["customer"], r["strategy"]): r for r in rows(first, PLAN) if r["fate"] in ("contact", "held_out")
    }
    assignments = rows(first, ASSIGNMENTS)
    assets = {r["customer"]: r["aum_now"] for r in rows(first, CUSTOMER_FEATURES)}
    assert {(r["customer"], r["strategy"]) for r in assignments} == set(exposed)
    for r in assignments:
        strategy, drawn = book[r["strategy"]], first.settings.experiments
        assert r["first_exposed"] == SECOND
        assert (r["kind"], r["window_days"]) == (strategy.goal.product, strategy.goal.window_days)
        covered_by = ("global", "hushed") if strategy.tags else ("global",)
        above = {name: holdouts(drawn)[name] for name in covered_by}
        (arm,) = arms_of(
            [r["customer"]],
            strategy=strategy.name,
            experiment=strategy.experiment,
            settings=drawn,
            segment="S01",
            covered_by=covered_by,
        )
        assert r["arm"] == arm
        shares = strategy.experiment.shares("S01")
        assert r["treatment_share"] == pytest.approx(1 - shares["control"], abs=1e-12)
        assert r["arm_share"] == (None if arm not in shares else pytest.approx(shares[arm], abs=1e-12))
        assert r["covered_by"] == ",".join(f"{name}:{holdout.share}" for name, holdout in above.items())
        holding = [
            name
            for name, holdout in above.items()
            if is_held(r["customer"], name=name, holdout=holdout, salt=drawn.salt)
        ]
        assert r["held_by"] == ",".join(holding)
        assert (r["manager"], r["channel"]) == (strategy.manager, strategy.funnel[0].channel)
        assert r["aum_before"] == assets[r["customer"]]
        fate = exposed[r["customer"], r["strategy"]]["fate"]
        assert (fate == "contact") == (r["arm"] in TREATED)
    assert {r["arm"] for r in assignments} == set(ARMS) - {"treatment_c", "treatment_d"}


def test_only_who_takes_part_is_a_candidate(first: Night, book: dict[str, Strategy]) -> None:
    asked = {strategy: set[str]() for strategy in book}
    for r in rows(first, CANDIDATES):
        asked[r["strategy"]].add(r["customer"])
    assets = {r["customer"]: r["aum_now"] for r in rows(first, CUSTOMER_FEATURES)}
    chose = unread(first)
    for name, strategy in book.items():
        general = strategy.who in GENERAL_RULES
        least = 0.0 if general else float(strategy.who.split()[-1])
        taking_part = {
            customer
            for customer, aum_now in assets.items()
            if aum_now >= least
            and (general or customer not in chose)
            and is_enrolled(
                customer,
                strategy=name,
                experiment=strategy.experiment,
                salt=first.settings.experiments.salt,
            )
        }
        assert asked[name] == taking_part


def test_who_chose_no_personalisation_is_asked_by_nothing_that_reads_of_him(
    first: Night, book: dict[str, Strategy]
) -> None:
    chose = unread(first)
    asked = [r for r in rows(first, CANDIDATES) if r["customer"] in chose]
    assert {book[r["strategy"]].who for r in asked} <= set(GENERAL_RULES)
    assert {r["segment"] for r in asked} == {"none"}
    assert "no_personalisation" not in {r["dropped_by"] for r in asked}
    reached = {r["customer"] for r in rows(first, PLAN) if r["customer"] in chose}
    assert reached == {r["customer"] for r in asked if r["dropped_by"] is None}
    assert reached


def test_the_same_night_again_changes_nothing(again: tuple[list[str], list[str]]) -> None:
    before, after = again
    assert after == before
