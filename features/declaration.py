"""What a feature is, and the two decorators that declare one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pyspark.sql import Column

from base.errors import DeclarationError
from features.sources import Source
from lake.table import Classification
from lake.tables.words import CHANNELS

Unit = Literal["CNY", "days", "count", "share", "hour", "years", "level", "flag", "date"]
Type = Literal["double", "long", "boolean", "date"]
Empty = float | bool | None

_TYPES: dict[Unit, Type] = {
    "CNY": "double",
    "share": "double",
    "days": "long",
    "count": "long",
    "hour": "long",
    "years": "long",
    "level": "long",
    "flag": "boolean",
    "date": "date",
}


def days(count: int) -> int:
    """A window of the last ``count`` days, the business date included."""
    if count < 1:
        raise DeclarationError(f"a window of {count} days holds nothing; it needs at least 1")
    return count


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One fact about a customer. ``label`` is its Chinese name, ``doc`` says plainly what it is.

    Either an aggregate over the rows of ``source`` within ``window`` days (None: ever), or, where ``source``
    is None, an expression over other features. ``empty`` stands where there is nothing to aggregate; None
    leaves it null. ``compute`` is given a handle on the rows, or the features, and returns a Column.
    ``channels``: those on which consent permits rules to use it.
    """

    name: str
    label: str
    doc: str
    family: str
    unit: Unit
    type: Type
    source: Source | None
    window: int | None
    empty: Empty
    classification: Classification
    compute: Callable[..., Column]
    channels: tuple[str, ...]

    @property
    def nullable(self) -> bool:
        return self.empty is None

    @property
    def step(self) -> bool:
        """Only a step on the way to other features, and not kept: its name begins with an underscore."""
        return self.name.startswith("_")


def feature(
    source: Source,
    *,
    label: str,
    unit: Unit,
    window: int | None = None,
    empty: Empty = None,
    kept_as: Type | None = None,
    classification: Classification = Classification.SENSITIVE,
) -> Callable[[Callable[[Any], Column]], Feature]:
    """Declares a feature over the rows of a source. Raises DeclarationError for what contradicts itself.

    The decorated function is given the rows that the bank knew at the business date and returns an aggregate
    over them; the function's name is the feature's name, its docstring the feature's text. ``kept_as`` is for
    a feature whose type is not the usual one of its unit.
    """
    return _declare(source, window, label, unit, empty, kept_as, classification)


def derived(
    *, label: str, unit: Unit, empty: Empty = None, kept_as: Type | None = None
) -> Callable[[Callable[[Any], Column]], Feature]:
    """Declares a feature over other features, which the decorated function names as attributes."""
    return _declare(None, None, label, unit, empty, kept_as, Classification.SENSITIVE)


def _declare(
    source: Source | None,
    window: int | None,
    label: str,
    unit: Unit,
    empty: Empty,
    kept_as: Type | None,
    classification: Classification,
) -> Callable[[Callable[[Any], Column]], Feature]:
    def make(compute: Callable[[Any], Column]) -> Feature:
        name = compute.__name__
        doc = " ".join((compute.__doc__ or "").split())
        if not doc:
            raise DeclarationError(f"feature {name} in {compute.__module__} has no docstring; say what it is")
        kind = kept_as or _TYPES[unit]
        if (kind == "boolean") != isinstance(empty, bool):
            raise DeclarationError(f"feature {name}: a {kind} feature cannot have empty={empty!r}")
        return Feature(
            name=name,
            label=label,
            doc=doc,
            family=compute.__module__.rpartition(".")[2],
            unit=unit,
            type=kind,
            source=source,
            window=window,
            empty=empty,
            classification=classification,
            compute=compute,
            channels=source.channels if source else CHANNELS,
        )

    return make
