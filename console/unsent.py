"""A form that found no database, given back as it was sent: nobody types it twice."""

import re
from collections.abc import Mapping
from typing import Any

from base.language import Language
from console.render import render
from console.told import Told
from console.words import Said

_CODE = re.compile(r"[\w.:-]*", re.ASCII)
_UNSENT = Said(
    "What you sent is below as it was. It may not have been kept; send it again.",
    "您提交的内容原样保留在下方，可能尚未保存，请重新提交。",
)


def unsent(told: Told, *, why: Said, frame: Mapping[str, Any], language: Language) -> str:
    """The page with the form, to be sent again, and what was typed in it."""
    values = {
        **frame,
        "sentences": (why.to(language), _UNSENT.to(language)),
        "sent": told,
        "typed": _typed(told),
    }
    return render("unsent.html", values, language=language)


def _typed(told: Told) -> list[str]:
    # Numbers and the house's own words are nothing that anybody typed; a strategy's text holds its fields.
    text, others = told.get("text", ""), (one for name, one in told.items() if name not in ("text", "was"))
    return [one for one in (text, *others) if not _CODE.fullmatch(one) and (one is text or one not in text)]
