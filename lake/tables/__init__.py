"""Every table of the lake, in the order the data travel.

The table of customer features is declared by the features themselves (``features.compiler``).
"""

from lake.tables.certified import CERTIFICATES, LIMITS
from lake.tables.decided import CANDIDATES, CONTACT_LISTS, HELD_BACK, PLAN, POSITIONS
from lake.tables.decisions import VERDICTS_TABLE
from lake.tables.delivered import (
    APP_EVENTS,
    BALANCES,
    COMPLAINTS,
    CONSENTS,
    CONTACTS,
    CUSTOMERS,
    DELIVERED,
    INBOUND_CALLS,
    OPENINGS,
    SUPPRESSIONS,
    TRANSACTIONS,
)
from lake.tables.exposed import ASSIGNMENTS, ENTRIES
from lake.tables.intake import IDENTITIES, NUMBERS, PERSONS, QUARANTINE
from lake.tables.learned import CUSTOMER_SEGMENTS, SEGMENT_CATALOG
from lake.tables.measured import (
    EXPERIMENT_FINDINGS,
    MEASURED,
    MEASURED_ENTRIES,
    OUTCOMES,
    READOUTS,
    SEGMENT_READOUTS,
)
from lake.tables.returns import RETURNS_TABLE, WEEKLY

__all__ = [
    "APP_EVENTS",
    "ASSIGNMENTS",
    "BALANCES",
    "CANDIDATES",
    "CERTIFICATES",
    "COMPLAINTS",
    "CONSENTS",
    "CONTACTS",
    "CONTACT_LISTS",
    "CUSTOMERS",
    "CUSTOMER_SEGMENTS",
    "DELIVERED",
    "ENTRIES",
    "EXPERIMENT_FINDINGS",
    "HELD_BACK",
    "IDENTITIES",
    "INBOUND_CALLS",
    "LIMITS",
    "MEASURED",
    "MEASURED_ENTRIES",
    "NUMBERS",
    "OPENINGS",
    "OUTCOMES",
    "PERSONS",
    "PLAN",
    "POSITIONS",
    "QUARANTINE",
    "READOUTS",
    "RETURNS_TABLE",
    "SEGMENT_CATALOG",
    "SEGMENT_READOUTS",
    "SUPPRESSIONS",
    "TRANSACTIONS",
    "VERDICTS_TABLE",
    "WEEKLY",
]
