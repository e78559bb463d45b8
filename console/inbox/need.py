"""One thing that waits for somebody, and the place where it is done."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from console.words import Said

SHOWN = 6
"""So many of a kind are told one by one."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """``subject`` leads to ``to``; ``words`` say what is to be known before one goes there; ``strategy``: its
    name, where it is about one."""

    subject: Said
    to: str
    words: Said
    strategy: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Needs of one kind; ``more``: whether there are others, all of them at ``to``."""

    title: Said
    needs: tuple[Need, ...]
    more: bool
    to: str


def group(title: Said, needs: Iterable[Need], *, to: str) -> Group:
    """The first needs of a kind, and whether there are more."""
    every = tuple(islice(needs, SHOWN + 1))
    return Group(title=title, needs=every[:SHOWN], more=len(every) > SHOWN, to=to)


def same(text: str) -> Said:
    """A name, alike in both languages."""
    return Said(text, text)
