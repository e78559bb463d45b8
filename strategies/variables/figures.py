"""Figures in an author's words, in whatever signs or words they are written."""

import re
import unicodedata

from base.disguises.characters import HAN_DIGITS, letters_plain

_RATE_SIGNS = frozenset("%٪‰‱")
# Tenths, 成, need no place here: the numeral before them is one.
_WORDS = re.compile(
    r"分之|[折半倍]|\b(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|[mb]illion"
    r"|half|halves|halved|thirds?|quarters?|once|twice|doubled?|tripled?|per ?cent)\b"
)


def figure_in(text: str) -> str | None:
    """The first sign or word of ``text`` that may be part of a figure, or None.

    Any sign for a numeral is one, in whatever script, also as a piece of another word, as 一 in 一起: who
    takes some of them for words leaves room for a rate. So are the signs and words of a rate or share.
    """
    signs = text + unicodedata.normalize("NFKC", text)
    word = _WORDS.search(letters_plain(text))
    return next(filter(_is_figure, signs), None) or (word[0] if word else None)


def _is_figure(sign: str) -> bool:
    return sign in HAN_DIGITS or sign in _RATE_SIGNS or unicodedata.numeric(sign, None) is not None
