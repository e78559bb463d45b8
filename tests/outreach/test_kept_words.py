"""Words that are kept for good are refused where they hold what is shaped like somebody's number."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from base.errors import LongreachError
from base.settings import load_settings
from jobs.reviews import write_review
from ledger.database import Ledger, open_ledger
from outreach.callers import register
from outreach.opt_outs import Whom, enter, withdraw
from outreach.release.approval import approve
from outreach.release.approval import withdraw as take_back
from outreach.stops import throw_switch
from strategies.folder import OWN_BOOK, read_files
from strategies.lifecycle import pause, resume, retire
from strategies.versions import import_

DAY = date(2026, 7, 1)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
WHO = [Whom(customer="c")]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("kept_words") / "home")) as opened:
        yield opened


def _within(ledger: Ledger, act: Callable[[Connection], object]) -> None:
    with ledger.engine.begin() as connection:
        act(connection)


def _opt_out(ledger: Ledger, **words: str) -> None:
    said = {"channel": "all", "source": "hotline", "actor": "a", "reason": "", **words}
    _within(ledger, lambda connection: enter(connection, WHO, **said))


DOORS: dict[str, Callable[[Ledger, str], object]] = {
    "source of an opt-out": lambda ledger, words: _opt_out(ledger, source=words),
    "reason of an opt-out": lambda ledger, words: _opt_out(ledger, reason=words),
    "withdrawal": lambda ledger, words: _within(
        ledger, lambda connection: withdraw(connection, 1, source="branch", actor="a", reason=words)
    ),
    "switch": lambda ledger, words: throw_switch(
        ledger, "channel", "sms", stopped=True, actor="a", reason=words
    ),
    "approval": lambda ledger, words: approve(ledger, DAY, approver="b", reason=words),
    "name of an approver": lambda ledger, words: approve(ledger, DAY, approver=words, reason=""),
    "list withdrawn": lambda ledger, words: take_back(ledger, DAY, actor="a", reason=words),
    "caller retired": lambda ledger, words: _within(
        ledger, lambda connection: register.retire(connection, "9500090001", actor="a", reason=words)
    ),
    "strategy paused": lambda ledger, words: pause(ledger, ["s"], actor="a", reason=words),
    "strategy resumed": lambda ledger, words: resume(ledger, ["s"], actor="a", reason=words),
    "strategy retired": lambda ledger, words: retire(ledger, ["s"], actor="a", reason=words),
    "note of a version": lambda ledger, words: import_(
        ledger, read_files(sorted(OWN_BOOK.glob("*.yaml"))[:1]), actor="a", note=words
    ),
    "review": lambda ledger, words: write_review(
        ledger, "s", decision="stop", as_of=DAY, verdict="stop", seen={}, actor="a", reason=words
    ),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("words", ["张伟 13812345678 叫停", "of 11010119900307123X", "mail to a.b@c.com"])
def test_rule_6_words_with_an_identifier_are_refused(ledger: Ledger, door: str, words: str) -> None:
    with pytest.raises(LongreachError, match="may be somebody's number or address"):
        DOORS[door](ledger, words)


def test_ordinary_words_are_kept(ledger: Ledger) -> None:
    _opt_out(ledger, source="热线", reason="called 3 times on 2026-07-01 from 9500090217")
    throw_switch(ledger, "channel", "sms", stopped=True, actor="a", reason="1,234,567 messages too many")
