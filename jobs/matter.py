"""For what a person is asked about, in whose matter and by whom. The vault says which purposes there are."""

from dataclasses import dataclass

from outreach.vault import FULL_VIEWS, require_matter

PURPOSES = tuple(FULL_VIEWS)
HANDED_OUT = "handed-out"
"""Folder of the home in which copies for people wait to be handed over; a folder each, its date first."""
HELD_OUT = "holdouts"
"""Folder of the home in which customer numbers of holdouts are written out; a file each, its date last."""


@dataclass(frozen=True, kw_only=True)
class Matter:
    """For what, in whose matter and by whom a person is asked about."""

    purpose: str
    ticket: str
    actor: str

    def require(self) -> None:
        """Raises VaultError unless the purpose is known and the ticket is one, and no number of a person."""
        require_matter(self.purpose, self.ticket)
