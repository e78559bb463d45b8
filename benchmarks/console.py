"""The console of a large house with fifty people at it: how long they wait, and in bad weather, too.

``python -m benchmarks.console [PART ...]`` prints one JSON line a figure; about 2 GiB of disk. ``speed``:
pages, live count, first paint, memory. ``gone``: the database gone for ten seconds. With ``--customers`` and
``--strategies`` it tries a smaller house. The people are played by this process on the same cores as the
server: who reads opens a page, looks at it for ``LOOKS`` seconds, and opens the next; who writes changes his
rule every ``TYPES`` seconds and waits for its count. The memory is the server's; what it starts for long
questions is told by itself, and PostgreSQL belongs to the whole house.
"""

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import psutil
from playwright.sync_api import sync_playwright

from base.errors import LongreachError
from base.settings import Settings
from benchmarks.big_desk import make_house
from benchmarks.console_gone import gone
from benchmarks.console_house import KEPT_ALIVE, PAGES, PEOPLE, RULES, console_of, let_in, peak, settings_of
from benchmarks.figure import Figure, apart, at_most, show, told
from console.entrance import sessions

CUSTOMERS, STRATEGIES = 1_000_000, 4_000
LOOKS, TYPES = (1.0, 3.0), 1.0
SECONDS = 30.0
_Reader = Callable[
    [httpx.AsyncClient, Sequence[str], random.Random, float], Coroutine[None, None, list[float]]
]

_LIMITS = httpx.Limits(max_connections=PEOPLE, keepalive_expiry=KEPT_ALIVE)


def speed(settings: Settings, *, customers: int, strategies: int) -> Iterator[Figure]:
    """How long people wait, and what memory it takes."""
    (kept,) = let_in(settings, people=1)
    with console_of(settings) as (address, server), _started_by(server) as others:
        cookies = {sessions.COOKIE: kept}
        yield told("the server's memory before anybody came", peak(server), "MiB")
        rule = {"rule": RULES[2].format(1_000)}
        first = _asked(address, cookies, "/strategies/rule", rule)
        yield told("first live count after a night, its sample being drawn", first, "s")
        first = _asked(address, cookies, "/strategies/rivals", rule)
        yield told(f"first overlap with {strategies:,} strategies after one goes live", first, "s")
        waits = {path: _asked(address, cookies, path, {}) for path in PAGES}
        slowest = max(waits, key=waits.__getitem__)
        yield told(f"slowest first look at a page after a night, {slowest}", waits[slowest], "s")
        _begin(address, kept, "/experiments-total")
        size = f"{customers:,} customers, {strategies:,} strategies, {PEOPLE} people at once"
        seconds = asyncio.run(_everybody(_reads, address, cookies, PAGES))
        yield told(f"pages opened, {len(PAGES)} of them, {size}", len(seconds), "pages")
        yield at_most(f"pages, 95th percentile, {size}", 1000 * _p95(seconds), "ms", goal=100)
        seconds = asyncio.run(_everybody(_types, address, cookies, RULES))
        yield told(f"live counts, {size}", len(seconds), "counts")
        yield at_most(f"live count, 95th percentile, {size}", 1000 * _p95(seconds), "ms", goal=300)
        exact = _asked(address, cookies, "/strategies/rule", {**rule, "exact": "yes"})
        yield told("exact count on demand", exact, "s")
        overlap = _asked(address, cookies, "/strategies/rivals", rule)
        yield told(f"overlap with {strategies:,} strategies", overlap, "s")
        yield at_most("first useful paint, cold browser, slowest of 5", _paint(address, kept), "s", goal=0.5)
        yield at_most("the server's peak memory, all of it", peak(server), "MiB", goal=500)
        yield told("peak memory of what it started for long questions", max(others), "MiB")


async def _everybody(
    person: _Reader, address: str, cookies: dict[str, str], given: Sequence[str]
) -> list[float]:
    async with httpx.AsyncClient(base_url=address, cookies=cookies, timeout=60, limits=_LIMITS) as client:
        until = time.monotonic() + SECONDS
        each = [person(client, given, random.Random(number), until) for number in range(PEOPLE)]
        return [one for own in await asyncio.gather(*each) for one in own]


async def _reads(
    client: httpx.AsyncClient, pages: Sequence[str], draw: random.Random, until: float
) -> list[float]:
    await asyncio.sleep(draw.uniform(0, LOOKS[1]))
    seconds = []
    while time.monotonic() < until:
        seconds.append(await _timed(client, draw.choice(pages)))
        await asyncio.sleep(draw.uniform(*LOOKS))
    return seconds


async def _types(
    client: httpx.AsyncClient, rules: Sequence[str], draw: random.Random, until: float
) -> list[float]:
    await asyncio.sleep(draw.uniform(0, TYPES))
    seconds = []
    while time.monotonic() < until:
        rule = draw.choice(rules).format(draw.randrange(1, 30_000))
        seconds.append(await _timed(client, f"/strategies/rule?{httpx.QueryParams(rule=rule, holdout=15)}"))
        await asyncio.sleep(TYPES)
    return seconds


async def _timed(client: httpx.AsyncClient, path: str) -> float:
    started = time.perf_counter()
    (await client.get(path)).raise_for_status()
    return time.perf_counter() - started


def _asked(address: str, cookies: dict[str, str], path: str, told: dict[str, str]) -> float:
    """Seconds until one question is answered, with nobody else there."""
    with httpx.Client(base_url=address, cookies=cookies, timeout=120) as client:
        started = time.perf_counter()
        client.get(path, params=told or None).raise_for_status()
        return time.perf_counter() - started


def _begin(address: str, kept: str, path: str) -> None:
    """Asks a long question, which is worked on while people come."""
    with httpx.Client(base_url=address, cookies={sessions.COOKIE: kept}, timeout=120) as client:
        sent = {"form_token": sessions.form_token(kept)}
        answer = client.post(path, data=sent, headers={"sec-fetch-site": "same-origin"})
    if answer.status_code != 303:
        raise LongreachError(f"{path} was not begun: {answer.status_code}")


def _paint(address: str, kept: str) -> float:
    """Seconds to the first contentful paint of the segments in a browser started for it alone."""
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    seconds: list[float] = []
    with sync_playwright() as playwright:
        for _ in range(5):
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=alone)
            context = browser.new_context()
            context.add_cookies([{"name": sessions.COOKIE, "value": kept, "url": address}])
            page = context.new_page()
            page.goto(f"{address}/segments")
            page.wait_for_timeout(1_000)  # the pages allow no script to wait with
            seconds.append(float(page.evaluate(f"{_PAINTS}[0].startTime")) / 1000)
            browser.close()
    return max(seconds)


_PAINTS = "performance.getEntriesByName('first-contentful-paint')"


def _p95(seconds: Sequence[float]) -> float:
    return float(np.quantile(seconds, 0.95))


@contextmanager
def _started_by(server: psutil.Process) -> Iterator[list[float]]:
    """MiB of all processes that the server has started, looked at five times a second."""
    found, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(0.2):
            with suppress(psutil.NoSuchProcess):
                held = [one.memory_info().rss for one in server.children(recursive=True)]
                found.append(sum(held) / 2**20)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()


PARTS = ("speed", "gone")


def main() -> None:
    """Measures the parts asked for, at the size asked for; the goals are those of the full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--strategies", type=int, default=STRATEGIES)
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    size = {"customers": given.customers, "strategies": given.strategies}
    home = Path(tempfile.mkdtemp(prefix="bench-console-"))
    try:
        settings = settings_of(home / "home", customers=given.customers)
        apart(partial(make_house, settings, **size))
        for part in given.parts or PARTS:
            print(f"  {part}", file=sys.stderr, flush=True)
            show(speed(settings, **size) if part == "speed" else gone(settings))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
