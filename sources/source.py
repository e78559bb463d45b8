"""What a source is: something that lays a day's extracts into the landing folder, and may answer contacts."""

from abc import ABC, abstractmethod
from datetime import date
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from base.errors import SettingsError
from base.registry import subclasses
from base.settings import Settings

COMPLETE = "_COMPLETE"


class Source(ABC):
    """Where a bank's extracts come from. One file a source; a subclass's docstring is what people read of it."""

    name: ClassVar[str]

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @abstractmethod
    def deliver(self, as_of: date) -> Path:
        """Make sure the extracts of ``as_of`` lie complete in the landing folder; return that day's folder.

        Raises SourceError where they cannot be had.
        """

    def answer(self, as_of: date, contacts: pa.Table) -> pa.Table | None:
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
