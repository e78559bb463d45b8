"""The dry run beside the night it foretells: the same verdicts, values and contacts as deciding."""

import io
import json
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from base.errors import LongreachError, ScheduleError
from base.settings import Experiments
from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from jobs.audience import of_night
from jobs.dry_run import answered, converse, hidden, meant, try_out
from jobs.job import Night
from jobs.selected import selected_by
from lake.glance import Glance
from lake.tables import CANDIDATES, CUSTOMER_SEGMENTS, PLAN
from outreach.dry_run.dry_run import DryRun
from outreach.dry_run.picture import picture
from outreach.dry_run.sensitivity import Base, sensitivity
from outreach.policy.gather import EXPOSED
from strategies.book import live
from strategies.candidates import selected
from strategies.document import Strategy
from strategies.folder import OWN_BOOK
from strategies.rule import parse
from tests.jobs.decided.nights import SECOND, first_night, next_night, rows

ROOT = Path(__file__).parents[2]

Nights = list[tuple[Night, DryRun]]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    """Two nights, each with the dry run made when it had been decided and nothing had come after it; without
    what only the draw knows: whom a ramp or a layer lets in, what is tried with whom.
    """
    above = Experiments(exploration=0.0)  # type: ignore[call-arg]
    with first_night(tmp_path_factory.mktemp("foretold"), above=above) as first:
        found = [(first, of_night(first, live(first.ledger)))]
        second = next_night(first)
        yield [*found, (second, of_night(second, live(second.ledger)))]


def test_checks_count_without_the_engine_whom_the_night_selects(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    for (night, _), rows_together in zip(nights, (1, 2**20), strict=True):
        monkeypatch.setattr("jobs.selected._ROWS", rows_together)
        segments = night.store.read(CUSTOMER_SEGMENTS, as_of=night.as_of).select("customer", "segment")
        known = night.store.read(CUSTOMER_FEATURES, as_of=night.as_of).join(segments, "customer")
        book = live(night.ledger)
        rules = {strategy.name: parse(strategy.who, FEATURES).condition for strategy in book}
        by_engine = selected(known, strategies=rules, carried=("customer",), as_of=night.as_of)
        found = {row["strategy"]: row["count"] for row in by_engine.groupBy("strategy").count().collect()}
        counted = selected_by(book, lake=Glance(night.settings.lake_folder), as_of=night.as_of)
        assert counted == {strategy.name: found.get(strategy.name, 0) for strategy in book}
        assert sum(count > 0 for count in counted.values()) > 20


def test_policy_speaks_as_it_did_when_the_night_was_decided(nights: Nights) -> None:
    seen: set[str | None] = set()
    for night, dry_run in nights:
        decided: dict[str, Counter[str | None]] = {}
        for row in rows(night, CANDIDATES):
            if row["step"] == 1:
                decided.setdefault(row["strategy"], Counter())[row["dropped_by"]] += 1
        running = [strategy for strategy in live(night.ledger) if strategy.name in decided]
        assert len(running) > 20
        for strategy in running:
            touch = dry_run.strategy(strategy).touches[0]
            told = {loss.rule: loss.customers for loss in touch.losses} | {None: touch.allowed}
            assert told == {None: 0} | decided[strategy.name], strategy.name
            seen |= {rule for rule, customers in told.items() if customers}
    assert {None, "other_journey", "switched_off", "unsuitable", "number_opted_out"} <= seen


def test_contacts_are_as_many_and_worth_as_much_as_the_plan_had(nights: Nights) -> None:
    made = 0
    for night, dry_run in nights:
        plan = [row for row in rows(night, PLAN) if row["step"] == 1]
        for strategy in live(night.ledger):
            nets = [row["value"] - row["cost"] for row in plan if row["strategy"] == strategy.name]
            contacts = dry_run.strategy(strategy).contacts
            assert contacts is not None
            assert contacts.allowed == len(nets)
            assert (contacts.net or (0, 0, 0))[1] == pytest.approx(sum(nets) / max(len(nets), 1))
            fates = Counter(row["fate"] for row in plan if row["strategy"] == strategy.name)
            # The luck of the draw apart, and numbers that two customers share.
            assert contacts.contacts == pytest.approx(fates["contact"], abs=2), strategy.name
            made += fates["contact"]
    assert made > 200


def test_whoever_has_begun_does_not_begin_again(nights: Nights) -> None:
    before, after = (dry_run for _, dry_run in nights)
    exposed = Counter(row["strategy"] for row in rows(nights[0][0], PLAN) if row["fate"] in EXPOSED)
    busiest = exposed.most_common(1)[0][0]
    strategy = next(each for each in live(nights[0][0].ledger) if each.name == busiest)
    assert before.strategy(strategy).begun == 0
    assert after.strategy(strategy).begun == exposed[busiest]
    # The next version may say otherwise, and it is the one that is asked about.
    freer = strategy.model_copy(
        update={"cool_off_days": 0, "goal": strategy.goal.model_copy(update={"window_days": 1})}
    )
    assert after.strategy(freer).begun == 0


def _console() -> Console:
    return Console(file=io.StringIO(), width=100)


def _said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _lines(*lines: str) -> Callable[[str], str]:
    left = iter(lines)

    def ask(_: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return ask


def test_a_conversation_refines_a_rule_and_points_at_mistakes(nights: Nights) -> None:
    night, dry_run = nights[1]
    out = _console()
    lines = (
        "资产总额 >= 3000",
        "and 资产总额 < 4千",
        "",
        "资产总额 >= 3000 and aum_nwo < 5",
        ":strategy nobody",
        ":quit",
        "x",
    )
    converse(dry_run, night.ledger, out=out, ask=_lines(*lines))
    said = _said(out)
    counts = re.findall(r"^([\d,]+) of ([\d,]+) long-tail customers", said, flags=re.M)
    wide, narrow = (int(count.replace(",", "")) for count, _ in counts[:2])
    assert narrow < wide
    rule, caret = re.search(r"^( *资产总额 >= 3000 and aum_nwo < 5) *\n( *)\^", said, flags=re.M).groups()  # type: ignore[union-attr]
    assert cell_len(rule[: rule.index("aum_nwo")]) == len(caret)
    assert "did you mean" in said
    assert "nobody: no strategy of the book" in said


@pytest.mark.parametrize("line", ["且age<40", "且 age < 40", "并且age<40", "and age < 40"])
def test_a_joint_in_chinese_needs_no_space_to_refine(nights: Nights, line: str) -> None:
    night, dry_run = nights[1]
    out = _console()
    converse(dry_run, night.ledger, out=out, ask=_lines("资产总额 >= 3000", line))
    refined = _console()
    refined.print(picture(hidden(dry_run.rule(parse(f"(资产总额 >= 3000) {line}", FEATURES)))))
    assert _said(out).endswith(_said(refined))


@pytest.mark.parametrize("line", ["age > 3\0", ":strategy deposit\0", ":strategy a\0.yaml", "age >\u200b 3"])
def test_an_invisible_character_is_refused_and_the_conversation_goes_on(nights: Nights, line: str) -> None:
    night, dry_run = nights[1]
    out = _console()
    converse(dry_run, night.ledger, out=out, ask=_lines(line, "age > 3"))
    said = _said(out)
    assert "is an invisible one" in said
    assert "SELECT" not in said
    assert re.search(r"^[\d,]+ of [\d,]+ long-tail", said, flags=re.M)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("{here}/x.yml", "cannot be read"),
        ("{here}/", "a folder; name one strategy document in it"),
        ("deposit_county_fxed", "did you mean deposit_county_fixed?"),
    ],
)
def test_what_is_nearly_meant_is_told(nights: Nights, tmp_path: Path, what: str, words: str) -> None:
    night, _ = nights[1]
    with pytest.raises(LongreachError, match=re.escape(words)):
        meant(what.format(here=tmp_path), night.ledger)


def test_a_strategy_by_name_by_file_and_as_json(nights: Nights, tmp_path: Path) -> None:
    night, dry_run = nights[1]
    name = "deposit_county_fixed"
    out, err = _console(), _console()
    try_out(name, settings=night.settings, as_of=None, as_json=True, out=out, err=err)
    by_name = json.loads(_said(out))
    assert (by_name["as_of"], by_name["strategy"]) == (SECOND.isoformat(), name)
    assert by_name == json.loads(json.dumps(asdict(hidden(dry_run.strategy(_of(night, name))))))
    draft = tmp_path / "deposit_county_fixed.yaml"
    draft.write_text((OWN_BOOK / draft.name).read_text(encoding="utf-8"), encoding="utf-8")
    out = _console()
    converse(dry_run, night.ledger, out=out, ask=_lines(f":strategy {draft}"))
    assert "deposit_county_fixed" in _said(out)
    assert "尊敬的张客户" in _said(out)
    with pytest.raises(ScheduleError, match="has no segments; there are nights from"):
        try_out("age > 3", settings=night.settings, as_of=date(2020, 1, 1), as_json=False, out=out, err=err)


def test_fewer_than_ten_people_are_not_shown(nights: Nights) -> None:
    _, dry_run = nights[0]
    few = hidden(dry_run.rule(parse("aum_now < 30", FEATURES)))
    assert (few.selected, few.segments, few.traits, few.touches) == (None, (), (), ())
    some = hidden(dry_run.rule(parse("aum_now < 700", FEATURES)))
    assert some.selected is not None
    assert some.selected >= 10
    for touch in some.touches:
        cells = [touch.allowed, *(loss.customers for loss in touch.losses)]
        assert all(count is None or count == 0 or count >= 10 for count in cells)
        assert sum(count is None for count in cells) != 1
    for a_night, shown in ((0, True), (2, False), (9, False), (10, True)):
        measured = sensitivity(
            base=Base(rate=0.01, words="a guess"),
            treated_share=0.85,
            window_days=7,
            a_night=a_night,
            pool=600,
            goal=0.01,
        )
        assert hidden(replace(some, experiment=measured)).experiment == (measured if shown else None)


def test_an_experiment_that_few_come_into_is_said_to_be_hidden(nights: Nights) -> None:
    night, dry_run = nights[1]
    found = hidden(dry_run.strategy(_of(night, "deposit_county_fixed")))
    words = "too few customers come into it to tell what it can show"
    for without, said in (
        (found, False),
        (replace(found, experiment=None), True),
        (replace(found, experiment=None, strategy=None), False),
        (hidden(replace(found, selected=3)), False),
    ):
        out = _console()
        out.print(picture(without))
        assert (words in _said(out)) == said


def _of(night: Night, name: str) -> Strategy:
    return next(strategy for strategy in live(night.ledger) if strategy.name == name)


def test_the_page_shows_what_works(nights: Nights) -> None:
    night, dry_run = nights[1]
    page = (ROOT / "docs" / "dry_run.md").read_text(encoding="utf-8")
    for command in re.findall(r"^longreach strategies try (.+)$", page, flags=re.M):
        what, *options = shlex.split(command)
        assert set(options) <= {"--json"}
        assert answered(meant(what, night.ledger), dry_run).selected is not None
    out = _console()
    converse(dry_run, night.ledger, out=out, ask=_lines(*re.findall(r"^> (.+)$", page, flags=re.M)))
    assert len(re.findall(r"of [\d,]+ long-tail customers[,:]", _said(out))) == 4
