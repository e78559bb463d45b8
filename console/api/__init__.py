"""The house's answers to programs, over HTTP: the same roles as at the desk, tokens in place of sessions."""
