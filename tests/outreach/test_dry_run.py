"""The dry run's parts, on customers made up for the purpose."""

import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from rich.cells import cell_len
from rich.console import Console

from base.settings import Experiments, Holdout
from benchmarks.big_customers import make_customers
from experiments.design import detectable_lift, power
from features.catalogue import FEATURES
from lake.tables import POSITIONS
from lake.tables.words import CHANNELS, PRODUCTS, RESULTS
from outreach import coded
from outreach.arbitrate.plan import Decision, arbitrate
from outreach.arbitrate.rooms import ChannelRoom, Rooms, StrategyRoom
from outreach.channels.channel import load_channels
from outreach.dry_run.audience import FREE, Audience, audience
from outreach.dry_run.begun import may_not_begin
from outreach.dry_run.collect import verdict_name
from outreach.dry_run.competition import compete, net_values
from outreach.dry_run.dry_run import DryRun
from outreach.dry_run.losses import verdict
from outreach.dry_run.market import Market
from outreach.dry_run.picture import picture
from outreach.dry_run.selection import lay_out, places, select
from outreach.dry_run.sensitivity import Base, base_rate, rate_of_openings, sensitivity
from outreach.dry_run.shares import shares
from outreach.explore import Exploration
from outreach.policy.rule import policy_rules
from strategies.document import Strategy
from strategies.folder import read_folder
from strategies.funnel import positions
from strategies.rule import parse
from strategies.truth import truth
from tests.strategies.journeys import BOOK, Row, frame

AS_OF = date(2026, 7, 1)
PEOPLE = 1_500
OWN = read_folder()
EVERYBODY = np.arange(PEOPLE, dtype=np.int32)
TOUCHES = pa.schema(
    {
        "customer": pa.string(),
        "strategy": pa.string(),
        "journey": pa.int32(),
        "contact_day": pa.date32(),
        "result": pa.string(),
        "result_day": pa.date32(),
    }
)
RULES = [rule.name for rule in policy_rules()]


def people(seed: int = 5) -> pa.Table:
    """Customers with all that ``collect`` adds: half are free of policy, a third are in the night's plan."""
    rng = np.random.default_rng(seed)
    names = [strategy.name for strategy in OWN]
    customers = make_customers(PEOPLE, seed=seed)
    planned, net = rng.random(PEOPLE) < 0.3, rng.exponential(4.0, PEOPLE)
    added: dict[str, pa.Array] = {
        "journey": pa.array(np.where(rng.random(PEOPLE) < 0.1, rng.choice(names, PEOPLE), "")),
        "planned_strategy": pa.array(rng.choice(names, PEOPLE), mask=~planned),
        "planned_channel": pa.array(rng.choice(CHANNELS, PEOPLE), mask=~planned),
        "hour": pa.array(rng.integers(9, 20, PEOPLE, dtype=np.int32)),
        "planned_net": pa.array(net, mask=~planned),
        "planned_left": pa.array(net / 2, mask=~planned),
        "planned_margin": pa.array(net / 4, mask=~planned),
        "planned_treated": pa.array(rng.random(PEOPLE) < 0.85, mask=~planned),
    }
    for channel in CHANNELS:
        nearest = rng.random(PEOPLE) < 0.2
        added[f"short_by_{channel}"] = pa.array(rng.exponential(2.0, PEOPLE), mask=~nearest)
        added[f"short_of_{channel}"] = pa.array(rng.choice(names, PEOPLE), mask=~nearest)
        for kind in PRODUCTS:
            place = rng.integers(len(RULES), size=PEOPLE, dtype=np.int8)
            added[verdict_name(channel, kind)] = pa.array(place, mask=rng.random(PEOPLE) < 0.5)
    for product in PRODUCTS:
        added[f"opened_{product}"] = pa.array(rng.random(PEOPLE) < 0.05, mask=rng.random(PEOPLE) < 0.5)
    for name, column in added.items():
        customers = customers.append_column(name, column)
    return customers


def audience_of(customers: pa.Table, begun: Sequence[tuple[str, str]] = ()) -> Audience:
    touches = [
        {"customer": customer, "strategy": strategy, "journey": 1, "contact_day": AS_OF}
        for customer, strategy in begun
    ]
    return audience(customers, touches=pa.Table.from_pylist(touches, schema=TOUCHES), as_of=AS_OF)


@pytest.fixture(scope="module")
def some() -> Audience:
    return audience_of(people())


def dry_run_of(customers: Audience, live: Sequence[Strategy] = OWN) -> DryRun:
    return DryRun(
        audience=customers,
        book=lay_out(live, customers, features=FEATURES),
        market=Market(
            rooms=Rooms(channels=dict.fromkeys(CHANNELS, ChannelRoom(per_night=100)), strategies={}),
            prices={},
        ),
        begun={},
        costs={name: channel.cost for name, channel in load_channels().items()},
        experiments=Experiments(),  # type: ignore[call-arg]
        held_out_rates={},
        segment_names={"S01": "年轻人、近90天登录次数高"},
        stopped=(),
    )


def own(name: str, **changes: object) -> Strategy:
    strategy = next(strategy for strategy in OWN if strategy.name == name)
    return strategy.model_copy(update=changes)


def test_rules_select_whom_they_are_true_of(some: Audience) -> None:
    rows = some.known.to_pylist()
    conditions = [parse(strategy.who, FEATURES).condition for strategy in OWN]
    for condition, bits in zip(conditions, select(conditions, some), strict=True):
        meant = [place for place, row in enumerate(rows) if truth(condition, row, as_of=AS_OF)]
        assert places(bits, len(some)).tolist() == meant


def test_overlaps_are_the_customers_in_common(some: Audience) -> None:
    tried = OWN[0]
    found = dry_run_of(some).strategy(tried)
    members = {
        strategy.name: set(
            places(select([parse(strategy.who, FEATURES).condition], some)[0], len(some)).tolist()
        )
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


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 60))
def test_contacts_are_those_that_arbitration_would_choose(seed: int, room: int, limit: int) -> None:
    """All are treated, and whoever loses a contact had no other: then nothing is left to luck or knock-on."""
    rng = np.random.default_rng(seed)
    # What decides are differences of values: halves, so that none of them equals another's value.
    many, net = 80, rng.permutation(200) + np.where(np.arange(200) < 100, 0.0, 0.5)
    channel = rng.choice(["sms", "push"], many)
    # Own candidates are the first forty; only the others', or those of the other channel, are planned for.
    planned = (np.arange(many) >= 40) | ((channel == "push") & (rng.random(many) < 0.5))
    strategy = own("card_saver_benefit")
    others = [(f"c{at}", "other", channel[at], net[at]) for at in np.flatnonzero(planned)]
    ours = [(f"c{at}", strategy.name, "sms", net[100 + at]) for at in range(40)]
    rooms = Rooms(
        channels={"sms": ChannelRoom(per_night=room), "push": ChannelRoom(per_night=many)},
        strategies={
            "other": StrategyRoom(kind="loan", per_night=many),
            strategy.name: StrategyRoom(kind="card", per_night=limit),
        },
    )

    def decide(rows: list[tuple[str, str, str, float]]) -> Decision:
        columns = dict(
            zip(("customer", "strategy", "channel", "value"), zip(*rows, strict=True), strict=True)
        )
        same = {"step": 1, "segment": "S01", "arm": "treatment", "cost": 0.0, "hour": 9}
        table = pa.table({**columns, **{name: [value] * len(rows) for name, value in same.items()}})
        for name in ("number", "last_fate"):
            table = table.append_column(name, pa.nulls(len(rows), pa.string()))
        nobody = Exploration(share=0.0, salt="x")
        return arbitrate(table, rooms=rooms, day=AS_OF, exploration=nobody)

    def chosen(decision: Decision) -> list[dict[str, Any]]:
        return [row for row in decision.plan.to_pylist() if row["fate"] == "contact"]

    tonight = decide(others)
    before = {row["customer"]: row for row in chosen(tonight)}
    after = [row for row in chosen(decide(others + ours)) if row["strategy"] == strategy.name]
    market = Market(rooms=rooms, prices=prices(tonight.limits))
    table = people().slice(0, many)
    rows = [before.get(f"c{at}") for at in range(many)]
    left = pa.array([row and row["value"] - row["shadow_price"] for row in rows], pa.float64())
    passed_over = {row["customer"]: row for row in tonight.plan.to_pylist() if row["fate"] != "contact"}
    missed = [passed_over.get(f"c{at}") for at in range(many)]
    for name, values in (
        ("planned_strategy", pa.array([row and row["strategy"] for row in rows], pa.string())),
        ("planned_channel", pa.array([row and row["channel"] for row in rows], pa.string())),
        ("planned_net", pa.array([row and row["value"] for row in rows], pa.float64())),
        ("planned_left", left),
        ("planned_margin", left),
        ("planned_treated", pa.array([row is not None for row in rows])),
        ("short_by_sms", pa.array([row and row["short_by"] for row in missed], pa.float64())),
        ("short_of_sms", pa.array([row and row["strategy"] for row in missed], pa.string())),
    ):
        table = table.set_column(table.column_names.index(name), name, values)
    own_places, own_net = np.arange(40, dtype=np.int32), net[100:140]
    found = compete(
        own_places,
        own_net,
        market.left(own_net, strategy, cost=0.0, segment=nowhere(40), hour=np.full(40, 9)),
        audience_of(table),
        strategy,
        room=room,
        limit=limit,
        treated_share=1.0,
    )
    assert found.exposed == len(after)


def prices(limits: pa.Table) -> dict[str, float]:
    return dict(zip(limits["name"].to_pylist(), limits["price"].to_pylist(), strict=True))


def nowhere(many: int) -> coded.Words:
    return coded.Words(codes=np.zeros(many, dtype=np.int64), words=("S01",))


def test_net_value_is_worth_times_reach_less_cost() -> None:
    strategy = own("card_saver_benefit", priority=2.0)
    net = net_values(strategy, cost=0.05, reach=np.array([1.0, 0.25]))
    whole = strategy.goal.value * 2.0 * strategy.funnel[0].expected_lift
    assert net.tolist() == pytest.approx([whole - 0.05, whole / 4 - 0.05])


def test_openings_are_spread_evenly_over_the_days() -> None:
    assert rate_of_openings(opened=300, customers=1_000, window_days=90) == pytest.approx(0.3)
    assert rate_of_openings(opened=300, customers=1_000, window_days=45) == pytest.approx(1 - 0.7**0.5)
    assert rate_of_openings(opened=9, customers=1_000, window_days=45) is None


def test_the_best_known_base_rate_is_taken_and_named() -> None:
    told = [
        base_rate(seen=seen, among_selected=selected, among_all=everybody, product="fund")
        for seen, selected, everybody in (
            (0.03, 0.02, 0.01),
            (None, 0.02, 0.01),
            (None, None, 0.01),
            (None, None, None),
        )
    ]
    assert [base.rate for base in told[:3]] == [0.03, 0.02, 0.01]
    assert len({base.words for base in told}) == 4


def test_an_experiment_shows_its_goal_after_as_many_days_as_it_says() -> None:
    base = Base(rate=0.02, words="")
    found = sensitivity(base=base, treated_share=0.8, window_days=5, a_night=400, pool=20_000, goal=0.012)
    assert found.goal_customers is not None
    assert found.goal_days == -(-found.goal_customers // 400) + 5
    assert power(found.goal_customers, holdout=0.2, base=0.02, lift=0.012) >= 0.8
    assert [row.nights for row in found.after] == [1, 3, 7, 14, 30, 50]
    for row in found.after:
        assert (row.days, row.customers) == (row.nights + 5, 400 * row.nights)
        assert row.lift == pytest.approx(detectable_lift(row.customers, holdout=0.2, base=0.02))
    small = sensitivity(base=base, treated_share=0.8, window_days=5, a_night=400, pool=600, goal=0.012)
    assert (small.goal_customers, small.goal_days) == (found.goal_customers, None)
    nobody = sensitivity(base=base, treated_share=0.8, window_days=5, a_night=0, pool=600, goal=0.012)
    assert (nobody.after, nobody.goal_days) == ((), None)


def test_a_cap_on_beginnings_bounds_contacts_and_experiment(some: Audience) -> None:
    capped = own("deposit_county_fixed", who="age >= 0").model_copy(
        update={"caps": own("deposit_county_fixed").caps.model_copy(update={"total": 7})}
    )
    found = dry_run_of(some).strategy(capped)
    assert found.contacts is not None
    assert found.experiment is not None
    assert found.contacts.contacts == found.contacts.limit == 7
    assert found.experiment.pool == 9  # of whom 7 are treated


def _parted(**changes: object) -> Strategy:
    plain = own("deposit_county_fixed", who="age >= 0")
    document = plain.model_dump(exclude={"experiment"}) | {"tags": ("quiet",)}
    return Strategy.model_validate(document | {"experiment": {"holdout": 0.2} | changes})


def test_as_many_take_part_as_ramp_and_layer_let_in(some: Audience) -> None:
    dry_run = dry_run_of(some)
    whole = dry_run.strategy(_parted())
    layer = {"name": "calls", "from": 1, "to": 50}
    part = dry_run.strategy(_parted(ramp=0.4, layer=layer))
    assert part.selected == whole.selected
    assert part.touches[0].asked == pytest.approx(0.2 * whole.touches[0].asked, abs=1)
    assert any("20%" in note for note in part.notes)
    assert not any("take part" in note for note in whole.notes)


def test_shares_follow_the_segments_of_the_selected_and_the_holdouts_above(some: Audience) -> None:
    everybody = np.arange(len(some), dtype=np.int32)
    names = np.array([*some.segment.words, ""])[some.segment.codes]
    one = some.segment.words[0]
    share = float((names == one).mean() / (names != "").mean())
    assert 0 < share < 1
    settings = Experiments(  # type: ignore[call-arg]
        global_holdout=0.1,
        holdouts={
            "quiet": Holdout(share=0.2, tags=("quiet",)),
            "there": Holdout(share=0.5, segments=(one,)),
            "others": Holdout(share=0.5, tags=("loud",)),
        },
    )
    found = shares(_parted(by_segment={one: 0.5}), everybody, segment=some.segment, settings=settings)
    assert found.held_out == pytest.approx(0.5 * share + 0.2 * (1 - share))
    assert found.free == pytest.approx(0.9 * 0.8 * (1 - 0.5 * share))
    assert found.treated == pytest.approx(found.free * (1 - found.held_out))


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
