"""Two nights of deciding on a small bank, as several files ask about them."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from sqlalchemy import insert

from base.settings import Experiments, Holdout, load_settings
from features.compiler import CUSTOMER_FEATURES
from jobs.job import Night
from jobs.run import execute, find_job, open_house
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CANDIDATES,
    CONSENTS,
    CONTACTS,
    CUSTOMER_SEGMENTS,
    CUSTOMERS,
    ENTRIES,
    NUMBERS,
    OUTCOMES,
    PLAN,
    POSITIONS,
    SUPPRESSIONS,
)
from ledger.schema import OPT_OUTS, SWITCHES
from strategies.folder import OWN_BOOK
from tests.outreach.policy_world import AS_OF, DAY, Row, make_world
from tests.strategies.book_world import make_live

FIRST = AS_OF
SECOND = DAY
DELIVERED = (CUSTOMERS, NUMBERS, CONSENTS, SUPPRESSIONS)
MADE = (CANDIDATES, ASSIGNMENTS, ENTRIES, PLAN, POSITIONS)
SNAPSHOTS = (*DELIVERED, CUSTOMER_FEATURES, CUSTOMER_SEGMENTS)
# The holdouts above strategies; where there are any, the documents vary, ramp, layer and stratify.
ABOVE = Experiments(
    holdouts={
        "hushed": Holdout(share=0.2, tags=("quiet",)),
        "elsewhere": Holdout(share=0.5, segments=("S09",)),
    }
)  # type: ignore[call-arg]
# Whoever the smaller control group of the first night spared would often be in this one.
WIDER = {"holdout": 0.5, "variants": {}}
GENERAL_RULES = ("everybody", "所有客户")
STOPPED = "loan_merchant_inflow"
RESULTS = ("no_answer", "opened", "delivered", "heard_out", "interested", "hung_up", "refused", "complained")


def rows(night: Night, table: Table) -> list[Row]:
    found: list[Row] = night.store.read(table, as_of=night.as_of).toArrow().to_pylist()
    return found


def unread(night: Night) -> set[str]:
    """Who chose that nothing be read of him to choose him."""
    return {
        row["customer"]
        for row in rows(night, SUPPRESSIONS)
        if row["kind"] == "no_personalisation"
        and (row["since"] is None or row["since"] <= DAY)
        and (row["until"] is None or row["until"] >= DAY)
    }


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
    """The house's own book with every rule that asks something replaced by one of a few simple ones;
    ``varied``: and experiments of all sorts, half of them tagged.
    """
    folder.mkdir()
    own_book = sorted(OWN_BOOK.glob("*.yaml"), key=lambda own: ("everybody" in own.stem, own.stem))
    for place, own in enumerate(own_book):
        document = yaml.safe_load(own.read_text(encoding="utf-8"))
        if document["who"] not in GENERAL_RULES:
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


@contextmanager
def first_night(folder: Path, *, above: Experiments) -> Iterator[Night]:
    """The first night of a bank of 1,000, decided."""
    with open_house(load_settings(home=folder / "home", experiments=above), as_of=FIRST) as night:
        make_live(night.ledger, write_book(folder / "book", varied=bool(above.holdouts)))
        write_world(night)
        execute(find_job("decide"), night)
        yield night


def next_night(first: Night) -> Night:
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
    if first.settings.experiments.holdouts:
        make_live(first.ledger, write_book(first.settings.home / "wider", experiment=WIDER))
    number = min(row["number"] for row in rows(first, NUMBERS) if row["number"])
    with first.ledger.engine.begin() as connection:
        connection.execute(insert(OPT_OUTS).values(number=number, channel="all"))
        switch = {"scope": "strategy", "name": STOPPED, "stopped": True, "actor": "test", "reason": "a test"}
        connection.execute(insert(SWITCHES).values(switch))
    night = dataclasses.replace(first, as_of=SECOND)
    execute(find_job("decide"), night)
    return night
