"""The two nights, made once for all files of this folder: they stay on one worker."""

from collections.abc import Iterator

import pytest

from jobs.job import Night
from jobs.run import execute, find_job
from strategies.book import live
from strategies.document import Strategy
from tests.jobs.decided.nights import ABOVE, FIRST, MADE, first_night, next_night


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The first night."""
    with first_night(tmp_path_factory.mktemp("decide"), above=ABOVE) as night:
        yield night


@pytest.fixture(scope="session")
def book(first: Night) -> dict[str, Strategy]:
    """The strategies that the first night was decided with."""
    return {strategy.name: strategy for strategy in live(first.ledger)}


@pytest.fixture(scope="session")
def again(first: Night) -> tuple[list[str], list[str]]:
    """Fingerprints of the first night's tables, and of those that the same night makes once more."""
    before = [first.store.digest(table, as_of=FIRST) for table in MADE]
    execute(find_job("decide"), first)
    return before, [first.store.digest(table, as_of=FIRST) for table in MADE]


@pytest.fixture(scope="session")
def second(first: Night, again: tuple[list[str], list[str]], book: dict[str, Strategy]) -> Night:
    """The next night, when all that is asked of the first one's book and of its repetition is known."""
    return next_night(first)
