"""What ran, what was done, and how good the data were."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    String,
    Table,
    Text,
    func,
)

from ledger.schema.metadata import METADATA

RUNS = Table(
    "runs",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("job", String, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("status", String, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("seconds", Double),
    Column("written", JSON, comment="rows written, by table"),
    Column("error", Text),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("detail", JSON, nullable=False),
    Index("ix_audit_action_at", "action", "at"),
    Index("ix_audit_actor_id", "actor", "id"),
)

QUALITY_RESULTS = Table(
    "quality_results",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("as_of", Date, nullable=False, index=True),
    Column("table_name", String, nullable=False),
    Column("expectation", String, nullable=False),
    Column("column_name", String),
    Column("success", Boolean, nullable=False),
    Column("checked", BigInteger),
    Column("unexpected", BigInteger),
    Column("share", Double),
)
