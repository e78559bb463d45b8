"""Kills the carrying of lists at any of its moments, lets it resume, and looks at what recipients have.

A process of its own, which forks those that are killed: ``python -m benchmarks.release_kills SEED
NIGHTS`` prints what was wrong as JSON. Its home and ledger come from the environment.
"""

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from base.errors import SealError
from base.settings import load_settings
from benchmarks.carried_lists import CHANNELS, Lists, die_at, opt_out
from ledger.database import Ledger, open_ledger
from outreach.release import LEFT, releases_of

FIRST = date(2100, 1, 1)


@dataclass(frozen=True)
class Killed:
    """What came of the nights: what was wrong, and how many processes were killed at how many moments."""

    wrong: list[str]
    kills: int
    moments: int


def kill_nights(ledger: Ledger, *, seed: int, nights: int) -> Killed:
    """Carries so many nights, each killed once or twice at moments drawn from ``seed``."""
    chance = random.Random(seed)
    moments = _moments(ledger)
    found, kills = [], 0
    for night in range(1, nights + 1):
        lists = Lists(ledger, ledger.settings, FIRST + timedelta(days=night))
        wrong, killed = _kill_and_resume(lists, chance, moments)
        found += wrong
        kills += killed
    return Killed(found, kills, moments)


def _kill_and_resume(lists: Lists, chance: random.Random, moments: int) -> tuple[list[str], int]:
    """Whoever opted out before the list was written must not be on it; nobody else may be missing, and the
    recipient has one file, whole, and one approval, of it."""
    gone: dict[str, set[str]] = {recipient: set() for recipient in CHANNELS}
    kills = 0
    for _ in range(chance.choice((1, 1, 2))):
        kills += _killed(lists, chance.randrange(1, moments + 1))
        row = chance.randrange(lists.size)
        who = chance.choice([lists.kin(row), *(lists.customer(name, row) for name in CHANNELS)])
        opt_out(lists.ledger, who)
        for recipient in _not_written(lists):
            gone[recipient] |= {lists.customer(recipient, one) for one in (row - row % 2, row - row % 2 + 1)}
    lists.carry()
    wrong = [
        f"{lists.as_of}: {recipient} {fault}"
        for recipient in CHANNELS
        for fault in _faults(lists, recipient, expected=set(lists.everybody(recipient)) - gone[recipient])
    ]
    return wrong, kills


def _faults(lists: Lists, recipient: str, *, expected: set[str]) -> list[str]:
    """What is wrong with the one file and the one approval that the recipient should have."""
    with lists.ledger.engine.connect() as connection:
        attempt = releases_of(connection, lists.as_of)[recipient].attempt
    try:
        found, approval = lists.opened(recipient), lists.approval(recipient)
    except (ValueError, SealError) as error:
        return [f"has not one file and its approval: {error}"]
    wrong = [] if sorted(found) == sorted(expected) else [f"has {found} and not {sorted(expected)}"]
    if (approval.as_of, approval.attempt, approval.approved_attempt) != (lists.as_of, attempt, 1):
        wrong.append(f"is told of another approval: {approval}")
    return wrong


def ask_while_carried(ledger: Ledger) -> list[str]:
    """People opt out one after another while their list is carried by another process: gives those who are on
    it although it was not written yet once their opt-out was in."""
    reading, writing = os.pipe()
    begun, beginning = os.pipe()
    lists = Lists(ledger, ledger.settings, FIRST - timedelta(days=1), size=160)

    def ask() -> None:
        early = []
        for row in range(0, lists.size, 2):
            who = lists.customer("ai_dialler", row)
            opt_out(ledger, who)
            if "ai_dialler" in _not_written(lists):
                early.append(who)
            os.write(beginning, b"x")
        os.write(writing, json.dumps(early).encode())

    asking = _forked(ledger, ask)
    os.read(begun, 1)
    lists.carry()
    assert _ended(asking) == 0
    early = json.loads(os.read(reading, 1 << 20))
    assert early, "nobody was early: nothing was tried"
    return sorted(set(early) & set(lists.opened("ai_dialler")))


def _moments(ledger: Ledger) -> int:
    """How many moments there are at which carrying a night can be killed, counted on one of its own."""
    reading, writing = os.pipe()

    def carry() -> None:
        count = die_at(ledger, None)
        Lists(ledger, ledger.settings, FIRST).carry()
        os.write(writing, str(count()).encode())

    assert _ended(_forked(ledger, carry)) == 0
    return int(os.read(reading, 20))


def _killed(lists: Lists, moment: int) -> bool:
    def carry() -> None:
        die_at(lists.ledger, moment)
        lists.carry()

    # A run that goes on from where another was killed has fewer moments, and may come to its end.
    status = _ended(_forked(lists.ledger, carry))
    assert status in (-signal.SIGKILL, 0), status
    return status != 0


def _not_written(lists: Lists) -> set[str]:
    with lists.ledger.engine.connect() as connection:
        found = releases_of(connection, lists.as_of)
    return {name for name in CHANNELS if name not in found or found[name].state not in LEFT}


def _forked(ledger: Ledger, work: Callable[[], None]) -> int:
    """A process of its own, with connections of its own; its number."""
    process = os.fork()
    if process == 0:
        ledger.engine.dispose(close=False)
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return process


def _ended(process: int) -> int:
    """Its exit status; minus the signal where one killed it."""
    _, ended = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(ended)


def main(seed: str, nights: str) -> None:
    with open_ledger(load_settings()) as ledger:
        late = ask_while_carried(ledger)
        killed = kill_nights(ledger, seed=int(seed), nights=int(nights))
    print(json.dumps({**vars(killed), "on_the_list_although_early": late}))


if __name__ == "__main__":
    main(*sys.argv[1:])
