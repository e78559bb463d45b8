"""What betrays a list: canaries among its rows, and a watermark that survives cutting and shuffling."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from sqlalchemy import select

from base.errors import ReleaseError
from base.settings import load_settings
from base.settings.recipients import Canaries
from ledger.database import Ledger, open_ledger
from ledger.schema import CANARIES
from outreach.deliver.canaries import TOUCHED, Planted, enter, look_for, plant
from outreach.deliver.watermark import SPAN, mark, trace
from outreach.mask import mask_phone
from outreach.vault import Vault
from outreach.watch.alerts import alerts

ZONE = timezone(timedelta(hours=8))
NIGHT = date(2026, 7, 1)
EVENING = datetime(2026, 7, 2, 20, tzinfo=ZONE)
KEY = bytes(range(32))
LINES = ("13800000001", "13900000002", "15000000003")
LISTS = [
    (recipient, NIGHT + timedelta(days=day))
    for recipient in ("push_gateway", "sms_gateway", "ai_dialler", "human_desk")
    for day in range(-89, 1)
]


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault(load_settings(home=tmp_path_factory.mktemp("vault")))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


def a_list(vault: Vault, rows: int, **more: list[str]) -> pa.Table:
    contacts = vault.tokens("contact", pa.array([f"contact {row}" for row in range(rows)]))
    return pa.table(
        {
            "contact": contacts,
            "address": vault.tokens("dial", contacts),
            "hour": pa.array([9 + row % 11 for row in range(rows)], pa.int32()),
            "text": [f"words of strategy {row % 3}" for row in range(rows)],
            "expires_at": [EVENING.isoformat()] * rows,
            **more,
        }
    ).sort_by("contact")


def planted(vault: Vault, rows: pa.Table, **changes: object) -> Planted:
    given: dict[str, object] = {
        "channel": "ai_call",
        "recipient": "ai_dialler",
        "as_of": NIGHT,
        "expires_at": EVENING,
        "key": KEY,
        "tokens": vault.tokens,
        "settings": Canaries(),
    }
    return plant(rows, **{**given, **changes})  # type: ignore[arg-type]


def test_canaries_stand_among_the_rows_and_look_like_them(vault: Vault) -> None:
    rows = a_list(vault, 200)
    result = planted(vault, rows)
    assert len(result.canaries) == 2
    assert result.rows.num_rows == 202
    assert result.rows.schema == rows.schema
    assert result.rows["contact"].to_pylist() == sorted(result.rows["contact"].to_pylist())
    tokens = {canary.contact for canary in result.canaries}
    assert not tokens & set(rows["contact"].to_pylist())
    made = [row for row in result.rows.to_pylist() if row["contact"] in tokens]
    shape = re.compile(r"[a-z][A-Za-z0-9_\-]{11}")
    for row in made:
        assert shape.fullmatch(row["contact"])
        assert shape.fullmatch(row["address"])
        assert row["text"] in set(rows["text"].to_pylist())
        assert row["hour"] in set(rows["hour"].to_pylist())
        assert row["expires_at"] == EVENING.isoformat()


def test_canaries_are_the_same_again_and_others_elsewhere(vault: Vault) -> None:
    rows = a_list(vault, 50)
    once, again = planted(vault, rows), planted(vault, rows)
    assert once.rows == again.rows
    others = [
        planted(vault, rows, recipient="push_gateway"),
        planted(vault, rows, channel="push"),
        planted(vault, rows, as_of=NIGHT + timedelta(days=1)),
    ]
    seen = [canary.contact for result in (once, *others) for canary in result.canaries]
    assert len(seen) == len(set(seen)) == 8


@pytest.mark.parametrize("column", ["masked_phone", "number"])
def test_nobody_is_called_for_a_canary_but_a_line_of_the_bank(vault: Vault, column: str) -> None:
    rows = a_list(vault, 30, **{column: ["x"] * 30})
    assert planted(vault, rows).canaries == ()
    result = planted(vault, rows, settings=Canaries(per_list=3, lines=LINES))
    tokens = {canary.contact for canary in result.canaries}
    shown = {row[column] for row in result.rows.to_pylist() if row["contact"] in tokens}
    own = set(LINES) if column == "number" else set(mask_phone(pa.array(LINES)).to_pylist())
    assert shown <= own
    assert shown
    behind = set(vault.tokens("phone", pa.array(LINES)).to_pylist())
    assert {canary.line for canary in result.canaries} <= behind


def test_an_empty_list_has_no_canaries_and_a_small_one_no_more_than_rows(vault: Vault) -> None:
    assert planted(vault, a_list(vault, 0)).canaries == ()
    assert len(planted(vault, a_list(vault, 1)).canaries) == 1
    assert planted(vault, a_list(vault, 9), settings=Canaries(per_list=0)).rows.num_rows == 9


def test_a_canary_sings_at_the_wrong_place_or_too_late_and_not_at_home(vault: Vault, ledger: Ledger) -> None:
    first, second = planted(vault, a_list(vault, 20)).canaries
    with ledger.engine.begin() as connection:
        enter(connection, (first, second))
        enter(connection, (first, second))
        assert len(connection.execute(select(CANARIES)).all()) == 2
        at_noon, at_night = EVENING - timedelta(hours=8), EVENING + timedelta(seconds=1)
        at_home = look_for(
            connection, {first.contact: at_noon, "somebody": at_noon}, by="ai_dialler", where="outcomes"
        )
    assert at_home == {first.contact}
    assert alerts(ledger, kind=TOUCHED) == []
    with ledger.engine.begin() as connection:
        elsewhere = look_for(connection, {second.address: at_noon}, by="sms_gateway", where="revocations")
    assert elsewhere == {second.address}
    (alert,) = alerts(ledger, kind=TOUCHED)
    assert alert["subject"] == f"ai_dialler {NIGHT.isoformat()}"
    assert alert["detail"]["seen_by"] == "sms_gateway"
    late = replace(first, contact="late", address="too late", as_of=NIGHT - timedelta(days=1))
    with ledger.engine.begin() as connection:
        enter(connection, (late,))
        look_for(connection, {late.contact: at_night}, by="ai_dialler", where="outcomes")
    assert alerts(ledger, kind=TOUCHED)[0]["detail"]["late"] is True


def as_text(rows: pa.Table, draw: random.Random, *, count: int, columns: list[str]) -> str:
    """Some rows of a list as somebody might pass them on: shuffled, and only some columns."""
    lines = draw.sample(rows.select(columns).to_pylist(), count)
    return "\n".join(",".join(str(value) for value in line.values()) for line in lines)


def test_a_mark_never_lengthens_a_row_nor_shortens_it_by_more_than_ten_minutes(vault: Vault) -> None:
    rows = a_list(vault, 500)
    marked = mark(rows, recipient="ai_dialler", as_of=NIGHT, key=KEY)
    assert marked.drop(["expires_at"]) == rows.drop(["expires_at"])
    early = {
        (EVENING - datetime.fromisoformat(text)).total_seconds() for text in marked["expires_at"].to_pylist()
    }
    assert min(early) >= 0
    assert max(early) < SPAN
    assert marked == mark(rows, recipient="ai_dialler", as_of=NIGHT, key=KEY)


def test_a_hundred_shuffled_rows_without_tokens_name_their_list(vault: Vault) -> None:
    rows, draw = a_list(vault, 1_000), random.Random(6)
    for recipient, as_of in draw.sample(LISTS, 25):
        marked = mark(rows, recipient=recipient, as_of=as_of, key=KEY)
        text = as_text(marked, draw, count=100, columns=["expires_at", "text"])
        (found,) = trace(text, candidates=LISTS, key=KEY)
        assert (found.recipient, found.as_of) == (recipient, as_of)
        assert found.fitting == found.moments
        assert found.error < 1e-12


def test_thirty_rows_are_enough_and_so_are_a_hundred_of_which_a_fifth_was_falsified(vault: Vault) -> None:
    rows, draw = a_list(vault, 1_000), random.Random(7)
    for recipient, as_of in draw.sample(LISTS, 25):
        marked = mark(rows, recipient=recipient, as_of=as_of, key=KEY)
        few = as_text(marked, draw, count=30, columns=["expires_at"])
        assert trace(few, candidates=LISTS, key=KEY, error=1e-3)[0].recipient == recipient
        lines = as_text(marked, draw, count=100, columns=["expires_at"]).split("\n")
        lines[:20] = [f"2026-07-02T19:{draw.randrange(50, 60)}:{draw.randrange(60):02d}" for _ in range(20)]
        best = trace("\n".join(lines), candidates=LISTS, key=KEY)[0]
        assert (best.recipient, best.as_of) == (recipient, as_of)


def test_the_stated_error_holds_for_rows_of_other_origin() -> None:
    """2,000 files of other origin: at a stated error of 1 in 20, no more than about 1 in 20 is named."""
    draw, wrong = random.Random(8), 0
    for _ in range(2_000):
        key = draw.randbytes(32)
        seconds = [draw.randrange(SPAN) for _ in range(100)]
        text = "\n".join(f"2026-07-02T19:{50 + at // 60}:{at % 60:02d}" for at in seconds)
        wrong += bool(trace(text, candidates=LISTS[:10], key=key, error=0.05))
    assert wrong <= 130  # binomial(2,000, 0.05) exceeds it once in 10,000


def test_a_file_mixed_from_two_lists_names_both(vault: Vault) -> None:
    rows, draw = a_list(vault, 1_000), random.Random(9)
    two = [("ai_dialler", NIGHT), ("human_desk", NIGHT)]
    text = "\n".join(
        as_text(mark(rows, recipient=who, as_of=when, key=KEY), draw, count=250, columns=["expires_at"])
        for who, when in two
    )
    assert {(found.recipient, found.as_of) for found in trace(text, candidates=LISTS, key=KEY)} == set(two)


def test_what_tells_nothing_names_nobody() -> None:
    assert trace("", candidates=LISTS, key=KEY) == ()
    assert trace("2026-07-02T20:00:00+08:00\n" * 500, candidates=LISTS, key=KEY) == ()


def test_a_list_that_cannot_carry_a_mark_is_refused(vault: Vault) -> None:
    rows = a_list(vault, 3)
    with pytest.raises(ReleaseError, match="has no column expires_at"):
        mark(rows.drop(["expires_at"]), recipient="ai_dialler", as_of=NIGHT, key=KEY)
    odd = rows.set_column(4, "expires_at", pa.array(["2026-07-02T20:00:01+08:00"] * 3))
    with pytest.raises(ReleaseError, match="not on a full ten minutes"):
        mark(odd, recipient="ai_dialler", as_of=NIGHT, key=KEY)
