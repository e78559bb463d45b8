"""The ledger's tables as SQLAlchemy sees them; ``ledger/migrations`` makes them."""

from ledger.schema.book import READINGS, REVIEWS, STRATEGIES, STRATEGY_VERSIONS
from ledger.schema.metadata import METADATA, among
from ledger.schema.releases import RELEASES
from ledger.schema.runs import AUDIT, QUALITY_RESULTS, RUNS
from ledger.schema.stops import OPT_OUTS, SWITCHES
from ledger.schema.watch import ALERTS, AUDIT_CHAIN, WATCHED

__all__ = [
    "ALERTS",
    "AUDIT",
    "AUDIT_CHAIN",
    "METADATA",
    "OPT_OUTS",
    "QUALITY_RESULTS",
    "READINGS",
    "RELEASES",
    "REVIEWS",
    "RUNS",
    "STRATEGIES",
    "STRATEGY_VERSIONS",
    "SWITCHES",
    "WATCHED",
    "among",
]
