"""A bank's own extracts, laid by the bank into the landing folder."""

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from base.errors import SettingsError
from lake.tables import CUSTOMERS, DELIVERED, IDENTITIES
from sources.extract import Extract
from sources.source import Source

AGREEMENT = "extracts.yaml"
_TABLES = {table.name: table for table in (CUSTOMERS, IDENTITIES, *DELIVERED)}


class _Terms(BaseModel):
    """How one table is written: the fields of ``Extract``; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    encoding: str | None = None
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    decimal: str | None = None
    money: Literal["fen", "yuan"] | None = None
    date_format: str | None = None
    time_format: str | None = None
    columns: dict[str, str] | None = None
    words: dict[str, dict[str, str]] | None = None
    ignored: tuple[str, ...] | None = None
    nulls: tuple[str, ...] | None = None


class _Agreement(BaseModel):
    """The whole file: terms for all tables, terms for some, and tables that are not delivered."""

    model_config = ConfigDict(extra="forbid")

    every: _Terms = _Terms()
    tables: dict[str, _Terms] = {}
    not_delivered: tuple[str, ...] = ()


class FilesSource(Source):
    """Extracts that a bank writes itself into ``landing/<date>``, with the file ``_COMPLETE`` last of all.

    How they are written is declared in ``extracts.yaml`` in the landing folder::

        every: {encoding: gb18030, separator: "|", money: yuan, date_format: "%Y%m%d"}
        tables:
          transactions:
            columns: {customer_no: 客户号, amount_fen: 金额}
            words: {direction: {C: credit, D: debit}}
            ignored: [备注]
        not_delivered: [complaints]

    Without that file: every table, UTF-8, commas, ISO dates, money in fen, columns as in the catalogue.
    """

    name = "files"

    def deliver(self, as_of: date) -> Path:
        """The folder of ``as_of``; the bank fills it, nothing is written here."""
        return self.settings.landing_folder / as_of.isoformat()

    @cached_property
    def extracts(self) -> tuple[Extract, ...]:
        """The tables as ``extracts.yaml`` declares them. Raises SettingsError naming what is wrong in it."""
        agreed = self._agreement()
        unknown = {*agreed.tables, *agreed.not_delivered} - set(_TABLES)
        if unknown or {"customers", "identities"} & set(agreed.not_delivered):
            raise SettingsError(
                f"{AGREEMENT}: {', '.join(sorted(unknown)) or 'customers and identities'}: "
                f"{'no such table' if unknown else 'cannot be left out'}; tables are {', '.join(_TABLES)}"
            )
        every = agreed.every.model_dump(exclude_none=True)
        return tuple(
            _extract(name, every, _own(agreed, name)) for name in _TABLES if name not in agreed.not_delivered
        )

    def _agreement(self) -> _Agreement:
        path = self.settings.landing_folder / AGREEMENT
        if not path.exists():
            return _Agreement()
        try:
            return _Agreement.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
        except UnicodeDecodeError as error:
            raise SettingsError(
                f"{AGREEMENT}: not UTF-8 (byte {error.start}); save it as UTF-8, or try iconv -f GBK -t UTF-8"
            ) from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f", line {mark.line + 1}" if mark else ""
            raise SettingsError(f"{AGREEMENT}{line} is no YAML: {getattr(error, 'problem', error)}") from None
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
            raise SettingsError(f"{AGREEMENT}: {'; '.join(faults)}") from None


def _own(agreed: _Agreement, name: str) -> dict[str, Any]:
    return agreed.tables[name].model_dump(exclude_none=True) if name in agreed.tables else {}


def _extract(name: str, every: dict[str, Any], own: dict[str, Any]) -> Extract:
    needed = name in (CUSTOMERS.name, IDENTITIES.name)
    extract = Extract(table=_TABLES[name], needs_rows=needed, **{**every, **own})
    ours = {column.name for column in extract.delivered}
    strange = sorted({*own.get("columns", ()), *own.get("words", ())} - ours)
    if strange:
        raise SettingsError(
            f"{AGREEMENT}: {name} has no column {', '.join(strange)}; it has {', '.join(sorted(ours))}"
        )
    return extract
