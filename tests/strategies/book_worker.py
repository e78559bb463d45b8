"""One of several people at the book at once: ``python -m tests.strategies.book_worker ADDRESS SEED``.

Makes random moves on the same few strategies and prints, one JSON line each, what the book accepted.
"""

import json
import random
import sys
from collections.abc import Callable, Sequence

from base.errors import BookError
from base.settings import load_settings
from ledger.database import Ledger, open_ledger
from strategies.book import standings
from strategies.lifecycle import approve, golive, pause, resume, submit
from strategies.versions import import_
from tests.strategies.book_world import written

NAMES = ("shared_a", "shared_b")
PEOPLE = ("Ann", "Ben", "陈", "Dora", "Ebba", "Finn")
ACTIONS = 120
WEIGHTS = (1, 4, 8, 8, 2, 2)


def edit(ledger: Ledger, names: Sequence[str], actor: str, dice: random.Random) -> None:
    """Writes new versions on top of those seen a moment ago; the text says on which."""
    with ledger.engine.connect() as connection:
        bases = {name: one.newest for name, one in standings(connection, names).items()}
    texts = [
        written(name, title=f"{actor} {dice.random():.8f}", note=f"base {bases.get(name, 0)}")
        for name in names
    ]
    import_(ledger, texts, actor=actor, bases=bases)


MOVES: dict[str, Callable[[Ledger, Sequence[str], str], None]] = {
    "strategy submitted": lambda ledger, names, actor: submit(ledger, names, actor=actor),
    "strategy approved": lambda ledger, names, actor: approve(ledger, names, actor=actor),
    "strategy went live": lambda ledger, names, actor: golive(ledger, names, actor=actor),
    "strategy paused": lambda ledger, names, actor: pause(ledger, names, actor=actor, reason="a test"),
    "strategy resumed": lambda ledger, names, actor: resume(ledger, names, actor=actor, reason="a test"),
}


def work(ledger: Ledger, *, seed: int) -> None:
    """All the moves of one person's day."""
    dice = random.Random(seed)
    for _ in range(ACTIONS):
        names = dice.sample(NAMES, dice.choice((1, 1, 1, 2)))
        actor = dice.choice(PEOPLE)
        action = dice.choices(["strategy imported", *MOVES], WEIGHTS)[0]
        try:
            if action == "strategy imported":
                edit(ledger, names, actor, dice)
            else:
                MOVES[action](ledger, names, actor)
        except BookError as refusal:
            print(json.dumps({"refused": str(refusal)}))
            continue
        for name in names:
            print(json.dumps({"actor": actor, "action": action, "subject": name}))


if __name__ == "__main__":
    with open_ledger(load_settings(database_url=sys.argv[1])) as opened:
        work(opened, seed=int(sys.argv[2]))
