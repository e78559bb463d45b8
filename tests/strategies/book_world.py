"""Documents to fill a book with."""

from functools import cache
from pathlib import Path

from sqlalchemy import insert, update

from features.catalogue import FEATURES
from ledger.database import Ledger
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS
from strategies.book import standings
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, Written, read_files
from strategies.reader import read
from strategies.versions import digest
from tests.ledger.owner import as_owner

DOCUMENT = """\
# {note}
name: {name}
title: 县域储蓄 · {title}
kind: deposit
manager: 周立成
who: "{who}"   # 资产
offer: 一年期定期存款。
funnel:
  - {{channel: sms, expected_lift: 0.01, script: 一年期定期存款，网点可办。}}
goal: {{product: deposit, window_days: 6, value: 260}}
limits: {{per_night: 500}}
"""


def text_of(name: str, *, who: str = "aum_now >= 1000", title: str = "Savings", note: str = "new") -> str:
    """A short document with a comment, in words of two languages."""
    return DOCUMENT.format(name=name, who=who, title=title, note=note)


def written(name: str, **said: str) -> Written:
    """The document of ``text_of``, read."""
    text = text_of(name, **said)
    return Written(text=text, strategy=read(text, file=name, features=FEATURES))


def make_live(ledger: Ledger, folder: Path = OWN_BOOK) -> None:
    """Puts every document of the folder live, whatever version the book holds."""
    with ledger.engine.connect() as connection:
        bases = {name: standing.newest for name, standing in standings(connection).items()}
    put_live(ledger, _documents(folder), bases=bases)


@cache
def _documents(folder: Path) -> tuple[Written, ...]:
    return read_files([folder])


def slip_in(ledger: Ledger, name: str, text: str) -> None:
    """Writes into the ledger, past all checks, that ``text`` is what is live of a strategy."""
    with ledger.engine.begin() as connection:
        as_owner(connection)
        version = standings(connection, [name])[name].newest + 1
        line = {"name": name, "version": version, "text": text, "sha256": digest(text)}
        connection.execute(insert(STRATEGY_VERSIONS).values(**line, author="nobody", note=""))
        connection.execute(update(STRATEGIES).where(STRATEGIES.c.name == name).values(running=version))
