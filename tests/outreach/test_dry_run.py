"""Whom a tried rule or strategy selects, who drops out and why, and how that is shown."""

import io
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from rich.cells import cell_len
from rich.console import Console

from features.catalogue import FEATURES
from lake.tables import POSITIONS
from lake.tables.words import RESULTS
from outreach.dry_run.audience import FREE, Audience, audience
from outreach.dry_run.begun import may_not_begin
from outreach.dry_run.collect import verdict_name
from outreach.dry_run.losses import verdict
from outreach.dry_run.picture import picture
from outreach.dry_run.selection import places, select, shared
from strategies.document import Strategy
from strategies.funnel import positions
from strategies.rule import parse
from strategies.truth import truth
from tests.outreach.dry_run_world import (
    AS_OF,
    OWN,
    PEOPLE,
    RULES,
    audience_of,
    dry_run_of,
    own,
    people,
)
from tests.strategies.journeys import BOOK, Row, frame


@pytest.fixture(scope="module")
def some() -> Audience:
    return audience_of(people())


def test_rules_select_whom_they_are_true_of(some: Audience) -> None:
    rows = some.known.to_pylist()
    rules = [parse(strategy.who, FEATURES) for strategy in OWN]
    for rule, bits in zip(rules, select(rules, some), strict=True):
        meant = [place for place, row in enumerate(rows) if truth(rule.condition, row, as_of=AS_OF)]
        assert places(bits, len(some)).tolist() == meant


def test_of_whom_nothing_may_be_read_only_rules_for_everybody_select() -> None:
    customers, unread = people(), np.arange(PEOPLE) % 5 == 0
    place = customers.column_names.index("unread")
    some = audience_of(customers.set_column(place, "unread", pa.array(unread)))
    asking, general = (parse(rule, FEATURES) for rule in ("age is null or age is not null", "所有客户"))
    by_asking, by_general = (places(bits, PEOPLE) for bits in select([asking, general], some))
    assert by_asking.tolist() == np.flatnonzero(~unread).tolist()
    assert len(by_general) == PEOPLE
    assert dry_run_of(some).rule(asking).selected == np.count_nonzero(~unread)


def test_overlaps_are_the_customers_in_common(some: Audience) -> None:
    tried = OWN[0]
    found = dry_run_of(some).strategy(tried)
    members = {
        strategy.name: set(places(select([parse(strategy.who, FEATURES)], some)[0], len(some)).tolist())
        for strategy in OWN
    }
    these = members.pop(tried.name)
    common = {name: len(these & theirs) for name, theirs in members.items() if these & theirs}
    assert found.selected == len(these)
    assert found.overlapping == len(common)
    shares = {row.strategy: (row.customers, row.of_these, row.of_theirs) for row in found.overlaps}
    assert shares == {
        name: (common[name], common[name] / len(these), common[name] / len(members[name])) for name in shares
    }
    assert [row.customers for row in found.overlaps] == sorted(common.values(), reverse=True)[: len(shares)]


def test_a_journey_elsewhere_speaks_in_its_place() -> None:
    customers = people()
    place = RULES.index("other_journey")
    column = customers.column_names.index(verdict_name("push", "loan"))
    before, after = np.int8(place - 1), np.int8(place + 1)
    said = pa.array([before, after, None, before, after, None], pa.int8())
    journey = pa.array(["a", "a", "a", "", "b", "b"])
    six = customers.slice(0, 6).set_column(column, "push:loan", said)
    six = six.set_column(six.column_names.index("journey"), "journey", journey)

    def spoken(*, switched_off: bool) -> list[int]:
        asked = np.arange(6, dtype=np.int32)
        found = verdict(
            audience_of(six), asked, channel="push", kind="loan", strategy="b", switched_off=switched_off
        )
        return [int(place) for place in found]

    assert spoken(switched_off=False) == [before, place, place, before, after, FREE]
    assert spoken(switched_off=True) == [RULES.index("switched_off")] * 6


def test_who_has_begun_is_not_asked() -> None:
    customers = people()
    strategy = own("deposit_county_fixed", who="age >= 0 or age is null")
    gone = customers["customer"].slice(10, 25).to_pylist()
    some = audience_of(customers, [(customer, strategy.name) for customer in gone] + [("nobody", "x")])
    found = dry_run_of(some).strategy(strategy)
    assert (found.selected, found.begun) == (PEOPLE, 25)
    assert all(touch.asked == PEOPLE - 25 for touch in found.touches)
    assert sum(loss.customers or 0 for loss in found.touches[0].losses) + (found.touches[0].allowed or 0) == (
        PEOPLE - 25
    )


def touches_at_random(customers: Sequence[str], *, seed: int) -> list[Row]:
    """Up to six touches of each customer in each strategy, in journeys that follow each other."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for customer, strategy in [(customer, strategy) for customer in customers for strategy in BOOK]:
        days = sorted(rng.integers(1, 40, size=rng.integers(0, 7)), reverse=True)
        journey = 1
        for place, ago in enumerate(days):
            journey += int(place > 0 and rng.random() < 0.3)
            result = str(rng.choice(RESULTS)) if rng.random() < 0.7 else None
            day = AS_OF - timedelta(days=int(ago))
            rows.append(
                {
                    "customer": customer,
                    "strategy": strategy.name,
                    "journey": journey,
                    "step": 1 + place,
                    "contact_day": day,
                    "fate": str(rng.choice(["contact", "held_out"])),
                    "result": result,
                    "result_day": day + timedelta(days=int(rng.integers(0, 9))) if result else None,
                }
            )
    return rows


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"cool_off_days": None},
        {"cool_off_days": 1, "caps": {"per_customer": 3}},
        {"cool_off_days": 9, "exits": []},
    ],
)
def test_the_tried_document_s_own_terms_say_who_may_begin_again(
    engine: SparkSession, terms: dict[str, object]
) -> None:
    customers = people()
    names = customers["customer"].to_pylist()
    rows = touches_at_random(names[:80], seed=3)
    table = frame(engine, POSITIONS, rows).drop("as_of")
    some = audience(customers, touches=table.drop("step", "fate").toArrow(), as_of=AS_OF)
    for live in BOOK:
        tried = Strategy.model_validate(live.model_dump() | terms)
        standing = positions(table.where(table["strategy"] == live.name), strategies=[tried], as_of=AS_OF)
        expected = {row["customer"] for row in standing.toArrow().to_pylist()}
        found = may_not_begin(some.touches[live.name], tried, as_of=AS_OF)
        assert {names[place] for place in found} == expected
        assert expected
        if tried.cool_off_days is not None:
            assert len(expected) < len({row["customer"] for row in rows if row["strategy"] == live.name})


def test_traits_are_told_against_the_long_tail_and_the_same_segments() -> None:
    customers = people()
    age = np.arange(PEOPLE) % 60 + 20
    segment = np.where(age < 40, "S01", "S02")
    for name, column in (("age", pa.array(age, pa.int64())), ("segment", pa.array(segment))):
        customers = customers.set_column(customers.column_names.index(name), name, column)
    found = dry_run_of(audience_of(customers)).rule(parse("age < 30", FEATURES))
    first = found.traits[0]
    assert (first.feature, first.selected, first.segments) == ("age", 24.5, 29.5)
    assert first.everybody == pytest.approx(age.mean())
    assert first.apart < -1
    assert [(part.segment, part.share) for part in found.segments] == [("S01", 0.5)]


@pytest.mark.parametrize("width", [80, 120])
def test_the_picture_fits_the_terminal_in_both_languages(some: Audience, width: int) -> None:
    dry_run = dry_run_of(some)
    console = Console(width=width, record=True, file=io.StringIO())
    for found in (
        dry_run.rule(parse("age >= 18", FEATURES)),
        dry_run.strategy(OWN[0]),
        dry_run.rule(parse("age < 0", FEATURES)),
    ):
        console.print(picture(found))
    lines = console.export_text().splitlines()
    assert all(cell_len(line) <= width for line in lines)
    headings = [line for line in lines if line.startswith("Contact policy 联系规则")]
    assert len(headings) == 2


@pytest.mark.parametrize("words", [1_000, 2**21])
def test_whom_sets_share_is_counted_alike_with_and_without_compiled_loops(words: int) -> None:
    bits = np.random.default_rng(5).integers(0, 2**64, (2, words), dtype=np.uint64)
    own, both = (int(np.bitwise_count(those).sum(dtype=np.int64)) for those in (bits[0], bits[0] & bits[1]))
    assert shared(bits, bits[0]).tolist() == [own, both]
