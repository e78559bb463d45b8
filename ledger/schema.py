"""The ledger's tables as SQLAlchemy sees them; ``ledger/migrations`` makes them."""

from collections.abc import Sequence

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    any_,
    cast,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY

METADATA = MetaData()

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

OPT_OUTS = Table(
    "opt_outs",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("customer", String, comment="token of the customer"),
    Column("number", String, comment="token of the number; binds everybody who shares it"),
    Column("channel", String, nullable=False, comment="a channel, or 'all'"),
)

SWITCHES = Table(
    "switches",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("scope", String, nullable=False, comment="strategy, channel or all"),
    Column("name", String, nullable=False, comment="which strategy or channel; 'all' for all"),
    Column("stopped", Boolean, nullable=False),
    Column("actor", String, nullable=False),
    Column("reason", Text, nullable=False),
)

RELEASES = Table(
    "releases",
    METADATA,
    Column("as_of", Date, primary_key=True),
    Column("recipient", String, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("state", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

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


def among(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Whether the column is one of ``values``, however many: a list of parameters has an end."""
    return column == any_(cast(values, ARRAY(String)))
