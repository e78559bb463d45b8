"""How long a dry run takes, with a large bank's book beside it: ``python -m benchmarks.dry_run``."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from base.settings import Experiments
from benchmarks.big_book import make_book
from benchmarks.big_customers import make_customers
from benchmarks.figure import Figure, at_most, show
from features.catalogue import FEATURES
from lake.tables.words import CHANNELS, PRODUCTS
from outreach.arbitrate.rooms import ChannelRoom, Rooms
from outreach.channels.channel import load_channels
from outreach.dry_run.audience import Audience, Flags, audience
from outreach.dry_run.collect import verdict_name
from outreach.dry_run.dry_run import DryRun
from outreach.dry_run.market import Market
from outreach.dry_run.selection import lay_out
from outreach.policy.rule import policy_rules
from strategies.document import Strategy
from strategies.rule import parse

AS_OF = date(2026, 7, 1)
CUSTOMERS = 1_000_000
STRATEGIES = 4_000
RULE = "aum_now between 5000 and 3万 and not has_fund and age < 40 and logins_90d >= 3"

_TIMES = 5
_JOURNEYS = 300_000


def figures() -> Iterator[Figure]:
    """One new rule, and a whole strategy with its overlap with the book: seconds to the answer, warm."""
    tried = make_book(strategies=STRATEGIES + 1).strategies
    dry_run = _dry_run(_audience(tried), tried[1:])
    name = f"{CUSTOMERS:,} customers, {STRATEGIES:,} strategies beside it"
    yield at_most(
        f"dry run of a rule, {name}", _fastest(lambda: dry_run.rule(parse(RULE, FEATURES))), "s", goal=0.3
    )
    yield at_most(
        f"dry run of a strategy, {name}", _fastest(lambda: dry_run.strategy(tried[0])), "s", goal=2.0
    )


def _fastest(work: Callable[[], object]) -> float:
    """Seconds of the median of some runs after a first one that compiles."""
    work()
    seconds = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def _dry_run(customers: Audience, live: Sequence[Strategy]) -> DryRun:
    return DryRun(
        audience=customers,
        book=lay_out(live, customers, features=FEATURES),
        market=_market(),
        begun={},
        costs={name: channel.cost for name, channel in load_channels().items()},
        experiments=Experiments(),  # type: ignore[call-arg]
        held_out_rates={},
        segment_names={},
        stopped=(),
    )


def _market() -> Market:
    """Calls are limited by the hour, and everything has a price."""
    rooms = {name: ChannelRoom(per_night=CUSTOMERS // 20) for name in CHANNELS}
    rooms["human_call"] = ChannelRoom(
        per_night=CUSTOMERS // 20, per_hour=dict.fromkeys(range(9, 20), CUSTOMERS // 200)
    )
    prices = {f"channel.{name}": 1.0 for name in CHANNELS} | {
        f"channel.human_call@{hour}": hour / 10 for hour in range(9, 20)
    }
    return Market(rooms=Rooms(channels=rooms, strategies={}, hours_away=1, hour_costs=0.05), prices=prices)


def _audience(strategies: Sequence[Strategy]) -> Audience:
    """Customers with a fate drawn at random: how long counting takes does not depend on whose it is."""
    rng = np.random.default_rng(1)
    names = np.array([strategy.name for strategy in strategies])
    customers = make_customers(CUSTOMERS, seed=1)

    def some(share: float) -> Flags:
        return rng.random(CUSTOMERS) < share

    def words(choices: npt.NDArray[np.str_], share: float) -> pa.Array:
        return pa.array(rng.choice(choices, CUSTOMERS), mask=~some(share))

    for channel in CHANNELS:
        for kind in PRODUCTS:
            places = rng.integers(len(policy_rules()), size=CUSTOMERS, dtype=np.int8)
            customers = customers.append_column(verdict_name(channel, kind), pa.array(places, mask=some(0.5)))
    for product in PRODUCTS:
        customers = customers.append_column(f"opened_{product}", pa.array(some(0.03)))
    for channel in CHANNELS:
        missed = ~some(0.2)
        customers = customers.append_column(
            f"short_by_{channel}", pa.array(rng.exponential(1.0, CUSTOMERS), mask=missed)
        ).append_column(f"short_of_{channel}", pa.array(rng.choice(names, CUSTOMERS), mask=missed))
    planned, net = some(0.1), rng.exponential(5.0, CUSTOMERS)
    return audience(
        customers.append_column("unread", pa.array(np.zeros(CUSTOMERS, bool)))
        .append_column("journey", words(names, 0.1).fill_null(""))
        .append_column("planned_strategy", pa.array(rng.choice(names, CUSTOMERS), mask=~planned))
        .append_column("planned_channel", pa.array(rng.choice(CHANNELS, CUSTOMERS), mask=~planned))
        .append_column("hour", pa.array(rng.integers(9, 20, CUSTOMERS, dtype=np.int32)))
        .append_column("planned_net", pa.array(net, mask=~planned))
        .append_column("planned_left", pa.array(net / 2, mask=~planned))
        .append_column("planned_margin", pa.array(net / 4, mask=~planned))
        .append_column("planned_treated", pa.array(some(0.85), mask=~planned)),
        touches=pa.table(
            {
                "customer": customers["customer"].take(pa.array(rng.integers(CUSTOMERS, size=_JOURNEYS))),
                "strategy": pa.array(rng.choice(names, _JOURNEYS)),
                "journey": pa.array(np.ones(_JOURNEYS, dtype=np.int32)),
                "contact_day": pa.array([AS_OF] * _JOURNEYS),
                "result": pa.nulls(_JOURNEYS, pa.string()),
                "result_day": pa.nulls(_JOURNEYS, pa.date32()),
            }
        ),
        as_of=AS_OF,
    )


if __name__ == "__main__":
    show(figures())
