"""Experiments on the command line, from the tables alone: what to do comes first, few people stay hidden."""

import json
import math
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from base.errors import BookError, ExperimentError, LongreachError, ScheduleError
from base.settings import load_settings
from evaluation.findings.finding import kinds
from evaluation.metrics.metric import load_metrics
from evaluation.novelty import closed_lifts
from evaluation.verdicts import verdicts
from jobs.command import app
from jobs.job import Night
from jobs.run import open_house
from jobs.terminal import out
from lake.table import Table
from lake.tables import EXPERIMENT_FINDINGS, MEASURED, READOUTS, SEGMENT_READOUTS, VERDICTS_TABLE
from strategies.first_book import put_live
from tests.evaluation.readout_world import finding, proven, readout
from tests.strategies.book_world import written

PAGE = Path(__file__).parents[2] / "docs" / "experiments.md"
NIGHT, EARLIER = date(2026, 7, 20), date(2026, 7, 19)
GOOD, OPEN, BROKEN, HARMFUL = "county_savers", "fund_starters", "loan_renewers", "card_users"
FEW = "village_savers"


def _harmless(metric: str, **numbers: float) -> dict[str, Any]:
    return readout(
        GOOD, metric, customers=34_000, control_customers=6_000, always_p=1.0, q_value=1.0, **numbers
    )


# 34,000 treated and 6,000 left alone, as experiments.statistics and experiments.sequences read them.
OF_GOOD: dict[str, Any] = {
    **{"customers": 34_000, "control_customers": 6_000, "mean": 0.042, "control_mean": 0.03},
    **{"lift": 0.012, "error": 0.00275, "low": 0.00694, "high": 0.0166, "p_value": 1.28e-05},
    **{"always_low": 0.00306, "always_high": 0.02094, "always_p": 0.00076, "q_value": 0.0015},
    **{"shrunk_lift": 0.0097, "shrunk_low": 0.0049, "shrunk_high": 0.0147},
    **{"sample_ratio_p": 1.0, "heterogeneity_p": 0.001, "detectable_lift": 0.0074},
}
OF_ASSETS: dict[str, Any] = {
    **{"mean": 1250.5, "control_mean": 1000.0, "lift": 250.5, "always_low": -10.0, "always_high": 511.0},
    **{"adjusted_lift": 231.2, "adjusted_low": 102.0, "adjusted_high": 360.4, "variance_kept": 0.64},
}
REACHED = {
    "view": "contacted",
    "customers": 18_700,
    "mean": 0.0615,
    "lift": 0.0315,
    "low": 0.026,
    "high": 0.0366,
}
SHRUNK = ("shrunk_lift", "shrunk_low", "shrunk_high")
REACHED |= dict.fromkeys(("shrunk_lift", "q_value"), math.nan)
READ = [
    readout(GOOD, **OF_GOOD),
    readout(GOOD, **OF_GOOD | REACHED),
    _harmless(
        "complained", mean=0.0012, control_mean=0.0012, lift=0.0, always_low=-0.0015, always_high=0.0016
    ),
    _harmless(
        "opted_out", mean=0.0028, control_mean=0.0027, lift=0.0001, always_low=-0.0023, always_high=0.0025
    ),
    _harmless("aum_change", **OF_ASSETS),
    readout(OPEN, lift=0.006, error=0.003, always_low=-0.004, always_high=0.016, q_value=0.4),
    proven(BROKEN),
    proven(HARMFUL) | {"always_p": 0.2, "q_value": 0.4, **dict.fromkeys(SHRUNK, 0.00001)},
    proven(HARMFUL, "complained"),
    proven(FEW) | {"control_customers": 9},
    proven("all") | {"level": "all"},
    *(
        proven(name) | {"level": "manager", "customers": n}
        for name, n in (("周立成", 9), ("林晓岚", 800), ("江 南", 900))
    ),
]
SEGMENTS = [("S03", 16_500, 2_900), ("S07", 16_000, 2_800), ("S11", 1_493, 291), ("S12", 7, 9)]
FOUND = [finding(BROKEN, "sample_ratio"), finding(GOOD, "odd", grave=False)]


def _segment(segment: str, customers: int, held: int, *, strategy: str = GOOD) -> dict[str, Any]:
    best = segment == "S03"
    row: dict[str, Any] = dict.fromkeys(SEGMENT_READOUTS.names, math.nan)
    row |= {"strategy": strategy, "segment": segment, "metric": "converted"}
    row |= (
        {"lift": 0.0205, "low": 0.0131, "high": 0.0272}
        if best
        else {"lift": 0.003, "low": -0.0041, "high": 0.0094}
    )
    row |= {"shrunk_lift": 0.0174, "q_value": 0.004} if best else {"shrunk_lift": 0.0021, "q_value": 0.9}
    return row | {"customers": customers, "control_customers": held}


def _frame(table: Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(pa.Table.from_pylist(rows, schema=table.arrow_schema()).to_pandas())


def _write(night: Night, table: Table, rows: pd.DataFrame) -> None:
    content = pa.Table.from_pandas(rows, schema=table.arrow_schema(), preserve_index=False)
    night.store.write(table, night.store.frame(table, content), as_of=night.as_of)


def _read(
    night: Night,
    readouts: list[dict[str, Any]],
    segments: Sequence[dict[str, Any]] = (),
    findings: Sequence[dict[str, Any]] = (),
) -> None:
    """Writes what a night reads, and the verdicts upon it."""
    found = {
        READOUTS: _frame(READOUTS, readouts),
        SEGMENT_READOUTS: _frame(SEGMENT_READOUTS, list(segments)),
        EXPERIMENT_FINDINGS: _frame(EXPERIMENT_FINDINGS, list(findings)),
    }
    found[VERDICTS_TABLE] = verdicts(
        found[READOUTS],
        found[EXPERIMENT_FINDINGS],
        closed=closed_lifts(pd.DataFrame(), confidence=0.95),
        terms=pd.DataFrame(columns=["strategy", "pays", "per_night"]),
        guardrails={"complained": 0.001},
        false_discovery=0.05,
        confidence=0.95,
    )
    for table, rows in found.items():
        _write(night, table, rows)


def _measured() -> pd.DataFrame:
    """600 treated whose assets grew by 1,000 to 1,599 yuan; 200 left alone, by 820 to 1,019."""
    grown = [("treatment", 1_000 + place) for place in range(600)] + [
        ("control", 820 + place) for place in range(200)
    ]
    known = {name: 0 for name in MEASURED.names if MEASURED[name].type in ("long", "int", "double")}
    known |= {name: "" for name in MEASURED.names if MEASURED[name].type == "string"}
    known |= {"first_exposed": NIGHT, "listed": True, "contacted": True, "flaw": None, "strategy": GOOD}
    return _frame(
        MEASURED,
        [
            known | {"customer": f"c{place}", "arm": arm, "aum_change": yuan}
            for place, (arm, yuan) in enumerate(grown)
        ],
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with two nights read: on the earlier one, nothing was known of any strategy."""
    folder = tmp_path_factory.mktemp("experiments") / "home"
    with open_house(load_settings(home=folder), as_of=NIGHT) as night:
        put_live(night.ledger, [written(name) for name in (GOOD, OPEN, BROKEN, HARMFUL, FEW, "never_seen")])
        _read(replace(night, as_of=EARLIER), [readout(GOOD)])
        segments = [_segment(*one) for one in SEGMENTS]
        segments += [_segment(*one, strategy=OPEN) for one in (("S01", 6_000, 1_100), ("S02", 2_500, 396))]
        _read(night, READ, segments, FOUND)
        _write(night, MEASURED, _measured())
    return folder


@pytest.fixture
def _desk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGREACH_HOME", str(home))
    monkeypatch.setenv("LONGREACH_ACTOR", "周立成")
    monkeypatch.setattr(out, "width", 150)


def call(words: str) -> Result:
    return CliRunner().invoke(app, ["experiments", *shlex.split(words)])


def said(words: str) -> str:
    result = call(words)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.stdout


def refused(words: str) -> LongreachError:
    result = call(words)
    assert isinstance(result.exception, LongreachError), (words, result.output)
    return result.exception


pytestmark = pytest.mark.usefixtures("_desk")


def test_the_list_has_a_line_and_a_verdict_for_every_strategy() -> None:
    lines = said("list").splitlines()
    assert "5 strategies: 1 ship, 1 stop, 2 continue, 1 broken" in lines[0]
    verdict_of = {
        name: next(line for line in lines if name in line) for name in (GOOD, OPEN, BROKEN, HARMFUL)
    }
    assert "ship" in verdict_of[GOOD]
    assert "+1.20" in verdict_of[GOOD]
    assert "complained" in verdict_of[HARMFUL]
    only = json.loads(said("list --verdict broken --json"))
    assert [(row["strategy"], row["lift"]) for row in only] == [(BROKEN, None)]
    assert json.loads(said("list --as-of 2026-07-19 --json"))[0]["verdict"] == "continue"


def test_a_page_says_first_what_to_do_and_then_why() -> None:
    page = said(f"show {GOOD}")
    first, *_ = page.split("treated,")
    assert "Ship 推广: of 100 customers +1.20 (surely +0.31 to +2.09) more" in first
    assert f"longreach experiments review {GOOD} --decide ship" in first
    for words in (
        "34,000 treated, 6,000 left alone; that the arms are as large as they were drawn: p = 1.000.",
        "4.20 %",
        "+250.50",
        "CUPED, one look, variance 64 %",
        "complained (guardrail)",
        "not randomised, do not decide by it",
        "Finding odd: odd is wrong.",
        "in the light of all strategies; plan with this",
    ):
        assert words in page, words


def test_the_page_in_the_document_is_what_the_command_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out, "width", 110)
    shown = {line.rstrip() for line in said(f"show {GOOD}").splitlines()}
    block = re.findall(r"^```text\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)[0]
    lines = [line.rstrip() for line in block.splitlines()]
    assert len(lines) > 20
    assert [line for line in lines if line not in shown] == []


def test_the_document_names_every_finding_and_every_metric() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in (*kinds(), *load_metrics()) if f"`{name}`" not in page] == []
    grave = {name for name, kind in kinds().items() if kind.grave}
    assert grave == {name for name in kinds() if f"| `{name}` | yes |" in page}


def test_luck_that_cannot_be_taken_out_or_leaves_nothing_is_not_planned_with() -> None:
    assert "in the light of all strategies no effect is left" in said(f"show {HARMFUL}")
    assert "too few strategies yet to take luck out" in said(f"show {OPEN}")
    for name in (HARMFUL, OPEN):
        assert "plan with this" not in said(f"show {name}")


def test_on_a_narrow_screen_words_and_dates_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out, "width", 80)
    said(f"review {OPEN} --decide continue --reason '再等两周，看窗口关闭后的结果，不要提前下结论'")
    pages = {words: said(words) for words in ("list", f"show {GOOD}", f"show {HARMFUL}", f"reviews {OPEN}")}
    rows = {words: [line for line in page.splitlines() if line[:1] in "│┃"] for words, page in pages.items()}
    assert all(cell_len(line) <= 80 for lines in rows.values() for line in lines)
    for verdict in ("verdict", "surely from", "ship", "stop", "continue", "broken"):
        assert any(verdict in line for line in rows["list"]), verdict
    for metric in ("aum_change", "complained", "opted_out", "converted", "+250.50"):
        assert any(metric in line for line in rows[f"show {GOOD}"]), metric
    command = f'longreach experiments review {HARMFUL} --decide stop --reason "..."'
    assert f"    {command}" in pages[f"show {HARMFUL}"].splitlines()
    written_on = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", pages[f"reviews {OPEN}"])
    assert written_on is not None
    assert any(OPEN in line for line in rows[f"reviews {OPEN}"])


def test_a_page_of_a_strategy_that_does_harm_tells_how_to_take_it_out() -> None:
    page = said(f"show {HARMFUL}")
    assert "Stop 停用: it does harm. complained: +1.20" in page
    assert f"longreach strategies pause {HARMFUL}" in page


def test_a_broken_experiment_is_said_to_be_so_instead_of_its_numbers() -> None:
    page = said(f"show {BROKEN}")
    assert "Broken 数据有误: believe no number of it until this is mended. sample_ratio is wrong." in page
    assert "1.20" not in page
    assert "--decide" not in page


def test_cells_of_few_people_are_hidden_and_cannot_be_worked_out() -> None:
    segments = {row["segment"]: row for row in json.loads(said(f"show {GOOD} --json"))["segments"]}
    assert segments["S03"]["customers"] == 16_500
    for segment in ("S12", "S11"):  # the few, and those whose count would tell theirs
        assert (segments[segment]["customers"], segments[segment]["lift"]) == (None, None)
    page = said(f"show {GOOD}")
    assert "hidden" in page
    assert "1,493" not in page


def test_segments_shown_do_not_tell_of_few_without_a_segment() -> None:
    """Of 1,500 left alone 1,496 are in segments: with both shown, four of no segment would be told."""
    segments = {row["segment"]: row for row in json.loads(said(f"show {OPEN} --json"))["segments"]}
    assert segments["S01"]["control_customers"] == 1_100
    assert (segments["S02"]["customers"], segments["S02"]["control_customers"]) == (None, None)


def test_a_page_without_enough_people_has_no_numbers() -> None:
    page = said(f"show {FEW}")
    assert "an arm has fewer than 10 customers" in page
    assert "1.20" not in page
    assert json.loads(said(f"show {FEW} --json"))["readouts"][0]["lift"] is None


def test_a_quantile_is_read_from_closed_windows_of_sound_experiments() -> None:
    told = json.loads(said(f"quantile {GOOD} --at 0.8 --metric aum_change --json"))
    assert (told["customers"], told["control_customers"]) == (600, 200)
    assert (told["treated"], told["left_alone"]) == (1_479.2, 979.2)
    assert told["lift"] == pytest.approx(500.0)
    assert 450 < told["low"] < told["lift"] < told["high"] < 550
    words = said(f"quantile {GOOD} --at 0.8 --metric aum_change")
    assert "80 of 100 customers lie below 1,479 yuan treated (600), below 979 left alone (200)" in words
    assert "fewer than 10" in str(refused(f"quantile {GOOD} --at 0.99 --metric aum_change"))
    assert "amount, aum_change" in str(refused(f"quantile {GOOD} --metric converted"))
    assert "broken" in str(refused(f"quantile {BROKEN} --metric aum_change"))


def test_reviews_are_written_shown_and_listed_and_the_broken_is_not_shipped() -> None:
    why = '--reason "每百人多 1.2 户"'
    assert f"{GOOD} v1: ship, by 周立成, on the verdict ship" in said(f"review {GOOD} --decide ship {why}")
    assert isinstance(refused(f"review {BROKEN} --decide ship {why}"), ExperimentError)
    said(f"review {BROKEN} --decide ship --against-advice {why} --as 'Chen Mo'")
    told = [one for one in json.loads(said("reviews --json")) if one["strategy"] in (GOOD, BROKEN)]
    assert [(one["strategy"], one["actor"]) for one in told] == [(BROKEN, "Chen Mo"), (GOOD, "周立成")]
    seen = told[1]["seen"]
    assert (seen["verdict"]["lift"], seen["readouts"][0]["p_value"]) == (0.012, 1.28e-05)
    assert "against advice" in said("reviews")
    assert "against advice" not in said(f"reviews {GOOD}")
    assert "每百人多 1.2 户" in said(f"show {GOOD}")


def test_names_and_nights_that_are_not_there_are_told_with_the_nearest() -> None:
    for words in (
        "show county_saver",
        "review county_saver --decide stop --reason x",
        "reviews county_saver",
    ):
        assert isinstance(refused(words), BookError)
        assert "did you mean county_savers?" in str(refused(words))
    assert "nobody had been exposed to it by 2026-07-20" in str(refused("show never_seen"))
    assert isinstance(refused("list --as-of 2026-07-01"), ScheduleError)
    assert "no customer has a segment yet" in str(refused("holdouts --export global"))
    assert call("holdouts --to somewhere.csv").exit_code == 2
    assert "nights from 2026-07-19 to 2026-07-20" in str(refused("list --as-of 2026-07-01"))


def test_the_portfolio_counts_what_is_proven() -> None:
    total = json.loads(said("portfolio --json"))
    assert total["strategies"] == {"ship": 1, "stop": 1, "continue": 2, "broken": 1}
    assert total["conversions"]["naive"] == pytest.approx(0.012 * 34_000)
    pooled = {row["name"]: (row["customers"], row["lift"]) for row in total["pooled"]}
    assert pooled["all"] == (8_500, 0.012)
    assert pooled["周立成"] == pooled["林晓岚"] == (None, None)  # one few, and the one that would tell it
    assert pooled["江 南"] == (900, 0.012)
    page = said("portfolio")
    assert "read on 2026-07-20" in page
    assert re.search(r"manager +│ 江 南 +│ 900 +│ 1,500 +│ \+1.20", page)


def test_weights_are_of_strategies_that_there_are_and_need_decisions_to_be_known_of() -> None:
    assert "did you mean county_savers?" in str(refused("value --weight county_saver=2"))
    assert "nothing is known of what decisions brought" in str(refused(f"value --weight {GOOD}=2"))
    for wrong in (GOOD, f"{GOOD}=much", f"{GOOD}=-1", f"{GOOD}=nan", "=2"):
        assert call(f"value --weight {wrong}").exit_code == 2, wrong
