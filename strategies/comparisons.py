"""Comparisons said in words, which a rule does not know, and the sign that each stands for."""

import re
from collections.abc import Mapping

_CHINESE: Mapping[str, tuple[str, ...]] = {
    ">": ("大于", "高于", "超过", "多于"),
    "<": ("小于", "低于", "少于"),
    "=": ("等于",),
    ">=": ("大于等于", "大于或等于", "不小于", "不低于", "不少于", "至少", "最少"),
    "<=": ("小于等于", "小于或等于", "不大于", "不高于", "不超过", "不多于", "至多", "最多"),
    "<>": ("不等于",),
}
_ENGLISH: Mapping[str, tuple[str, ...]] = {
    ">": ("over", "above", "more", "more than", "greater", "greater than", "exceeds"),
    "<": ("under", "below", "less", "less than", "fewer than", "smaller than"),
    "=": ("equals", "equal to"),
    ">=": ("at least", "no less than", "not less than", "greater than or equal to"),
    "<=": ("at most", "no more than", "not more than", "less than or equal to"),
    "<>": ("not equal to",),
}


def _longest_first(words: Mapping[str, tuple[str, ...]]) -> list[str]:
    return sorted((word for each in words.values() for word in each), key=len, reverse=True)


_SIGNS = {word: sign for words in (_CHINESE, _ENGLISH) for sign, each in words.items() for word in each}
_IS = re.compile(r"is\s+", re.IGNORECASE)
CHINESE = f"(?:{'|'.join(_longest_first(_CHINESE))})"
"""A pattern of the Chinese ones, around which nobody writes spaces."""
_PHRASES = "|".join(word.replace(" ", r"\s+") for word in _longest_first(_ENGLISH))
SPOKEN = re.compile(rf"{CHINESE}|(?:is\s+)?(?:{_PHRASES})(?!\w)", re.IGNORECASE)
"""Any of them, where it begins."""


def sign_of(spoken: str) -> str:
    """The sign that what ``SPOKEN`` found stands for."""
    return _SIGNS[" ".join(_IS.sub("", spoken.lower(), count=1).split())]
