"""A list of a million rows from identities to sealed bytes, and how fast tokens and masks are made.

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

from base.settings import load_settings
from benchmarks.figure import Figure, at_least, at_most, exactly, show, told
from ledger.database import open_ledger
from outreach.channels.channel import load_channels
from outreach.mask import mask_name, mask_phone
from outreach.release import Packer, Words, build_lists
from outreach.vault import Vault
from outreach.vault.tokens import Kind, TokenKey
from sources.synthetic.identities import identities
from sources.synthetic.population import population
from strategies.document import Strategy
from strategies.folder import read_folder

ROWS = 1_000_000
NIGHT = date(2026, 7, 1)
_KEY = TokenKey(version="a", algorithm="sha256", secret=bytes(range(32)))
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
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home))
        words = Words.of(book)
        pack = Packer(
            settings=settings,
            as_of=NIGHT,
            channels=channels,
            words=words,
            versions={strategy.name: 1 for strategy in book},
            author="benchmark",
            look=lambda _, __: people,
            tokens=_made_tokens,
        )
        recipient = channels[channel].recipient
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
    what = f"{rows.num_rows:,} rows of {channel}"
    yield exactly(f"{what}: rows on the list", rows.num_rows, "rows", goal=people.num_rows)
    yield told(f"{what}: masked and worded", masking, "s")
    yield told(f"{what}: manifested, scanned and sealed", packing, "s")
    yield told(f"{what}: sealed file", len(sealed.content) / 1e6, "MB")
    yield at_most(f"{what}: all together", masking + packing, "s", goal=30)


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
            "caller": pa.array([f"95000900{n:02d}" for n in range(100)]).take(
                pa.array(draw.integers(0, 100, rows))
            ),
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
