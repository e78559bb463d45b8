"""What left the house."""

from sqlalchemy import BigInteger, Column, Date, DateTime, String, Table, func

from ledger.schema.metadata import METADATA

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
