"""What a source is: something that lays a day's extracts into the landing folder, and may answer contacts."""

from abc import ABC, abstractmethod
from datetime import date
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from base.errors import SettingsError
from base.registry import subclasses
from base.settings import Settings
from lake.tables import CUSTOMERS, DELIVERED, IDENTITIES
from sources.extract import Extract

COMPLETE = "_COMPLETE"


class Source(ABC):
    """Where a bank's extracts come from, one file a source; people read a subclass's docstring."""

    name: ClassVar[str]
    caveat: ClassVar[str] = ""
    """What readers of its readouts must be told, where the data cannot show a true effect."""
    by_calendar: ClassVar[bool] = True
    """Whether its nights are the calendar's. A bank that is made up, or of years ago, has days of its own: no
    clock tells when a list of those has expired, only later nights do."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def extracts(self) -> tuple[Extract, ...]:
        """The tables that are delivered and how they are written; by default every table, plainly."""
        tables = (CUSTOMERS, IDENTITIES, *(table for table in DELIVERED if table is not CUSTOMERS))
        return tuple(Extract(table=table, needs_rows=table in (CUSTOMERS, IDENTITIES)) for table in tables)

    @property
    def default_first_night(self) -> date:
        """The night a first run starts with, where the caller names none."""
        return self.settings.synthetic.first_night

    @property
    def nights(self) -> int:
        """How many nights in a row make sense from the first on."""
        return 7

    @abstractmethod
    def deliver(self, as_of: date) -> Path:
        """Make sure the extracts of ``as_of`` lie complete in the landing folder; return that day's folder.

        Raises SourceError where they cannot be had.
        """

    def answer(self, as_of: date, contacts: pa.Table) -> pa.Table | None:  # noqa: ARG002
        """What came of the contacts released on night ``as_of``; None where outcomes come as files.

        ``contacts``: contact, customer_no, strategy, kind, step, channel, hour.
        Returned: contact, result, happened_at, seconds.
        """
        return None


def open_source(settings: Settings) -> Source:
    """The source that the settings name. Raises SettingsError listing those there are."""
    known = subclasses("sources", Source)  # type: ignore[type-abstract]
    if settings.source not in known:
        raise SettingsError(f"no source is called {settings.source!r}; there are: {', '.join(sorted(known))}")
    return known[settings.source](settings)
