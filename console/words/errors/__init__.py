"""What the house says in English, said in Chinese as well.

Lower rooms know nothing of languages: they raise in English. The tables of this package hold the Chinese of
every sentence that can come before somebody at the desk, by the English one with ``{}`` for each thing that
is filled in. What the console itself refuses is written in both languages where it is refused (``Refusal``).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from console.words import Refusal, Said
from console.words.errors.book import BOOK
from console.words.errors.documents import DOCUMENTS, OF_TYPES
from console.words.errors.nights import NIGHTS
from console.words.errors.people import PEOPLE
from console.words.errors.places import part_said, place_said
from console.words.errors.rules import RULES

SENTENCES: Mapping[str, str] = {**RULES, **DOCUMENTS, **BOOK, **PEOPLE, **NIGHTS}
"""Chinese by English."""

_LINE = re.compile(r"[^:\n]+:(?P<place>\d+):\d+: (?P<said>.+)")
_PLACE = re.compile(r"(?P<place>'[^']*'|the document|this number|[^\s:]+): (?P<said>.+)")
"""Where something is wrong stands before what is."""
_FINDING = re.compile(
    r"(?P<who>[^:]+): (?P<english>.+?\.) (?P<chinese>[\u4e00-\u9fff][^\[]*?)"
    r"(?P<detail> \[.*\])?(?: For example \(例\): (?P<example>.*))?"
)
"""A finding of the checks: its kind is declared in both languages."""


_LONGEST, _MOST_PARTS = 2_000, 40
"""Of a line; what is longer, or has more colons and semicolons, holds what somebody has typed."""


def said_of(error: Exception) -> Said:
    """What an error says."""
    return error.said if isinstance(error, Refusal) else in_both(str(error))


def in_both(words: str) -> Said:
    """An error's words in both languages. What has no Chinese is told to those who read it as it is, behind
    words that say so."""
    found = known(words)
    return found or Said(words, f"未能完成；如不明原因，请联系运营人员。系统提示（英文）：{words}")


def known(words: str) -> Said | None:
    """The same; None where no line of it has any Chinese. Lines without, such as quotes, stay as they are."""
    each = [(line, _line(line.strip())) for line in words.split("\n")]
    if not any(told for _, told in each):
        return None
    told = [one or Said(line, line) for line, one in each]
    return Said("\n".join(one.english for one in told), "\n".join(one.chinese for one in told))


@lru_cache(maxsize=4_096)
def _line(words: str) -> Said | None:
    """One line: a sentence, a finding, something at a place, or several of these with semicolons between."""
    if len(words) > _LONGEST or words.count(": ") + words.count("; ") > _MOST_PARTS:
        return None
    return (
        _sentence(words, _strict())
        or _finding(words)
        or _placed(words)
        or _several(words)
        or _sentence(words, _loose())
    )


def _sentence(words: str, ways: Sequence["_Way"]) -> Said | None:
    for way in ways:
        if way.may_be(words) and (found := way.pattern.fullmatch(words)):
            filled = (_Filled(part) for part in found.groups())
            return Said(words.removesuffix(way.tail), way.chinese.format(*filled))
    return None


def _finding(words: str) -> Said | None:
    found = _FINDING.fullmatch(words)
    if found is None:
        return None
    detail, example = found["detail"] or "", found["example"]
    return Said(
        f"{found['who']}: {found['english']}{detail}" + (f" For example: {example}" if example else ""),
        f"{found['who']}：{found['chinese']}{detail}" + (f" 例如：{example}" if example else ""),
    )


def _placed(words: str) -> Said | None:
    for pattern, chinese in ((_LINE, "第 {} 行：{}"), (_PLACE, "{}：{}")):
        found = pattern.fullmatch(words)
        inner = found and _line(found["said"])
        if found and inner:
            english = words.removesuffix(found["said"]) + inner.english
            return Said(english, chinese.format(part_said(found["place"]), inner.chinese))
    return None


def _several(words: str) -> Said | None:
    for cut in re.finditer("; ", words):
        first = _sentence(words[: cut.start()], _strict()) or _placed(words[: cut.start()])
        rest = first and _line(words[cut.end() :])
        if first and rest:
            return Said(f"{first.english}; {rest.english}", f"{first.chinese}；{rest.chinese}")
    return None


class _Filled(str):
    """What is filled in. ``words`` in a format has a word of the house translated, ``said`` a sentence."""

    def __format__(self, spec: str) -> str:
        if spec == "said":
            told = _line(self)
            return told.chinese if told else str(self)
        return place_said(self) if spec == "words" else str(self)


@dataclass(frozen=True, kw_only=True)
class _Way:
    """A sentence as a pattern and as what stands between its gaps, the Chinese it carries at its end, and its
    Chinese."""

    pattern: re.Pattern[str]
    parts: tuple[str, ...]
    tail: str
    chinese: str

    def may_be(self, words: str) -> bool:
        """Whether the words hold all parts in their order, which is sooner seen than whether they match."""
        at = 0
        for part in self.parts:
            at = words.find(part, at) + len(part)
            if at < len(part):
                return False
        return words.startswith(self.parts[0]) and words.endswith(self.parts[-1])


@cache
def _strict() -> tuple[_Way, ...]:
    """Every sentence, nothing filled in having parts of its own."""
    return tuple(_ways(r"((?:(?!; ).)*?)"))


@cache
def _loose() -> tuple[_Way, ...]:
    """Every sentence, whatever is filled in."""
    return tuple(_ways(r"(.*?)"))


def _ways(gap: str) -> Iterator[_Way]:
    """The one that says most comes first."""
    every = {**SENTENCES, **OF_TYPES}
    for english in sorted(every, key=lambda one: -len(one)):
        tail = re.search(r" [\u4e00-\u9fff]+$", english)
        parts = tuple(english.split("{}"))
        yield _Way(
            pattern=re.compile(gap.join(map(re.escape, parts))),
            parts=parts,
            tail=tail[0] if tail else "",
            chinese=every[english],
        )
