"""The YAML of a document as nodes that know their place; what could run, expand or hide is refused.

A strategy needs keys, lists and values. Tags, anchors, aliases and deep nesting are what YAML bombs and
constructors of objects are made of, so they are refused before anything is built from them.
"""

import re
from typing import Any

import yaml

from base.errors import StrategyError
from strategies.characters import unseen

LONGEST = 64 * 1024
_DEEPEST = 8
_SLIPS = (
    (re.compile(r"^[\s{-]*\w+(：)"), "a full-width '：' stands where ': ' belongs"),
    (re.compile(r":\s*(“)"), "a full-width '“' opens no text here; use a plain quote or none"),
    (re.compile(r"^ *(\t)"), "a tab stands where spaces belong"),
    (re.compile(r"script:\s*(\{)"), "a text that begins with a brace needs quotes around it"),
)


def nodes(text: str, *, file: str) -> yaml.MappingNode:
    """What ``text`` holds. Raises StrategyError that names ``file``, line and column."""
    if len(text) > LONGEST:
        raise StrategyError(f"{file}: longer than {LONGEST} characters; a strategy is a page or two")
    hidden = unseen(text)
    if hidden:
        offset, name = hidden
        line, column = text.count("\n", 0, offset), offset - (text.rfind("\n", 0, offset) + 1)
        raise StrategyError(f"{file}:{line + 1}:{column + 1}: {_invisible(name)}")
    try:
        root = _Loader(text, file=file).get_single_node()
    except yaml.composer.ComposerError as error:
        raise StrategyError(f"{_where(file, error)}: one file holds one strategy; split it") from error
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, file) from error
    if not isinstance(root, yaml.MappingNode):
        raise StrategyError(f"{file}:1:1: a strategy is a list of 'key: value' lines; see docs/strategies.md")
    _refuse_bad_keys(root, file)
    return root


def values(node: yaml.Node) -> Any:
    """Dictionaries, lists, texts, and None where nothing is written; no text is taken for anything else."""
    match node:
        case yaml.MappingNode():
            return {key.value: values(value) for key, value in node.value}
        case yaml.SequenceNode():
            return [values(each) for each in node.value]
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def at(file: str, mark: yaml.Mark) -> str:
    """A place as messages name it."""
    return f"{file}:{mark.line + 1}:{mark.column + 1}"


class _Loader(yaml.SafeLoader):
    def __init__(self, text: str, *, file: str) -> None:
        super().__init__(text)
        self._file = file
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        reason = _reason(event)
        if reason is None and self._depth == _DEEPEST:
            reason = f"nested more than {_DEEPEST} deep; a strategy is flatter than that"
        if reason:
            raise StrategyError(f"{at(self._file, event.start_mark)}: {reason}")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        # An escape in a quoted text (backslash, u, 200b) hides a character that the document does not show.
        hidden = unseen(node.value) if isinstance(node, yaml.ScalarNode) else None
        if hidden:
            raise StrategyError(f"{at(self._file, event.start_mark)}: {_invisible(hidden[1])}")
        return node


def _reason(event: Any) -> str | None:
    """Why what begins with ``event`` is refused; None where it is not."""
    mend = "write it out, or put quotes around the text"
    if isinstance(event, yaml.AliasEvent):
        return f"'*{_cut(str(event.anchor))}' refers to another part; {mend}"
    if event.anchor:
        return f"'&{_cut(event.anchor)}' marks a part for use elsewhere; {mend}"
    if event.tag:
        return f"the tag {_cut(event.tag)!r} does not belong in a strategy; {mend}"
    return None


def _refuse_bad_keys(node: yaml.Node, file: str) -> None:
    children = list(node.value) if isinstance(node, yaml.SequenceNode) else []
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, yaml.Mark] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise StrategyError(
                    f"{at(file, key.start_mark)}: a key is one word; lists belong after the ':'"
                )
            if key.value in seen:
                raise StrategyError(
                    f"{at(file, key.start_mark)}: the key {_cut(key.value)!r} was given before, "
                    f"in line {seen[key.value].line + 1}; remove one"
                )
            seen[key.value] = key.start_mark
            children.append(value)
    for child in children:
        _refuse_bad_keys(child, file)


def _not_yaml(error: yaml.YAMLError, text: str, file: str) -> StrategyError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return StrategyError(f"{file}: this is not YAML ({error})")
    problem = getattr(error, "problem", None) or "it does not parse"
    line, column, mend = mark.line, mark.column, "indent with spaces and write 'key: value'"
    # YAML notices these a line late.
    for number, written in enumerate(text.splitlines()[max(line - 1, 0) : line + 1], start=max(line - 1, 0)):
        for slip, advice in _SLIPS:
            found = slip.search(written)
            if found:
                line, column, mend = number, found.start(1), advice
    return StrategyError(f"{file}:{line + 1}:{column + 1}: this is not YAML ({_cut(problem, 120)}); {mend}")


def _where(file: str, error: yaml.MarkedYAMLError) -> str:
    return at(file, error.problem_mark) if error.problem_mark else file


def _invisible(name: str) -> str:
    return f"an invisible character stands here: {name}; delete it"


def _cut(words: str, longest: int = 40) -> str:
    return words if len(words) <= longest else f"{words[:longest]}…"
