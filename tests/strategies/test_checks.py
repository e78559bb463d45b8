"""Every planted mistake is found and shown on an example, and nothing is found that was not planted."""

import random
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import permutations, product
from pathlib import Path

import pytest

from benchmarks.big_book import SEGMENTS, TODAY, BigBook, make_book
from benchmarks.faults import FAULTS
from experiments.design import power
from features.catalogue import FEATURES
from strategies.checks.check import check, found
from strategies.checks.facts import Circumstances, Facts, Sizes, read_book
from strategies.checks.finding import Finding, kinds
from strategies.checks.page import PAGE, render
from strategies.checks.prover import Prover
from strategies.checks.walk import names
from strategies.document import Strategy, Valid
from strategies.reader import read
from strategies.rule import parse
from strategies.tree import Condition, Kind, Name
from strategies.truth import truth

# A bank of so many customers: enough for every sound experiment of the book.
BANK = 10_000_000


@pytest.fixture(scope="module")
def book() -> BigBook:
    return make_book(strategies=600, funnels=150, faults="all")


@pytest.fixture(scope="module")
def facts(book: BigBook) -> Facts:
    return read_book(book.strategies, features=FEATURES, told=_told(book))


@pytest.fixture(scope="module")
def findings(facts: Facts) -> list[Finding]:
    return found(facts)


def _told(book: BigBook) -> Circumstances:
    sizes = Sizes(
        customers={name: round(share * BANK) for name, share in book.shares.items()},
        power=lambda customers, holdout, lift: power(customers, holdout=holdout, base=0.02, lift=lift),
    )
    return Circumstances(today=TODAY, segments=frozenset(SEGMENTS), sizes=sizes)


KINDS: Mapping[str, Kind] = {"boolean": "flag", "date": "date"}


def _rule(text: str) -> Condition:
    return parse(text, FEATURES).condition


def _prover() -> Prover:
    return Prover(FEATURES, segments=frozenset(SEGMENTS), as_of=TODAY)


def test_every_kind_of_mistake_is_planted() -> None:
    assert set(kinds()) == set(FAULTS)


@pytest.mark.parametrize("kind", sorted(FAULTS))
def test_planted_mistakes_are_found(kind: str, book: BigBook, findings: list[Finding]) -> None:
    planted = {frozenset(each.names) for each in book.planted if each.kind == kind}
    assert planted
    assert planted == {frozenset(each.strategies) for each in findings if each.kind == kind}


def test_nothing_is_found_in_a_sound_book() -> None:
    book = make_book(strategies=600, funnels=150, seed=5)
    assert found(read_book(book.strategies, features=FEATURES, told=_told(book))) == []


def test_witnesses_satisfy_all_rules_that_they_are_shown_for(book: BigBook, findings: list[Finding]) -> None:
    who = {strategy.name: strategy.who for strategy in book.strategies}
    prover, shown = _prover(), 0
    for finding in findings:
        if finding.witness is None:
            continue
        for name in finding.strategies:
            rule = _rule(who[name])
            assert truth(rule, finding.witness, as_of=TODAY) is True
            assert all(prover.domain(read).holds(finding.witness[read.name]) for read in names(rule))
            shown += 1
    with_witness = {finding.kind for finding in findings if finding.witness is not None}
    assert with_witness == {"everybody", "shadowed", "collision", "copies", "held_out"}
    assert shown >= 3 * len(with_witness)


def test_a_finding_reads_as_a_sentence(findings: list[Finding]) -> None:
    for finding in findings:
        message = finding.message()
        assert message.startswith(f"{', '.join(finding.strategies)}: ")
        assert "\n" not in message
        assert any("\u4e00" <= character <= "\u9fff" for character in message)
        assert finding.detail in message
    (contradiction,) = [each for each in findings if each.kind == "nobody" and "60" in each.detail]
    assert "[age < 25 and age >= 60]" in contradiction.message()


@pytest.mark.parametrize("kind", sorted(FAULTS))
def test_one_changed_strategy_is_told_what_the_whole_book_is(
    kind: str, book: BigBook, facts: Facts, findings: list[Finding]
) -> None:
    strategies = {strategy.name: strategy for strategy in book.strategies}
    for name in {each.names[-1] for each in book.planted if each.kind == kind}:
        told = {(each.kind, frozenset(each.strategies)) for each in found(facts.beside(strategies[name]))}
        whole = {(each.kind, frozenset(each.strategies)) for each in findings if name in each.strategies}
        # Of the groups that hold everybody back, one is told that begins with the strategy asked about.
        assert told == whole or (kind == "held_out" and {group[0] for group in told} == {kind})


def _beside(strategy: Strategy, others: Sequence[Strategy]) -> list[Finding]:
    read_before = read_book(others, features=FEATURES, told=Circumstances(today=TODAY))
    return found(read_before.beside(strategy))


def test_a_change_that_stands_in_the_way_is_found_from_its_side() -> None:
    sound = make_book(strategies=60, funnels=10).strategies
    inner = sound[7]
    wide = inner.model_copy(update={"name": "wide_one", "priority": 9.0, "who": inner.who.split(" and ")[0]})
    told = _beside(wide, sound)
    assert (inner.name, "wide_one") in {each.strategies for each in told if each.kind == "shadowed"}
    assert check(sound, features=FEATURES, segments=None, today=TODAY) == []
    mended = wide.model_copy(update={"priority": 0.1})
    assert _beside(mended, sound) == []


def test_no_pair_is_lost_on_the_way_to_the_proof() -> None:
    base = make_book(strategies=1, funnels=0).strategies[0]
    parts = [
        ("aum_now >= 1000", "aum_now > 1000", "aum_now between 2000 and 3000", "net_flow_90d < -5万"),
        (
            "age < 30岁",
            "not age >= 30岁",
            "(age < 40岁 or age is null)",
            "age is null",
            "risk_level in (2, 3)",
        ),
        ("has_card", "not has_card", "segment in ('S01')", "segment in ('S01', 'S02')", "logins_7d + 1 > 3"),
        ("last_opening_on > as_of - 30天", "last_opening_on >= 2026-06-01", "dormancy * 2 > 1"),
    ]
    whos = [" and ".join(chosen) for chosen in product(*parts) if random.Random(str(chosen)).random() < 0.04]
    whos += [part for kind in parts for part in kind]
    book = [base.model_copy(update={"name": f"n{place:03d}", "who": who}) for place, who in enumerate(whos)]
    facts = read_book(book, features=FEATURES, told=Circumstances(today=TODAY))
    assert all(facts.selects_somebody(entry) for entry in facts.entries)
    proved = {
        (one.name, other.name)
        for one, other in permutations(facts.entries, 2)
        if facts.prover.inside(one.condition, other.condition)
    }
    assert len(proved) > len(book)
    assert {(one.name, other.name) for one, other in facts.pairs(lambda *_: True)} == proved
    for entry in facts.entries[:: len(book) // 6]:
        alone = facts.beside(entry.strategy).pairs(lambda *_: True)
        assert {(one.name, other.name) for one, other in alone} == {
            pair for pair in proved if entry.name in pair
        }


def test_made_up_customers_could_be(facts: Facts) -> None:
    for name in facts.customers.schema.names:
        own = facts.prover.domain(
            Name(name, KINDS.get(FEATURES[name].type, "number") if name in FEATURES else "text")
        )
        values = facts.customers[name].unique().to_pylist()
        assert all(own.holds(value) for value in values), name
        assert None in values or not own.nullable


def test_an_empty_book_and_a_first_strategy() -> None:
    first = make_book(strategies=1, funnels=0).strategies[0]
    assert check((), features=FEATURES, segments=None, today=TODAY) == []
    assert _beside(first, ()) == []
    over = first.model_copy(update={"valid": Valid(end=date(2026, 6, 30))})
    for told in (
        check((over,), features=FEATURES, segments=None, today=TODAY),
        _beside(over, (first,)),
    ):
        assert [(each.kind, each.strategies) for each in told] == [("out_of_date", (first.name,))]


@pytest.mark.parametrize(
    "changes",
    [
        {"priority": 0.1},
        {"funnel": "human_call"},
        {"limits": {"per_night": 1}},
        {"limits": {"per_night": 100_000, "budget": 5.0}},
        {"valid": {"end": "2026-08-01"}},
        {"caps": {"total": 100}},
    ],
)
def test_a_strategy_that_leaves_room_shadows_nobody(changes: dict[str, object]) -> None:
    inner = make_book(strategies=60, funnels=10).strategies[7].model_copy(update={"name": "inner"})
    document = inner.model_dump(exclude_unset=True) | {"name": "outer", "priority": 9.0}
    outer = Strategy.model_validate(document)
    both = check((inner, outer), features=FEATURES, segments=None, today=TODAY)
    assert [each.strategies for each in both] == [("inner", "outer")]
    if "funnel" in changes:
        changes = {"funnel": [touch | {"channel": changes["funnel"]} for touch in document["funnel"][:1]]}
    roomy = Strategy.model_validate(document | changes)
    told = check((inner, roomy), features=FEATURES, segments=None, today=TODAY)
    assert ("inner", "outer") not in {each.strategies for each in told}


@pytest.mark.parametrize(
    "owed", [{"limits": {"per_night": 50, "at_least": 5}}, {"experiment": {"expose": 5}}]
)
def test_what_a_minimum_keeps_alive_is_not_shadowed(owed: dict[str, object]) -> None:
    inner = make_book(strategies=60, funnels=10).strategies[7].model_copy(update={"name": "inner"})
    document = inner.model_dump(exclude_unset=True)
    outer = Strategy.model_validate(document | {"name": "outer", "priority": 9.0})
    kept = Strategy.model_validate(document | owed)
    assert "shadowed" in _kinds([inner, outer])
    assert "shadowed" not in _kinds([kept, outer])


@pytest.mark.parametrize(("total", "small"), [(None, False), (399, True), (400, False)])
def test_only_the_treated_use_up_the_cap_of_an_experiment(total: int | None, small: bool) -> None:
    base = make_book(strategies=1, funnels=0).strategies[0]
    changes = {"experiment": {"holdout": 0.5}, "limits": {"per_night": 1_000}, "caps": {"total": total}}
    strategy = Strategy.model_validate(base.model_dump(exclude_unset=True) | changes)
    sizes = Sizes(customers={strategy.name: 10_000}, power=lambda customers, *_: float(customers >= 800))
    told = check([strategy], features=FEATURES, segments=None, today=TODAY, sizes=sizes)
    assert ("too_small" in {each.kind for each in told}) is small


def _twins(**experiments: dict[str, object]) -> list[Strategy]:
    """Strategies of one rule and channel that differ in their names and experiments; all worth the same."""
    base = make_book(strategies=1, funnels=0).strategies[0].model_dump(exclude_unset=True)
    return [
        Strategy.model_validate(base | {"name": name, "experiment": experiment})
        for name, experiment in experiments.items()
    ]


def _kinds(book: Sequence[Strategy], **told: object) -> set[str]:
    found = check(book, features=FEATURES, segments=None, today=TODAY, **told)  # type: ignore[arg-type]
    return {each.kind for each in found}


def _slots(first: int, last: int, name: str = "calls") -> dict[str, object]:
    return {"layer": {"name": name, "from": first, "to": last}}


def test_strategies_that_a_layer_keeps_apart_do_not_collide() -> None:
    assert _kinds(_twins(one_a=_slots(1, 50), two_b=_slots(51, 100))) == set()
    assert _kinds(_twins(one_a=_slots(1, 50), two_b=_slots(50, 100))) == {"collision", "shared_slots"}
    assert _kinds(_twins(one_a=_slots(1, 50), two_b=_slots(1, 50, "texts"))) == {"collision"}


def test_slots_may_be_used_again_when_their_strategy_is_over() -> None:
    first, second = _twins(one_a=_slots(1, 50), two_b=_slots(1, 50))
    over = first.model_copy(update={"valid": Valid(end=date(2026, 12, 31))})
    after = second.model_copy(update={"valid": Valid(start=date(2027, 1, 1))})
    assert "shared_slots" not in _kinds([over, after])
    assert "shared_slots" in _kinds([over, second])


@pytest.mark.parametrize("part", [{"ramp": 0.5}, _slots(1, 99)])
def test_a_strategy_that_takes_not_everybody_shadows_nobody(part: dict[str, object]) -> None:
    inner, outer = _twins(inner={}, outer={})
    assert "shadowed" in _kinds([inner, outer.model_copy(update={"priority": 9.0})])
    (partial,) = _twins(outer=part)
    assert "shadowed" not in _kinds([inner, partial.model_copy(update={"priority": 9.0})])


@pytest.mark.parametrize(
    ("part", "customers"),
    [({}, 1_000), ({"ramp": 0.5}, 500), (_slots(1, 20), 200), (_slots(1, 20) | {"ramp": 0.5}, 100)],
)
def test_only_who_takes_part_shows_a_lift(part: dict[str, object], customers: int) -> None:
    asked: list[tuple[int, float]] = []

    def power(shown: int, holdout: float, lift: float) -> float:
        asked.append((shown, holdout))
        return 1.0

    (strategy,) = _twins(one_a=part | {"holdout": 0.3, "by_segment": {"S03": 0.1}})
    _kinds([strategy], sizes=Sizes(customers={"one_a": 1_000}, power=power))
    assert asked == [(customers, 0.1)]


def test_a_share_for_a_segment_that_there_is_not_is_found() -> None:
    (strategy,) = _twins(one_a={"by_segment": {"S77": 0.2}})
    told = check([strategy], features=FEATURES, segments=frozenset(SEGMENTS), today=TODAY)
    assert [(each.kind, each.detail) for each in told] == [("no_segment", "S77")]


@pytest.mark.parametrize("page", ["assignment.md", "funnels.md", "strategies.md"])
def test_the_documents_that_pages_show_pass(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    shown = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    documents = [read(part, file=page, features=FEATURES) for part in shown if part.startswith("name:")]
    assert documents
    told = check(documents, features=FEATURES, segments=None, today=TODAY)
    assert [each.message() for each in told if each.grave] == []


def test_the_page_of_the_checks_is_fresh() -> None:
    page = Path(__file__).parents[2] / PAGE
    assert page.read_text(encoding="utf-8") == render(), "run: python -m strategies.checks.page"
