"""Who is waited for: a server that works, however few it lets in; and it is asked no oftener than it must."""

import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from base.settings import load_settings
from ledger import silence as noticed
from ledger.database import database_url, open_ledger
from ledger.silence import notice_silence


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """The address of a ledger's database."""
    house = load_settings(home=tmp_path_factory.mktemp("silence"))
    with open_ledger(house):
        yield database_url(house)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silence is noticed as soon as can be."""
    monkeypatch.setattr(noticed, "PATIENCE", 0.1)


def test_an_address_may_say_for_itself_how_long_connecting_may_take(server: URL, tmp_path: Path) -> None:
    address = server.update_query_dict({"connect_timeout": "5"}).render_as_string(hide_password=False)
    house = load_settings(home=tmp_path, database_url=address)
    with open_ledger(house, awaited=True) as ledger, ledger.engine.connect() as connection:
        assert connection.execute(text("select 1")).scalar_one() == 1


@pytest.mark.usefixtures("hurried")
def test_a_server_that_lets_nobody_else_in_is_not_silent(server: URL) -> None:
    """It says so: its statement goes on."""
    owner, limited = create_engine(server), create_engine(server.set(username="only_one"))
    notice_silence(limited)
    with owner.begin() as connection:
        connection.execute(text("create role only_one login connection limit 1"))
    with limited.connect() as connection:
        assert connection.execute(text("select 'done' from pg_sleep(0.5)")).scalar_one() == "done"
    limited.dispose()
    owner.dispose()


@pytest.mark.usefixtures("hurried")
def test_however_many_wait_one_at_a_time_asks_and_the_others_take_its_answer(server: URL) -> None:
    waiters, owner = 6, create_engine(server)
    watched = create_engine(server, pool_size=waiters)
    notice_silence(watched)
    lock = text("select pg_advisory_xact_lock(1)")

    def wait() -> None:
        with watched.begin() as connection:
            connection.execute(lock)

    every = [threading.Thread(target=wait) for _ in range(waiters)]
    before, began = connections_so_far(owner), monotonic()
    with owner.begin() as connection:
        connection.execute(lock)
        for one in every:
            one.start()
        every[0].join(1)
    for one in every:
        one.join()
    asked = connections_so_far(owner) - before - waiters
    assert 0 < asked <= 1 + (monotonic() - began) / noticed.PATIENCE
    watched.dispose()
    owner.dispose()


def connections_so_far(engine: Engine) -> int:
    """How often somebody was let in, as PostgreSQL counts."""
    query = text("select sessions from pg_stat_database where datname = current_database()")
    with engine.begin() as connection:
        connection.execute(text("select pg_stat_force_next_flush()"))
        return int(connection.execute(query).scalar_one())
