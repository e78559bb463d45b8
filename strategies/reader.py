"""Reads a strategy document from YAML and says of every mistake which file, line and column, and the mend."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from base.errors import StrategyError
from strategies.atoms import Described, RuleError
from strategies.document import Caps, Experiment, Goal, Limits, Strategy, Touch, Valid
from strategies.rule import parse

Path = tuple[str | int, ...]

_PARTS: dict[str, type[BaseModel]] = {
    "funnel": Touch,
    "goal": Goal,
    "experiment": Experiment,
    "limits": Limits,
    "caps": Caps,
    "valid": Valid,
}

_SLIPS = {"：": "a full-width '：' stands where ': ' belongs", "\t": "a tab stands where spaces belong"}


def read(text: str, *, file: str, features: Mapping[str, Described]) -> Strategy:
    """The strategy written in ``text``; ``file`` is what errors call it.

    Raises StrategyError with one line for each mistake.
    """
    root = _compose(text, file)
    _refuse_bad_keys(root, file)
    places = dict(_places(root, ()))
    try:
        strategy = Strategy.model_validate(_construct(text, file))
    except ValidationError as error:
        raise StrategyError("\n".join(_explanations(error.errors(), places, file))) from error
    try:
        parse(strategy.who, features)
    except RuleError as error:
        line, column = _inside(text, places[("who",)], strategy.who, error.offset)
        raise StrategyError(f"{file}:{line}:{column}: who: {error}") from error
    return strategy


def _compose(text: str, file: str) -> yaml.MappingNode:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, file) from error
    if not isinstance(root, yaml.MappingNode):
        raise StrategyError(f"{file}:1:1: a strategy is a list of 'key: value' lines; see docs/strategies.md")
    return root


def _construct(text: str, file: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, file) from error
    except ValueError as error:
        # Something that looks like a date and is none.
        line = next((n for n, words in enumerate(text.splitlines(), 1) if _holds_a_false_date(words)), 1)
        raise StrategyError(
            f"{file}:{line}: a value cannot be read ({error}); dates are YYYY-MM-DD"
        ) from error


def _holds_a_false_date(words: str) -> bool:
    """Whether something in the line looks like a date and is none."""
    for found in re.findall(r"\b\d{4}-\d{2}-\d{2}\b", words):
        try:
            date.fromisoformat(found)
        except ValueError:
            return True
    return False


def _not_yaml(error: yaml.YAMLError, text: str, file: str) -> StrategyError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return StrategyError(f"{file}: this is not YAML ({error})")
    problem = getattr(error, "problem", None) or "it does not parse"
    line, column, mend = mark.line, mark.column, "indent with spaces and write 'key: value'"
    # YAML notices these two a line late.
    for number, written in enumerate(text.splitlines()[max(line - 1, 0) : line + 1], start=max(line - 1, 0)):
        for slip, advice in _SLIPS.items():
            if slip in written:
                line, column, mend = number, written.index(slip), advice
    return StrategyError(f"{file}:{line + 1}:{column + 1}: this is not YAML ({problem}); {mend}")


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


def _refuse_bad_keys(node: yaml.Node, file: str) -> None:
    children = list(node.value) if isinstance(node, yaml.SequenceNode) else []
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, yaml.Mark] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise StrategyError(
                    f"{_at(file, key.start_mark)}: a key is one word; lists belong after the ':'"
                )
            if key.value in seen:
                raise StrategyError(
                    f"{_at(file, key.start_mark)}: the key {key.value!r} was given before, "
                    f"in line {seen[key.value].line + 1}; remove one"
                )
            seen[key.value] = key.start_mark
            children.append(value)
    for child in children:
        _refuse_bad_keys(child, file)


def _explanations(details: Sequence[Any], places: Mapping[Path, yaml.Mark], file: str) -> list[str]:
    """A line a mistake; a key that is missing only because it was misspelt is not told twice."""
    misspelt = [detail for detail in details if detail["type"] == "extra_forbidden"]
    meant = {(*detail["loc"][:-1], _meant(detail["loc"])) for detail in misspelt}
    told = [detail for detail in details if detail["type"] != "missing" or tuple(detail["loc"]) not in meant]
    return [_explain(detail, places, file) for detail in told]


def _explain(detail: Any, places: Mapping[Path, yaml.Mark], file: str) -> str:
    path: Path = tuple(detail["loc"])
    shown = ".".join(str(part) for part in path) or "the document"
    if detail["type"] == "extra_forbidden":
        place = places.get((*path[:-1], "key", path[-1]), places[()])
        meant = _meant(path)
        mend = f"did you mean {meant!r}?" if meant else f"known here: {', '.join(_keys(path))}"
        return f"{_at(file, place)}: unknown key {shown!r}; {mend}"
    if detail["type"] == "missing":
        return f"{_at(file, _nearest(places, path[:-1]))}: {shown!r} is missing; add it"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{_at(file, _nearest(places, path))}: {shown}: {message}"


def _meant(path: Path) -> str | None:
    """The known key nearest to the unknown one at the end of ``path``."""
    return next(iter(difflib.get_close_matches(str(path[-1]), list(_keys(path)), n=1, cutoff=0.5)), None)


def _keys(path: Path) -> Iterator[str]:
    """The keys known where ``path`` lies."""
    model = _PARTS.get(str(path[0]), Strategy) if len(path) > 1 else Strategy
    yield from model.model_fields


def _nearest(places: Mapping[Path, yaml.Mark], path: Path) -> yaml.Mark:
    while path not in places:
        path = path[:-1]
    return places[path]


def _at(file: str, mark: yaml.Mark) -> str:
    return f"{file}:{mark.line + 1}:{mark.column + 1}"


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
