"""Finds declared things by scanning the package they live in; there is no list to edit."""

import importlib
import pkgutil
import re
from functools import cache
from types import ModuleType
from typing import TypeVar

from base.errors import DeclarationError

T = TypeVar("T")


@cache
def modules(package: str) -> tuple[ModuleType, ...]:
    """The package and all modules below it, imported, in name order."""
    root = importlib.import_module(package)
    found = [info.name for info in pkgutil.walk_packages(root.__path__, f"{package}.")]
    return (root, *(importlib.import_module(name) for name in sorted(found)))


def instances(package: str, kind: type[T]) -> dict[str, T]:
    """Module-level objects of ``kind`` declared anywhere below ``package``, by their ``name``.

    Raises DeclarationError when two different objects carry one name.
    """
    found: dict[str, T] = {}
    for module in modules(package):
        for thing in vars(module).values():
            if isinstance(thing, kind):
                _add(found, str(getattr(thing, "name")), thing, module)  # noqa: B009
    return found


def subclasses(package: str, kind: type[T]) -> dict[str, type[T]]:
    """Concrete subclasses of ``kind`` declared anywhere below ``package``, by their ``name``.

    Raises DeclarationError when two different classes carry one name.
    """
    found: dict[str, type[T]] = {}
    for module in modules(package):
        for thing in vars(module).values():
            declared_here = isinstance(thing, type) and thing.__module__ == module.__name__
            if declared_here and issubclass(thing, kind) and thing is not kind and hasattr(thing, "name"):
                _add(found, str(thing.name), thing, module)
    return found


def told(words: str | None) -> tuple[str, str]:
    """The English and the Chinese half of a docstring that has both, each on one line.

    Raises DeclarationError where one of them is missing.
    """
    halves = re.split(r"(?<=\.) (?=[\u4e00-\u9fff])", " ".join((words or "").split()), maxsplit=1)
    if len(halves) != 2:
        raise DeclarationError(f"{words!r} is not told in both languages: English, a full stop, Chinese")
    return halves[0], halves[1]


def _add(found: dict[str, T], name: str, thing: T, module: ModuleType) -> None:
    if found.setdefault(name, thing) is not thing:
        raise DeclarationError(f"{module.__name__}: the name {name!r} is declared twice; rename one of them")
