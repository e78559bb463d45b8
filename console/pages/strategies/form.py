"""What somebody changed in the form, put into the document."""

import re
from collections.abc import Iterator, Mapping

from base.errors import StrategyError
from base.language import Language
from console.pages.strategies.fields import (
    BOX,
    FIELD,
    LIST,
    Leaves,
    answers,
    in_percent,
    named_freely,
    path_of,
    percent_of,
    touches,
)
from console.pages.strategies.moves import number_told
from lake.tables.words import RESULTS, TREATED
from strategies.blank import SCRIPT
from strategies.edits import Path, leaves_of, put, with_touch, without_touch

_LISTS = {"tags", "exits", "when", "after"}


def edited(told: Mapping[str, str], *, file: str, language: Language) -> str:
    """The document with what the form changed since it was shown, and with the touch added or taken out.

    ``told``: the document as ``text``, as it was when the form was made from it as ``was``, and the fields.
    Raises StrategyError where form and document were both changed in one place, and as ``edits.put``.
    """
    text = told.get("text", "").rstrip() + "\n"
    was = _leaves_shown(told.get("was", ""), file)
    if was:
        now = leaves_of(text, file=file)
        for path, given in _given(told):
            if _same(given, was.get(path)) or _same(given, now.get(path)):
                continue
            if now.get(path) != was.get(path):
                shown = ".".join(map(str, path))
                raise StrategyError(
                    f"{file}: {shown} was changed in the form and in the document; make them one"
                )
            text = put(text, path, given or None, file=file)
            if path == ("kind",):
                text = put(text, ("goal", "product"), given, file=file)
    verb, _, place = told.get("change", "").partition(":")
    touch = number_told({"touch": place}, "touch")
    if verb == "add":
        return _with_touch(told, text, file, language)
    if verb == "remove" and touch is not None:
        return without_touch(text, touch, file=file)
    if verb == "drop":
        return put(text, ("experiment", "variants", place), None, file=file)
    if verb == "variant":
        return _with_variant(text, file, language)
    if verb == "variable" and told.get("new_variable", "").strip():
        return put(text, ("variables", told["new_variable"].strip(" {}")), SCRIPT[language], file=file)
    return text


def _leaves_shown(was: str, file: str) -> Leaves:
    """What the form was made from; nothing where that was no YAML, for then there was no form."""
    try:
        return leaves_of(was, file=file) if was else {}
    except StrategyError:
        return {}


def _same(given: str | tuple[str, ...], stands: str | tuple[str, ...] | None) -> bool:
    """Whether a field says what the document says, which may say it in other figures or as one word."""
    if isinstance(given, tuple):
        return given == ((stands,) if stands and isinstance(stands, str) else stands or ())
    plain = stands.strip() if isinstance(stands, str) else ""
    return given in (plain, _share(percent_of(plain)))


def _given(told: Mapping[str, str]) -> Iterator[tuple[Path, str | tuple[str, ...]]]:
    """What every field holds, as the document would say it."""
    for name, value in told.items():
        if name.startswith(FIELD):
            path = path_of(name.removeprefix(FIELD))
            if named_freely(path):
                yield path, value.strip()
            elif path[-1] in _LISTS:
                words = (word.strip() for word in re.split(r"[,，、]", value))
                yield path, tuple(word for word in words if word)
            else:
                yield path, _share(value) if in_percent(path) else value.strip()
        elif name.startswith(LIST):
            own = name.removeprefix(LIST)
            chosen = [word for word in RESULTS if f"{BOX}{own}:{word}" in told]
            yield path_of(own), tuple(chosen)


def _with_touch(told: Mapping[str, str], text: str, file: str, language: Language) -> str:
    """One more touch, after the one and the result that were chosen; after the last one by itself."""
    leaves = leaves_of(text, file=file)
    many = touches(leaves)
    channel, when = told.get("new_channel", "sms"), told.get("new_when")
    when = when or next(iter(answers(leaves)), "delivered")
    text = with_touch(text, channel=channel, script=SCRIPT[language], when=(when,), file=file)
    after = number_told(told, "new_after")
    if after is not None and after < many - 1:
        name = str(leaves.get(("funnel", after, "name")) or f"touch {after + 1}")
        text = put(text, ("funnel", many, "after"), (name,), file=file)
    return text


def _with_variant(text: str, file: str, language: Language) -> str:
    leaves = leaves_of(text, file=file)
    taken = {path[2] for path in leaves if path[:2] == ("experiment", "variants") and len(path) > 2}
    free = next((arm for arm in TREATED[1:] if arm not in taken), None)
    if free is None:
        raise StrategyError(f"{file}: it has {len(TREATED) - 1} variants already; take one out first")
    first = leaves.get(("funnel", 0, "name")) or "touch 1"
    words = {"share": "0.3", "scripts": {str(first): SCRIPT[language]}}
    return put(text, ("experiment", "variants", free), words, file=file)


def _share(value: str) -> str:
    try:
        return f"{float(value) / 100:.10g}"
    except ValueError:
        return value.strip()
