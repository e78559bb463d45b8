"""The strategy book, and what was decided of its experiments."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    String,
    Table,
    Text,
    func,
)

from ledger.schema.metadata import METADATA

# What may follow on what, and that no author approves, the migration's triggers see to as well.
STRATEGIES = Table(
    "strategies",
    METADATA,
    Column("name", String, primary_key=True),
    Column("pending", Integer, comment="the version on its way to going live"),
    Column("stage", String, comment="of the pending version: draft, submitted, approved"),
    Column("submitted_by", String),
    Column("approved_by", String),
    Column("running", Integer, comment="the version that went live last"),
    Column("state", String, comment="of the running version: live, paused, retired"),
    Column("sent_back_by", String, comment="who sent the draft back"),
    Column("sent_back_why", Text, comment="what its author was told"),
)

STRATEGY_VERSIONS = Table(
    "strategy_versions",
    METADATA,
    Column("name", String, ForeignKey("strategies.name"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("text", Text, nullable=False, comment="the document exactly as its author wrote it"),
    Column("sha256", String, nullable=False),
    Column("author", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("note", Text, nullable=False),
)

READINGS = Table(
    "strategy_readings",
    METADATA,
    Column("sha256", String, primary_key=True, comment="of the document's text"),
    Column("reader", String, nullable=False, comment="digest of the code and features that read it"),
    Column("document", JSON, nullable=False, comment="what it says"),
    # What lists show and search, taken out when it is written: thousands of documents are slow to open.
    Column("title", String, Computed("document ->> 'title'", persisted=True)),
    Column("kind", String, Computed("document ->> 'kind'", persisted=True)),
    Column("manager", String, Computed("document ->> 'manager'", persisted=True)),
    Column("tags", String, Computed("cast(cast(document -> 'tags' as jsonb) as text)", persisted=True)),
)

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("strategy", String, nullable=False, index=True),
    Column("version", Integer, nullable=False, comment="that ran, or else the newest"),
    Column("as_of", Date, nullable=False, comment="night of the readouts that were seen"),
    Column("verdict", String, nullable=False, comment="the advice that was seen"),
    Column("seen", JSON, nullable=False, comment="the numbers that were seen"),
    Column("decision", String, nullable=False),
    Column("against_advice", Boolean, nullable=False, comment="shipped although the verdict was another"),
    Column("actor", String, nullable=False),
    Column("reason", Text, nullable=False),
    ForeignKeyConstraint(["strategy", "version"], ["strategy_versions.name", "strategy_versions.version"]),
)
