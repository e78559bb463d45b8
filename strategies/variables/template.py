"""Scripts with places to fill, ``{name}``; a brace that is meant as one is written twice."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_PIECE = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}｛｝]")
_NAME = re.compile(r"[^\W\d]\w{0,29}")


class Mistake(NamedTuple):
    """What is wrong with a text, and at which of its characters."""

    offset: int
    message: str


def is_name(word: str) -> bool:
    """Whether a place to fill may be called so: letters of any script, digits and _, at most 30."""
    return _NAME.fullmatch(word) is not None


def placeholders(text: str) -> dict[str, int]:
    """The places to fill, in order: each name once, with where it stands first."""
    found: dict[str, int] = {}
    for piece in _PIECE.finditer(text):
        if piece["name"] is not None:
            found.setdefault(piece["name"], piece.start())
    return found


def mistakes(text: str) -> Iterator[Mistake]:
    """Braces that open nothing, close nothing, or are full-width, and names that are none."""
    for piece in _PIECE.finditer(text):
        written = piece[0]
        if written in {"｛", "｝"}:
            yield Mistake(
                piece.start(), f"a full-width {written!r} stands here; write a plain one 请用半角花括号"
            )
        elif written in {"{", "}"}:
            yield Mistake(
                piece.start(),
                f"the brace {written!r} has no partner; close it, or write '{written * 2}' where a brace is "
                "meant 花括号不成对",
            )
        elif piece["name"] is not None and not is_name(piece["name"]):
            yield Mistake(
                piece.start(),
                f"'{written}' is no variable: between the braces stands a name alone, of letters, digits and "
                "_, without spaces 变量名无效",
            )


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with every place filled. Raises KeyError where ``values`` lacks one."""
    return _PIECE.sub(lambda piece: _meant(piece, values), text)


def _meant(piece: re.Match[str], values: Mapping[str, str]) -> str:
    return piece[0][0] if piece["name"] is None else values[piece["name"]]
