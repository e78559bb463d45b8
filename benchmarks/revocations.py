"""How soon an opt-out reaches a dialler that waits at the feed, while a release of a million rows is frozen;
how soon numbers to call from are given out; and how soon a night's contacts are entered.

``python -m benchmarks.revocations`` prints one JSON line a figure. Server, PostgreSQL, writers and dialler
are real and apart from one another; it works in a folder of its own, which it removes at the end.
"""

import argparse
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import uvicorn
from sqlalchemy import text

from base.settings import Settings, load_settings
from benchmarks.figure import Figure, at_least, at_most, exactly, show
from ledger.database import Ledger, open_ledger
from outreach.callers import allocate
from outreach.deliver import answering_key, opening_keys
from outreach.deliver.signed import read_statement, sign
from outreach.opt_outs import Whom, enter
from outreach.revocations import enter_released
from outreach.revocations.app import make_app, question
from outreach.stops import hold_still, read_stops

ROWS = 1_000_000
NUMBERS = 500
SECONDS = 40.0
PER_SECOND = 20.0
RECIPIENT = "ai_dialler"
NIGHT = date(2026, 7, 1)
EVENING = datetime(2199, 7, 2, 12, tzinfo=UTC)


def measure(*, rows: int, seconds: float, per_second: float) -> Iterator[Figure]:
    """Every figure, on ``rows`` contacts, with opt-outs for so many seconds at that pace."""
    chosen = _contacts(rows)
    started = time.perf_counter()
    callers = allocate(chosen, _register(rows))
    yield at_most("numbers to call from given out", time.perf_counter() - started, "s", goal=1.0)
    yield exactly(
        "contacts left without a number although there are enough", callers.null_count, "rows", goal=0
    )
    with tempfile.TemporaryDirectory(prefix="longreach-feed-") as folder:
        yield from _feed(Path(folder) / "home", rows=rows, seconds=seconds, per_second=per_second)


def _feed(home: Path, *, rows: int, seconds: float, per_second: float) -> Iterator[Figure]:
    settings = load_settings(home=home)
    with open_ledger(settings) as ledger:
        with ledger.engine.begin() as connection:
            lists = _released(rows, night=NIGHT)
            started = time.perf_counter()
            enter_released(connection, lists, recipient=RECIPIENT, as_of=NIGHT, expires_at=EVENING)
        yield at_most("a night's contacts entered", time.perf_counter() - started, "s", goal=30.0)
        with _apart(_serve, home) as server, _apart(_release, home, rows) as release:
            dialler = _Dialler(settings, f"http://127.0.0.1:{server.told()}")
            assert release.told() == "begun"
            committed = _opt_outs(ledger, people=rows, seconds=seconds, per_second=per_second)
            seen = dialler.stop(expected=set(committed))
            releases = release.stop()
    lags = np.array([seen[contact] - at for contact, at in committed.items() if contact in seen])
    yield at_least("releases of as many rows frozen meanwhile", float(str(releases)), "releases", goal=1)
    yield at_least("opt-outs entered", len(committed), "opt-outs", goal=0.8 * seconds * per_second)
    yield exactly("opt-outs that never came", len(committed) - len(lags), "opt-outs", goal=0)
    for name, share in (("median", 0.5), ("99th percentile", 0.99), ("longest", 1.0)):
        yield at_most(f"opt-out committed to dialler, {name}", float(np.quantile(lags, share)), "s", goal=1.0)


def _opt_outs(ledger: Ledger, *, people: int, seconds: float, per_second: float) -> dict[str, float]:
    """Enters opt-outs at a steady pace; when each had been committed, by contact."""
    committed: dict[str, float] = {}
    begun, drawn = time.perf_counter(), np.random.default_rng(1).permutation(people)

    def enter_one(turn: int) -> None:
        time.sleep(max(0.0, begun + turn / per_second - time.perf_counter()))
        person = int(drawn[turn])
        with ledger.engine.begin() as connection:
            enter(
                connection,
                [Whom(customer=f"p{person}")],
                channel="all",
                source="hotline",
                actor="b",
                reason="",
            )
        committed[f"{NIGHT}-c{person}"] = time.perf_counter()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enter_one, range(round(seconds * per_second))))
    return committed


class _Dialler:
    """Follows the feed by long polls, and notes when it learnt of each contact."""

    def __init__(self, settings: Settings, address: str) -> None:
        self._address, self._key = address, answering_key(settings, RECIPIENT)
        self._bank = opening_keys(settings, RECIPIENT).bank
        self._seen: dict[str, float] = {}
        self._expected: set[str] | None = None
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def stop(self, *, expected: set[str]) -> dict[str, float]:
        """When each contact was seen, once all that is expected has come or 30 seconds have passed."""
        self._expected = expected
        self._thread.join(timeout=30)
        return self._seen

    def _follow(self) -> None:
        after = "0"
        with httpx.Client(timeout=60) as client:
            while self._expected is None or not self._expected <= self._seen.keys():
                path, query = "/revocations", f"after={after}&wait=2"
                time_, nonce = datetime.now(UTC).isoformat(), secrets.token_urlsafe(16)
                asked = question(path, query, RECIPIENT, time_, nonce)
                headers = {
                    "Longreach-Recipient": RECIPIENT,
                    "Longreach-Time": time_,
                    "Longreach-Nonce": nonce,
                    "Longreach-Signature": sign("question", asked, key=self._key).decode(),
                }
                answer = client.get(f"{self._address}{path}?{query}", headers=headers)
                told = read_statement("answer", answer.raise_for_status().content, keys=self._bank)
                now = time.perf_counter()
                for one in told["revocations"]:
                    self._seen.setdefault(one["contact"], now)  # who shares a number may be told of twice
                after = told["next"]


def _serve(home: Path, line: Connection) -> None:
    """The feed, until the other end of the line hangs up."""
    settings = load_settings(home=home)
    with open_ledger(settings) as ledger:
        config = uvicorn.Config(make_app(settings, ledger), port=0, log_level="error", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        line.send(server.servers[0].sockets[0].getsockname()[1])
        line.recv()
        server.should_exit = True
        thread.join()
        line.send("done")


def _release(home: Path, rows: int, line: Connection) -> None:
    """Freezes one night after the other as a release does: contacts and sealed bytes in, then the last look
    at opt-outs while they hold still, then the commit."""
    count = 0
    with open_ledger(load_settings(home=home)) as ledger:
        line.send("begun")
        while not line.poll():
            night = NIGHT + timedelta(days=count + 1)
            with ledger.engine.begin() as connection:
                lists = _released(rows, night=night)
                enter_released(connection, lists, recipient="human_desk", as_of=night, expires_at=EVENING)
                connection.execute(text("create temporary table if not exists sealed (part bytea)"))
                for _ in range(rows // 20_000):
                    part = secrets.token_bytes(4 << 20)
                    connection.execute(text("insert into sealed values (:part)"), {"part": part})
                hold_still(connection)
                read_stops(connection)
            count += 1
    line.recv()
    line.send(count)


@dataclass(frozen=True)
class _Worker:
    """Somebody at work in a process of his own, at the other end of a line."""

    line: Connection

    def told(self) -> object:
        return self.line.recv()

    def stop(self) -> object:
        """Asks for the end, and returns the last word."""
        self.line.send("stop")
        return self.line.recv()


@contextmanager
def _apart(work: Callable[..., None], *given: object) -> Iterator[_Worker]:
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=work, args=(*given, there))
    process.start()
    try:
        yield _Worker(here)
        if process.is_alive():
            here.send("stop")
    finally:
        process.join(timeout=120)
        if process.is_alive():
            process.kill()


def _contacts(rows: int) -> pa.Table:
    draw = np.random.default_rng(1)
    return pa.table(
        {
            "customer": [f"a{row:011d}" for row in range(rows)],
            "strategy": [f"strategy {row % 5000}" for row in range(rows)],
            "step": draw.integers(1, 4, rows),
            "channel": np.array(["ai_call", "human_call", "sms"])[draw.integers(0, 3, rows)],
            "kind": np.array(["deposit", "loan", "fund"])[draw.integers(0, 3, rows)],
            "value": np.round(draw.gamma(2.0, 3.0, rows), 2),
        }
    )


def _register(rows: int) -> pa.Table:
    channels = ["ai_call", "human_call", "sms"]
    return pa.table(
        {
            "number": [f"95{place:06d}" for place in range(NUMBERS)],
            "channel": [channels[place % 3] for place in range(NUMBERS)],
            "purposes": pa.array([[]] * NUMBERS, pa.list_(pa.string())),
            "daily_limit": [rows * 5 // (NUMBERS * 4)] * NUMBERS,
        }
    )


def _released(rows: int, *, night: date) -> pa.Table:
    """What a recipient holds of a night: a million contacts, every second number shared by two."""
    each = range(rows)
    return pa.table(
        {
            "contact": [f"{night}-c{row}" for row in each],
            "address": [f"{night}-d{row}" for row in each],
            "customer": [f"p{row}" for row in each],
            "number": [f"n{row if row % 2 else row // 4}" for row in each],
            "strategy": [f"strategy {row % 5000}" for row in each],
            "channel": ["ai_call"] * rows,
            "caller": pa.nulls(rows, pa.string()),
        }
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--per-second", type=float, default=PER_SECOND)
    given = parser.parse_args()
    show(measure(rows=given.rows, seconds=given.seconds, per_second=given.per_second))
