"""The numbers the bank calls and writes from: their register, and which contact is made from which."""

from outreach.callers.allocate import allocate
from outreach.callers.register import Caller, callers_of_day

__all__ = ["Caller", "allocate", "callers_of_day"]
