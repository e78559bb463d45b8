"""What waits for somebody today: one list of everything that his roles let him act on."""

from console.inbox.need import Group, Need
from console.inbox.waiting import waiting

__all__ = ["Group", "Need", "waiting"]
