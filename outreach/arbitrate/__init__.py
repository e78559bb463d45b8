"""Who is contacted tonight."""

from outreach.arbitrate.walk import arbitrate

__all__ = ["arbitrate"]
