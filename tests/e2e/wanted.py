"""Everybody's identifiers, and whether any of them stands in given bytes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tests.e2e.own_words import said_among
from tests.e2e.patterns import Patterns
from tests.e2e.spellings import bare, of_code, of_name, of_short_name

Numbers = npt.NDArray[np.int64]

_CODE_BYTES = 8
_NAME_BYTES = 6  # two signs
# UTF-8 of the ideographs.
_HAN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2})+")
_BESIDE = re.compile("^(?:尊敬的|客户|姓名)|(?:先生|女士|小姐|您好)+$")
_AROUND = 60  # bytes in which a name's title stands


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Who is searched for.

    ``anywhere``: in whatever surroundings; ``by_themselves``: names that must not stand alone, as values do;
    ``numbers``: codes that are digits alone, by column. ``names`` and ``unsearched``: how many names there
    are, and how many are not looked for.
    """

    anywhere: Patterns
    by_themselves: Patterns
    numbers: dict[str, Numbers]
    names: int
    unsearched: int

    @classmethod
    def of(cls, identities: pa.Table, *, own_text: str) -> Self:
        """``identities``: text columns, of which ``name`` holds names and each other one codes.

        ``own_text``: all words that the house itself publishes. A name of two signs is most often a piece of
        other words, and proves something by itself only; one that stands so in the house's own words, never.
        Raises ValueError for a code too short to be told from any other number.
        """
        codes = {
            (column, written)
            for column in identities.column_names
            if column != "name" and pa.types.is_string(identities.schema.field(column).type)
            for code in identities[column].drop_null().unique().to_pylist()
            for written in bare(code)
        }
        if too_short := {column for column, code in codes if len(code) < _CODE_BYTES}:
            raise ValueError(f"{', '.join(sorted(too_short))}: of fewer than {_CODE_BYTES} signs")
        columns = {column for column, _ in codes}
        names = set(identities["name"].drop_null().unique().to_pylist())
        said, said_by_themselves = said_among(names, own_text)
        long = {name for name in names - said if len(name) > 2}
        return cls(
            anywhere=Patterns.of(_spelt(codes, long, names - long - said), begin=_CODE_BYTES),
            by_themselves=Patterns.of(
                (("name by itself", name.encode()) for name in names - long - said_by_themselves),
                begin=_NAME_BYTES,
            ),
            numbers={column: _digits(code for of, code in codes if of == column) for column in columns},
            names=len(names),
            unsearched=len(said_by_themselves),
        )

    def found_in(self, content: bytes | Numbers) -> list[str]:
        """What is found, without saying whom: field and spelling, each told once.

        What is stored as a number must be a code as a whole: among millions, longer ones hold it by chance.
        """
        if not isinstance(content, bytes):
            return sorted(column for column, codes in self.numbers.items() if np.isin(content, codes).any())
        found = {how for _, _, how in self.anywhere.found_in(content)}
        if _is_text(content):  # a database packs its pages: bits of any words stand by themselves there
            found |= {
                how
                for start, end, how in self.by_themselves.found_in(content)
                if _alone(content, start) == content[start:end].decode()
            }
        return sorted(found)


def _spelt(
    codes: Iterable[tuple[str, str]], names: Iterable[str], short_names: Iterable[str]
) -> Iterator[tuple[str, bytes]]:
    every = [(column, of_code(code)) for column, code in codes]
    every += [("name", of_name(name)) for name in names]
    every += [("name", of_short_name(name)) for name in short_names]
    for column, spellings in every:
        for how, spelt in spellings:
            if len(spelt) >= _CODE_BYTES:
                yield f"{column} {how}".rstrip(), spelt


def _digits(codes: Iterable[str]) -> Numbers:
    return np.array([int(code) for code in codes if code.isdecimal()], np.int64)


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _alone(content: bytes, place: int) -> str:
    """The Chinese that the place is in, without a title before or behind it."""
    start = max(place - _AROUND, 0)
    for run in _HAN.finditer(content[start : place + _AROUND]):
        if run.start() <= place - start < run.end():
            return _BESIDE.sub("", run[0].decode())
    return ""
