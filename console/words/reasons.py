"""What became of a possible contact and why, in the reader's language."""

from console.words import Said


def reason_said(words: str) -> Said:
    """The reason as the night wrote it, with its Chinese."""
    return Said(words, words)
