"""How the synthetic bank answers contacts: the planted effects are there, and only those."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from base.errors import SourceError
from base.settings import load_settings
from lake.tables.words import CHANNELS, PRODUCTS, RESULTS
from sources.synthetic import world
from sources.synthetic.archetypes import ARCHETYPES
from sources.synthetic.bank import SyntheticBank
from sources.synthetic.draws import day_number
from sources.synthetic.population import customer_numbers
from sources.synthetic.response import effect, reach

NIGHT = date(2026, 7, 1)
DAY = day_number(NIGHT) + 1
WINDOW = 5


def kind(name: str) -> int:
    return [known.name for known in ARCHETYPES].index(name)


def contacts(
    size: int, *, seed: int, product: str | None = None, channel: str | None = None
) -> world.Contacts:
    draw = np.random.default_rng(seed)
    any_product, any_channel = draw.integers(0, len(PRODUCTS), size), draw.integers(0, len(CHANNELS), size)
    return world.Contacts(
        day=DAY,
        product=np.full(size, PRODUCTS.index(product)) if product else any_product,
        channel=np.full(size, CHANNELS.index(channel)) if channel else any_channel,
        hour=draw.integers(9, 20, size),
        earlier=np.zeros(size, dtype=np.int64),
    )


def bought(
    people: world.Population, met: world.Contacts, answers: world.Answers, *, contacted: bool
) -> np.ndarray:
    """Conversions of the same people on the same days, in the world with the contact or without."""
    rows = np.arange(len(people)) if contacted else np.arange(0)
    if not contacted:
        none = np.zeros(0, dtype=bool)
        answers = world.Answers(
            result=rows, second=rows, seconds=rows, caused=none, stifled=none, base=none, tau=none
        )
    return world.taken_up_within(
        people, product=met.product, start=DAY, window_days=WINDOW, rows=rows, answers=answers
    )


def lift_and_truth(people: world.Population, met: world.Contacts) -> tuple[float, float, float]:
    """Difference between the two worlds, its standard error, and what was planted."""
    answers = world.respond(people, met)
    with_, without = (bought(people, met, answers, contacted=flag) for flag in (True, False))
    changed = with_.astype(float) - without
    planted = world.expected_lift(answers.tau, answers.base, WINDOW)
    return float(changed.mean()), float(changed.std() / len(people) ** 0.5), float(planted.mean())


def test_the_effect_found_is_the_effect_planted() -> None:
    people = world.population(40_000, seed=21)
    found, error, planted = lift_and_truth(people, contacts(len(people), seed=1))
    assert planted > 0.004
    assert abs(found - planted) < 3.5 * error


@pytest.mark.parametrize(
    ("archetype", "product", "channel"),
    [
        ("elderly_depositor", "deposit", "human_call"),
        ("salary_fresh", "wealth", "ai_call"),
        ("mobile_saver", "fund", "push"),
    ],
)
def test_good_matches_gain(archetype: str, product: str, channel: str) -> None:
    people = world.population(40_000, seed=22)
    people = people.take(np.flatnonzero(people.archetype == kind(archetype)))
    found, error, planted = lift_and_truth(
        people, contacts(len(people), seed=2, product=product, channel=channel)
    )
    assert planted > (0.03 if channel.endswith("call") else 0.005)
    assert abs(found - planted) < 3.5 * error


def test_sleeping_dogs_lose() -> None:
    people = world.population(40_000, seed=23)
    people = people.take(np.flatnonzero(people.archetype == kind("deposit_hunter")))
    met = contacts(len(people), seed=3, product="deposit", channel="human_call")
    found, error, planted = lift_and_truth(people, met)
    assert planted < -0.008
    assert abs(found - planted) < 3.5 * error


def test_without_effects_contacts_change_nothing() -> None:
    people = world.population(5_000, seed=24)
    met = contacts(len(people), seed=4)
    answers = world.respond(people, met, effects="none")
    assert not answers.caused.any()
    assert not answers.stifled.any()
    assert not answers.tau.any()
    assert len(np.unique(answers.result)) > 5
    assert RESULTS.index("converted") not in answers.result


def test_who_is_reached_depends_on_hour_machine_and_fatigue() -> None:
    def chance(archetype: str, channel: str, *, hour: int, earlier: int = 0) -> float:
        return float(
            reach(
                np.array([kind(archetype)]),
                channel=np.array([CHANNELS.index(channel)]),
                hour=np.array([hour]),
                has_app=np.array([True]),
                earlier=np.array([earlier]),
            )[0]
        )

    assert chance("elderly_depositor", "ai_call", hour=10) < 0.3 * chance(
        "elderly_depositor", "human_call", hour=10
    )
    assert chance("salary_fresh", "ai_call", hour=19) > 1.5 * chance("salary_fresh", "ai_call", hour=10)
    assert chance("borrower", "human_call", hour=18, earlier=3) < chance("borrower", "human_call", hour=18)


def test_fatigue_lessens_effects_and_none_goes_below_what_there_is() -> None:
    who, what, how = (np.array([at]) for at in (kind("salary_fresh"), PRODUCTS.index("wealth"), 3))
    base = np.array([0.01])
    fresh, tired = (
        effect(who, product=what, channel=how, base=base, earlier=np.array([before]))[0] for before in (0, 4)
    )
    assert 0 < tired < fresh / 2
    dog = np.array([kind("deposit_hunter")])
    deposit = np.array([PRODUCTS.index("deposit")])
    assert effect(dog, product=deposit, channel=how, base=base, earlier=np.array([0]))[0] == -0.01


def asked(bank: SyntheticBank, size: int, *, seed: int = 0) -> pa.Table:
    numbers = bank.truth()["customer_no"]
    draw = np.random.default_rng(seed)
    rows = draw.permutation(len(numbers))[:size]
    return pa.table(
        {
            "contact": [f"contact-{row:05}" for row in rows],
            "customer_no": numbers.take(pa.array(rows)),
            "strategy": ["some"] * size,
            "kind": draw.choice(PRODUCTS, size),
            "step": pa.array([1] * size, pa.int32()),
            "channel": draw.choice(CHANNELS, size),
            "hour": pa.array(draw.integers(9, 20, size), pa.int32()),
        }
    )


@pytest.fixture
def bank(tmp_path: Path) -> SyntheticBank:
    synthetic = {"customers": 4_000, "history_days": 30, "first_night": NIGHT}
    return SyntheticBank(load_settings(home=tmp_path, synthetic=synthetic))


def openings(folder: Path) -> pa.Table:
    return pq.read_table(folder / "openings.parquet").sort_by("opening")


def test_an_answer_does_not_depend_on_the_rest_of_the_list(bank: SyntheticBank) -> None:
    whole = asked(bank, 1_000)
    answers = bank.answer(NIGHT, whole)
    assert answers.schema.names == ["contact", "result", "happened_at", "seconds"]
    shuffled = bank.answer(NIGHT, whole.take(pa.array(np.random.default_rng(1).permutation(1_000))))
    assert shuffled.sort_by("contact").equals(answers.combine_chunks().sort_by("contact"))
    assert bank.answer(NIGHT, whole.slice(0, 10)).equals(answers.slice(0, 10).combine_chunks())
    day = pc.cast(answers["happened_at"], pa.date32())
    assert day.unique().to_pylist() == [NIGHT + timedelta(days=1)]


def test_what_contacts_cause_is_delivered_the_next_night(bank: SyntheticBank) -> None:
    next_night = NIGHT + timedelta(days=1)
    first, quiet = openings(bank.deliver(NIGHT)), openings(bank.deliver(next_night))
    calls = asked(bank, 4_000).drop_columns(["kind", "channel"])
    kind_, channel = (pa.array([word] * len(calls)) for word in ("deposit", "human_call"))
    bank.answer(NIGHT, calls.append_column("kind", kind_).append_column("channel", channel))
    told, known = openings(bank.deliver(next_night)), bank._truth.answers(NIGHT)
    caused = told.join(quiet, keys="opening", join_type="left anti")
    put_off = quiet.join(told, keys="opening", join_type="left anti")
    assert len(caused) == pc.sum(known["caused"]).as_py() > 20
    assert 0 < len(put_off) < 20
    stifled = customer_numbers(known.filter(known["stifled"])["index"].to_numpy()).to_pylist()
    assert set(put_off["customer_no"].to_pylist()) <= set(stifled)
    assert put_off["product"].unique().to_pylist() == ["deposit"]
    assert openings(bank.deliver(NIGHT)).equals(first)


def test_who_complains_of_a_contact_is_to_be_left_alone(bank: SyntheticBank) -> None:
    next_night = NIGHT + timedelta(days=1)
    calls = asked(bank, 4_000).drop_columns("channel")
    calls = calls.append_column("channel", pa.array(["human_call"] * len(calls)))
    answers = bank.answer(NIGHT, calls)
    cross = answers.filter(pc.equal(answers["result"], "complained")).join(calls, "contact")
    assert len(cross) > 2
    folder = bank.deliver(next_night)
    complaints, struck = (
        pq.read_table(folder / f"{name}.parquet") for name in ("complaints", "suppressions")
    )
    assert set(cross["customer_no"].to_pylist()) <= set(complaints["customer_no"].to_pylist())
    since = struck.filter((pc.field("kind") == "complaint_open") & (pc.field("since") == next_night))
    assert set(cross["customer_no"].to_pylist()) <= set(since["customer_no"].to_pylist())


def test_answering_again_changes_nothing(bank: SyntheticBank) -> None:
    lists = asked(bank, 2_000)
    answers, again = bank.answer(NIGHT, lists), bank.answer(NIGHT, lists)
    assert answers.equals(again)
    later = bank.answer(NIGHT + timedelta(days=1), lists)
    assert bank.answer(NIGHT, lists).equals(answers), "later nights do not reach back"
    assert not later.equals(answers)


def test_the_truth_is_told_for_any_window(bank: SyntheticBank) -> None:
    lists = asked(bank, 500)
    bank.answer(NIGHT, lists)
    short, long = (bank.planted([NIGHT], window_days=days) for days in (1, 7))
    assert short["expected_effect"].to_pylist() == short["tau"].to_pylist()
    assert sum(abs(e) for e in long["expected_effect"].to_pylist()) < sum(
        abs(e) for e in short["tau"].to_pylist()
    )
    assert set(short["contact"].to_pylist()) == set(lists["contact"].to_pylist())
    truth = {row["customer_no"]: row["archetype"] for row in bank.truth().to_pylist()}
    assert all(truth[row["customer_no"]] == row["archetype"] for row in short.to_pylist())


def test_nothing_of_the_truth_lies_in_the_landing_folder(bank: SyntheticBank) -> None:
    bank.answer(NIGHT, asked(bank, 100))
    bank.deliver(NIGHT)
    landed = [path for path in bank.settings.landing_folder.rglob("*") if path.is_file()]
    names = [known.name.encode() for known in ARCHETYPES]
    assert not any(name in path.read_bytes() for path in landed for name in names)
    with pytest.raises(SourceError, match="run the nights first"):
        bank.planted([NIGHT + timedelta(days=9)])


def test_lists_from_elsewhere_are_refused(bank: SyntheticBank) -> None:
    lists = asked(bank, 10)
    for number in ("KH000000001", "12345"):
        with pytest.raises(SourceError, match="does not have"):
            bank.answer(NIGHT, lists.set_column(1, "customer_no", pa.array([number] * 10)))
    with pytest.raises(SourceError, match="none of deposit"):
        bank.answer(NIGHT, lists.set_column(3, "kind", pa.array(["houses"] * 10)))
