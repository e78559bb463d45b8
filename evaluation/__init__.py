"""What came of it: outcomes taken in, lift against the control groups, and the night's report."""
