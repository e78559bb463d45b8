"""The audit trail: who did what to what, as a chain of hashes that shows every bend."""

from ledger.audit.lines import record, record_within, trail

__all__ = ["record", "record_within", "trail"]
