"""What left the house, and what is about to."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    func,
)

from ledger.schema.metadata import METADATA

# What may follow on what, and that no author approves, the migration's triggers see to as well.
RELEASES = Table(
    "releases",
    METADATA,
    Column("as_of", Date, primary_key=True),
    Column("recipient", String, primary_key=True),
    Column("rows", BigInteger),
    Column("sha256", String, comment="of the sealed file"),
    Column("state", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attempt", Integer, nullable=False, comment="how often its content was frozen"),
    Column("size", BigInteger, comment="bytes of the sealed file"),
    Column("author", String, nullable=False),
    Column("approver", String),
    Column("actor", String, nullable=False, comment="who moved it last"),
    Column("reason", Text, comment="why it was moved"),
    Column("opt_outs_to", BigInteger, comment="last opt-out that was looked at"),
    Column("tried_at", DateTime(timezone=True), comment="from when on it may have left"),
    Column("limits", JSON(none_as_null=True), comment="those it was within, if no person approved it"),
)

RELEASE_CONTENT = Table(
    "release_content",
    METADATA,
    Column("as_of", Date, primary_key=True),
    Column("recipient", String, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("kind", String, primary_key=True, comment="sealed: what leaves; rows, kin: masked"),
    Column("part", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    ForeignKeyConstraint(["as_of", "recipient"], ["releases.as_of", "releases.recipient"]),
)

# Neither this nor the next is ever changed or emptied.
RELEASE_APPROVALS = Table(
    "release_approvals",
    METADATA,
    Column("as_of", Date, primary_key=True),
    Column("recipient", String, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("sha256", String, nullable=False, comment="of the sealed file"),
    Column("author", String, nullable=False),
    Column("approver", String, nullable=False),
    Column("approved_at", DateTime(timezone=True), nullable=False),
    Column("approved_attempt", Integer, nullable=False, comment="the one that was looked at"),
    Column("limits", JSON(none_as_null=True), comment="those it was within, if no person approved it"),
    Column("content", LargeBinary, nullable=False, comment="signed, as it leaves"),
    ForeignKeyConstraint(["as_of", "recipient"], ["releases.as_of", "releases.recipient"]),
)

RELEASE_MOVES = Table(
    "release_moves",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("as_of", Date, nullable=False, index=True),
    Column("recipient", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("from_state", String),
    Column("to_state", String, nullable=False),
    Column("rows", BigInteger),
    Column("actor", String, nullable=False),
    Column("reason", Text),
)
