"""Several processes edit, approve and pause the same strategies at once: nothing is lost, no rule broken."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.settings import load_settings
from ledger.database import Ledger, open_ledger
from ledger.schema import AUDIT
from strategies.book import standings, versions_of
from strategies.readings import Version
from tests.strategies.book_worker import MOVES, NAMES

ROOT = Path(__file__).parents[2]
WORKERS = 4


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("together"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def said(ledger: Ledger) -> list[dict[str, str]]:
    """What all workers printed, after all have ended well."""
    address = ledger.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.strategies.book_worker", address]
    workers = [
        subprocess.Popen([*command, str(seed)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for seed in range(WORKERS)
    ]
    lines = []
    for worker in workers:
        out, err = worker.communicate()
        assert worker.returncode == 0, err.decode()
        lines += [json.loads(line) for line in out.splitlines()]
    return lines


@pytest.fixture(scope="module")
def lines(ledger: Ledger, said: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The audit of what they did, in the order in which it came to be."""
    with ledger.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(AUDIT).order_by(AUDIT.c.id)).mappings()]


def history(ledger: Ledger, name: str) -> tuple[Version, ...]:
    with ledger.engine.connect() as connection:
        return versions_of(connection, name)


def test_every_accepted_move_is_in_the_audit_once_and_nothing_else(
    said: list[dict[str, str]], lines: list[dict[str, Any]]
) -> None:
    accepted = Counter((one["actor"], one["action"], one["subject"]) for one in said if "refused" not in one)
    assert Counter((line["actor"], line["action"], line["subject"]) for line in lines) == accepted
    assert {action for _, action, _ in accepted} == {"strategy imported", *MOVES}
    assert any("refused" in one for one in said)


@pytest.mark.parametrize("name", NAMES)
def test_no_edit_is_lost(ledger: Ledger, lines: list[dict[str, Any]], name: str) -> None:
    versions = history(ledger, name)
    assert [one.version for one in versions] == list(range(1, len(versions) + 1))
    assert [one.text.splitlines()[0] for one in versions] == [f"# base {n}" for n in range(len(versions))]
    imports = [line for line in lines if line["subject"] == name and line["action"] == "strategy imported"]
    assert [(line["detail"]["version"], line["detail"]["sha256"], line["actor"]) for line in imports] == [
        (one.version, one.sha256, one.author) for one in versions
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_move_was_lawful_where_it_came(ledger: Ledger, lines: list[dict[str, Any]], name: str) -> None:
    """The audit replayed on a model of the rules ends in what the book says."""
    authors = {one.version: one.author for one in history(ledger, name)}
    pending, stage, running, state = None, None, None, None
    submitter = None
    for line in (line for line in lines if line["subject"] == name):
        version = line["detail"]["version"]
        match line["action"]:
            case "strategy imported":
                pending, stage = version, "draft"
            case "strategy submitted":
                assert (version, stage) == (pending, "draft")
                stage, submitter = "submitted", line["actor"]
            case "strategy approved":
                assert (version, stage) == (pending, "submitted")
                wrote = {authors[n] for n in range((running or 0) + 1, version + 1)}
                assert line["actor"] not in wrote | {submitter}
                stage = "approved"
            case "strategy went live":
                assert (version, stage) == (pending, "approved")
                pending, stage, running, state = None, None, version, "live"
            case "strategy paused":
                assert (version, state) == (running, "live")
                state = "paused"
            case "strategy resumed":
                assert (version, state) == (running, "paused")
                state = "live"
    with ledger.engine.connect() as connection:
        now = standings(connection, [name])[name]
    assert (now.pending, now.stage, now.running, now.state) == (pending, stage, running, state)
