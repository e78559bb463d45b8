"""What identifiers look like in a text, plain or disguised: as other characters, in parts, encoded."""

import unicodedata

from base.disguises.forms import forms
from base.disguises.numbers import has_number
from base.scrub import scrub


def has_identifier(text: str) -> bool:
    """Whether ``text`` holds what is shaped like somebody's phone, identity number, card or address of mail.

    Numbers that the bank is called by (95..., 106...) are none. Names have no shape.
    """
    folded = unicodedata.normalize("NFKC", text)
    return scrub(folded) != folded or any(
        has_number(view, known=frozenset(), own=frozenset()) for view, _ in forms(text)
    )
