"""Long lists, a page at a time, searched on the server; and what an address says of dates and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from sqlalchemy import Connection, Row, Select, func, select

from console.words import Refusal

PAGE = 50
ROW_DIGITS = 18
"""Digits that the number of a row of the ledger, a bigint, has at most, whatever they are."""
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Turn(Generic[T]):
    """One page of a list: ``rows`` of ``count`` found, ``number`` of ``last``; ``kept``: the search, as an
    address says it."""

    rows: Sequence[T]
    count: int
    number: int
    last: int
    kept: str

    def to(self, number: int) -> str:
        """The address of another page of the same search."""
        return f"?{self.kept}&page={number}" if self.kept else f"?page={number}"


def turned(
    connection: Connection, query: Select[Any], told: Mapping[str, str], *, search: Sequence[str]
) -> Turn[Row[Any]]:
    """The page of ``query`` (ordered) that ``told`` asks for; the last one where it asks for one beyond.

    ``search``: names of what else is asked for, kept from page to page.
    """
    count = connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    number, last = _number(count, told, size=PAGE)
    rows = connection.execute(query.limit(PAGE).offset((number - 1) * PAGE)).all()
    return Turn(rows=rows, count=count, number=number, last=last, kept=_kept(told, search))


def paged(rows: Sequence[T], told: Mapping[str, str], *, search: Sequence[str], size: int = PAGE) -> Turn[T]:
    """The same of rows that are at hand, in their order, ``size`` a page."""
    number, last = _number(len(rows), told, size=size)
    own = rows[(number - 1) * size : number * size]
    return Turn(rows=own, count=len(rows), number=number, last=last, kept=_kept(told, search))


def whole(told: Mapping[str, str], name: str, *, digits: int) -> int | None:
    """The whole number, of so many digits at most, that an address or a form says; None for anything else."""
    word = told.get(name, "").strip()
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= digits else None


def read_date(told: str) -> date:
    """The date. Raises Refusal for what is none, and for one of a year that nothing is of."""
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise Refusal(
            f"{told!r} is no date; write one like 2026-07-01", f"“{told}”不是日期，请写成 2026-07-01 的形式"
        ) from None
    if not 1900 <= day.year < 2200:
        raise Refusal(
            "there is nothing of such a year; write a date like 2026-07-01",
            "没有这一年的记录，请写成 2026-07-01 的形式",
        )
    return day


def pattern(told: str) -> str:
    """What a search for these words anywhere in a text is to SQL's LIKE, with a backslash as its escape."""
    plain = told.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def _number(count: int, told: Mapping[str, str], *, size: int) -> tuple[int, int]:
    """Which page is asked for, and which is the last."""
    last = max(1, -(-count // size))
    return min(max(1, whole(told, "page", digits=8) or 1), last), last


def _kept(told: Mapping[str, str], search: Sequence[str]) -> str:
    return urlencode({name: told[name] for name in search if told.get(name)})
