"""Edits a document by places: one value is written anew, everything else stays as its author wrote it.

The document is the truth and may hold comments, an order and a layout of its own; a form that knows some of
its values must not cost the rest.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from base.errors import StrategyError
from strategies.markup import nodes, values

Path = tuple[str | int, ...]
Given = str | Sequence[str] | Mapping[str, Any]
_LONG = 60


def leaves_of(text: str, *, file: str) -> dict[Path, str | tuple[str, ...]]:
    """Every text of the document by its path; a list of words is one tuple. Raises StrategyError."""
    return dict(_leaves(values(nodes(text, file=file)), ()))


def put(text: str, path: Path, given: Given | None, *, file: str) -> str:
    """The document with ``given`` at ``path``, whether something stood there or not; None takes it away.

    Parts on the way that are not there are made. Raises StrategyError for a document that is no YAML, and
    where the place cannot be edited.
    """
    root = nodes(text, file=file)
    found, rest = _nearest(root, path)
    if given is None:
        edited = text if rest else _without(text, root, path)
    elif rest:
        edited = _with_key(text, found, rest, given, flow=_in_flow(root, path[: len(path) - len(rest)]))
    else:
        edited = _replaced(text, root, path, given)
    _prove(edited, path, given, file)
    return edited


def with_touch(text: str, *, channel: str, script: str, when: Sequence[str], file: str) -> str:
    """The document with one more touch at the end of its funnel. Raises StrategyError."""
    funnel, rest = _nearest(nodes(text, file=file), ("funnel",))
    touch = {"channel": channel, "when": list(when), "expected_lift": "0.01", "script": script}
    if rest or not isinstance(funnel, yaml.SequenceNode) or not funnel.value:
        raise StrategyError(f"{file}: there is no funnel to add to; write 'funnel:' with a first touch")
    at = _end(text, funnel)
    if funnel.flow_style:
        at = _end(text, funnel.value[-1])
        return f"{text[:at]}, {_flow(touch)}{text[at:]}"
    dash = " " * funnel.start_mark.column
    lines = [f"{key}: {_scalar(word, flow=False) if isinstance(word, str) else _flow(word)}"
             for key, word in touch.items()]  # fmt: skip
    at = _line_end(text, at)
    return f"{text[:at]}\n{dash}- " + f"\n{dash}  ".join(lines) + text[at:]


def without_touch(text: str, number: int, *, file: str) -> str:
    """The document without the touch at that place, the first is 0; the next opens the funnel where it did.

    Raises StrategyError for the only touch, and for one that is not there.
    """
    funnel, _ = _nearest(nodes(text, file=file), ("funnel",))
    many = len(funnel.value) if isinstance(funnel, yaml.SequenceNode) else 0
    if not 0 <= number < many or many == 1:
        raise StrategyError(
            f"{file}: a funnel has at least one touch, and touch {number + 1} of {many} stays"
        )
    if number == 0:
        for key in ("when", "after"):
            text = put(text, ("funnel", 1, key), None, file=file)
        funnel, _ = _nearest(nodes(text, file=file), ("funnel",))
    return _cut_item(text, funnel, number)


def _leaves(node: Any, path: Path) -> Iterator[tuple[Path, str | tuple[str, ...]]]:
    match node:
        case dict():
            for key, value in node.items():
                yield from _leaves(value, (*path, key))
        case list() if all(isinstance(each, str) for each in node):
            yield path, tuple(node)
        case list():
            for number, value in enumerate(node):
                yield from _leaves(value, (*path, number))
        case _:
            yield path, node or ""


def _nearest(root: yaml.Node, path: Path) -> tuple[yaml.Node, Path]:
    """The deepest node on the way to ``path``, and what of the path is not there."""
    node = root
    for depth, step in enumerate(path):
        below = _child(node, step)
        if below is None:
            return node, path[depth:]
        node = below
    return node, ()


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: yaml.Node = node.value[step]
        return found
    return None


def _in_flow(root: yaml.Node, path: Path) -> bool:
    on_the_way = (_nearest(root, path[:depth])[0] for depth in range(len(path) + 1))
    return any(isinstance(each, yaml.CollectionNode) and each.flow_style for each in on_the_way)


def _replaced(text: str, root: yaml.Node, path: Path, given: Given) -> str:
    node, _ = _nearest(root, path)
    flow = _in_flow(root, path[:-1])
    start, end = node.start_mark.index, _end(text, node)
    if not isinstance(given, str):
        written = _flow(given)
    elif isinstance(node, yaml.ScalarNode) and node.style in (">", "|") and not flow:
        written = _block(given, indent=_key_column(root, path) + 2)
    else:
        written = _scalar(given, flow=flow, indent=_key_column(root, path) + 2)
    gap = " " if text[start - 1 : start] == ":" else ""
    return f"{text[:start]}{gap}{written}{text[end:]}"


def _with_key(text: str, parent: yaml.Node, rest: Path, given: Given, *, flow: bool) -> str:
    key, *inner = rest
    for step in reversed(inner):
        given = {str(step): given}
    if not isinstance(parent, yaml.MappingNode):
        raise StrategyError(
            f"{'.'.join(map(str, rest))}: there is no place for it; write it into the document"
        )
    if flow:
        at = _end(text, parent.value[-1][1]) if parent.value else parent.start_mark.index + 1
        return f"{text[:at]}{', ' if parent.value else ''}{_flow({str(key): given})[1:-1]}{text[at:]}"
    column = parent.value[0][0].start_mark.column
    written = _scalar(given, flow=False, indent=column + 2) if isinstance(given, str) else _flow(given)
    at = _line_end(text, _end(text, parent))
    return f"{text[:at]}\n{' ' * column}{_word(str(key), flow=False)}: {written}{text[at:]}"


def _without(text: str, root: yaml.Node, path: Path) -> str:
    parent, _ = _nearest(root, path[:-1])
    if isinstance(parent, yaml.SequenceNode):
        return _cut_item(text, parent, int(path[-1]))
    pairs = parent.value
    if len(pairs) == 1 and len(path) > 1:
        return _without(text, root, path[:-1])
    place = next(number for number, (key, _) in enumerate(pairs) if key.value == path[-1])
    key, value = pairs[place]
    start, end = key.start_mark.index, _end(text, value)
    if _in_flow(root, path[:-1]):
        if place + 1 < len(pairs):
            return text[:start] + text[pairs[place + 1][0].start_mark.index :]
        return (text[: _end(text, pairs[place - 1][1])] if place else text[:start]) + text[end:]
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():
        # It stands behind the dash of its list's item, where the next key has to go.
        return text[:start] + text[pairs[place + 1][0].start_mark.index :]
    return text[:line] + text[_line_end(text, end) + 1 :]


def _cut_item(text: str, items: yaml.Node, number: int) -> str:
    item = items.value[number]
    if getattr(items, "flow_style", False):
        if number + 1 < len(items.value):
            return text[: item.start_mark.index] + text[items.value[number + 1].start_mark.index :]
        return text[: _end(text, items.value[number - 1])] + text[_end(text, item) :]
    line = text.rfind("\n", 0, item.start_mark.index) + 1
    return text[:line] + text[_line_end(text, _end(text, item)) + 1 :]


def _end(text: str, node: yaml.Node) -> int:
    """Where the node's last character stands; YAML's own marks go on over blank lines and comments."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(text[start:end].rstrip())


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _key_column(root: yaml.Node, path: Path) -> int:
    parent, _ = _nearest(root, path[:-1])
    if isinstance(parent, yaml.MappingNode):
        return next(int(key.start_mark.column) for key, _ in parent.value if key.value == path[-1])
    return int(parent.start_mark.column)


def _block(given: str, *, indent: int) -> str:
    lines = given.strip().split("\n")
    return (">-" if len(lines) == 1 else "|-") + "".join(f"\n{' ' * indent}{line}" for line in lines)


def _scalar(given: str, *, flow: bool, indent: int = 0) -> str:
    if indent and not flow and ("\n" in given or len(given) > _LONG):
        return _block(given, indent=indent)
    return _word(given, flow=flow)


def _word(given: str, *, flow: bool) -> str:
    """Plain where YAML reads it back as it is, else in quotes."""
    shown = f"[{given}]" if flow else f"k: {given}"
    try:
        read = yaml.compose(shown, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        read = None
    inner = read.value if isinstance(read, yaml.CollectionNode) else []
    node = inner[0] if flow and inner else inner[0][1] if inner else None
    plain = (
        isinstance(node, yaml.ScalarNode)
        and (node.value, node.style, len(inner)) == (given, None, 1)
        and node.tag != "tag:yaml.org,2002:null"
        and "\n" not in given
    )
    return given if plain else json.dumps(given, ensure_ascii=False)


def _flow(given: Given) -> str:
    if isinstance(given, str):
        return _word(given, flow=True)
    if isinstance(given, Mapping):
        return "{" + ", ".join(f"{_word(key, flow=True)}: {_flow(word)}" for key, word in given.items()) + "}"
    return "[" + ", ".join(_word(each, flow=True) for each in given) + "]"


def _prove(edited: str, path: Path, given: Given | None, file: str) -> None:
    """Raises StrategyError where the document does not say afterwards what it was to say."""
    node, rest = _nearest(nodes(edited, file=file), path)
    said = None if rest else values(node)
    wanted = given if isinstance(given, str | Mapping) or given is None else list(given)
    if (said or "") != (wanted or "") and not (isinstance(wanted, str) and said == wanted.strip()):
        shown = ".".join(map(str, path))
        raise StrategyError(f"{file}: {shown} cannot be changed from here; change it in the document")
