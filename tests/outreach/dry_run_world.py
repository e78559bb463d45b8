"""Customers made up for dry runs, and a dry run among them."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from base.settings import Experiments
from benchmarks.big_customers import make_customers
from features.catalogue import FEATURES
from lake.tables.words import CHANNELS, PRODUCTS
from outreach.arbitrate.rooms import ChannelRoom, Rooms
from outreach.channels.channel import load_channels
from outreach.dry_run.audience import Audience, audience
from outreach.dry_run.collect import verdict_name
from outreach.dry_run.dry_run import DryRun
from outreach.dry_run.market import Market
from outreach.dry_run.selection import lay_out
from outreach.policy.rule import policy_rules
from strategies.document import Strategy
from strategies.folder import read_folder

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
        "unread": pa.array(np.zeros(PEOPLE, bool)),
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


def prices(limits: pa.Table) -> dict[str, float]:
    return dict(zip(limits["name"].to_pylist(), limits["price"].to_pylist(), strict=True))
