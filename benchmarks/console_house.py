"""The console of a made-up house, started as people start it, for those who measure it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import httpx
import psutil

from base.errors import LongreachError
from base.settings import Role, Settings, load_settings
from benchmarks.big_desk import SMALL
from console.entrance import sessions, users
from ledger.database import open_ledger

PEOPLE = 50
KEPT_ALIVE = 3
"""Seconds that connections are kept: the server closes what was idle for five; a browser would try again."""
WHO = "reader"
"""Somebody of every role."""
WORDS = "console.log"
"""The file of the home in which the console's words are."""
PASSWORD = "a sentence is easy to remember"  # noqa: S105 - of a made-up person
PAGES = (
    "/",
    "/segments",
    "/segments/S01",
    "/segments/S07",
    "/segments/S07/moves",
    "/strategies",
    "/strategies?q=fund",
    "/strategies?page=20",
    "/strategies/mobile_silent_app",
    "/tonight",
    "/tonight/segments",
    "/tonight/strategies?page=20",
    "/experiments",
    "/experiments?page=3",
    "/experiments/mobile_silent_app",
    "/runs",
    "/quality",
    "/releases",
    "/alerts",
    "/compliance",
    "/compliance/audit",
    "/compliance/opt-outs",
)
"""What people open, again and again."""
RULES = (
    "aum_now >= {}",
    "has_app and aum_now < {}",
    "segment in ('S01', 'S02', 'S07') and age >= 30 and aum_now between {} and 40000",
    "not has_fund and logins_30d >= 3 and aum_now > {}",
)
_RUN = "from jobs.command import main; main()"


def settings_of(home: Path, *, customers: int) -> Settings:
    """Of a house in which somebody has every role."""
    return load_settings(
        home=home,
        source="synthetic",
        spark_remote=None,
        synthetic={"customers": min(customers, SMALL)},
        segments={"count": 30},
        roles={WHO: get_args(Role)},
    )


def let_in(settings: Settings, *, people: int) -> list[str]:
    """Has somebody of every role sign in with ``PASSWORD``; what so many browsers of his have to keep."""
    with open_ledger(settings) as ledger, ledger.engine.begin() as connection:
        users.add(connection, WHO, password=PASSWORD, language="en", actor="benchmark")
        user = users.User(name=WHO, language="en", large_text=False)
        return [sessions.begin(connection, user) for _ in range(people)]


@contextmanager
def console_of(settings: Settings) -> Iterator[tuple[str, psutil.Process]]:
    """The console as people start it, and its process; its words go to ``WORDS``."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    told_to_it = {
        "LONGREACH_HOME": str(settings.home.resolve()),
        "LONGREACH_ROLES": json.dumps(settings.roles),
    }
    called = [sys.executable, "-c", _RUN, "console", "--port", str(port)]
    words = settings.home / WORDS
    with words.open("wb") as log:
        server = subprocess.Popen(called, env={**os.environ, **told_to_it}, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, server, words)
        yield address, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()


def _wait(address: str, server: subprocess.Popen[bytes], words: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            said = words.read_text(encoding="utf-8")[-2_000:]
            raise LongreachError(f"the console ended before it answered: {said}")
        try:
            httpx.get(f"{address}/sign-in")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise LongreachError("the console did not answer within a minute")


def peak(server: psutil.Process) -> float:
    """MiB of the most that the server held at once, as the kernel kept it."""
    lines = Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
