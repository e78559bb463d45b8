"""The ledger's tables as SQLAlchemy sees them; ``ledger/migrations`` makes them."""

from ledger.schema.book import READINGS, REVIEWS, STRATEGIES, STRATEGY_VERSIONS
from ledger.schema.callers import CALLER_NUMBERS, CALLER_USES
from ledger.schema.console import API_TOKENS, CONSOLE_SESSIONS, CONSOLE_USERS
from ledger.schema.deliveries import CANARIES, INBOX_FILES
from ledger.schema.metadata import METADATA, among
from ledger.schema.releases import RELEASE_APPROVALS, RELEASE_CONTENT, RELEASE_MOVES, RELEASES
from ledger.schema.runs import AUDIT, QUALITY_RESULTS, RUNS
from ledger.schema.stops import (
    OPT_OUT_WITHDRAWALS,
    OPT_OUTS,
    RELEASED_CONTACTS,
    RELEASED_LISTS,
    REVOCATIONS,
    SWITCHES,
)
from ledger.schema.watch import ALERTS, AUDIT_CHAIN, WATCHED

__all__ = [
    "ALERTS",
    "API_TOKENS",
    "AUDIT",
    "AUDIT_CHAIN",
    "CALLER_NUMBERS",
    "CALLER_USES",
    "CANARIES",
    "CONSOLE_SESSIONS",
    "CONSOLE_USERS",
    "INBOX_FILES",
    "METADATA",
    "OPT_OUTS",
    "OPT_OUT_WITHDRAWALS",
    "QUALITY_RESULTS",
    "READINGS",
    "RELEASED_CONTACTS",
    "RELEASED_LISTS",
    "RELEASES",
    "RELEASE_APPROVALS",
    "RELEASE_CONTENT",
    "RELEASE_MOVES",
    "REVIEWS",
    "REVOCATIONS",
    "RUNS",
    "STRATEGIES",
    "STRATEGY_VERSIONS",
    "SWITCHES",
    "WATCHED",
    "among",
]
