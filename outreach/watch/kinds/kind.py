"""What a kind of alert is: a name, and a docstring that people read."""

from datetime import timedelta
from typing import ClassVar


class AlertKind:
    """Base of all kinds. ``quiet``: for how long the same kind says nothing more of the same subject."""

    name: ClassVar[str]
    quiet: ClassVar[timedelta] = timedelta(0)
