"""A funnel's state is the same however its news arrives: in any order, in any portions, twice, or late."""

from datetime import date, datetime, time, timedelta
from functools import reduce
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from lake.tables import OUTCOMES, PLAN, POSITIONS
from lake.tables.words import RESULTS
from strategies.funnel import merged, positions
from tests.strategies.journeys import BOOK, CameBack, Event, Planned, Row, frame, made, stand

START = date(2026, 7, 1)
News = tuple[str, str, Event]

days = st.integers(0, 12).map(lambda days: START + timedelta(days=days))
steps = st.integers(1, 5)
planned = st.builds(Planned, night=days, step=steps, fate=st.sampled_from(("contact", "contact", "held_out")))
came_back = st.builds(CameBack, contact_day=days, step=steps, result=st.sampled_from(RESULTS), day=days)
news = st.tuples(
    st.sampled_from(("ann", "ben")),
    st.sampled_from([strategy.name for strategy in BOOK]),
    st.one_of(planned, came_back),
)
unhurried = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[News], list[list[News]]]:
    """What happened, and how it was told: shuffled, parts of it again, cut into portions."""
    happened = draw(st.lists(news, min_size=1, max_size=25))
    again = draw(st.lists(st.sampled_from(happened), max_size=8))
    told = draw(st.permutations(happened + again))
    cuts = sorted(draw(st.lists(st.integers(0, len(told)), max_size=3)))
    return happened, [told[start:end] for start, end in zip([0, *cuts], [*cuts, len(told)], strict=True)]


def _merged(engine: SparkSession, touches: DataFrame, told: list[News]) -> DataFrame:
    plan, outcomes = list[Row](), list[Row]()
    for customer, strategy, event in told:
        row = {"customer": customer, "strategy": strategy, "step": event.step}
        if isinstance(event, Planned):
            plan.append(row | {"fate": event.fate, "as_of": event.night})
        else:
            moment = datetime.combine(event.day, time(12))
            known = {"result": event.result, "happened_at": moment, "as_of": START + timedelta(days=40)}
            outcomes.append(row | known | {"contact_day": event.contact_day})
    return merged(touches, frame(engine, PLAN, plan), frame(engine, OUTCOMES, outcomes))


def _rows(touches: DataFrame) -> list[tuple[Any, ...]]:
    return sorted(
        (tuple(row[name] for name in POSITIONS.names) for row in touches.toArrow().to_pylist()), key=repr
    )


@settings(unhurried, max_examples=80)
@given(delivered=deliveries())
def test_any_delivery_ends_in_the_same_state(
    engine: SparkSession, delivered: tuple[list[News], list[list[News]]]
) -> None:
    happened, portions = delivered
    nothing = frame(engine, POSITIONS, []).drop("as_of")
    in_portions = reduce(lambda state, told: _merged(engine, state, told), portions, nothing)
    state = _rows(in_portions)
    assert state == _rows(_merged(engine, nothing, happened))
    known = {key: [event for *own, event in happened if tuple(own) == key] for key in _keys(happened)}
    assert state == sorted(
        (
            (*key, touch.journey, touch.step, touch.day, touch.fate, touch.result, touch.result_day)
            for key, events in known.items()
            for touch in made(events)
        ),
        key=repr,
    )
    as_of = START + timedelta(days=14)
    standing = positions(in_portions, strategies=BOOK, as_of=as_of).toArrow().to_pylist()
    book = {strategy.name: strategy for strategy in BOOK}
    stands = {key: stand(events, book[key[1]], as_of=as_of) for key, events in known.items()}
    assert {(row["customer"], row["strategy"]): (row["last_step"], row["step"]) for row in standing} == {
        key: (at.last_step, at.step) for key, at in stands.items() if at
    }


@settings(unhurried, max_examples=300)
@given(st.sampled_from(BOOK), st.booleans(), st.data())
def test_no_walk_repeats_a_touch_or_passes_a_cap(strategy: Any, held_out: bool, data: st.DataObject) -> None:
    """Thirty nights of a customer who is contacted when that is due, and answers what and when he likes."""
    events: list[Event] = []
    on_the_way: list[tuple[date, CameBack]] = []
    for night in range(30):
        as_of = START + timedelta(days=night)
        events += [told for known, told in on_the_way if known < as_of]
        standing = stand(events, strategy, as_of=as_of)
        step = standing.step if standing else 1
        if step is None:
            continue
        events.append(Planned(as_of, step, "held_out" if held_out else "contact"))
        contact_day = as_of + timedelta(days=1)
        for result, late in data.draw(
            st.lists(st.tuples(st.sampled_from(RESULTS), st.integers(0, 9)), max_size=2)
        ):
            day = contact_day + timedelta(days=late)
            if not held_out:
                on_the_way.append((day, CameBack(contact_day, step, result, day)))
    touches = made(events)
    assert len({(touch.journey, touch.step) for touch in touches}) == len(touches)
    assert len(touches) <= (strategy.caps.per_customer or 99)
    if strategy.cool_off_days is None:
        assert {touch.journey for touch in touches} == {1}
    if held_out:
        assert {touch.step for touch in touches} == {1}
    _goes_only_ways_there_are(touches, strategy)


def _goes_only_ways_there_are(touches: list[Any], strategy: Any) -> None:
    """Each touch but the first follows one that a way leads from, later by the wait at least."""
    links = {(way.answered, way.step) for way in strategy.ways()}
    for journey in {touch.journey for touch in touches}:
        walked = sorted((touch for touch in touches if touch.journey == journey), key=lambda touch: touch.day)
        assert walked[0].step == 1
        for before, after in pairwise(walked):
            assert (before.step, after.step) in links
            assert (after.day - before.day).days >= strategy.funnel[after.step - 1].wait_days
        assert (walked[-1].day - walked[0].day).days < strategy.goal.window_days


def _keys(happened: list[News]) -> set[tuple[str, str]]:
    return {(customer, strategy) for customer, strategy, _ in happened}
