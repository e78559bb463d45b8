"""Who has which role; what a role may do is declared in ``base.roles``."""

from typing import Literal

Role = Literal["segment_manager", "data_scientist", "approver", "operator", "compliance"]
