"""What the report says of experiments, rendered: all of it, none of the small cells."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment, PackageLoader, select_autoescape

from evaluation import experiment_pictures as pictures
from evaluation.experiment_sections import TOO_FEW, Terms, sections
from evaluation.experiment_summary import ExperimentSummary
from evaluation.findings.arms import SampleRatio
from evaluation.findings.finding import FALSE_ALARMS
from evaluation.head_to_head import Pair
from experiments.sample_ratio import evidence
from lake.tables import READOUTS
from tests.evaluation.portfolio_world import SHARE, effects, empty, readouts, summary


def _sections(found: ExperimentSummary, *, pairs: Sequence[Pair] = ()) -> dict[str, Any]:
    names = list(found.readouts["name"])
    terms = Terms(
        titles={name: f"<b>{name}</b>" for name in names},
        values=dict.fromkeys(names, 100.0),
        pairs=pairs,
        confidence=0.95,
        false_discovery=0.05,
    )
    return sections(found, terms)


def _page(found: ExperimentSummary, **given: Any) -> str:
    environment = Environment(
        loader=PackageLoader("evaluation", "."), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    template = environment.get_template("experiments.html")
    return template.render(
        experiments=_sections(found, **given), context={"source_caveat": ""}, planted=None, smallest=10
    )


@pytest.fixture(scope="module")
def thousands() -> ExperimentSummary:
    return summary(readouts(effects(4_000)))


def test_four_thousand_strategies_stay_one_small_page(thousands: ExperimentSummary) -> None:
    page = _page(thousands)
    assert len(page.encode()) < 3_000_000  # the library beside it is 4.8 MB
    assert "https://" not in page
    assert len(re.findall(r"<tr><td><b>s\d{4}</b>", page)) == 4_000
    assert "proven good 已证有效" in page
    assert "&lt;b&gt;s0000" in page  # a title is text, never markup


def test_the_forest_holds_both_ends_and_both_readings(thousands: ExperimentSummary) -> None:
    strategies = thousands.readouts[thousands.readouts["level"] == "strategy"]
    drawn = pictures.both_ends(pictures.drawable(strategies))
    assert len(drawn) == 2 * pictures.EACH_END
    middle = strategies[~strategies["name"].isin(drawn["name"])]["shrunk_lift"]
    assert drawn["shrunk_lift"][:20].max() <= middle.min()
    assert middle.max() <= drawn["shrunk_lift"][20:].min()
    figure = pictures.forest(strategies)
    measured = next(trace for trace in figure.data if trace.name == "as measured, for one look")
    surely_better = next(trace for trace in figure.data if trace.name == "surely better")
    at_top = drawn["name"].iloc[-1]
    raw, drawn_in = (dict(zip(t.y, t.x, strict=True))[at_top] for t in (measured, surely_better))
    assert drawn_in < raw  # the best one was lucky too


def test_strategies_of_few_people_show_no_number() -> None:
    read = readouts(np.array([0.03, 0.0, 0.02]), people=20_000)
    read.loc[1, "control_customers"] = 9
    found = summary(read)
    row = next(r for r in _sections(found)["strategies"] if r["name"] == "s0001")
    assert row["held"] == "under 10"
    assert row["words"] == TOO_FEW
    assert {row[name] for name in ("lift", "shrunk", "paid")} == {"–"}
    assert row["always"] == row["shrunk_interval"] == ""


def test_returns_of_few_people_and_their_neighbour_are_hidden() -> None:
    numbers = {
        name: 1.0
        for estimate in ("conversions", "aum", "value", "return_per_contact")
        for name in (estimate, f"{estimate}_low", f"{estimate}_high")
    }
    returns = pd.DataFrame(
        {
            "level": ["all", "channel", "channel", "channel"],
            "name": ["all", "sms", "push", "ai_call"],
            "customers": [1_000, 900, 92, 8],
        }
    ).assign(strategies=1, left_out=0, contacts=50, cost=5.0, words="Pays", **numbers)
    found = dataclasses.replace(summary(readouts(np.zeros(3))), returns=returns)
    by_level = _sections(found)["returns"]
    assert [len(rows) for rows in by_level.values()] == [1, 3]
    hidden = [row["name"] for rows in by_level.values() for row in rows if row["few"]]
    assert hidden == ["AI call AI外呼", "app push 推送"]
    assert _page(found).count("not shown") == 2


def test_the_sample_ratio_line_is_where_an_alarm_would_be() -> None:
    read = readouts(np.zeros(40))
    findings = pd.DataFrame(
        {"strategy": ["s0003"], "kind": [SampleRatio.name], "grave": [True], "words": ["Not."]}
    )
    found = summary(read, findings.assign(rows=None))
    assert "not as drawn: broken" in str(_sections(found)["sample_ratio"])
    shares = pd.DataFrame(
        {"name": ["a"], "customers": [500], "observed": [0.8], "drawn": [0.8], "alarm": [False]}
    )
    bound = pd.DataFrame({"customers": [100.0, 1_000.0], "away": [0.2, 0.06]})
    line = pictures.sample_ratio(shares, bound=bound).data[0]
    assert list(line.y) == [20.0, 6.0]


def test_pairs_are_shown_with_who_was_compared() -> None:
    read = readouts(np.array([0.04, 0.0]))
    both = pd.concat([read, read.assign(view="entered")], ignore_index=True)
    found = dataclasses.replace(summary(read), readouts=both)
    page = _page(found, pairs=[Pair("calls", "s0000", "ai_call", "s0001", "human_call")])
    assert "entered: drawn at random" in page
    assert "ai_call changes more than human_call." in page


def test_a_first_night_has_a_page_too() -> None:
    page = _page(summary(empty(READOUTS)))
    assert "No strategy is proven yet" in page
    assert "No lift can be drawn yet" in page
    assert "Fewer than two weeks" in page


def test_the_bound_is_that_of_the_evidence() -> None:
    found = _sections(summary(readouts(np.zeros(40))))
    assert found["sample_ratio"]
    limit = np.log(40 / FALSE_ALARMS)
    inside = evidence([20_000 * (SHARE + 0.01), 20_000 * (1 - SHARE - 0.01)], [SHARE, 1 - SHARE])
    outside = evidence([20_000 * (SHARE + 0.03), 20_000 * (1 - SHARE - 0.03)], [SHARE, 1 - SHARE])
    assert inside < limit < outside


def test_grave_findings_are_told_one_by_one_and_others_counted() -> None:
    read = readouts(np.zeros(50))
    kinds = [("missing_outcomes", True, name) for name in read["name"][:45]]
    kinds += [("zero_variance", False, name) for name in read["name"][45:]]
    findings = pd.DataFrame(kinds, columns=["kind", "grave", "strategy"]).assign(words="Why.", rows=None)
    page = _page(summary(read, findings))
    assert page.count('<td class="no">missing outcomes</td>') == 40
    assert "And 5 more." in page
    assert "zero variance 5." in page
