"""What the house says in English, said in Chinese as well.

Lower rooms know nothing of languages: they raise in English. The tables of this package hold the Chinese of
every sentence that can come before somebody at the desk, by the English one with ``{}`` for each thing that is
filled in. What the console itself refuses is written in both languages where it is refused (``Refusal``).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from console.words import Refusal, Said
from console.words.errors.book import BOOK
from console.words.errors.documents import DOCUMENTS, OF_TYPES
from console.words.errors.nights import NIGHTS
from console.words.errors.people import PEOPLE
from console.words.errors.places import place_said
from console.words.errors.rules import RULES

SENTENCES: Mapping[str, str] = {**RULES, **DOCUMENTS, **BOOK, **PEOPLE, **NIGHTS}
"""Chinese by English."""

_PLACES = (
    (re.compile(r"[^:\n]+:(?P<line>\d+):\d+: (?P<said>.+)"), "第 {line} 行：{said}"),
    (re.compile(r"the document: (?P<said>.+)"), "文档：{said}"),
    (re.compile(r"(?P<place>'[^']*'|[^\s:]+): (?P<said>.+)"), "{place}：{said}"),
)
"""Where something is wrong stands before it, and goes before its translation."""
_BOTH = re.compile(r"(?P<who>[^:]+): (?P<en>.+?\.) (?P<zh>[\u4e00-\u9fff][^\[]*?)(?P<rest> \[.*| For example.*)?")
"""A finding of the checks: its kind is declared in both languages."""


def said_of(error: Exception) -> Said:
    """What an error says."""
    return error.said if isinstance(error, Refusal) else in_both(str(error))


def in_both(words: str) -> Said:
    """An error's words in both languages. What has no Chinese is told to those who read it as it is, behind
    words that say so."""
    found = known(words)
    return found or Said(words, f"未能完成，系统提示（英文）：{words}")


def known(words: str) -> Said | None:
    """The same; None where no line of it has any Chinese. Lines without, such as quotes, stay as they are."""
    each = [(line, _line(line.strip())) for line in words.split("\n")]
    if not any(told for _, told in each):
        return None
    told = [one or Said(line, line) for line, one in each]
    return Said("\n".join(one.english for one in told), "\n".join(one.chinese for one in told))


def _line(words: str) -> Said | None:
    for pattern, english_tail, chinese in _ways():
        if found := pattern.fullmatch(words):
            filled = (_Filled(part) for part in found.groups())
            return Said(words.removesuffix(english_tail), chinese.format(*filled))
    if found := _BOTH.fullmatch(words):
        rest = found["rest"] or ""
        return Said(f"{found['who']}: {found['en']}{rest}", f"{found['who']}：{found['zh']}{rest}")
    for place, chinese in _PLACES:
        found = place.fullmatch(words)
        inner = found and _line(found["said"])
        if found and inner:
            english = words.removesuffix(found["said"]) + inner.english
            return Said(english, chinese.format(**{**found.groupdict(), "said": inner.chinese}))
    return None


class _Filled(str):
    """What is filled in. ``words`` in a format has a word of the house translated, ``said`` a sentence."""

    def __format__(self, spec: str) -> str:
        if spec == "said":
            told = _line(self)
            return told.chinese if told else str(self)
        return place_said(self) if spec == "words" else str(self)


@cache
def _ways() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """Each sentence as a pattern, with the Chinese it carries at its end, and its Chinese; the one that says
    most comes first."""
    return tuple(sorted(_patterns(), key=lambda way: -len(way[0].pattern)))


def _patterns() -> Iterator[tuple[re.Pattern[str], str, str]]:
    for english, chinese in {**SENTENCES, **OF_TYPES}.items():
        pattern = "(.*?)".join(re.escape(part) for part in english.split("{}"))
        tail = re.search(r" [\u4e00-\u9fff]+$", english)
        yield re.compile(pattern, re.DOTALL), tail[0] if tail else "", chinese
