"""The characters of a rule or a document: full-width ones as their plain selves, unseen ones found."""

import unicodedata

_FOLDED = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "、": ","})
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def plain(text: str) -> str:
    """Full-width letters, digits and punctuation as their plain selves, one character for one."""
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    # The full-width and small forms only: an exponent, say, must not become a digit of the number before it.
    wide = "\uff01" <= character <= "\uff5e" or "\ufe50" <= character <= "\ufe6b" or character == "\u3000"
    folded = unicodedata.normalize("NFKC", character) if wide else character.translate(_FOLDED)
    return folded if len(folded) == 1 else character


def unseen(text: str) -> tuple[int, str] | None:
    """Place and name of the first character that people do not see (zero-width, direction mark, control).

    What is approved must be what runs, so none of them is let through; line breaks and tabs are.
    """
    for at, character in enumerate(text):
        if character not in "\t\n\r" and unicodedata.category(character) in _UNSEEN:
            return at, f"{unicodedata.name(character, 'a control character')} (U+{ord(character):04X})"
    return None
