"""Numbers to call from: the right class, within limits, the same for a customer, the best contacts first."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from base.errors import CallerError, ReleaseError
from base.settings import load_settings
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from outreach.callers import Caller, allocate, callers_of_day
from outreach.callers.allocate import ROOM
from outreach.callers.register import add, daily_limits, every_caller, rest, rest_complained, retire
from tests.outreach.feed_world import BEIJING, NIGHT, holds

DAY = date(2026, 7, 2)
EVENING = datetime(2026, 7, 2, 20, tzinfo=BEIJING)


def contacts(rows: int, *, seed: int = 1, channels: tuple[str, ...] = ("ai_call",)) -> pa.Table:
    draw = np.random.default_rng(seed)
    return pa.table(
        {
            "customer": [f"customer{row}" for row in range(rows)],
            "strategy": [f"s{row % 7}" for row in range(rows)],
            "step": pa.array(draw.integers(1, 4, rows), pa.int32()),
            "channel": draw.choice(channels, rows).tolist(),
            "kind": draw.choice(["loan", "deposit", "fund"], rows).tolist(),
            "value": np.round(draw.gamma(2.0, 3.0, rows), 2),
        }
    )


def numbers(*lines: tuple[str, str, list[str], int]) -> pa.Table:
    schema = pa.schema(
        [
            ("number", pa.string()),
            ("channel", pa.string()),
            ("purposes", pa.list_(pa.string())),
            ("daily_limit", pa.int64()),
        ]
    )
    return pa.Table.from_pylist([dict(zip(schema.names, line, strict=True)) for line in lines], schema=schema)


def many(count: int, limit: int) -> pa.Table:
    return numbers(*((f"95{place:05d}", "ai_call", [], limit) for place in range(count)))


_LINE = st.tuples(
    st.sampled_from(["ai_call", "sms"]),
    st.lists(st.sampled_from(["loan", "deposit", "fund"]), unique=True, max_size=2),
    st.integers(1, 40),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_LINE, max_size=8), st.integers(0, 120), st.integers(0, 5))
def test_no_number_carries_more_than_its_limit_nor_what_it_is_not_for(
    lines: list[tuple[str, list[str], int]], rows: int, seed: int
) -> None:
    register = numbers(*((f"95{place:05d}", *line) for place, line in enumerate(lines)))
    chosen = contacts(rows, seed=seed, channels=("ai_call", "sms", "push"))
    known = {row["number"]: row for row in register.to_pylist()}
    given_ = allocate(chosen, register).to_pylist()
    for row, number in zip(chosen.to_pylist(), given_, strict=True):
        if number is not None:
            assert row["channel"] == known[number]["channel"]
            assert row["kind"] in (known[number]["purposes"] or [row["kind"]])
    assert all(count <= known[number]["daily_limit"] for number, count in Counter(given_).items() if number)
    left = Counter({number: row["daily_limit"] for number, row in known.items()}) - Counter(given_)
    for row, number in zip(chosen.to_pylist(), given_, strict=True):
        if number is None:  # nobody goes without while a number that would do has room
            free = [known[one] for one in left if known[one]["channel"] == row["channel"]]
            assert all(one["purposes"] and row["kind"] not in one["purposes"] for one in free)


def test_too_few_numbers_leave_out_the_least_worth() -> None:
    chosen = contacts(1000)
    given_ = allocate(chosen, many(10, limit=37))
    kept, lost = (
        chosen.filter(mask)["value"].to_pylist() for mask in (pc.is_valid(given_), pc.is_null(given_))
    )
    assert (len(kept), len(lost)) == (370, 630)
    assert min(kept) >= max(lost)


def test_numbers_for_one_product_take_it_first_and_leave_the_others_to_the_rest() -> None:
    chosen = contacts(300)
    loans = pc.sum(pc.equal(chosen["kind"], "loan")).as_py()
    register = numbers(("951", "ai_call", ["loan"], loans), ("952", "ai_call", [], 300 - loans))
    assert allocate(chosen, register).null_count == 0


def test_the_same_list_gives_the_same_numbers_in_whatever_order_its_rows_come() -> None:
    chosen, register = contacts(2000), many(20, limit=80)
    order = np.random.default_rng(3).permutation(chosen.num_rows)
    expected = allocate(chosen, register).take(pa.array(order))
    assert allocate(chosen.take(order), register.take(list(range(19, -1, -1)))).equals(expected)


def test_load_is_spread_by_the_limits() -> None:
    register = numbers(
        *((f"95{place:05d}", "ai_call", [], 4000 if place % 2 else 2000) for place in range(20))
    )
    loads = Counter(allocate(contacts(6000), register).to_pylist())
    for number, limit in zip(
        *(register[name].to_pylist() for name in ("number", "daily_limit")), strict=True
    ):
        fair = 6000 * limit / 60_000
        assert 0.6 * fair < loads[number] <= np.ceil(ROOM * fair)


def test_a_customer_sees_the_same_number_again_also_when_the_register_changes() -> None:
    """Another night, other contacts of the same people; then one number of twenty is gone."""
    chosen = contacts(4000)
    first = allocate(chosen, many(20, limit=1000)).to_pylist()
    other = chosen.set_column(1, "strategy", pa.array(["another"] * 4000)).slice(0, 3000)
    again = allocate(other, many(20, limit=1000)).to_pylist()
    assert sum(a == b for a, b in zip(first, again, strict=False)) > 0.95 * 3000
    gone = many(20, limit=1000).slice(1)
    moved = allocate(chosen, gone).to_pylist()
    stayed = [a == b for a, b in zip(first, moved, strict=True) if a != "9500000"]
    assert sum(stayed) > 0.9 * len(stayed)


def test_without_numbers_nobody_is_called_and_messages_in_the_app_need_none() -> None:
    assert allocate(contacts(5), many(0, limit=1)).null_count == 5
    assert allocate(contacts(0), many(3, limit=1)).to_pylist() == []


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("callers") / "home")) as opened:
        yield opened


@pytest.fixture
def engine(ledger: Ledger) -> Engine:
    return ledger.engine


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """Of which nothing stays."""
    with engine.connect() as opened:
        yield opened


def caller(number: str, **told: object) -> Caller:
    line = {"class": "marketing", "channel": "ai_call", "daily_limit": 10, "active_from": DAY}
    return Caller.model_validate({"number": number, **line, **told})


def usable(connection: Connection, day: date = DAY) -> list[str]:
    return list(callers_of_day(connection, day=day)["number"].to_pylist())


def test_a_new_house_has_made_up_numbers_which_the_first_real_one_retires(connection: Connection) -> None:
    assert all(row["generated"] for row in every_caller(connection))
    assert set(daily_limits(callers_of_day(connection, day=DAY))) == {"ai_call", "human_call", "sms"}
    assert all(daily_limits(callers_of_day(connection, day=DAY)).values())
    add(connection, [caller("95001")], actor="operator")
    assert usable(connection) == ["95001"]
    assert daily_limits(callers_of_day(connection, day=DAY)) == {"ai_call": 10, "human_call": 0, "sms": 0}


def test_a_number_is_used_on_its_days_when_it_does_not_rest_and_for_its_class(connection: Connection) -> None:
    numbers_ = [
        caller("95001"),
        caller("95002", active_from=DAY + timedelta(days=1)),
        caller("95003", active_from=DAY - timedelta(days=9), active_until=DAY - timedelta(days=1)),
        caller("95004", active_until=DAY),
        caller("95005"),
        caller("95006"),
        caller("95007", **{"class": "service"}),
    ]
    add(connection, numbers_, actor="operator")
    rest(connection, "95005", until=DAY, actor="operator", reason="complaints")
    retire(connection, "95006", actor="operator", reason="given back")
    assert usable(connection) == ["95001", "95004"]
    assert usable(connection, DAY + timedelta(days=1)) == ["95001", "95002", "95005"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"channel": "push"}, "takes no number"),
        ({"class": "private"}, "class"),
        ({"purposes": ["houses"]}, "no product"),
        ({"daily_limit": 0}, "daily_limit"),
        ({"number": "+8610"}, "number"),
        ({"active_until": DAY - timedelta(days=1)}, "before active_from"),
    ],
)
def test_what_is_no_caller_is_refused(told: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        caller(**{"number": "95001", **told})  # type: ignore[arg-type]


def test_a_number_is_registered_once_and_retires_for_good(connection: Connection) -> None:
    add(connection, [caller("95001")], actor="operator")
    with pytest.raises(CallerError, match="95001: is registered already"):
        add(connection, [caller("95002"), caller("95001")], actor="operator")
    retire(connection, "95001", actor="operator", reason="given back")
    with pytest.raises(CallerError, match="no number in use"):
        rest(connection, "95001", until=DAY, actor="operator", reason="again")
    with pytest.raises(CallerError, match="takes a reason"):
        retire(connection, "95002", actor="operator", reason=" ")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update caller_numbers set class = 'marketing' where number = '95002'", "keeps its class"),
        (
            "update caller_numbers set channel = 'sms' where number = '95001'",
            "keeps its class and its channel",
        ),
        (
            "insert into caller_uses values ('95002', '2026-07-02', 'ai_dialler', 'marketing', 1)",
            "of_the_right_class",
        ),
        (
            "insert into caller_uses values ('95001', '2026-07-02', 'ai_dialler', 'marketing', 11)",
            "over its limit",
        ),
        (
            "insert into caller_uses values ('95001', '2026-07-01', 'ai_dialler', 'marketing', 1)",
            "may not be used",
        ),
        (
            "insert into caller_uses values ('95001', '2026-07-02', 'ai_dialler', 'marketing', 6),"
            " ('95001', '2026-07-02', 'human_desk', 'marketing', 5)",
            "11 contacts on 2026-07-02 are over its limit",
        ),
    ],
)
def test_the_database_itself_refuses_what_must_not_be(
    connection: Connection, statement: str, words: str
) -> None:
    add(connection, [caller("95001"), caller("95002", **{"class": "service"})], actor="operator")
    with pytest.raises(DBAPIError, match=words):
        connection.execute(text(statement))


def test_complaints_let_a_number_rest_once(ledger: Ledger, engine: Engine) -> None:
    with engine.begin() as connection:
        add(
            connection,
            [caller("95001", active_from=NIGHT), caller("95002", active_from=NIGHT)],
            actor="operator",
        )
    made = [
        {"contact": f"c{place}", "customer": f"p{place}", "caller": "95001" if place < 5 else "95002"}
        for place in range(8)
    ]
    holds(engine, [{**row, "strategy": "s"} for row in made], expires_at=EVENING)
    complained = pa.array(["c0", "c1", "c4", "c6", "unknown"])
    with engine.begin() as connection:
        again = [
            rest_complained(connection, complained, day=DAY, days=7, complaints=3),
            rest_complained(connection, complained, day=DAY + timedelta(days=1), days=7, complaints=3),
        ]
        assert again == [("95001",), ()]
        assert usable(connection, DAY + timedelta(days=6)) == ["95002"]
        assert usable(connection, DAY + timedelta(days=7)) == ["95001", "95002"]
    assert trail(ledger, action="caller rests")[0]["detail"]["reason"] == "3 complaints or more"


def test_a_list_over_a_number_s_limit_is_not_frozen(engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, [caller("95009", daily_limit=1)], actor="operator")
    rows = [{"contact": f"over{place}", "customer": "p", "caller": "95009"} for place in range(2)]
    with pytest.raises(ReleaseError, match="caller number it may not: 95009: 2 contacts"):
        holds(engine, rows, expires_at=EVENING)
    holds(engine, rows[:1], expires_at=EVENING)
    holds(engine, rows[:1], expires_at=EVENING)  # frozen anew, it counts once
