"""What betrays a list: canaries among its rows, and a watermark that survives cutting and shuffling."""

import base64
import hmac
import random
import re
from datetime import date, datetime, timedelta, timezone

import pyarrow as pa
import pytest

from base.errors import ReleaseError
from base.settings.recipients import Canaries
from outreach.deliver.canaries import Planted, plant
from outreach.deliver.watermark import SPAN, mark, trace
from outreach.mask import mask_phone

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


def tokens(kind: str, values: pa.Array) -> pa.StringArray:
    """Tokens shaped like the vault's, which test_deliver_night takes itself."""
    digests = (hmac.digest(kind.encode(), value.encode(), "sha256") for value in values.to_pylist())
    return pa.array([f"a{base64.urlsafe_b64encode(digest)[:11].decode()}" for digest in digests])


def a_list(rows: int, **more: list[str]) -> pa.Table:
    contacts = tokens("contact", pa.array([f"contact {row}" for row in range(rows)]))
    return pa.table(
        {
            "contact": contacts,
            "address": tokens("dial", contacts),
            "hour": pa.array([9 + row % 11 for row in range(rows)], pa.int32()),
            "text": [f"words of strategy {row % 3}" for row in range(rows)],
            "expires_at": [EVENING.isoformat()] * rows,
            **more,
        }
    ).sort_by("contact")


def planted(rows: pa.Table, **changes: object) -> Planted:
    given: dict[str, object] = {
        "channel": "ai_call",
        "recipient": "ai_dialler",
        "as_of": NIGHT,
        "expires_at": EVENING,
        "key": KEY,
        "tokens": tokens,
        "settings": Canaries(),
    }
    return plant(rows, **{**given, **changes})  # type: ignore[arg-type]


def test_canaries_stand_among_the_rows_and_look_like_them() -> None:
    rows = a_list(200)
    result = planted(rows)
    assert len(result.canaries) == 2
    assert result.rows.num_rows == 202
    assert result.rows.schema == rows.schema
    assert result.rows["contact"].to_pylist() == sorted(result.rows["contact"].to_pylist())
    made = {canary.contact for canary in result.canaries}
    assert not made & set(rows["contact"].to_pylist())
    among = [row for row in result.rows.to_pylist() if row["contact"] in made]
    shape = re.compile(r"[a-z][A-Za-z0-9_\-]{11}")
    for row in among:
        assert shape.fullmatch(row["contact"])
        assert shape.fullmatch(row["address"])
        assert row["text"] in set(rows["text"].to_pylist())
        assert row["hour"] in set(rows["hour"].to_pylist())
        assert row["expires_at"] == EVENING.isoformat()


def test_canaries_are_the_same_again_and_others_elsewhere() -> None:
    rows = a_list(50)
    once, again = planted(rows), planted(rows)
    assert once.rows == again.rows
    others = [
        planted(rows, recipient="push_gateway"),
        planted(rows, channel="push"),
        planted(rows, as_of=NIGHT + timedelta(days=1)),
    ]
    seen = [canary.contact for result in (once, *others) for canary in result.canaries]
    assert len(seen) == len(set(seen)) == 8


@pytest.mark.parametrize("column", ["masked_phone", "number"])
def test_nobody_is_called_for_a_canary_but_a_line_of_the_bank(column: str) -> None:
    rows = a_list(30, **{column: ["x"] * 30})
    assert planted(rows).canaries == ()
    result = planted(rows, settings=Canaries(per_list=3, lines=LINES))
    made = {canary.contact for canary in result.canaries}
    shown = {row[column] for row in result.rows.to_pylist() if row["contact"] in made}
    own = set(LINES) if column == "number" else set(mask_phone(pa.array(LINES)).to_pylist())
    assert shown <= own
    assert shown
    behind = set(tokens("phone", pa.array(LINES)).to_pylist())
    assert {canary.line for canary in result.canaries} <= behind


def test_an_empty_list_has_no_canaries_and_a_small_one_no_more_than_rows() -> None:
    assert planted(a_list(0)).canaries == ()
    assert len(planted(a_list(1)).canaries) == 1
    assert planted(a_list(9), settings=Canaries(per_list=0)).rows.num_rows == 9


def as_text(rows: pa.Table, draw: random.Random, *, count: int, columns: list[str]) -> str:
    """Some rows of a list as somebody might pass them on: shuffled, and only some columns."""
    lines = draw.sample(rows.select(columns).to_pylist(), count)
    return "\n".join(",".join(str(value) for value in line.values()) for line in lines)


def test_a_mark_never_lengthens_a_row_nor_shortens_it_by_more_than_ten_minutes() -> None:
    rows = a_list(500)
    marked = mark(rows, recipient="ai_dialler", as_of=NIGHT, key=KEY)
    assert marked.drop(["expires_at"]) == rows.drop(["expires_at"])
    early = {
        (EVENING - datetime.fromisoformat(text)).total_seconds() for text in marked["expires_at"].to_pylist()
    }
    assert min(early) >= 0
    assert max(early) < SPAN
    assert marked == mark(rows, recipient="ai_dialler", as_of=NIGHT, key=KEY)


def test_a_hundred_shuffled_rows_without_tokens_name_their_list() -> None:
    rows, draw = a_list(1_000), random.Random(6)
    for recipient, as_of in draw.sample(LISTS, 25):
        marked = mark(rows, recipient=recipient, as_of=as_of, key=KEY)
        text = as_text(marked, draw, count=100, columns=["expires_at", "text"])
        (found,) = trace(text, candidates=LISTS, key=KEY)
        assert (found.recipient, found.as_of) == (recipient, as_of)
        assert found.fitting == found.moments
        assert found.error < 1e-12


def test_thirty_rows_are_enough_and_so_are_a_hundred_of_which_a_fifth_was_falsified() -> None:
    rows, draw = a_list(1_000), random.Random(7)
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


def test_a_file_mixed_from_two_lists_names_both() -> None:
    rows, draw = a_list(1_000), random.Random(9)
    two = [("ai_dialler", NIGHT), ("human_desk", NIGHT)]
    text = "\n".join(
        as_text(mark(rows, recipient=who, as_of=when, key=KEY), draw, count=250, columns=["expires_at"])
        for who, when in two
    )
    assert {(found.recipient, found.as_of) for found in trace(text, candidates=LISTS, key=KEY)} == set(two)


def test_what_tells_nothing_names_nobody() -> None:
    assert trace("", candidates=LISTS, key=KEY) == ()
    assert trace("2026-07-02T20:00:00+08:00\n" * 500, candidates=LISTS, key=KEY) == ()


def test_a_list_that_cannot_carry_a_mark_is_refused() -> None:
    rows = a_list(3)
    with pytest.raises(ReleaseError, match="has no column expires_at"):
        mark(rows.drop(["expires_at"]), recipient="ai_dialler", as_of=NIGHT, key=KEY)
    odd = rows.set_column(4, "expires_at", pa.array(["2026-07-02T20:00:01+08:00"] * 3))
    with pytest.raises(ReleaseError, match="not on a full ten minutes"):
        mark(odd, recipient="ai_dialler", as_of=NIGHT, key=KEY)
