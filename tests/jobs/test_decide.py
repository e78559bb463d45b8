"""Two nights of deciding on a small bank: who is exposed, who never again, and the same key twice."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from sqlalchemy import insert

from base.settings import Experiments, Holdout, load_settings
from experiments.assign import arms_of
from experiments.enrolment import is_enrolled
from experiments.holdouts import holdouts, is_held
from features.compiler import CUSTOMER_FEATURES
from jobs.decide import DECIDED, LOWERED
from jobs.job import Night
from jobs.run import execute, find_job, open_house
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CANDIDATES,
    CERTIFICATES,
    CONSENTS,
    CONTACTS,
    CUSTOMER_SEGMENTS,
    CUSTOMERS,
    ENTRIES,
    LIMITS,
    NUMBERS,
    OUTCOMES,
    PLAN,
    POSITIONS,
    SUPPRESSIONS,
)
from lake.tables.words import ARMS, TREATED
from ledger.audit import trail
from ledger.database import open_ledger
from ledger.schema import OPT_OUTS, SWITCHES
from outreach.channels.channel import capacities
from outreach.policy.rule import policy_rules
from strategies.book import live
from strategies.document import Strategy
from strategies.experiment import Experiment
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, Written
from tests.outreach.policy_world import AS_OF, DAY, Row, make_world
from tests.strategies.book_world import make_live, written

FIRST = AS_OF
SECOND = DAY
MADE = (CANDIDATES, ASSIGNMENTS, ENTRIES, PLAN, POSITIONS)
DELIVERED = (CUSTOMERS, NUMBERS, CONSENTS, SUPPRESSIONS)
SNAPSHOTS = (*DELIVERED, CUSTOMER_FEATURES, CUSTOMER_SEGMENTS)
ABOVE = Experiments(
    holdouts={
        "hushed": Holdout(share=0.2, tags=("quiet",)),
        "elsewhere": Holdout(share=0.5, segments=("S09",)),
    }
)  # type: ignore[call-arg]
# Whoever the smaller control group of the first night spared would often be in this one.
WIDER = {"holdout": 0.5, "variants": {}}
STOPPED = "loan_merchant_inflow"
RESULTS = ("no_answer", "opened", "delivered", "heard_out", "interested", "hung_up", "refused", "complained")


def rows(night: Night, table: Table) -> list[Row]:
    found: list[Row] = night.store.read(table, as_of=night.as_of).toArrow().to_pylist()
    return found


def experiment(place: int, document: Row) -> Row:
    """An experiment of one of five sorts, for the strategy of this place in the book."""
    opener = document["funnel"][0].get("name", "touch 1")
    return (
        {"holdout": 0.15},
        {"holdout": 0.15, "variants": {"treatment_b": {"share": 0.5, "scripts": {opener: "换一种说法。"}}}},
        {"holdout": 0.15, "ramp": 0.5},
        {"holdout": 0.15, "layer": {"name": "tried", "from": 1 + place, "to": 1 + place + 4}},
        {"holdout": 0.15, "by_segment": {"S01": 0.4}},
    )[place % 5]


def write_book(folder: Path, *, varied: bool = False, **changes: Any) -> Path:
    """The house's own book with every rule replaced by one of a few simple ones; ``varied``: and experiments
    of all sorts, half of them tagged.
    """
    folder.mkdir()
    for place, own in enumerate(sorted(OWN_BOOK.glob("*.yaml"))):
        document = yaml.safe_load(own.read_text(encoding="utf-8"))
        document |= {"who": f"aum_now >= {place % 5 * 1000}"}
        if varied:
            document |= {
                "tags": ["quiet"] if place % 2 else [],
                "experiment": experiment(place, document),
            }
        document |= changes
        (folder / own.name).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return folder


def write_world(night: Night) -> None:
    """A thousand people in all states that policy asks about; of their features only assets are known."""
    world = make_world(1_000, seed=20260830)
    for table in (*DELIVERED, CONTACTS):
        content = [tuple(row[name] for name in table.names) for row in world.rows[table]]
        frame = night.spark.createDataFrame(content, table.spark_schema())
        night.store.write(table, frame, as_of=FIRST)
    people = [row["customer"] for row in world.rows[CUSTOMERS]]
    for table, known in (
        (CUSTOMER_FEATURES, {"aum_now": lambda place: place * 7.0 % 6000}),
        (
            CUSTOMER_SEGMENTS,
            {"segment": lambda _: "S01", "version": lambda _: "1", "distance": lambda _: 0.0},
        ),
    ):
        schema = pa.schema([field.with_nullable(True) for field in table.arrow_schema()])
        features = [
            {"customer": customer} | {name: value(place) for name, value in known.items()}
            for place, customer in enumerate(people)
        ]
        frame = night.spark.createDataFrame(pa.Table.from_pylist(features, schema=schema))
        night.store.write(table, frame, as_of=FIRST)


@pytest.fixture(scope="module")
def above() -> Experiments:
    """The holdouts above strategies; where there are any, the documents vary, ramp, layer and stratify."""
    return ABOVE


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, above: Experiments) -> Iterator[Night]:
    """The first night of a bank of 1,000, decided."""
    home = tmp_path_factory.mktemp("decide")
    with open_house(load_settings(home=home / "home", experiments=above), as_of=FIRST) as night:
        make_live(night.ledger, write_book(home / "book", varied=bool(above.holdouts)))
        write_world(night)
        execute(find_job("decide"), night)
        yield night


@pytest.fixture(scope="module")
def book(first: Night) -> dict[str, Strategy]:
    """The strategies that the first night was decided with."""
    return {strategy.name: strategy for strategy in live(first.ledger)}


@pytest.fixture(scope="module")
def again(first: Night) -> tuple[list[str], list[str]]:
    """Fingerprints of the first night's tables, and of those that the same night makes once more."""
    before = [first.store.digest(table, as_of=FIRST) for table in MADE]
    execute(find_job("decide"), first)
    return before, [first.store.digest(table, as_of=FIRST) for table in MADE]


@pytest.fixture(scope="module")
def second(
    first: Night, again: tuple[list[str], list[str]], book: dict[str, Strategy], above: Experiments
) -> Night:
    """The next night: what came of the first one's contacts, an opt-out, a strategy switched off; where the
    documents vary, each now has a larger control group and no variants.
    """
    contacts = sorted(
        (row for row in rows(first, PLAN) if row["fate"] == "contact"), key=lambda r: r["customer"]
    )
    came_back = [
        {
            **{name: row[name] for name in ("customer", "strategy", "step", "channel")},
            "contact": f"k{place}",
            "result": RESULTS[place % len(RESULTS)],
            "happened_at": datetime.combine(SECOND, time(12)),
            "seconds": 0,
            "contact_day": SECOND,
        }
        for place, row in enumerate(contacts)
    ]
    outcomes = pa.Table.from_pylist(came_back).cast(
        pa.schema([OUTCOMES.arrow_schema().field(name) for name in came_back[0]])
    )
    first.store.write(OUTCOMES, first.spark.createDataFrame(outcomes), as_of=FIRST)
    for table in SNAPSHOTS:
        first.store.write(table, first.store.read(table, as_of=FIRST).drop("as_of"), as_of=SECOND)
    if above.holdouts:
        make_live(first.ledger, write_book(first.settings.home / "wider", experiment=WIDER))
    number = min(row["number"] for row in rows(first, NUMBERS) if row["number"])
    with first.ledger.engine.begin() as connection:
        connection.execute(insert(OPT_OUTS).values(number=number, channel="all"))
        switch = {"scope": "strategy", "name": STOPPED, "stopped": True, "actor": "test", "reason": "a test"}
        connection.execute(insert(SWITCHES).values(switch))
    night = dataclasses.replace(first, as_of=SECOND)
    execute(find_job("decide"), night)
    return night


def test_every_candidate_has_one_fate(first: Night) -> None:
    candidates, plan = rows(first, CANDIDATES), rows(first, PLAN)
    allowed = {(r["customer"], r["strategy"], r["step"]) for r in candidates if r["dropped_by"] is None}
    assert len(plan) == len(allowed)
    assert allowed == {(r["customer"], r["strategy"], r["step"]) for r in plan}
    assert {r["dropped_by"] for r in candidates} - {None} <= {rule.name for rule in policy_rules()}
    assert {"contact", "held_out", "lower_value", "capacity"} <= {r["fate"] for r in plan}


def test_capacities_and_hours_hold(first: Night) -> None:
    contacts = [r for r in rows(first, PLAN) if r["fate"] == "contact"]
    carried = capacities(first.settings, customers=len(rows(first, CUSTOMERS)))
    assert all(
        count <= carried[channel] for channel, count in Counter(r["channel"] for r in contacts).items()
    )
    assert all(9 <= r["hour"] <= (18 if r["channel"].endswith("call") else 19) for r in contacts)
    assert len({r["customer"] for r in contacts}) == len(contacts)


def test_assignments_are_the_first_exposures_with_their_promises(
    first: Night, book: dict[str, Strategy]
) -> None:
    exposed = {
        (r["customer"], r["strategy"]): r for r in rows(first, PLAN) if r["fate"] in ("contact", "held_out")
    }
    assignments = rows(first, ASSIGNMENTS)
    assets = {r["customer"]: r["aum_now"] for r in rows(first, CUSTOMER_FEATURES)}
    assert {(r["customer"], r["strategy"]) for r in assignments} == set(exposed)
    for r in assignments:
        strategy, drawn = book[r["strategy"]], first.settings.experiments
        assert r["first_exposed"] == SECOND
        assert (r["kind"], r["window_days"]) == (strategy.goal.product, strategy.goal.window_days)
        covered_by = ("global", "hushed") if strategy.tags else ("global",)
        above = {name: holdouts(drawn)[name] for name in covered_by}
        (arm,) = arms_of(
            [r["customer"]],
            strategy=strategy.name,
            experiment=strategy.experiment,
            settings=drawn,
            segment="S01",
            covered_by=covered_by,
        )
        assert r["arm"] == arm
        shares = strategy.experiment.shares("S01")
        assert r["treatment_share"] == pytest.approx(1 - shares["control"], abs=1e-12)
        assert r["arm_share"] == (None if arm not in shares else pytest.approx(shares[arm], abs=1e-12))
        assert r["covered_by"] == ",".join(f"{name}:{holdout.share}" for name, holdout in above.items())
        holding = [
            name
            for name, holdout in above.items()
            if is_held(r["customer"], name=name, holdout=holdout, salt=drawn.salt)
        ]
        assert r["held_by"] == ",".join(holding)
        assert (r["manager"], r["channel"]) == (strategy.manager, strategy.funnel[0].channel)
        assert r["aum_before"] == assets[r["customer"]]
        fate = exposed[r["customer"], r["strategy"]]["fate"]
        assert (fate == "contact") == (r["arm"] in TREATED)
    assert {r["arm"] for r in assignments} == set(ARMS) - {"treatment_c", "treatment_d"}


def test_only_who_takes_part_is_a_candidate(first: Night, book: dict[str, Strategy]) -> None:
    asked = {strategy: set[str]() for strategy in book}
    for r in rows(first, CANDIDATES):
        asked[r["strategy"]].add(r["customer"])
    assets = {r["customer"]: r["aum_now"] for r in rows(first, CUSTOMER_FEATURES)}
    for name, strategy in book.items():
        least = float(strategy.who.split()[-1])
        taking_part = {
            customer
            for customer, aum_now in assets.items()
            if aum_now >= least
            and is_enrolled(
                customer,
                strategy=name,
                experiment=strategy.experiment,
                salt=first.settings.experiments.salt,
            )
        }
        assert asked[name] == taking_part


def test_entries_are_the_exposed_and_those_passed_over_for_want_of_room(first: Night, second: Night) -> None:
    wanted = ("contact", "held_out", "capacity", "strategy_limit")
    seen: dict[tuple[str, str], str] = {}
    for night, day in ((first, SECOND), (second, SECOND + timedelta(days=1))):
        entries = {(r["customer"], r["strategy"]): r for r in rows(night, ENTRIES)}
        openers = {
            (r["customer"], r["strategy"]): r
            for r in rows(night, PLAN)
            if r["step"] == 1 and r["fate"] in wanted
        }
        assert set(entries) == set(openers) - set(seen)
        assert all(entries[key]["arm"] == openers[key]["arm"] for key in entries)
        assert {r["entered_on"] for r in entries.values()} == {day}
        seen |= {key: r["arm"] for key, r in entries.items()}
        assert {(r["customer"], r["strategy"]) for r in rows(night, ASSIGNMENTS)} <= set(seen)
    passed_over = {r["arm"] for r in rows(first, PLAN) if r["fate"] == "capacity"}
    assert passed_over >= {"treatment", "treatment_b", "control", "portfolio_holdout", "global_holdout"}


def test_the_same_night_again_changes_nothing(again: tuple[list[str], list[str]]) -> None:
    before, after = again
    assert after == before


def test_journeys_bind_and_no_touch_comes_twice(first: Night, second: Night) -> None:
    journeys = {r["customer"]: r["strategy"] for r in rows(first, ASSIGNMENTS)}
    made = {
        (r["customer"], r["strategy"], r["step"])
        for r in rows(first, PLAN)
        if r["fate"] in ("contact", "held_out")
    }
    chosen = [r for r in rows(second, PLAN) if r["fate"] in ("contact", "held_out")]
    assert all(journeys.get(r["customer"], r["strategy"]) == r["strategy"] for r in chosen)
    assert not made & {(r["customer"], r["strategy"], r["step"]) for r in chosen}
    later = [r for r in chosen if r["step"] > 1]
    assert later, "some funnels move on"
    assert {r["arm"] for r in later} <= set(TREATED)
    assert not {r["customer"] for r in later} & {r["customer"] for r in rows(second, ASSIGNMENTS)}


def test_who_was_exposed_keeps_his_arm_though_the_documents_have_changed(first: Night, second: Night) -> None:
    recorded = {(r["customer"], r["strategy"]): r["arm"] for r in rows(first, ASSIGNMENTS)}
    again = [r for r in rows(second, CANDIDATES) if (r["customer"], r["strategy"]) in recorded]
    assert again
    assert all(r["arm"] == recorded[r["customer"], r["strategy"]] for r in again)
    anew = {
        (r["customer"], r["strategy"]): arms_of(
            [r["customer"]],
            strategy=r["strategy"],
            experiment=Experiment.model_validate(WIDER),
            settings=first.settings.experiments,
            covered_by=(),
        )[0]
        for r in again
    }
    assert {recorded[key] for key, arm in anew.items() if arm == "control"} >= {"treatment", "treatment_b"}


def test_who_refused_or_opted_out_is_left_alone(first: Night, second: Night) -> None:
    refused = {r["customer"] for r in rows(first, OUTCOMES) if r["result"] in ("refused", "complained")}
    number = min(r["number"] for r in rows(first, NUMBERS) if r["number"])
    opted_out = {r["customer"] for r in rows(first, NUMBERS) if r["number"] == number}
    assert refused
    assert opted_out
    assert not (refused | opted_out) & {r["customer"] for r in rows(second, PLAN)}


def test_what_is_switched_off_is_not_planned(second: Night) -> None:
    of_strategy = [r for r in rows(second, CANDIDATES) if r["strategy"] == STOPPED]
    assert of_strategy
    assert {r["dropped_by"] for r in of_strategy} == {"switched_off"}


def test_the_certificate_compares_the_lists_of_two_nights(first: Night, second: Night) -> None:
    """Whoever began a journey may go on with it; hardly anybody else is contacted on two days running."""
    lists = [
        {r["customer"] for r in rows(night, PLAN) if r["fate"] == "contact"} for night in (first, second)
    ]
    (begun,), (certificate,) = rows(first, CERTIFICATES), rows(second, CERTIFICATES)
    assert begun["overlap"] is None
    assert certificate["overlap"] == pytest.approx(len(lists[0] & lists[1]) / len(lists[0]))
    assert certificate["contacts"] == len(lists[1])
    assert certificate["violations"] == 0
    assert (begun["warm"], certificate["warm"]) == (False, True)


def test_no_limit_is_used_beyond_its_room(second: Night) -> None:
    limits = {r["name"]: r for r in rows(second, LIMITS)}
    assert {"channel.human_call", "channel.human_call@10", "channel.sms"} <= set(limits)
    assert all(r["high"] is None or r["used"] <= r["high"] for r in limits.values())
    made = Counter(
        f"channel.{r['channel']}@{r['hour']}" for r in rows(second, PLAN) if r["fate"] == "contact"
    )
    for name, count in made.items():
        assert name not in limits or limits[name]["used"] == count


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"valid": {"end": FIRST}}, "no strategy of the book runs"),
        ({"who": "age > 200"}, ""),
        (None, "is live"),
    ],
    ids=["over", "for nobody", "empty book"],
)
def test_a_night_without_contacts(first: Night, tmp_path: Path, change: Row | None, why: str) -> None:
    told: list[str] = []
    with open_ledger(load_settings(home=tmp_path / "home")) as ledger:
        if change:
            make_live(ledger, write_book(tmp_path / "book", **change))
        idle = dataclasses.replace(first, ledger=ledger, progress=told.append)
        made = execute(find_job("decide"), idle).written
        assert {
            name: made[name] for name in ("positions", "candidates", "assignments", "entries", "plan")
        } == (dict.fromkeys(("positions", "candidates", "assignments", "entries", "plan"), 0))
    assert any(why in line for line in told)


def test_a_live_strategy_that_no_longer_reads_is_left_out_and_told(first: Night, tmp_path: Path) -> None:
    told: list[str] = []
    read = written("broken_since")
    broken = Written(text=read.text.replace("aum_now", "aum_of_yore"), strategy=read.strategy)
    with open_ledger(load_settings(home=tmp_path / "home")) as ledger:
        put_live(ledger, [broken])
        execute(find_job("decide"), dataclasses.replace(first, ledger=ledger, progress=told.append))
        (line,) = trail(ledger, action=DECIDED)
    assert any(words.startswith("broken_since is left out tonight") for words in told)
    assert "aum_of_yore" in line["detail"]["unreadable"]["broken_since"]
    assert line["detail"]["versions"] == {}


def test_minimums_that_cannot_be_met_are_told_and_the_night_goes_on(first: Night, tmp_path: Path) -> None:
    told: list[str] = []
    asked = {"limits": {"per_night": 5_000, "at_least": 4_000}}
    with open_ledger(load_settings(home=tmp_path / "home")) as ledger:
        make_live(ledger, write_book(tmp_path / "book", **asked))
        night = dataclasses.replace(first, ledger=ledger, progress=told.append)
        execute(find_job("decide"), night)
        (line,) = trail(ledger, action=LOWERED)
    lowered = {r["name"]: r for r in rows(first, LIMITS) if r["relaxed_from"] is not None}
    assert set(lowered) == {f"strategy.{path.stem}" for path in OWN_BOOK.glob("*.yaml")}
    assert all(r["relaxed_from"] == 4_000 and r["low"] == r["used"] for r in lowered.values())
    assert line["detail"] == {n: {"asked": 4_000, "possible": r["low"]} for n, r in lowered.items()}
    name, row = next(iter(lowered.items()))
    words = f"{name} asks for at least 4,000 contacts, but {row['low']:,.0f} are possible"
    assert any(said.startswith(words) for said in told)
    (certificate,) = rows(first, CERTIFICATES)
    assert certificate["contacts"] > 0
    assert certificate["violations"] == 0
