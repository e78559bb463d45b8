"""Reads a strategy document from YAML and says of every mistake which file, line and column, and the mend."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from base.disguises import has_identifier
from base.errors import StrategyError
from strategies.atoms import Described, RuleError
from strategies.characters import plain
from strategies.document import Caps, Goal, Limits, Strategy, Touch, Valid
from strategies.experiment import Experiment, Layer, Variant
from strategies.markup import at, nodes, values
from strategies.rule import parse
from strategies.variables.slips import Path, Slip, SlipsError

_PARTS: dict[str, type[BaseModel]] = {
    "funnel": Touch,
    "goal": Goal,
    "experiment": Experiment,
    "layer": Layer,
    "variants": Variant,
    "limits": Limits,
    "caps": Caps,
    "valid": Valid,
}
_MOST_TOLD = 30
_WIDE = "：，；！“”‘’（）［］｛｝"


def read(text: str, *, file: str, features: Mapping[str, Described]) -> Strategy:
    """The strategy written in ``text``; ``file`` is what errors call it.

    Raises StrategyError with one line for each mistake.
    """
    strategy, places = _document(text, file)
    _refuse_identifiers(strategy, places, file)
    try:
        parse(strategy.who, features, channels={touch.channel for touch in strategy.funnel})
    except RuleError as error:
        line, column = _inside(text, places[("who",)], strategy.who, error.offset)
        raise StrategyError(f"{file}:{line}:{column}: who: {error}") from error
    return strategy


def read_unchecked(text: str, *, file: str) -> Strategy:
    """The strategy written in ``text``, its rule as it stands: features it reads may be gone.

    Raises StrategyError with one line for each mistake of the document.
    """
    return _document(text, file)[0]


def _document(text: str, file: str) -> tuple[Strategy, dict[Path, yaml.Mark]]:
    """The strategy, and where each of its values starts."""
    root = nodes(text, file=file)
    places = dict(_places(root, ()))
    try:
        return Strategy.model_validate(values(root)), places
    except ValidationError as error:
        raise StrategyError("\n".join(_explanations(error.errors(), places, file, text))) from error


def _refuse_identifiers(strategy: Strategy, places: Mapping[Path, yaml.Mark], file: str) -> None:
    """What is written here is said to thousands, and is kept for good."""
    words: dict[Path, str] = {("title",): strategy.title, ("offer",): strategy.offer}
    words |= {("variables", name): value for name, value in strategy.variables.items()}
    for arm, variant in strategy.experiment.variants.items():
        path = ("experiment", "variants", arm, "variables")
        words |= {(*path, name): value for name, value in variant.variables.items()}
    lines = [
        f"{at(file, _nearest(places, path))}: {'.'.join(map(str, path))}: it holds what may be somebody's "
        "number or address; take it out 疑似含个人号码或地址"
        for path, said in (words | strategy.written_scripts()).items()
        if has_identifier(said)
    ]
    if lines:
        raise StrategyError("\n".join(lines))


def _places(node: yaml.Node, path: Path) -> Iterator[tuple[Path, yaml.Mark]]:
    """Where the value of each path starts; a path ending in ('key', name) is the place of the key itself."""
    yield path, node.start_mark
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, "key", key.value), key.start_mark
            yield from _places(value, (*path, key.value))
    if isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _places(value, (*path, number))


def _explanations(
    details: Sequence[Any], places: Mapping[Path, yaml.Mark], file: str, text: str
) -> list[str]:
    """A line a mistake; a key that is missing only because it was misspelt is not told twice."""
    misspelt = [detail for detail in details if detail["type"] == "extra_forbidden"]
    meant = {(*detail["loc"][:-1], _meant(detail["loc"])) for detail in misspelt}
    told = [detail for detail in details if detail["type"] != "missing" or tuple(detail["loc"]) not in meant]
    lines = [line for detail in told for line in _lines(detail, places, file, text)]
    if len(lines) <= _MOST_TOLD:
        return lines
    return [*lines[:_MOST_TOLD], f"{file}: and {len(lines) - _MOST_TOLD} more mistakes"]


def _lines(detail: Any, places: Mapping[Path, yaml.Mark], file: str, text: str) -> list[str]:
    error = detail.get("ctx", {}).get("error")
    if isinstance(error, SlipsError):
        return [_told(slip, places, file, text) for slip in error.slips]
    return [_explain(detail, places, file)]


def _told(slip: Slip, places: Mapping[Path, yaml.Mark], file: str, text: str) -> str:
    shown = ".".join(str(part) for part in slip.path if part != "key")
    place = _nearest(places, slip.path)
    if slip.path not in places or not slip.said:
        return f"{at(file, place)}: {shown}: {slip.message}"
    line, column = _inside(text, place, slip.said, slip.offset)
    return f"{file}:{line}:{column}: {shown}: {slip.message}"


def _explain(detail: Any, places: Mapping[Path, yaml.Mark], file: str) -> str:
    path: Path = tuple(detail["loc"])
    shown = ".".join(str(part) for part in path) or "the document"
    if detail["type"] == "extra_forbidden":
        place = places.get((*path[:-1], "key", path[-1]), places[()])
        meant = _meant(path)
        mend = f"did you mean {meant!r}?" if meant else f"known here: {', '.join(_keys(path))}"
        return f"{at(file, place)}: unknown key {shown!r}; {mend}"
    if detail["type"] == "missing":
        return f"{at(file, _nearest(places, path[:-1]))}: {shown!r} is missing; add it"
    message = detail["msg"].removeprefix("Value error, ") + _wide(detail)
    return f"{at(file, _nearest(places, path))}: {shown}: {message}"


def _wide(detail: Any) -> str:
    """The mend where full-width punctuation is what makes a word or a number unreadable."""
    given = detail["input"] if isinstance(detail["input"], str) else ""
    found = next((character for character in given if character in _WIDE), None)
    if found is None or detail["type"].startswith("string_too"):
        return ""
    return f"; a full-width {found!r} stands in it, write a plain {plain(found)!r}"


def _meant(path: Path) -> str | None:
    """The known key nearest to the unknown one at the end of ``path``."""
    return next(iter(difflib.get_close_matches(str(path[-1]), list(_keys(path)), n=1, cutoff=0.5)), None)


def _keys(path: Path) -> Iterator[str]:
    """The keys known where ``path`` lies."""
    part = next((_PARTS[str(word)] for word in reversed(path[:-1]) if word in _PARTS), Strategy)
    yield from (str(field.validation_alias or name) for name, field in part.model_fields.items())


def _nearest(places: Mapping[Path, yaml.Mark], path: Path) -> yaml.Mark:
    while path not in places:
        path = path[:-1]
    return places[path]


def _inside(text: str, mark: yaml.Mark, value: str, offset: int) -> tuple[int, int]:
    """Line and column in ``text`` of character ``offset`` of the scalar ``value`` that starts at ``mark``.

    YAML may fold lines and drop indentation, so the two are walked side by side by what is not white space.
    """
    lines = text.splitlines(keepends=True)
    start = sum(len(line) for line in lines[: mark.line]) + mark.column
    if text[start : start + 1] in {"|", ">"}:
        start = text.index("\n", start)
    if text[start : start + 1] in {"'", '"'}:
        start += 1
    wanted = sum(not character.isspace() for character in value[:offset])
    visible = [at for at in range(start, len(text)) if not text[at].isspace()]
    at = visible[min(wanted, len(visible) - 1)]
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
