"""Plans of experiments, and the value of other weights, as the command line tells them."""

import json
import re
import shlex
from datetime import date

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from evaluation.policy_value import policy_value
from jobs.command import app
from jobs.experiment_lists import Sheet, holdout_table, told_holdouts, value_table
from jobs.holdouts import Standing
from jobs.terminal import out


def run(words: str, *, status: int = 0) -> str:
    """What the command prints, and wrong calls how they end."""
    result = CliRunner().invoke(app, ["experiments", "plan", "--strategies", "1", *shlex.split(words)])
    assert result.exit_code == status, (words, result.output, result.exception)
    return result.stdout


def test_a_plan_answers_both_ways_round_and_reading_every_night_takes_more() -> None:
    one = json.loads(run("--base 0.03 --lift 0.01 --json"))
    other = json.loads(run(f"--base 0.03 --customers {one['customers']} --json"))
    assert other["lift"] == pytest.approx(0.01, rel=1e-3)
    assert other["nightly_lift"] > other["lift"]
    nightly = json.loads(run(f"--base 0.03 --customers {one['nightly_customers']} --json"))
    assert nightly["nightly_lift"] == pytest.approx(0.01, rel=1e-3)


def test_a_plan_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out, "width", 200)
    told = run("--base 0.03 --lift 0.01")
    assert re.search(r"customers \(.* of them left alone\) show a lift of \+1\.00 of 100, from 3\.00", told)
    assert "Read every night over 1 strategies, as verdicts are, it takes" in told


def test_a_plan_counts_all_strategies_that_are_read_together() -> None:
    """The first of so many discoveries must have a p-value of 5 % over their number."""
    needed = [
        json.loads(run(f"--base 0.03 --lift 0.01 --strategies {number} --json"))["nightly_customers"]
        for number in (1, 100, 4_000)
    ]
    assert needed == sorted(set(needed))
    assert needed[-1] > 1.5 * needed[0]
    assert "over 4,000 strategies" in " ".join(run("--base 0.03 --lift 0.01 --strategies 4000").split())


def test_a_harm_keeps_its_sign() -> None:
    told = json.loads(run("--base 0.03 --lift -0.01 --json"))
    assert -0.03 < told["nightly_lift"] < told["lift"] == -0.01


def test_plans_that_make_no_sense_are_refused() -> None:
    run("--base 0.03", status=2)
    run("--base 0.03 --lift 0.01 --customers 500", status=2)
    run("--base 1.5 --lift 0.01", status=2)
    run("--base 0 --lift 0.01", status=1)
    run("--base 0.03 --customers 3", status=1)
    run("--base 0.03 --lift 0.00001", status=1)  # 18 thousand million customers


def test_the_value_of_other_weights_is_shown_beside_what_was_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    half = np.full(400, 0.5)
    reward = np.tile([0.0, 0.2], 200)
    told = policy_value(
        reward, propensity=half, target=np.tile([0.0, 1.0], 200), predicted=half, predicted_under_target=half
    )
    Console(width=100).print(value_table(told))
    page = capsys.readouterr().out
    assert "Of 100 decisions (400 known)" in page
    assert re.search(r"as it was +│ \+10\.00", page)
    assert re.search(r"ips +│ \+20\.00", page)


@pytest.mark.parametrize(("held", "among", "told"), [(40, 2_000, 40), (4, 2_000, None), (1_995, 2_000, None)])
def test_a_holdout_tells_neither_of_few_held_nor_of_few_beside_them(
    held: int, among: int, told: int | None
) -> None:
    standing = Standing(
        name="global", share=0.02, covers="everything", customers=held, among=among, as_of=date(2026, 7, 1)
    )
    row = told_holdouts([standing])[0]
    assert (row["customers"], row["among"]) == (told, among if told else None)
    printed = holdout_table([standing])
    assert isinstance(printed, Sheet)
    assert printed.rows[0][-2:] == ((str(told), f"{among:,}") if told else ("–", "–"))
