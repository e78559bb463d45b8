"""Who must not be contacted, and what is switched off."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, String, Table, Text, func

from ledger.schema.metadata import METADATA

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
