"""Everybody's identifiers, and whether any of them stands in given bytes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import pyarrow as pa

from tests.e2e.own_words import said_among
from tests.e2e.patterns import Patterns
from tests.e2e.spellings import bare, of_code, of_name, of_short_name

_CODE_BYTES = 8
_NAME_BYTES = 6  # two signs
# UTF-8 of the ideographs.
_HAN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2})+")
_BESIDE = re.compile("^(?:尊敬的|客户|姓名)|(?:先生|女士|小姐|您好)+$")
_AROUND = 60  # bytes in which a name's title stands


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Who is searched for. ``anywhere``: in whatever surroundings; ``by_themselves``: names that must not
    stand alone, as values do. ``names`` and ``unsearched``: how many there are, and are not looked for."""

    anywhere: Patterns
    by_themselves: Patterns
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
        names = set(identities["name"].drop_null().unique().to_pylist())
        said, said_by_themselves = said_among(names, own_text)
        long = {name for name in names - said if len(name) > 2}
        return cls(
            anywhere=Patterns.of(_spelt(codes, long, names - long - said), begin=_CODE_BYTES),
            by_themselves=Patterns.of(
                (("name by itself", name.encode()) for name in names - long - said_by_themselves),
                begin=_NAME_BYTES,
            ),
            names=len(names),
            unsearched=len(said_by_themselves),
        )

    def found_in(self, content: bytes) -> list[str]:
        """What is found, without saying whom: field and spelling, each told once."""
        found = {how for _, _, how in self.anywhere.found_in(content)}
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


def _alone(content: bytes, place: int) -> str:
    """The Chinese that the place is in, without a title before or behind it."""
    start = max(place - _AROUND, 0)
    for run in _HAN.finditer(content[start : place + _AROUND]):
        if run.start() <= place - start < run.end():
            return _BESIDE.sub("", run[0].decode())
    return ""
