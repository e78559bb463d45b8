"""Two decided nights are asked: why a customer is contacted or not, how good the plan is, and what if."""

import codecs
import csv
import io
import json
import re
import stat
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from base.errors import ArbitrationError, LongreachError, ScheduleError, SettingsError
from base.settings import ChannelCapacity, load_settings
from features.compiler import CUSTOMER_FEATURES
from jobs.command import main
from jobs.job import Night
from jobs.plan import show
from jobs.plan_page import PlanPage, WhatIfPage
from jobs.what_if import WhatIf
from jobs.what_if import what_if as ask_what_if
from jobs.why import Answer, ask, write_all
from jobs.why_page import WhyPage
from lake.tables import CANDIDATES, CERTIFICATES, LIMITS, PLAN
from outreach.policy.rule import reasons
from outreach.why import FORBIDDEN, WHY
from strategies.book import live
from tests.jobs.decided.nights import rows

Row = dict[str, Any]


def asked(night: Night, customer: str) -> Answer:
    return ask(night.settings, customer, as_of=night.as_of, progress=lambda _: None)


def page(of: WhyPage | PlanPage | WhatIfPage) -> str:
    console = Console(width=100, file=io.StringIO())
    console.print(of)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert all(cell_len(line) <= 100 for line in text.splitlines())
    return " ".join(text.split())


def somebody(night: Night, fate: str) -> str:
    """A customer of whose candidates one has this fate."""
    return str(min(row["customer"] for row in rows(night, PLAN) if row["fate"] == fate))


def what_if(night: Night, *changes: str) -> WhatIf:
    return ask_what_if(night.settings, changes, as_of=night.as_of, progress=lambda _: None)


@pytest.mark.parametrize("fate", ["contact", "held_out", "capacity", "lower_value"])
def test_an_answer_tells_the_fate_of_every_candidate(second: Night, fate: str) -> None:
    customer = somebody(second, fate)
    answer = asked(second, customer)
    planned = [row for row in rows(second, PLAN) if row["customer"] == customer]
    dropped = [row for row in rows(second, CANDIDATES) if row["customer"] == customer and row["dropped_by"]]
    told = {(row["strategy"], row["step"]): row for row in answer.candidates}
    assert len(told) == len(planned) + len(dropped)
    for row in planned:
        found = told[row["strategy"], row["step"]]
        assert (found["fate"], found["reason"], found["hour"]) == (row["fate"], row["reason"], row["hour"])
        assert (found["price"], found["short_by"]) == (row["shadow_price"], row["short_by"])
    for row in dropped:
        found = told[row["strategy"], row["step"]]
        assert (found["fate"], found["rule"]) == (FORBIDDEN, row["dropped_by"])
        assert found["reason"] == reasons()[row["dropped_by"]]
    assert answer.standing is None
    text = page(WhyPage(answer=answer))
    assert all(row["reason"] in text for row in answer.candidates[:1])


def test_a_price_is_told_limit_by_limit(first: Night) -> None:
    prices = {row["name"]: row["price"] for row in rows(first, LIMITS)}
    plan = [row for row in rows(first, PLAN) if row["shadow_price"]]
    several = 0
    for customer in sorted({row["customer"] for row in plan})[::60]:
        for row in asked(first, customer).candidates:
            if row["fate"] == FORBIDDEN:
                assert "prices" not in row
                continue
            assert sum(row["prices"].values()) == pytest.approx(row["price"], abs=0.005)
            assert set(row["prices"]) <= {name for name, price in prices.items() if price}
            several += len(row["prices"]) > 1
    assert several


def test_a_rule_that_no_longer_reads_is_named(
    second: Night,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.why.FEATURES", {})
    answer = asked(second, somebody(second, "contact"))
    assert answer.unselected == 0
    assert {one.reason for one in answer.not_asked} == {"its rule of that night no longer reads"}


def test_strategies_that_do_not_ask_say_why(first: Night, second: Night) -> None:
    """Of the first night, whose documents have ramps and layers; of the second, with journeys begun."""
    seen: set[str] = set()
    rich = sorted(row["customer"] for row in rows(first, CUSTOMER_FEATURES) if row["aum_now"] >= 4000)
    for night, customers in (
        (first, rich[:2]),
        (second, [somebody(first, "contact"), somebody(first, "held_out")]),
    ):
        running = [each for each in live(night.ledger) if each.runs_on(night.as_of + timedelta(days=1))]
        for customer in customers:
            answer = asked(night, customer)
            candidates = {row["strategy"] for row in answer.candidates}
            silent = {one.strategy for one in answer.not_asked}
            assert not candidates & silent
            assert len(candidates) + len(silent) + answer.unselected == len(running)
            seen |= {one.reason for one in answer.not_asked}
    assert any("ramp or layer" in reason for reason in seen)
    assert any(reason.startswith("begun on 2026-08-31") for reason in seen)


def test_who_is_not_there_is_told_how_customers_go(second: Night) -> None:
    for typed, said in (("c99999", "no such customer"), ("13812345678", "looks like a number")):
        with pytest.raises(SettingsError) as told:
            asked(second, typed)
        assert said in str(told.value)
        assert "token" in str(told.value)
        assert typed not in str(told.value)


def test_a_night_that_is_not_decided_has_no_answers(second: Night, tmp_path: Path) -> None:
    with pytest.raises(ScheduleError, match="2026-08-01 is not decided; decided are 2 nights"):
        ask(second.settings, "c00001", as_of=date(2026, 8, 1), progress=lambda _: None)
    with pytest.raises(ScheduleError, match="no night is decided yet"):
        ask(load_settings(home=tmp_path / "home"), "c1", as_of=None, progress=lambda _: None)


def test_the_whole_night_is_a_file_for_its_owner(second: Night, tmp_path: Path) -> None:
    path = tmp_path / "why" / "全部.csv"
    written = write_all(second.settings, path, as_of=None, progress=lambda _: None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().count(codecs.BOM_UTF8) == 1
    with path.open(encoding="utf-8-sig", newline="") as lines:
        told = list(csv.DictReader(lines))
    money = [row[name] for row in told for name in ("value", "cost", "price", "short_by") if row[name]]
    assert not [yuan for yuan in money if len(yuan.partition(".")[2]) > 4]
    assert written == len(told) == len(rows(second, CANDIDATES))
    assert tuple(told[0]) == WHY
    customer = somebody(second, "contact")
    own = {(row["strategy"], row["fate"], row["otherwise"]) for row in told if row["customer"] == customer}
    answer = asked(second, customer)
    assert own == {(row["strategy"], row["fate"], row["otherwise"]) for row in answer.candidates}
    with pytest.raises(LongreachError, match="not written"):
        write_all(second.settings, path / "below", as_of=None, progress=lambda _: None)


def test_the_plan_is_told_with_its_certificate(second: Night) -> None:
    (certificate,) = rows(second, CERTIFICATES)
    plan = show(second.settings, as_of=None, progress=lambda _: None)
    assert plan.as_of == second.as_of
    assert plan.certificate["bound"] == certificate["bound"]
    made = [row for row in rows(second, PLAN) if row["fate"] == "contact"]
    assert plan.certificate["contacts"] == len(made)
    hours = Counter((row["channel"], row["hour"]) for row in made)
    assert {(row["channel"], row["hour"]) for row in plan.contacts} == set(hours)
    for row in plan.contacts:
        assert row["contacts"] in (None, hours[row["channel"], row["hour"]])
        assert row["contacts"] is None or row["contacts"] >= 10
    for limit in plan.limits:
        people = limit["unit"] in ("contacts", "journeys", "customers")
        assert not people or limit["used"] is None or limit["used"] == 0 or limit["used"] >= 10
    text = page(PlanPage(plan=plan))
    assert f"no choice within the limits is worth more than {certificate['bound']:,.2f}" in text
    assert "No limit is broken" in text
    dearest = max(rows(second, LIMITS), key=lambda row: row["lost"])
    assert dearest["name"] in text
    assert f"{dearest['lost']:,.2f}" in text


@pytest.mark.parametrize("change", ["sms.capacity=+0%", "human_call.capacity@10=+0", "push.capacity=-0"])
def test_a_change_of_nothing_gives_the_very_plan_that_is_stored(second: Night, change: str) -> None:
    found = what_if(second, change)
    assert found.after == found.before
    moved = found.difference
    made = sum(row["fate"] == "contact" for row in rows(second, PLAN))
    assert (moved.same, moved.other_hour, moved.another, moved.gained, moved.lost) == (made, 0, 0, 0, 0)
    assert "nobody's contact changes" in page(WhatIfPage(found=found))


def test_more_room_is_worth_more_and_nothing_is_written(second: Night) -> None:
    before = [second.store.digest(table, as_of=second.as_of) for table in (PLAN, LIMITS, CERTIFICATES)]
    found = what_if(second, "human_call.capacity=+400%", "ai_call.capacity=+400%")
    assert found.after.certificate["bound"] > found.before.certificate["bound"]
    assert found.after.certificate["value"] > found.before.certificate["value"]
    contacts = [plan.certificate["contacts"] for plan in (found.before, found.after)]
    assert None in contacts or contacts[1] > contacts[0]
    assert "human_call" in {one.name for one in found.difference.channels}
    highs = {
        which: {limit["name"]: limit["high"] for limit in plan.limits}
        for which, plan in (("before", found.before), ("after", found.after))
    }
    assert highs["after"]["channel.human_call"] == 5 * highs["before"]["channel.human_call"]
    text = page(WhatIfPage(found=found))
    assert "with human_call.capacity=+400%, ai_call.capacity=+400%" in text
    assert "Nothing was written" in text
    after = [second.store.digest(table, as_of=second.as_of) for table in (PLAN, LIMITS, CERTIFICATES)]
    assert after == before


def test_a_paused_strategy_has_no_contact(second: Night) -> None:
    by_strategy = Counter(row["strategy"] for row in rows(second, PLAN) if row["fate"] == "contact")
    busiest = by_strategy.most_common(1)[0][0]
    found = what_if(second, f"{busiest}=paused")
    (moved,) = (one for one in found.difference.strategies if one.name == busiest)
    assert moved.after in (0, None)
    used = {limit["name"]: limit["used"] for limit in found.after.limits}
    assert used[f"strategy.{busiest}"] in (0, None)
    assert busiest in page(WhatIfPage(found=found))


def test_a_minimum_that_cannot_be_met_is_named_with_what_can(second: Night) -> None:
    most = Counter(row["strategy"] for row in rows(second, PLAN))
    name = min(most, key=lambda strategy: (most[strategy], strategy))
    found = what_if(second, f"{name}.per_night=5000", f"{name}.at_least=5000")
    (limit,) = (limit for limit in found.after.limits if limit["name"] == f"strategy.{name}")
    assert limit["relaxed_from"] == 5000
    assert (limit["low"] or 0) <= most[name]
    assert f"strategy.{name} asks for at least 5,000 contacts" in page(WhatIfPage(found=found))
    assert found.after.certificate["violations"] == 0


def test_a_night_whose_settings_have_changed_is_not_made_again(second: Night) -> None:
    other = second.settings.model_copy(update={"capacity": {"sms": ChannelCapacity(per_night=7)}})
    with pytest.raises(ArbitrationError, match=r"channel\.sms was 20 that night and is 7"):
        ask_what_if(other, ["sms.capacity=+10%"], as_of=second.as_of, progress=lambda _: None)
    drawn = second.settings.experiments.model_copy(update={"exploration": 0.5})
    other = second.settings.model_copy(update={"experiments": drawn})
    with pytest.raises(ArbitrationError, match="the same candidates give another plan now"):
        ask_what_if(other, ["sms.capacity=+10%"], as_of=second.as_of, progress=lambda _: None)
    with pytest.raises(SettingsError, match="there is no channel, skill, strategy or floor 'fax'"):
        what_if(second, "fax.capacity=1")


def test_the_page_shows_what_works(second: Night) -> None:
    page = (Path(__file__).parents[3] / "docs" / "why.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| `([a-z_]+(?:\.[a-z_]+)?(?:@\d+)?=[^`]+)` \|", page, flags=re.M)
    assert len(shown) == 8
    for change in shown:
        assert what_if(second, change).changes == (change,)
    columns = re.findall(r"`(\w+)`", page[page.index("| column |") : page.index("`short_by` holds")])
    assert [name for name in columns if name in WHY] == list(WHY)


def test_the_commands_answer_and_refuse(
    second: Night,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("jobs.command.load_settings", lambda: second.settings)

    def longreach(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["longreach", *words])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    customer = somebody(second, "contact")
    status, said, _ = longreach("why", customer, "--json")
    answer = json.loads(said)
    assert (status, answer["customer"], answer["candidates"][0]["fate"]) == (0, customer, "contact")
    status, said, _ = longreach("plan", "--as-of", second.as_of.isoformat(), "--json")
    assert (status, json.loads(said)["certificate"]["violations"]) == (0, 0)
    status, said, _ = longreach(
        "plan", "--what-if", "sms.capacity=+1", "--what-if", "push.capacity=-1", "--json"
    )
    assert (status, json.loads(said)["changes"]) == (0, ["sms.capacity=+1", "push.capacity=-1"])
    status, said, _ = longreach("why", "--all", "--to", str(tmp_path / "why.csv"))
    assert status == 0
    assert "possible contacts" in said
    for words, expected, why in (
        (["why", "13812345678"], 2, "customers go by their tokens"),
        (["why"], 2, "longreach why CUSTOMER"),
        (["why", customer, "--all"], 2, "longreach why CUSTOMER"),
        (["why", customer, "--as-of", "2026-01-01"], 1, "2026-01-01 is not decided"),
        (["plan", "--as-of", "2026-01-01"], 1, "2026-01-01 is not decided"),
        (["plan", "--what-if", "sms"], 2, "write it like"),
    ):
        status, said, told = longreach(*words)
        assert (status, said) == (expected, "")
        assert why in " ".join(told.split())
        assert "Traceback" not in told
