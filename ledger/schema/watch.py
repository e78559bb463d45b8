"""The chain over the audit trail, alerts, and what the watch has counted night by night."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    LargeBinary,
    String,
    Table,
    func,
)

from ledger.schema.metadata import METADATA

# Filled by the database itself as a transaction ends; see docs/audit.md.
AUDIT_CHAIN = Table(
    "audit_chain",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3, without a gap"),
    Column("line", BigInteger, ForeignKey("audit.id"), nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 over the hash before and the line"),
)

ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
    Column("kind", String, nullable=False),
    Column(
        "subject", String, nullable=False, comment="whom or what it concerns; never a person's identifier"
    ),
    Column("detail", JSON, nullable=False),
    Column("told_at", DateTime(timezone=True), comment="when the webhook took it"),
)

WATCHED = Table(
    "watched",
    METADATA,
    Column("as_of", Date, primary_key=True),
    Column("measure", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("hits", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False, comment="of how many; 0 where the hits alone count"),
)
