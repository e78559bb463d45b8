"""The ledger: small state that people change, and the trail of what was done, in PostgreSQL."""
