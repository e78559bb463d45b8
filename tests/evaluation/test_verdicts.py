"""Verdicts: never ship on broken data or on an interval that holds zero, and words a manager can act on."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.novelty import closed_lifts
from evaluation.verdicts import harmed, verdicts
from lake.tables import EXPERIMENT_FINDINGS, READOUTS, VERDICTS_TABLE
from tests.evaluation.readout_world import finding, proven, readout

GUARDRAILS = {"complained": 0.001, "opted_out": 0.001, "outflow": 0.002}
LEVEL = 0.05
NO_FINDINGS = pd.DataFrame(columns=list(EXPERIMENT_FINDINGS.names))
NONE_CLOSED = closed_lifts(pd.DataFrame(), confidence=0.95)
NO_TERMS = pd.DataFrame(columns=["strategy", "pays", "per_night"])


def judged(
    *rows: dict[str, Any],
    findings: list[dict[str, Any]] | None = None,
    closed: pd.DataFrame = NONE_CLOSED,
    **terms: Any,
) -> dict[str, dict[str, Any]]:
    """The verdicts by strategy; ``terms`` hold for every strategy."""
    names = {row["name"] for row in rows}
    found = verdicts(
        pd.DataFrame(list(rows), columns=list(READOUTS.names)),
        pd.DataFrame(findings, columns=list(EXPERIMENT_FINDINGS.names)) if findings else NO_FINDINGS,
        closed=closed,
        terms=pd.DataFrame([{"strategy": name, **terms} for name in names], columns=list(NO_TERMS.columns)),
        guardrails=GUARDRAILS,
        false_discovery=LEVEL,
        confidence=0.95,
    )
    assert list(found.columns) == list(VERDICTS_TABLE.names)
    return {row["strategy"]: {str(key): row[key] for key in row} for row in found.to_dict("records")}


def test_what_is_proven_is_shipped_with_the_numbers_behind_it() -> None:
    found = judged(proven("savers"), pays=0.001)["savers"]
    assert (found["verdict"], found["metric"]) == ("ship", "converted")
    assert (found["lift"], found["low"], found["high"], found["q_value"]) == (0.012, 0.004, 0.02, 1e-5)
    assert "+1.20 (surely +0.40 to +2.00)" in found["words"]
    assert "Plan with +0.90" in found["words"]
    assert "not sure yet" not in found["words"]
    assert "a contact does from +0.60 on" in judged(proven("savers"), pays=0.006)["savers"]["words"]


def test_a_grave_finding_breaks_it_whatever_the_numbers_and_is_told() -> None:
    findings = [finding("savers", "odd", grave=False), finding("savers", "two_arms"), finding("lost")]
    found = judged(proven("savers"), proven("savers", "complained"), findings=findings)
    assert found["savers"]["verdict"] == found["lost"]["verdict"] == "broken"
    assert "two_arms is wrong." in found["savers"]["words"]
    assert "odd" not in found["savers"]["words"]
    assert json.loads(found["savers"]["findings"]) == ["two_arms", "odd"]
    assert math.isnan(found["savers"]["lift"])


def test_a_finding_that_is_not_grave_is_listed_and_changes_nothing() -> None:
    found = judged(proven("savers"), findings=[finding("savers", "odd", grave=False)])["savers"]
    assert (found["verdict"], found["findings"]) == ("ship", '["odd"]')


@pytest.mark.parametrize("guardrail", GUARDRAILS)
def test_a_guardrail_surely_worse_stops_what_would_be_shipped(guardrail: str) -> None:
    found = judged(proven("savers"), proven("savers", guardrail))["savers"]
    assert (found["verdict"], found["metric"]) == ("stop", guardrail)
    assert f"{guardrail}: +1.20 (surely +0.40 to +2.00) of 100" in found["words"]
    assert f"up to +{100 * GUARDRAILS[guardrail]:.2f} is let pass" in found["words"]


def test_harm_within_the_margin_is_let_pass_however_sure() -> None:
    little = readout("savers", "outflow", lift=0.002, error=1e-5, always_low=0.0019, always_high=0.0021)
    assert judged(proven("savers"), little | {"always_p": 0.0})["savers"]["verdict"] == "ship"


def test_fewer_complaints_are_no_harm() -> None:
    better = readout("savers", "complained", lift=-0.01, always_low=-0.02, always_high=-0.001, always_p=1e-9)
    assert judged(proven("savers"), better)["savers"]["verdict"] == "ship"


def test_guardrails_are_under_false_discovery_control_over_the_whole_portfolio() -> None:
    doubtful = readout("savers", "complained", lift=0.013, error=0.003, always_low=0.002, always_high=0.024)
    nothing = [readout(f"other{n}", "complained", lift=-0.01, error=0.003) for n in range(60)]
    assert judged(doubtful)["savers"]["verdict"] == "stop"
    # Those that are surely no worse count as well, and are no discoveries.
    assert judged(doubtful, *nothing)["savers"]["verdict"] == "continue"


def test_broken_strategies_neither_harm_nor_count_among_the_guardrails() -> None:
    rows = pd.DataFrame(
        [proven("savers", "complained"), readout("loans", "complained", lift=0.0, error=0.003)]
    )
    alone, both = (
        harmed(rows, pd.DataFrame([finding(broken)]), guardrails=GUARDRAILS, false_discovery=LEVEL)
        for broken in ("loans", "others")
    )
    assert list(alone["strategy"]) == ["savers"]
    assert 2 * alone["q_value"].item() == pytest.approx(both["q_value"].item())  # of one test, not of two
    mended = harmed(rows, pd.DataFrame([finding("savers")]), guardrails=GUARDRAILS, false_discovery=LEVEL)
    assert mended.empty


def closed_windows(lift: float, *, customers: int = 40_000, held: int = 10_000) -> pd.DataFrame:
    """Closed windows in which 3 of 100 left alone reached the goal."""
    counted = [
        ("savers", 1, customers / (customers + held), True, customers, round(customers * (0.03 + lift))),
        ("savers", 1, customers / (customers + held), False, held, round(held * 0.03)),
    ]
    names = ["strategy", "week", "treatment_share", "treated", "customers", "converted"]
    return closed_lifts(pd.DataFrame(counted, columns=names), confidence=0.95)


def test_what_cannot_pay_is_stopped() -> None:
    poor = readout("savers", lift=0.0004, always_low=-0.0002, always_high=0.001, always_p=0.4, q_value=0.7)
    closed = closed_windows(0.001)
    assert judged(poor, closed=closed, pays=0.005)["savers"]["verdict"] == "continue"
    stopped = judged(poor, closed=closed, pays=0.01)["savers"]
    assert stopped["verdict"] == "stop"
    assert "not worth its cost" in stopped["words"]
    assert "pays from +1.00 on" in stopped["words"]
    assert (stopped["lift"], stopped["high"] < 0.01) == (pytest.approx(0.001), True)


def test_open_windows_and_few_people_are_no_proof_that_it_cannot_pay() -> None:
    poor = readout("savers", lift=0.0004, always_low=-0.0002, always_high=0.001, always_p=0.4, q_value=0.7)
    for closed in (NONE_CLOSED, closed_windows(0.018), closed_windows(0.0, held=9)):
        assert judged(poor, closed=closed, pays=0.02)["savers"]["verdict"] == "continue"
    nobody = pd.DataFrame([poor | {"strategy": "savers", "lift": 0.0, "error": 0.0}])
    assert judged(poor, closed=nobody, pays=0.02)["savers"]["verdict"] == "continue"


def test_a_proven_loss_is_stopped_whatever_a_contact_costs() -> None:
    loss = readout("savers", lift=-0.01, always_low=-0.02, always_high=-0.001, always_p=1e-6, q_value=1e-5)
    assert judged(loss)["savers"]["verdict"] == "stop"
    assert "fewer reach the goal" in judged(loss)["savers"]["words"]


def test_what_is_open_says_how_long_it_will_take() -> None:
    row = readout("savers", lift=0.006, error=0.003, always_low=-0.004, always_high=0.016, q_value=0.4)
    row |= {"shrunk_lift": 0.005, "detectable_lift": 0.0084}
    found = judged(row, per_night=500.0)["savers"]
    # ((0.010 + 0.84 * 0.003) / 0.005) ** 2 = 6.27 times the 10,000 customers seen so far.
    assert "about 53,000 more customers, some 106 nights, will tell" in found["words"]
    assert "a lift from +0.84 on would mostly be seen" in found["words"]
    assert "nights" not in judged(row)["savers"]["words"]
    assert "sensible time" in judged(row | {"shrunk_lift": 0.0001}, per_night=500.0)["savers"]["words"]
    measured = judged(row | {"shrunk_lift": 1e-5}, per_night=500.0)["savers"]["words"]
    assert "+0.00)" not in measured  # luck leaves nothing to reckon with
    assert measured == judged(row | {"shrunk_lift": math.nan}, per_night=500.0)["savers"]["words"]
    assert (
        "does not look like a gain" in judged(row | {"shrunk_lift": 0.0, "lift": -0.001})["savers"]["words"]
    )


def test_without_numbers_nothing_is_said() -> None:
    found = judged(readout("savers", words="This bank tells no lift."))["savers"]
    assert found["verdict"] == "continue"
    assert found["words"] == "Continue 继续: This bank tells no lift."
    few = [proven("savers", metric) | {"control_customers": 9} for metric in ("converted", "complained")]
    assert judged(*few)["savers"]["verdict"] == "continue"
    assert "fewer than 10 customers" in judged(*few)["savers"]["words"]
    assert pd.isna(judged(*few)["savers"]["lift"])  # nor is it told by the table
    assert verdicts(
        pd.DataFrame(columns=list(READOUTS.names)),
        NO_FINDINGS,
        closed=NONE_CLOSED,
        terms=NO_TERMS,
        guardrails=GUARDRAILS,
        false_discovery=LEVEL,
        confidence=0.95,
    ).empty


def test_only_the_whole_strategy_by_intention_to_treat_decides() -> None:
    others = [proven("savers") | change for change in ({"view": "contacted"}, {"arm": "treatment_b"})]
    kind = proven("deposit") | {"level": "kind"}
    found = judged(readout("savers"), *others, kind)
    assert {name: row["verdict"] for name, row in found.items()} == {"savers": "continue"}


numbers = st.one_of(st.floats(-1, 1), st.just(math.nan), st.just(math.inf), st.just(-math.inf))
probabilities = st.one_of(st.floats(0, 1), st.just(math.nan))
rows = st.fixed_dictionaries(
    {
        "lift": numbers,
        "error": numbers,
        "always_low": numbers,
        "always_high": numbers,
        "shrunk_lift": numbers,
        "detectable_lift": numbers,
        "always_p": probabilities,
        "q_value": probabilities,
        "customers": st.integers(0, 10**7),
    }
)


@settings(max_examples=100, deadline=None)
@given(
    goals=st.lists(rows, min_size=1, max_size=4),
    guardrail=rows,
    graves=st.sets(st.integers(0, 3)),
    pays=st.one_of(st.none(), st.floats(0, 1)),
    per_night=st.one_of(st.none(), st.floats(0, 1e6)),
)
def test_whatever_comes_in_one_sound_verdict_comes_out(
    goals: list[dict[str, Any]],
    guardrail: dict[str, Any],
    graves: set[int],
    pays: float | None,
    per_night: float | None,
) -> None:
    given_rows = [readout(f"s{number}", **goal) for number, goal in enumerate(goals)]
    findings = [finding(f"s{number}") for number in sorted(graves)]
    worse = readout("s0", "complained", **guardrail)
    found = judged(*given_rows, worse, findings=findings, pays=pays, per_night=per_night)
    assert set(found) == {row["name"] for row in given_rows} | {row["strategy"] for row in findings}
    for number, goal in enumerate(goals):
        verdict = found[f"s{number}"]
        assert verdict["words"]
        assert "nan" not in verdict["words"]
        if number in graves:
            assert verdict["verdict"] == "broken"
        if verdict["verdict"] == "ship":
            assert 0 < goal["always_low"] <= goal["lift"] <= goal["always_high"]
            assert goal["q_value"] <= LEVEL


@settings(max_examples=100, deadline=None)
@given(
    low=st.floats(-0.02, 0.02),
    more=st.floats(0, 0.02),
    width=st.floats(0.001, 0.05),
    q=st.floats(0, 0.2),
    less=st.floats(0, 1),
    pays=st.floats(0, 0.01),
)
def test_better_evidence_never_makes_the_verdict_worse(
    low: float, more: float, width: float, q: float, less: float, pays: float
) -> None:
    ranks = {"stop": 0, "continue": 1, "ship": 2}

    def rank(low: float, q: float) -> int:
        interval: dict[str, Any] = {"always_low": low, "lift": low + width / 2, "always_high": low + width}
        return ranks[judged(readout("savers", **interval, q_value=q), pays=pays)["savers"]["verdict"]]

    before = rank(low, q)
    if low + width < 0:  # a loss: surer evidence of it may only make things worse
        assert rank(low, q * less) <= before
    else:
        assert rank(low + more, q * less) >= before


def test_thousands_are_judged_alike_in_any_order() -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame([proven(f"s{n}") | {"q_value": q} for n, q in enumerate(rng.uniform(0, 0.1, 500))])
    once, again = (
        verdicts(
            rows,
            NO_FINDINGS,
            closed=NONE_CLOSED,
            terms=NO_TERMS,
            guardrails=GUARDRAILS,
            false_discovery=LEVEL,
            confidence=0.95,
        )
        for rows in (table, table.sample(frac=1, random_state=1))
    )
    pd.testing.assert_frame_equal(once, again)
    assert (once["verdict"] == "ship").sum() == (table["q_value"] <= LEVEL).sum()
