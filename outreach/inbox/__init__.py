"""What recipients send back: signed, checked, entered once."""

from outreach.inbox.arrivals import STATEMENT, arrivals_folder, hand_in
from outreach.inbox.door import Taken, refuse_what_came_otherwise, still_due, take_arrivals

__all__ = [
    "STATEMENT",
    "Taken",
    "arrivals_folder",
    "hand_in",
    "refuse_what_came_otherwise",
    "still_due",
    "take_arrivals",
]
