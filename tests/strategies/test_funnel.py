"""Journeys through funnels in the engine, night after night, against the same said plainly."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import numpy as np
import pytest
from pyspark.sql import SparkSession

from lake.tables import OUTCOMES, PLAN, POSITIONS
from lake.tables.words import RESULTS
from strategies.document import Strategy
from strategies.funnel import begun, begun_again, merged, moved, positions
from tests.strategies.journeys import BOOK, CameBack, Event, Planned, Row, frame, made, stand

START = date(2026, 7, 1)
NIGHTS = 12
CUSTOMERS = 150
Key = tuple[str, str]
STRATEGY = {strategy.name: strategy for strategy in BOOK}


def outcome(key: Key, told: CameBack, *, known: date) -> Row:
    """An answer in the partition of the night it came, or of its list where that was learned from again."""
    learned_again = told.result == "delivered"
    return {
        "customer": key[0],
        "strategy": key[1],
        "step": told.step,
        "result": told.result,
        "happened_at": datetime.combine(told.day, time(12)),
        "contact_day": told.contact_day,
        "as_of": told.contact_day - timedelta(days=1) if learned_again else known,
    }


@dataclass
class Bank:
    """A small bank that contacts whom the funnels allow; answers come when they come, some more than once."""

    engine: SparkSession
    chance: np.random.Generator
    plan: list[Row] = field(default_factory=list)
    answers: list[tuple[Key, CameBack, date]] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    events: dict[Key, list[Event]] = field(default_factory=dict)

    def night(self, as_of: date, *, decided: bool) -> dict[Key, Row]:
        """Moves the positions, compares them with the plain words, contacts; what the engine says is due."""
        outcomes = [outcome(key, told, known=known) for key, told, known in self.answers if known < as_of]
        plan = [dict(row) for row in self.plan]
        self.chance.shuffle(outcomes)
        self.chance.shuffle(plan)
        before = frame(self.engine, POSITIONS, self.states)
        touches = moved(
            before,
            frame(self.engine, PLAN, plan),
            frame(self.engine, OUTCOMES, outcomes),
            as_of=as_of,
        ).toArrow()
        told = frame(self.engine, POSITIONS, touches.to_pylist()).drop("as_of")
        standing = positions(told, strategies=BOOK, as_of=as_of).toArrow().to_pylist()
        self.same_as_in_words(touches.to_pylist(), standing, as_of)
        if decided:
            self.states += [row | {"as_of": as_of} for row in touches.to_pylist()]
            self.contact({(row["customer"], row["strategy"]): row for row in standing}, as_of)
        return {(row["customer"], row["strategy"]): row for row in standing}

    def same_as_in_words(self, touches: list[Row], standing: list[Row], as_of: date) -> None:
        known = {key: list(events) for key, events in self.events.items()}
        for key, told, when in self.answers:
            if when < as_of:
                known.setdefault(key, []).append(told)
        expected = {
            (*key, touch.journey, touch.step, touch.day, touch.fate, touch.result, touch.result_day)
            for key, events in known.items()
            for touch in made(events)
        }
        assert {tuple(row[name] for name in POSITIONS.names) for row in touches} == expected
        assert len(touches) == len(expected)
        stands = {key: stand(events, STRATEGY[key[1]], as_of=as_of) for key, events in known.items()}
        assert {
            (row["customer"], row["strategy"]): (
                row["journey"],
                row["first_exposed"],
                row["last_step"],
                row["step"],
            )
            for row in standing
        } == {key: (at.journey, at.first_exposed, at.last_step, at.step) for key, at in stands.items() if at}

    def contact(self, standing: dict[Key, Row], as_of: date) -> None:
        for customer in range(CUSTOMERS):
            for strategy in BOOK:
                key = (f"c{customer:03d}", strategy.name)
                step = standing[key]["step"] if key in standing else 1
                if step and self.chance.random() < 0.7:
                    self.choose(key, step, as_of)

    def choose(self, key: Key, step: int, as_of: date) -> None:
        fate = "held_out" if int(key[0][1:]) % 7 == 0 else "contact"
        self.plan.append({"customer": key[0], "strategy": key[1], "step": step, "fate": fate, "as_of": as_of})
        self.events.setdefault(key, []).append(Planned(as_of, step, fate))
        if fate == "held_out":
            return
        contact_day = as_of + timedelta(days=1)
        for _ in range(self.chance.choice([0, 1, 1, 1, 2, 3])):
            # Mostly the light results, which lead on.
            place = min(int(self.chance.exponential(3.5)), len(RESULTS) - 1)
            late = int(self.chance.choice([0, 0, 0, 1, 2, 6]))
            told = CameBack(contact_day, step, RESULTS[place], contact_day + timedelta(days=late))
            known = as_of + timedelta(days=late + int(self.chance.integers(0, 2)))
            self.answers += [(key, told, known)] * int(self.chance.choice([1, 1, 2]))


@pytest.fixture(scope="module")
def bank(engine: SparkSession) -> Bank:
    """Twelve nights, one of them without a decision; every night is compared while it passes."""
    bank = Bank(engine, np.random.default_rng(7))
    for night in range(NIGHTS):
        bank.night(START + timedelta(days=night), decided=night != 5)
    return bank


def test_no_touch_comes_twice_in_a_journey_and_no_cap_is_passed(bank: Bank) -> None:
    touches = [(key, touch) for key, events in bank.events.items() for touch in made(events)]
    assert max(Counter((key, touch.journey, touch.step) for key, touch in touches).values()) == 1
    contacts = Counter(key for key, _ in touches)
    assert max(count for key, count in contacts.items() if key[1] == "branches") == 4
    assert max(count for key, count in contacts.items() if key[1] == "once") == 1


def test_who_is_held_out_never_moves_on(bank: Bank) -> None:
    held_out = [row for row in bank.plan if row["fate"] == "held_out"]
    assert {row["step"] for row in held_out} == {1}
    assert not {row["customer"] for row in held_out} & {
        row["customer"] for row in bank.plan if row["fate"] == "contact"
    }


def test_the_bank_sees_all_there_is_to_see(bank: Bank) -> None:
    touches = [(key, touch) for key, events in bank.events.items() for touch in made(events)]
    assert {touch.step for key, touch in touches if key[1] == "branches"} == {1, 2, 3, 4, 5}
    assert max(touch.journey for key, touch in touches if key[1] == "chain") >= 3
    assert {touch.journey for key, touch in touches if key[1] == "once"} == {1}
    late = [key for key, told, known in bank.answers if known > told.contact_day + timedelta(days=2)]
    assert len(late) > 50


def test_the_first_night_with_positions_finds_them_in_what_there_was(bank: Bank) -> None:
    last = START + timedelta(days=NIGHTS)
    kept = bank.night(last, decided=False)
    upgraded = Bank(bank.engine, bank.chance, bank.plan, bank.answers, [], bank.events)
    assert upgraded.night(last, decided=False) == kept


def test_a_result_without_a_contact_day_belongs_to_its_night(engine: SparkSession) -> None:
    key = {"customer": "c", "strategy": "chain", "step": 1, "as_of": START}
    came_back = key | {"result": "opened", "happened_at": datetime.combine(START, time(9))}
    touches = merged(
        frame(engine, POSITIONS, []),
        frame(engine, PLAN, [key | {"fate": "contact"}]),
        frame(engine, OUTCOMES, [came_back]),
    )
    (touch,) = touches.toArrow().to_pylist()
    assert (touch["contact_day"], touch["result"]) == (START + timedelta(days=1), "opened")


def test_a_strategy_that_left_the_book_keeps_its_journeys_and_moves_nobody(bank: Bank) -> None:
    touches = frame(bank.engine, POSITIONS, [row for row in bank.states if row["strategy"] == "chain"])
    last = START + timedelta(days=NIGHTS - 1)
    touches = touches.where(touches["as_of"] == last)
    rows = positions(touches, strategies=BOOK[:1], as_of=last).toArrow().to_pylist()
    assert rows
    assert {row["step"] for row in rows} == {None}


def test_journeys_after_the_first_keep_their_window_whatever_became_of_them(engine: SparkSession) -> None:
    first, second = START, START + timedelta(days=20)
    answers = {"ended": "hung_up", "refused": "refused", "open": None}
    touches = frame(
        engine,
        POSITIONS,
        [
            {
                "customer": customer,
                "strategy": "chain",
                "journey": journey,
                "step": step,
                "contact_day": day + timedelta(days=step - 1),
                "fate": "contact",
                "result": result if step == 2 else "opened",
                "result_day": day + timedelta(days=step - 1),
            }
            for customer, result in answers.items()
            for journey, day in ((1, first), (2, second))
            for step in (1, 2)
        ],
    ).drop("as_of")
    promised = engine.createDataFrame(
        [(customer, "chain", 9) for customer in answers], "customer string, strategy string, window_days int"
    )

    def windows(book: Sequence[Strategy]) -> set[tuple[str, str, date, int]]:
        found = begun_again(touches, promised=promised, strategies=book).toArrow().to_pylist()
        assert len(found) == len(answers)
        return {tuple(row.values()) for row in found}

    chain = STRATEGY["chain"]
    longer = chain.model_copy(update={"goal": chain.goal.model_copy(update={"window_days": 12})})
    assert windows([]) == windows([chain]) == {(customer, "chain", second, 9) for customer in answers}
    assert windows([longer]) == {(customer, "chain", second, 12) for customer in answers}


def test_journeys_that_began_with_a_contact_are_counted(bank: Bank) -> None:
    last = START + timedelta(days=NIGHTS - 1)
    touches = frame(bank.engine, POSITIONS, bank.states)
    expected = Counter(
        row["strategy"]
        for row in bank.plan
        if row["step"] == 1 and row["fate"] == "contact" and row["as_of"] < last
    )
    assert begun(touches.where(touches["as_of"] == last)) == expected
