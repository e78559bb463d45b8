"""Long questions, asked of the command line in a process of their own: dry runs, what-ifs, reasons.

The engine's memory is that process's and ends with it. One runs at a time; the same question about the same
night is asked once, whoever asks.
"""

import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from base.scrub import scrub
from base.settings import Settings

KEPT = 200
"""Answers kept; the oldest are forgotten."""
LONGEST = 600
"""Seconds that an answer may take."""
_RUN = "from jobs.command import main; main()"

State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A question on its way. ``answer``: what the command printed as JSON; ``words``: why it failed, or how
    far it has come."""

    key: str
    state: State
    answer: Any = None
    words: str = ""


@dataclass
class Errands:
    """Runs ``longreach`` commands that print JSON. May be asked from several threads."""

    settings: Settings
    _known: "OrderedDict[str, Errand]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))

    def ask(self, key: str, arguments: Sequence[str], *, actor: str, given: str = "") -> Errand:
        """Has the question asked unless it was; ``key`` tells it from others. ``given``: standard input."""
        with self._lock:
            if key in self._known and self._known[key].state != "failed":
                return self._known[key]
            self._known[key] = Errand(key=key, state="waiting")
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        self._pool.submit(self._run, key, tuple(arguments), actor, given)
        return self.look(key)

    def look(self, key: str) -> Errand:
        """How far the question is; failed where it is not known any more."""
        with self._lock:
            return self._known.get(key) or Errand(key=key, state="failed", words="ask again")

    def knows(self, key: str) -> bool:
        """Whether the question was asked, and what became of it is not forgotten."""
        with self._lock:
            return key in self._known

    def close(self) -> None:
        """Takes no more questions; what waits is not asked."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, key: str, arguments: tuple[str, ...], actor: str, given: str) -> None:
        self._keep(Errand(key=key, state="running"))
        home = str(self.settings.home.resolve())
        try:
            done = subprocess.run(
                [sys.executable, "-c", _RUN, *arguments],
                input=given,
                env={
                    **os.environ,
                    "LONGREACH_HOME": home,
                    "LONGREACH_ACTOR": actor,
                },
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=LONGEST,
                check=False,
            )
            # Checks that find something grave say so by their status, and tell what all the same.
            if done.returncode and not done.stdout.strip():
                self._keep(Errand(key=key, state="failed", words=scrub(_said(done.stderr))))
            else:
                self._keep(Errand(key=key, state="done", answer=json.loads(done.stdout)))
        except subprocess.TimeoutExpired:
            self._keep(Errand(key=key, state="failed", words=f"no answer within {LONGEST} seconds"))
        except (OSError, ValueError) as error:
            self._keep(Errand(key=key, state="failed", words=type(error).__name__))

    def _keep(self, errand: Errand) -> None:
        with self._lock:
            if errand.key in self._known:
                self._known[errand.key] = errand


def _said(stderr: str) -> str:
    """What went wrong, of all that a command said, its progress first."""
    _, mark, words = f"\n{stderr}".partition("\nerror:")
    lines = (words if mark else stderr).strip().splitlines()
    return "\n".join(lines if mark else lines[-1:]) or "no words"
