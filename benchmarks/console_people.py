"""People at browsers of the console, and a program: what each does again and again, and what he is told."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from benchmarks.console_house import PAGES, PASSWORD, RULES, WHO

PAUSE = (0.5, 1.5)
"""Seconds between one thing that somebody does and the next, and for which he types."""
_SENTENCES = (
    "The ledger does not answer just now",
    "the ledger does not answer; call nobody, ask again",
    "Too many people are signing in at this moment",
)
_LEAKS = ("Traceback", "psycopg", "sqlalchemy", "OperationalError", ".s.PGSQL", "Something went wrong here")
_MARK = "# typed while it was "
_FROM_HERE = {"sec-fetch-site": "same-origin"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What somebody was told, and when he had asked; no status: the connection was dropped."""

    began: float
    ended: float
    status: int
    to: str
    words: str

    @property
    def refused(self) -> bool:
        """By a plain sentence."""
        return self.status == 503 and any(sentence in self.words for sentence in _SENTENCES)

    @property
    def plain(self) -> bool:
        """What was asked for, or a plain sentence; nothing of the house's inside."""
        done = self.status in (200, 303) or self.refused
        return done and not any(word in self.words for word in _LEAKS)


@dataclass(frozen=True, kw_only=True)
class Drafts:
    """What became of the drafts that somebody kept of one strategy, each by its own words. ``open``: what the
    page that he has open sends unseen."""

    strategy: str
    way: str
    open: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Day:
    """All that was asked, from when to when the database was gone, and the drafts. ``way``: how it goes."""

    way: str
    answers: list[Answer] = field(default_factory=list)
    gone: list[float] = field(default_factory=list)
    drafts: list[Drafts] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody at a browser, or a program; ``until``: when he goes home."""

    client: httpx.AsyncClient
    day: Day
    draw: random.Random
    until: float

    async def asks(self, method: str, path: str, sent: Mapping[str, str] | None = None) -> Answer:
        began = time.monotonic()
        try:
            found = await self.client.request(method, path, data=sent, headers=_FROM_HERE)
            status, to, words = found.status_code, found.headers.get("location", ""), found.text
        except httpx.HTTPError as error:
            status, to, words = 0, "", type(error).__name__
        ended = time.monotonic()
        answer = Answer(began=began, ended=ended, status=status, to=to, words=words)
        self.day.answers.append(answer)
        return answer

    async def again(self, once: Callable[[], Awaitable[object]]) -> None:
        """Does it again and again."""
        await asyncio.sleep(self.draw.uniform(0, PAUSE[1]))
        while time.monotonic() < self.until:
            await once()
            await asyncio.sleep(self.draw.uniform(*PAUSE))

    async def reads(self) -> None:
        await self.asks("GET", self.draw.choice(PAGES))

    async def counts(self) -> None:
        rule = self.draw.choice(RULES).format(self.draw.randrange(1, 30_000))
        await self.asks("GET", f"/strategies/rule?{httpx.QueryParams(rule=rule, holdout=15)}")

    async def signs_in(self) -> None:
        await self.asks("POST", "/sign-in", {"name": WHO, "password": PASSWORD})

    async def lists(self) -> None:
        await self.asks("GET", "/api/strategies?after=a")

    async def keeps(self, drafts: Drafts) -> None:
        """Writes a draft on the page that he has open, sends it until it is kept, and opens the page anew."""
        if not drafts.open:
            await self._opens(drafts)
        if not drafts.open:
            return
        words = f"{_MARK}{drafts.way}, draft {len(drafts.kept)}: as it was typed < & >"
        first = drafts.open["was"].partition(_MARK)[0].rstrip()
        sent = {key: drafts.open[key] for key in ("form_token", "base", "was")}
        sent |= {"text": f"{first}\n{words}\n"}
        await asyncio.sleep(self.draw.uniform(*PAUSE))
        while (answer := await self.asks("POST", f"{_path(drafts)}/write", sent)).status != 303:
            if not answer.refused or answer.ended > self.until:
                return
            drafts.refused.append(words)
            if words not in Form(answer.words).sent.get("text", ""):
                drafts.empty.append(words)
                return
            sent = Form(answer.words).sent
            await asyncio.sleep(self.draw.uniform(*PAUSE))
        drafts.kept.append(words)
        await self._opens(drafts)

    async def _opens(self, drafts: Drafts) -> None:
        drafts.open.clear()
        page = await self.asks("GET", _path(drafts))
        if page.status == 200:
            drafts.open.update(Form(page.words).sent)


def _path(drafts: Drafts) -> str:
    return f"/strategies/{drafts.strategy}"


class Form(HTMLParser):
    """What the forms of a page send unseen, by name; of several of one name the last."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent = dict[str, str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told_of = {name: value or "" for name, value in attrs}
        if tag == "input" and told_of.get("type") == "hidden":
            self.sent[told_of["name"]] = told_of.get("value", "")
