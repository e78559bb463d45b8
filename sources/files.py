"""A bank's own extracts, laid by the bank into the landing folder."""

from datetime import date
from pathlib import Path

from sources.source import Source


class FilesSource(Source):
    """Extracts that a bank writes itself into ``landing/<date>``."""

    name = "files"

    def deliver(self, as_of: date) -> Path:
        """The folder of ``as_of``; the bank fills it, nothing is written here."""
        return self.settings.landing_folder / as_of.isoformat()
