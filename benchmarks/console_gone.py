"""The console with its database gone for ten seconds, three ways, while fifty people work.

Stopped: it refuses. Broken off: it recovers from its log afterwards. Halted: it takes connections and says
nothing. Some open pages, some count live, some keep drafts and send what was refused again, from the form
that the refusal holds; one signs in, and a program asks the API.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import httpx
import psutil
from sqlalchemy import NullPool, create_engine, select, text

from base.settings import Settings
from benchmarks.console_house import KEPT_ALIVE, PEOPLE, WHO, WORDS, console_of, let_in
from benchmarks.console_outage import broken_off, halted, stopped
from benchmarks.console_people import Day, Drafts, Person
from benchmarks.figure import Figure, at_least, at_most, exactly, told
from console.entrance import sessions, tokens
from ledger.database import database_url, open_ledger
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS

AWAY = 10.0
BEFORE, AFTER = 4.0, 6.0
"""Seconds that people work before it goes, and after it has come back."""
COUNTING, KEEPING = 8, 8
WAYS: Mapping[str, Callable[[Settings], AbstractContextManager[None]]] = {
    "stopped": stopped,
    "broken off": broken_off,
    "halted": halted,
}
_ALONE = httpx.create_ssl_context(verify=False)


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """Where the console is, and what they bring who come: sessions, a token, strategies to be written."""

    address: str
    sessions: Sequence[str]
    token: str
    strategies: Sequence[str]


def gone(settings: Settings) -> Iterator[Figure]:
    """What people find while the database is gone, and afterwards."""
    yield told("people at work while the database goes", PEOPLE, "people")
    kept, token, names = let_in(settings, people=PEOPLE - 2), _token(settings), _names(settings)
    with console_of(settings) as (address, server):
        scene = _Scene(address=address, sessions=kept, token=token, strategies=names)
        asyncio.run(_worked(scene, Day(way="there"), seconds=BEFORE))
        before = _held(settings, server)
        for way, leaves in WAYS.items():
            day = Day(way=way)
            asyncio.run(_weathered(scene, day, leaves(settings)))
            yield from _found(day, _texts(settings, names))
            memory, connections = _held(settings, server)
            yield at_most(f"{way}: memory more than before", memory - before[0], "MiB", goal=32)
            yield at_most(
                f"{way}: connections more than before", connections - before[1], "connections", goal=0
            )
    words = (settings.home / WORDS).read_text(encoding="utf-8")
    yield exactly("stack traces in the console's own words", words.count("Traceback"), "traces", goal=0)


def _found(day: Day, texts: Mapping[str, Sequence[str]]) -> Iterator[Figure]:
    way, (left, back) = day.way, day.gone
    meanwhile = [one for one in day.answers if one.ended > left and one.began < back]
    late = [one.ended - back for one in day.answers if one.ended > back and (one.began < back or one.refused)]
    well = [one.ended - back for one in day.answers if one.began > back and not one.refused]
    again = max(min(well, default=AFTER), *late, 0.0)
    kept = [(one.strategy, words) for one in day.drafts for words in one.kept]
    times = [sum(words in written for written in texts[name]) for name, words in kept]
    signed_out = [one for one in day.answers if one.to.startswith("/sign-in")]
    yield at_least(f"{way}: seconds that it was gone", back - left, "s", goal=AWAY)
    yield told(f"{way}: answers meanwhile", len(meanwhile), "answers")
    yield at_least(f"{way}: refused meanwhile", sum(one.refused for one in meanwhile), "answers", goal=1)
    broken = [one for one in day.answers if not one.plain]
    yield exactly(f"{way}: answers that were no plain sentence", len(broken), "answers", goal=0)
    longest = max((one.ended - one.began for one in meanwhile), default=0.0)
    yield at_most(f"{way}: longest answer meanwhile", longest, "s", goal=5)
    yield told(f"{way}: drafts told as kept", len(kept), "drafts")
    yield exactly(f"{way}: of these, not there afterwards", times.count(0), "drafts", goal=0)
    yield exactly(f"{way}: drafts kept twice", sum(one > 1 for one in times), "drafts", goal=0)
    refused = sum(len(one.refused) for one in day.drafts)
    yield at_least(f"{way}: times that a draft was refused", refused, "times", goal=1)
    empty = sum(len(one.empty) for one in day.drafts)
    yield exactly(f"{way}: of these, words not in the answer", empty, "times", goal=0)
    given_up = {(one.strategy, words) for one in day.drafts for words in {*one.refused} - {*one.kept}}
    yield exactly(f"{way}: drafts refused, and not kept when sent again", len(given_up), "drafts", goal=0)
    yield at_most(f"{way}: until everything answers again", again, "s", goal=2)
    yield exactly(f"{way}: people signed out by it", len(signed_out), "people", goal=0)


async def _weathered(scene: _Scene, day: Day, away: AbstractContextManager[None]) -> None:
    """A day on which the database is away."""

    def leave() -> None:
        time.sleep(BEFORE)
        with away:
            day.gone.append(time.monotonic())
            time.sleep(AWAY)
        day.gone.append(time.monotonic())

    worked = _worked(scene, day, seconds=BEFORE + AWAY + AFTER)
    await asyncio.gather(asyncio.to_thread(leave), worked)


async def _worked(scene: _Scene, day: Day, *, seconds: float) -> None:
    """Everybody at work for so many seconds."""
    clients = [
        *(_client(scene, cookies={sessions.COOKIE: one}) for one in scene.sessions),
        _client(scene),
        _client(scene, headers={"authorization": f"Bearer {scene.token}"}),
    ]
    until = time.monotonic() + seconds
    everybody = [
        Person(client=client, day=day, draw=random.Random(number), until=until)
        for number, client in enumerate(clients)
    ]
    day.drafts.extend(Drafts(strategy=name, way=day.way) for name in scene.strategies)
    *others, signing, asking = everybody
    keeping, counting, reading = others[:KEEPING], others[KEEPING:][:COUNTING], others[KEEPING + COUNTING :]
    await asyncio.gather(
        *(one.again(partial(one.keeps, own)) for one, own in zip(keeping, day.drafts, strict=True)),
        *(one.again(one.counts) for one in counting),
        *(one.again(one.reads) for one in reading),
        signing.again(signing.signs_in),
        asking.again(asking.lists),
    )
    for client in clients:
        await client.aclose()


def _client(
    scene: _Scene, *, cookies: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=scene.address,
        cookies=cookies,
        headers=headers,
        timeout=60,
        verify=_ALONE,
        limits=httpx.Limits(keepalive_expiry=KEPT_ALIVE),
    )


def _token(settings: Settings) -> str:
    """With which a program asks the API."""
    now = datetime.now(UTC)
    with open_ledger(settings) as ledger, ledger.engine.begin() as connection:
        return tokens.add(connection, WHO, recipient=None, days=1, actor="benchmark", now=now)


def _names(settings: Settings) -> list[str]:
    """Strategies of which drafts are written."""
    with open_ledger(settings) as ledger, ledger.engine.connect() as connection:
        names = select(STRATEGIES.c.name).order_by(STRATEGIES.c.name).limit(KEEPING)
        return list(connection.execute(names).scalars())


def _texts(settings: Settings, names: Sequence[str]) -> dict[str, list[str]]:
    """Every version of them, as it is in the book."""
    with open_ledger(settings) as ledger, ledger.engine.connect() as connection:
        rows = select(STRATEGY_VERSIONS.c.name, STRATEGY_VERSIONS.c.text)
        found = connection.execute(rows.where(STRATEGY_VERSIONS.c.name.in_(names))).all()
    return {name: [row.text for row in found if row.name == name] for name in names}


def _held(settings: Settings, server: psutil.Process) -> tuple[float, int]:
    """MiB that the server holds, and how many connections PostgreSQL knows beside the one that asks."""
    others = "select count(*) from pg_stat_activity where datname = 'longreach' and pid <> pg_backend_pid()"
    engine = create_engine(database_url(settings), poolclass=NullPool)
    with engine.connect() as connection:
        connections = connection.execute(text(others)).scalar_one()
    return server.memory_info().rss / 2**20, connections
