"""Turns cells as delivered into the declared types, and says which cells do not read as what was agreed."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lake.table import Column
from sources.extract import CUSTOMER_NO, Extract

_TARGET = {
    "string": pa.string(),
    "long": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
_BOUNDS = {"long": 63, "int": 31}


def read_text(cells: pa.Array, column: Column, extract: Extract) -> tuple[pa.Array, pa.Array | None]:
    """Text cells as ``column``'s type, and a mask of the cells that do not read as it (None: all do).

    A cell that does not read is null in the first array. Times carry no zone: they are the bank's wall clock.
    """
    words = extract.words.get(column.name)
    trimmed = pc.utf8_trim_whitespace(cells)
    if words:
        trimmed = _translate(trimmed, words)
    if column.type == "string":
        return trimmed, None
    try:
        return _cast_text(trimmed, column, extract), None
    except pa.ArrowInvalid:
        return _cast_one_by_one(trimmed, column, extract)


def read_typed(cells: pa.Array, column: Column, extract: Extract) -> tuple[pa.Array, pa.Array | None]:
    """Cells of a typed file as ``column``'s type; the mask names cells that do not fit into it.

    Only for types that ``fits`` allows.
    """
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    words = extract.words.get(column.name)
    if words:
        cells = _translate(cells.cast(pa.string()), words)
    if _is_yuan(column, extract):
        hundredfold = pc.multiply(cells.cast(pa.float64()), 100.0)
        return pc.round(hundredfold).cast(pa.int64()), None
    target = _TARGET[column.type]
    if pa.types.is_timestamp(cells.type):
        if cells.type.tz not in (None, "UTC"):
            cells = pc.local_timestamp(cells)
        return cells.cast(pa.timestamp(cells.type.unit)).cast(target, safe=False), None
    try:
        return cells.cast(target), None
    except pa.ArrowInvalid:
        limit = 2 ** _BOUNDS[column.type]
        fine = pc.fill_null(pc.and_(pc.less(cells, limit), pc.greater_equal(cells, -limit)), True)
        return pc.if_else(fine, cells, None).cast(target), pc.invert(fine)


def fits(type_: pa.DataType, column: Column, extract: Extract) -> bool:
    """Whether a column of a typed file may be taken for ``column`` without guessing."""
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    return bool(_fits(type_, column, extract))


def _fits(type_: pa.DataType, column: Column, extract: Extract) -> Any:
    is_text = pa.types.is_string(type_) or pa.types.is_large_string(type_)
    if column.name in extract.words:
        return is_text or pa.types.is_integer(type_) or pa.types.is_boolean(type_)
    if _is_yuan(column, extract):
        return pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_)
    match column.type:
        case "string":
            return is_text or (column.name == CUSTOMER_NO.name and pa.types.is_integer(type_))
        case "long" | "int":
            return pa.types.is_integer(type_)
        case "double":
            return pa.types.is_floating(type_) or pa.types.is_integer(type_)
        case "boolean":
            return pa.types.is_boolean(type_)
        case "date":
            return pa.types.is_date(type_)
        case "timestamp":
            return pa.types.is_timestamp(type_)


def _is_yuan(column: Column, extract: Extract) -> bool:
    return column.unit == "fen" and extract.money == "yuan"


def _translate(cells: pa.Array, words: Mapping[str, str]) -> pa.Array:
    place = pc.index_in(cells, value_set=pa.array(list(words), pa.string()))
    return pc.coalesce(pa.array(list(words.values()), pa.string()).take(place), cells)


def _cast_text(cells: pa.Array, column: Column, extract: Extract) -> pa.Array:
    if _is_yuan(column, extract):
        yuan = pc.replace_substring(cells, extract.decimal, ".").cast(pa.decimal128(18, 2))
        return pc.multiply(yuan, pa.scalar(Decimal(100))).cast(pa.int64())
    pattern = _pattern(column, extract)
    if pattern is not None:
        moments = pc.strptime(cells, format=pattern, unit="s")
        # strptime takes 31 February for 3 March; what is written back must be what was read.
        if not pc.all(pc.fill_null(pc.equal(pc.strftime(moments, format=pattern), cells), True)).as_py():
            raise pa.ArrowInvalid("not written as agreed")
        return moments.cast(_TARGET[column.type])
    return cells.cast(_TARGET[column.type])


def _cast_one_by_one(cells: pa.Array, column: Column, extract: Extract) -> tuple[pa.Array, pa.Array | None]:
    parse = _parser(column, extract)
    coded = cells.dictionary_encode()
    values = pa.array([_attempt(parse, text) for text in coded.dictionary.to_pylist()], _TARGET[column.type])
    typed = values.take(coded.indices)
    return typed, pc.and_(pc.is_null(typed), pc.is_valid(cells))


def _attempt(parse: Callable[[str], object], text: str) -> object | None:
    try:
        return parse(text)
    except (ValueError, InvalidOperation):
        return None


def _parser(column: Column, extract: Extract) -> Callable[[str], object]:
    pattern = _pattern(column, extract)
    if column.type == "date":
        return date.fromisoformat if pattern is None else lambda text: datetime.strptime(text, pattern).date()  # noqa: DTZ007
    if column.type == "timestamp":
        return _wall_clock if pattern is None else lambda text: datetime.strptime(text, pattern)  # noqa: DTZ007
    if column.type == "boolean":
        return {"true": True, "false": False, "1": True, "0": False}.get
    if column.type == "double":
        return float
    if _is_yuan(column, extract):
        return lambda text: _whole(Decimal(text.replace(extract.decimal, ".")) * 100, column)
    return lambda text: _whole(_digits(text), column)


def _wall_clock(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError
    return moment


def _digits(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError
    return int(text)


def _whole(number: int | Decimal, column: Column) -> int:
    if number != int(number) or abs(number) >= 2 ** _BOUNDS[column.type]:
        raise ValueError
    return int(number)


def _pattern(column: Column, extract: Extract) -> str | None:
    return {"date": extract.date_format, "timestamp": extract.time_format}.get(column.type)
