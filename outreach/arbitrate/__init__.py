"""Who is contacted tonight."""

from outreach.arbitrate.plan import Decision, arbitrate

__all__ = ["Decision", "arbitrate"]
