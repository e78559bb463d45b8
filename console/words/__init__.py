"""Words in both languages. A text for people is written beside its translation, where it is used."""

from typing import NamedTuple

from console.entrance.users import Language


class Said(NamedTuple):
    """A text in English and Chinese."""

    english: str
    chinese: str

    def to(self, language: Language) -> str:
        """The text in that language."""
        return self.chinese if language == "zh" else self.english
