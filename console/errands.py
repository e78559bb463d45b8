"""Long questions, asked of the command line in a process of their own: dry runs, what-ifs, reasons.

The engine's memory is that process's and ends with it. One runs at a time; the same question about the same
night is asked once, whoever asks. Nobody has more than a few on their way, so that others come to theirs.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from base.scrub import brief, scrub
from base.settings import Settings
from console.words import Refusal

KEPT = 200
"""Answers kept; the oldest are forgotten."""
MOST = 4
"""Questions of one person that may be on their way: two strategies' checks and dry runs."""
LONGEST = 600
"""Seconds that an answer may take."""
_RUN = "from jobs.command import main; main()"
_ON_ITS_WAY = ("waiting", "running")

_log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A question on its way. ``actor``: who asked; ``arguments``: of the command; ``answer``: what it printed
    as JSON; ``words``: why it failed."""

    key: str
    state: State
    actor: str = ""
    arguments: tuple[str, ...] = ()
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
        """Has the question asked unless it was, and anew after it failed; ``key`` tells it from others.

        ``given``: standard input.

        Raises Refusal where too many of the actor's questions are on their way.
        """
        asked = Errand(key=key, state="waiting", actor=actor, arguments=tuple(arguments))
        with self._lock:
            if key in self._known and self._known[key].state != "failed":
                return self._known[key]
            if sum(one.actor == actor and one.state in _ON_ITS_WAY for one in self._known.values()) >= MOST:
                raise Refusal(
                    f"{MOST} of your questions are still being worked on; ask again when one is answered",
                    f"您有 {MOST} 个问题仍在处理中；请在其中一个完成后重试",
                )
            self._known[key] = asked
            self._known.move_to_end(key)
            self._forget()
        self._pool.submit(self._run, asked, given)
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

    def _run(self, asked: Errand, given: str) -> None:
        self._keep(replace(asked, state="running"))
        try:
            self._keep(self._answered(asked, given))
        except subprocess.TimeoutExpired:
            self._keep(replace(asked, state="failed", words=f"no answer within {LONGEST} seconds"))
        except Exception as error:  # whoever waits is told, whatever went wrong
            _log.error("a question to the command line broke off: %s", brief(error))
            self._keep(replace(asked, state="failed", words=type(error).__name__))

    def _answered(self, asked: Errand, given: str) -> Errand:
        """What the command says. Raises TimeoutExpired, OSError, and ValueError for what is no JSON."""
        home = str(self.settings.home.resolve())
        done = subprocess.run(
            [sys.executable, "-c", _RUN, *asked.arguments],
            input=given,
            env={**os.environ, "LONGREACH_HOME": home, "LONGREACH_ACTOR": asked.actor},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=LONGEST,
            check=False,
        )
        # Checks that find something grave say so by their status, and tell what all the same.
        if done.returncode and not done.stdout.strip():
            words = scrub(_said(done.stderr))
            if "PostgreSQL" in words:  # which machine, and what to do there, is for whoever runs it
                _log.error("a question to the command line failed: %s", words)
                words = "the ledger did not answer; ask again in a moment"
            return replace(asked, state="failed", words=words)
        return replace(asked, state="done", answer=json.loads(done.stdout))

    def _forget(self) -> None:
        """Drops the oldest answers; never a question that is still on its way."""
        ended = [key for key, one in self._known.items() if one.state not in _ON_ITS_WAY]
        for key in ended[: max(len(self._known) - KEPT, 0)]:
            del self._known[key]

    def _keep(self, errand: Errand) -> None:
        with self._lock:
            self._known[errand.key] = errand


def _said(stderr: str) -> str:
    """What went wrong, of all that a command said, its progress first."""
    _, mark, words = f"\n{stderr}".partition("\nerror:")
    lines = (words if mark else stderr).strip().splitlines()
    return "\n".join(lines if mark else lines[-1:]) or "no words"
