"""Words in both languages. A text for people is written beside its translation, where it is used."""

from typing import NamedTuple

from base.errors import ConsoleError
from base.language import Language


class Said(NamedTuple):
    """A text in English and Chinese."""

    english: str
    chinese: str

    def to(self, language: Language) -> str:
        """The text in that language."""
        return self.chinese if language == "zh" else self.english

    def then(self, other: "Said") -> "Said":
        """Both texts, one after the other."""
        return Said(f"{self.english} {other.english}", f"{self.chinese} {other.chinese}")


class Refusal(ConsoleError):  # noqa: N818 - what it is, and not that something broke
    """What the console cannot do as it was asked, with what to do instead, in both languages."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.said = Said(english, chinese)
