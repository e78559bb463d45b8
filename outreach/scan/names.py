"""Finds the names of people on a list in one text."""

import re
from collections.abc import Iterator

from base.disguises.characters import HAN_DIGITS, HAN_RUN, LATIN_RUN, NOT_WORD, letters_plain
from outreach.scan.known import Known
from outreach.scan.words import ORDINARY, PLACES

_SHORTEST_LATIN = 5
_BEFORE = re.compile(r"(?:尊敬的|亲爱的|客户|姓名|联系人|持卡人|户主|本人|叫|[:：])\Z")
_AFTER = re.compile(r"(?:先生|女士|小姐|老师|经理|阿姨|叔叔|同志|师傅|总|您|你好|本人)")


def has_name(text: str, known: Known, *, guessed: bool) -> bool:
    """Whether ``text`` names somebody of ``known``, forwards or backwards, with gaps or not.

    A name of two characters counts unless it is an everyday word or a place; backwards, or where the
    character set was ``guessed``, only where a name would stand.
    """
    plain = letters_plain(text)
    return any(_in_han(plain, run, known, guessed) for run in HAN_RUN.finditer(plain)) or any(
        word in known.names for run in LATIN_RUN.findall(plain) for word in _latin(run)
    )


def _in_han(plain: str, run: re.Match[str], known: Known, guessed: bool) -> bool:
    places = [place for place, character in enumerate(run[0]) if "\u3400" <= character <= "\u9fff"]
    joined = "".join(run[0][place] for place in places)
    before, after = plain[: run.start()], plain[run.end() :]
    for forwards in (True, False):
        turned = joined if forwards else joined[::-1]
        for at in range(len(turned) - 1):
            if turned[at : at + 2] not in known.openings:
                continue
            for size in known.sizes:
                name = turned[at : at + size]
                if len(name) < size or name not in known.names:
                    continue
                first = at if forwards else len(joined) - at - size
                beside = before + joined[:first], joined[first + size :] + after
                if size == 2 and not forwards and set(name) & HAN_DIGITS:
                    continue  # like 一周: a count, not somebody called 周一 backwards
                if size > 2 or _is_meant(
                    joined[first : first + size], *beside, strict=guessed or not forwards
                ):
                    return True
    return False


def _is_meant(word: str, before: str, after: str, *, strict: bool) -> bool:
    """Whether a word of two characters is a name here."""
    if word in ORDINARY or (after and after[0] in PLACES):
        return False
    alone = not _is_han(before[-1:]) and not _is_han(after[:1])
    return not strict or alone or bool(_BEFORE.search(before) or _AFTER.match(after))


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _latin(run: str) -> Iterator[str]:
    words = [word for word in NOT_WORD.split(run) if word]
    for first in range(len(words)):
        for size in (1, 2, 3, 4):
            word = "".join(words[first : first + size])
            if first + size <= len(words) and len(word) >= _SHORTEST_LATIN:
                yield word
