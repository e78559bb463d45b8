"""The scanner: reads the very bytes that are about to leave, and finds identifiers in them."""

from outreach.scan.find import find_leaks
from outreach.scan.known import Known

__all__ = ["Known", "find_leaks"]
