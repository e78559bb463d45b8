"""The audit trail: lines a second, seconds to verify a million of them, and ten thousand ways to bend it.

``python -m benchmarks.audit`` prints one JSON line a figure.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from sqlalchemy import text

from base.settings import Settings, load_settings
from benchmarks.bend import bend
from benchmarks.figure import Figure, at_least, at_most, exactly, show
from ledger.audit import record, record_within
from ledger.audit.checkpoints import FILE, PUBLIC_KEY, checkpoint, folder_of, read_checkpoints
from ledger.audit.verify import verify
from ledger.database import Ledger, open_ledger

_EACH, _WRITERS = 1_000, 4
LINES, BENT = 1_000_000, 10_000
_SHORT = 120


def figures(*, lines: int = LINES, bent: int = BENT) -> Iterator[Figure]:
    """Everything, each on a ledger of its own: trails bent, and the lines of a long one."""
    for measure in (_throughput, partial(_bends, bent=bent), partial(_long_trail, lines=lines)):
        with tempfile.TemporaryDirectory() as home:
            settings = load_settings(home=Path(home))
            with open_ledger(settings) as ledger:
                yield from measure(ledger, settings)


def _throughput(ledger: Ledger, _: Settings) -> Iterator[Figure]:
    yield at_least("audit, one writer", _lines_a_second(ledger, writers=1), "lines/s", goal=200)
    yield at_least(
        f"audit, {_WRITERS} writers", _lines_a_second(ledger, writers=_WRITERS), "lines/s", goal=200
    )
    with ledger.engine.begin() as connection:
        record_within(connection, actor="release", action="held", details={"open": {}})
        beside = _lines_a_second(ledger, writers=_WRITERS)
    yield at_least("audit, the same beside an open transaction", beside, "lines/s", goal=200)
    started = time.perf_counter()
    with ledger.engine.begin() as connection:
        details = {str(number): {"rows": number} for number in range(10_000)}
        record_within(connection, actor="desk", action="many", details=details)
    yield at_least(
        "audit, in one transaction", 10_000 / (time.perf_counter() - started), "lines/s", goal=2_000
    )


def _lines_a_second(ledger: Ledger, *, writers: int) -> float:
    def write(writer: int) -> None:
        for number in range(_EACH):
            record(ledger, actor=f"writer {writer}", action="looked", subject="x", detail={"rows": number})

    started = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    return writers * _EACH / (time.perf_counter() - started)


def _bends(ledger: Ledger, settings: Settings, *, bent: int) -> Iterator[Figure]:
    for start in range(0, _SHORT, 20):
        details = {f"subject {number}": {"rows": number} for number in range(start, start + 20)}
        with ledger.engine.begin() as connection:
            record_within(connection, actor="desk", action="looked", details=details)
        checkpoint(ledger)
    witnesses = read_checkpoints(folder_of(settings) / FILE, public_key=folder_of(settings) / PUBLIC_KEY)
    rng, seen = random.Random(20260701), 0
    for _ in range(bent):
        with ledger.engine.connect() as connection, connection.begin() as transaction:
            bend(connection, rng, lines=_SHORT)
            seen += verify(connection, witnesses).fault is not None
            transaction.rollback()
    yield exactly("audit, trails bent at random that were found out", seen, "trails", goal=bent)
    with ledger.engine.connect() as connection:
        false = verify(connection, witnesses).fault is not None
    yield exactly("audit, alarms over the trail as it was", float(false), "alarms", goal=0)


def _long_trail(ledger: Ledger, settings: Settings, *, lines: int) -> Iterator[Figure]:
    with ledger.engine.begin() as connection:
        connection.execute(
            text(
                "insert into audit (actor, action, subject, detail) select 'desk', 'strategy paused', "
                "'strategy_' || n, json_build_object('version', n) from generate_series(1, :n) n"
            ),
            {"n": lines},
        )
    checkpoint(ledger)
    witnesses = read_checkpoints(folder_of(settings) / FILE, public_key=folder_of(settings) / PUBLIC_KEY)
    started = time.perf_counter()
    with ledger.engine.connect() as connection:
        verdict = verify(connection, witnesses)
    seconds = time.perf_counter() - started
    yield exactly("audit, lines found intact", verdict.intact_to, "lines", goal=lines)
    yield at_most(f"audit, verify {lines:,} lines", seconds, "seconds", goal=60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES, help="of the long trail")
    parser.add_argument("--bent", type=int, default=BENT, help="trails that are bent")
    given = parser.parse_args()
    show(figures(lines=given.lines, bent=given.bent))


if __name__ == "__main__":
    main()
