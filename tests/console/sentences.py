"""Which sentences of the house can come before somebody at the desk, read from its source.

From the pages, and from the commands they have run for them, every function and class that is named is
followed to where it stands, and so on; of what is found, every ``raise`` is read, and the texts it can say.
More is found than can be reached, never less: methods are not told apart from their class.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "base", "lake", "ledger", "sources", "quality", "features", "models", "strategies", "experiments",
    "outreach", "evaluation", "jobs", "console",
)  # fmt: skip
GAP = "{}"
"""What stands in a sentence for what is filled in."""
_MOST_WAYS = 64
_DEEPEST = 14

Place = tuple[str, str]
"""A module, and a name in it."""


@dataclass(frozen=True)
class Module:
    """A module's top level: what stands under each name, and where imported names come from."""

    defined: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, tuple[str, str | None]] = field(default_factory=dict)


@cache
def modules() -> dict[str, Module]:
    """Every module of the house by its dotted name."""
    return {
        _dotted(path): _module(ast.parse(path.read_text(encoding="utf-8")))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }


def reached(starts: Iterable[Place], *, without: Iterable[Place]) -> set[Place]:
    """All that is named, by whatever is named, from ``starts`` on; what is ``without`` names nothing."""
    found: set[Place] = set(without)
    waiting = list(starts)
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += _named(*place)
    return found - set(without)


def everything_in(package: str) -> Iterator[Place]:
    """All names of the package's modules."""
    for name, module in modules().items():
        if name == package or name.startswith(f"{package}."):
            yield from ((name, defined) for defined in module.defined)


def raised(place: Place) -> Iterator[tuple[str, str]]:
    """Every error that is raised there, with each sentence it may say, gaps for what is filled in."""
    module, name = place
    for function in _functions(modules()[module].defined[name]):
        for node in ast.walk(function):
            if isinstance(node, ast.Raise) and node.exc is not None:
                for error in node.exc.values if isinstance(node.exc, ast.BoolOp) else [node.exc]:
                    if isinstance(error, ast.Call):
                        kind = _written(error.func)
                        yield from ((kind, text) for text in _told(module, function, error))


def spoken(module: str) -> Iterator[str]:
    """Every sentence that is written in a module, its docstrings apart."""
    for node in modules()[module].defined.values():
        docstrings = {id(one.value) for one in ast.walk(node) if isinstance(one, ast.Expr)}
        within = {id(part) for one in ast.walk(node) if isinstance(one, ast.JoinedStr) for part in one.values}
        for one in ast.walk(node):
            if isinstance(one, ast.Constant | ast.JoinedStr) and not {id(one)} & (docstrings | within):
                yield from (
                    text for text in _texts(module, node, one, depth=_DEEPEST - 1) if _is_sentence(text)
                )


def _functions(node: ast.stmt) -> Iterator[ast.AST]:
    inner = [one for one in ast.walk(node) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    within = {below for one in inner for below in ast.walk(one) if below is not one}
    yield from (one for one in inner if one not in within)


def _told(module: str, function: ast.AST, error: ast.Call) -> Iterator[str]:
    """What an error says: its first argument, or what the function that makes it gives back."""
    made = _made(module, _written(error.func))
    if made is not None:
        for one in ast.walk(made[1]):
            if isinstance(one, ast.Return) and isinstance(one.value, ast.Call):
                yield from _told(*made, one.value)
    elif error.args:
        yield from filter(_is_sentence, _texts(module, function, error.args[0], depth=0))


def _texts(module: str, function: ast.AST, node: ast.expr, *, depth: int) -> list[str]:
    """What an expression may say; nothing where that cannot be read."""
    if depth > _DEEPEST:
        return []

    def texts(inner: ast.expr) -> list[str]:
        return _texts(module, function, inner, depth=depth + 1)

    match node:
        case ast.Constant(value=str(words)):
            return [words]
        case ast.JoinedStr(values):
            parts = [texts(part.value) or [GAP] if isinstance(part, ast.FormattedValue)
                     else texts(part) for part in values]  # fmt: skip
            # A word by itself is filled in like any other; a clause belongs to the sentence.
            parts = [
                [one if _is_clause(one) or not isinstance(value, ast.FormattedValue) else GAP for one in part]
                for part, value in zip(parts, values, strict=True)
            ]
            ways = product(*(dict.fromkeys(part) for part in parts))
            return ["".join(way) for way, _ in zip(ways, range(_MOST_WAYS), strict=False)]
        case ast.BinOp(left, ast.Add(), right):
            return ["".join(way) for way in product(texts(left) or [GAP], texts(right) or [GAP])]
        case ast.IfExp(body=body, orelse=other):
            return [*(texts(body) or [GAP]), *(texts(other) or [GAP])]
        case ast.BoolOp(values=values):
            return [text for one in values for text in texts(one) or [GAP]]
        case ast.NamedExpr(value=value):
            return texts(value)
        case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part):
            return texts(part)
        case ast.List(parts) | ast.Tuple(parts):
            return [text for part in parts for text in texts(part)]
        case ast.Starred(value=value):
            return texts(value)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(between)), attr="join"), args=[joined]):
            # Lines are sentences of their own; a list of words is one thing that is filled in.
            return texts(joined) if "\n" in between else []
        case ast.Call(func=called):
            return _given_back(module, _written(called), depth=depth)
        case ast.Name(name):
            return _assigned(module, function, name, depth=depth)
    return []


def _given_back(module: str, called: str, *, depth: int) -> list[str]:
    """What a function of the house gives back or yields."""
    made = _made(module, called)
    if made is None:
        return []
    given = [one.value for one in ast.walk(made[1]) if isinstance(one, ast.Return | ast.Yield) and one.value]
    return [text for value in given for text in _texts(*made, value, depth=depth + 1)]


def _made(module: str, called: str) -> tuple[str, ast.FunctionDef] | None:
    """The function of the house, or method of the module, that is called so, and where it stands."""
    if called.startswith("self."):
        methods = [one for node in modules()[module].defined.values() for one in ast.walk(node)]
        own = [one for one in methods if isinstance(one, ast.FunctionDef) and f"self.{one.name}" == called]
        return (module, own[0]) if own else None
    place = _resolved(module, called)
    node = place and modules()[place[0]].defined[place[1]]
    return (place[0], node) if place and isinstance(node, ast.FunctionDef) else None


def _assigned(module: str, function: ast.AST, name: str, *, depth: int) -> list[str]:
    """What a name holds: all that the function puts in it, or the module."""
    values: list[ast.expr] = []
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=given)], value=value) if given == name:
                values.append(value)
            case ast.AugAssign(target=ast.Name(id=given), value=value) if given == name:
                values.append(value)
            case ast.AnnAssign(target=ast.Name(id=given), value=ast.expr() as value) if given == name:
                values.append(value)
            case ast.NamedExpr(target=ast.Name(id=given), value=value) if given == name:
                values.append(value)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=given), attr="append" | "extend"), args=[one]
            ) if given == name:
                values.append(one)
    top = modules()[module].defined.get(name)
    if not values and isinstance(top, ast.Assign):
        values.append(top.value)
    return [text for value in values for text in _texts(module, function, value, depth=depth + 1)]


def _is_clause(text: str) -> bool:
    return any(sign.isalpha() for sign in text) and " " in text.strip()


def _is_sentence(text: str) -> bool:
    return sum(word.strip(",;:.'()").isalpha() for word in text.replace(GAP, " ").split()) > 1


def _named(module: str, name: str) -> Iterator[Place]:
    """What of the house is named by what stands there."""
    stands = modules()[module].defined.get(name)
    if stands is None:
        return
    for written in {
        _written(node) for node in ast.walk(stands) if isinstance(node, ast.Name | ast.Attribute)
    }:
        place = _resolved(module, written)
        if place is not None:
            yield place


def _written(node: ast.expr) -> str:
    """A name as it is written, dots and all; empty for anything else."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, attr):
            before = _written(value)
            return f"{before}.{attr}" if before else ""
    return ""


def _resolved(module: str, written: str, depth: int = 0) -> Place | None:
    """Where a name that is written in a module, dots and all, stands."""
    name, _, rest = written.partition(".")
    if depth > 8:
        return None
    if name in modules()[module].defined:
        return module, name
    if name not in modules()[module].imported:
        return None
    source, what = modules()[module].imported[name]
    while rest and what is None:
        step, _, rest = rest.partition(".")
        if f"{source}.{step}" in modules():
            source = f"{source}.{step}"
        else:
            what = step
    if what is None or source not in modules():
        return None
    if f"{source}.{what}" in modules():
        return _resolved(f"{source}.{what}", rest, depth + 1) if rest else None
    return _resolved(source, what, depth + 1)


def _module(tree: ast.Module) -> Module:
    made = Module()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                made.imported[one.asname or one.name] = (node.module, one.name)
        elif isinstance(node, ast.Import):
            for one in node.names:
                made.imported[one.asname or one.name.split(".")[0]] = (
                    one.name if one.asname else one.name.split(".")[0],
                    None,
                )
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                made.defined[node.name] = node
            case ast.Assign(targets=targets):
                for name in (
                    one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)
                ):
                    made.defined[name] = node
            case ast.AnnAssign(target=ast.Name(id=name)):
                made.defined[name] = node
    return made


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
