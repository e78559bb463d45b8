"""A list of a million rows from identities to sealed bytes and into the ledger, and how fast tokens and masks
are made.

``python -m benchmarks.long_list [--rows N]`` prints one JSON line a figure.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from base.settings import Settings, load_settings
from benchmarks.figure import Figure, at_least, at_most, exactly, show, told
from ledger.database import open_ledger
from outreach.callers import Caller
from outreach.callers.register import add
from outreach.channels.channel import load_channels
from outreach.deliver.keys import bank_key
from outreach.deliver.route import transport_of
from outreach.mask import mask_name, mask_phone
from outreach.release import (
    Carrier,
    Draft,
    Packer,
    Words,
    approve_by_limits,
    build_lists,
    expires_at,
    plan,
    releases_of,
)
from outreach.release.drafts import KIN, Sealed
from outreach.vault import Vault
from outreach.vault.tokens import Kind, TokenKey
from sources.synthetic.identities import identities
from sources.synthetic.population import population
from strategies.document import Strategy
from strategies.folder import read_folder

ROWS = 1_000_000
NIGHT = date(2026, 7, 1)
_KEY = TokenKey(version="a", algorithm="sha256", secret=bytes(range(32)))
_AUTHOR = "benchmark"
_CALLERS = [f"95001900{number:02d}" for number in range(100)]
_TURNS = 3  # the first compiles, or meets cold memory
Result = TypeVar("Result")


def measure(*, rows: int) -> Iterator[Figure]:
    """Every figure, on ``rows`` made-up people."""
    people = _people(rows)
    yield from _tokens(people)
    yield from _masks(people)
    for channel in ("ai_call", "human_call", "sms"):
        yield from _list(people, channel)


def _people(rows: int) -> pa.Table:
    made = identities(population(round(rows * 1.2) + 100, seed=6, today=NIGHT))
    mobile = pc.fill_null(pc.match_substring_regex(made["phone"], r"\A1[3-9][0-9]{9}\z"), False)
    made = made.filter(mobile).slice(0, rows)
    numbers = made["customer_no"].combine_chunks()
    return made.append_column("customer", _made_tokens("customer", numbers)).combine_chunks()


def _made_tokens(kind: Kind, values: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    return _KEY.text(_KEY.heads(kind, values.cast(pa.binary()).to_pylist()))


def _tokens(people: pa.Table) -> Iterator[Figure]:
    numbers = people["customer_no"].combine_chunks()
    seconds = min(_timed(lambda: _made_tokens("customer", numbers))[1] for _ in range(_TURNS))
    yield at_least("tokens made on one core", len(numbers) / seconds, "tokens/s", goal=1e6)
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home) / "home")
        with open_ledger(settings):
            vault = Vault(settings)
            vault.tokens("customer", numbers[:1])
            _, seconds = _timed(lambda: vault.tokens("customer", numbers))
    yield told(
        "tokens through the vault's door, from PostgreSQL to Arrow", len(numbers) / seconds, "tokens/s"
    )


def _masks(people: pa.Table) -> Iterator[Figure]:
    for name, mask in (("phone", mask_phone), ("name", mask_name)):
        values = people[name].combine_chunks()
        seconds = min(_timed(partial(mask, values))[1] for _ in range(_TURNS))
        yield at_least(f"masks of a {name} made on one core", len(values) / seconds, "masks/s", goal=1e7)


def _list(people: pa.Table, channel: str) -> Iterator[Figure]:
    channels, book = load_channels(), read_folder()
    recipient = channels[channel].recipient
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home) / "home", release={"automatic_under": people.num_rows})
        words = Words.of(book)
        pack = Packer(
            settings=settings,
            as_of=NIGHT,
            channels=channels,
            words=words,
            versions={strategy.name: 1 for strategy in book},
            author=_AUTHOR,
            look=lambda _, __: people,
            tokens=_made_tokens,
        )
        chosen = _chosen(people, book, channel)
        rows, masking = _timed(
            lambda: build_lists(
                chosen,
                identities=people,
                words=words,
                channels=channels,
                as_of=NIGHT,
                contact=settings.contact,
            )
        )
        sealed, packing = _timed(lambda: pack(recipient, rows, 1))
        entering = _entered(settings, rows, sealed, recipient=recipient, channel=channel)
    what = f"{rows.num_rows:,} rows of {channel}"
    made = masking + packing
    yield exactly(f"{what}: rows on the list", rows.num_rows, "rows", goal=people.num_rows)
    yield told(f"{what}: masked and worded", masking, "s")
    yield told(f"{what}: manifested, scanned and sealed", packing, "s")
    yield told(f"{what}: sealed file", len(sealed.content) / 1e6, "MB")
    yield at_most(f"{what}: all together", made, "s", goal=30)
    for step, seconds in entering.items():
        yield told(f"{what}: {step}", seconds, "s")
    yield told(f"{what}: all together, with the ledger", made + sum(entering.values()), "s")


def _entered(
    settings: Settings, rows: pa.Table, sealed: Sealed, *, recipient: str, channel: str
) -> dict[str, float]:
    """Seconds that each step of a sealed list takes in PostgreSQL, up to where it may leave."""
    kin = rows.select(["customer", "number"]).append_column("person", pa.nulls(rows.num_rows, pa.string()))
    draft = Draft(rows=rows, kin=kin.select(KIN.names).cast(KIN))
    with open_ledger(settings) as ledger:
        with ledger.engine.begin() as connection:
            add(connection, _callers(channel, rows=rows.num_rows), actor=_AUTHOR)
            plan(connection, NIGHT, [recipient], author=_AUTHOR)
        carrier = Carrier(
            ledger=ledger,
            as_of=NIGHT,
            expires_at=expires_at(NIGHT, settings.contact),
            until=None,
            pack=lambda *_: sealed,
            way=lambda name: transport_of(name, settings=settings),
            runner=_AUTHOR,
            key=bank_key(settings),
        )
        approving = partial(approve_by_limits, ledger, NIGHT, limits=settings.release)
        _, freezing = _timed(lambda: carrier.freeze({recipient: draft}, looked_to=0))
        refused, approval = _timed(approving)
        _, writing = _timed(carrier.write)
        with ledger.engine.connect() as connection:
            state = releases_of(connection, NIGHT)[recipient].state
    if refused is not None or state != "written":
        raise AssertionError(f"the list is {state}: {refused}")
    return {
        "frozen, every contact and every byte in the ledger": freezing,
        "approved": approval,
        "looked at once more and entered as written": writing,
    }


def _callers(channel: str, *, rows: int) -> list[Caller]:
    return [
        Caller.model_validate(
            {
                **{"number": number, "class": "marketing", "channel": channel},
                **{"daily_limit": rows, "active_from": NIGHT},
            }
        )
        for number in _CALLERS
    ]


def _chosen(people: pa.Table, book: Sequence[Strategy], channel: str) -> pa.Table:
    draw = np.random.default_rng(20260701)
    rows = people.num_rows
    touches = [
        (strategy.name, step)
        for strategy in book
        for step, touch in enumerate(strategy.funnel, start=1)
        if touch.channel == channel
    ]
    places = pa.array(draw.integers(0, len(touches), rows))
    numbers = people["customer_no"].combine_chunks()
    return pa.table(
        {
            "contact": _made_tokens("contact", numbers),
            "address": _made_tokens("dial", numbers),
            "customer": people["customer"],
            "number": _made_tokens("phone", numbers),
            "strategy": pa.array([name for name, _ in touches]).take(places),
            "step": pa.array([step for _, step in touches], pa.int32()).take(places),
            "channel": pa.repeat(channel, rows),
            "arm": pa.repeat("treatment", rows),
            "hour": pa.array(draw.integers(9, 19, rows), pa.int32()),
            "caller": pa.array(_CALLERS).take(pa.array(draw.integers(0, len(_CALLERS), rows))),
            "elderly": pa.array(draw.random(rows) < 0.2),
        }
    )


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    show(measure(rows=parser.parse_args().rows))


if __name__ == "__main__":
    main()
