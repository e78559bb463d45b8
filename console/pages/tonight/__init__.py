"""Tonight: whom the last plan contacts, what it cost to stay within limits, and how to stop it."""
