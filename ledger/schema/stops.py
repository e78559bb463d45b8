"""Who must not be contacted, what is switched off, and what diallers are told of it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    String,
    Table,
    Text,
    func,
)

from ledger.schema.metadata import METADATA

# Nothing of these is changed or removed; an opt-out, a switch and a strategy's rest each make a revocation,
# numbered in the order of commits. The migration's triggers see to both.
OPT_OUTS = Table(
    "opt_outs",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("customer", String, index=True, comment="token of the customer"),
    Column("number", String, comment="token of the number; binds everybody who shares it"),
    Column("channel", String, nullable=False, comment="a channel, or 'all'"),
    Column(
        "source",
        Text,
        nullable=False,
        server_default="",
        comment="how it came in: hotline, branch, outcome, ...",
    ),
    Column("actor", Text, nullable=False, server_default="", comment="who entered it"),
    Column("reason", Text, nullable=False, server_default=""),
    Column(
        "derived_from",
        BigInteger,
        ForeignKey("opt_outs.id", name="derived_from_one"),
        comment="the opt-out of the same person's other account that it stands for",
    ),
)

OPT_OUT_WITHDRAWALS = Table(
    "opt_out_withdrawals",
    METADATA,
    Column("opt_out", BigInteger, ForeignKey("opt_outs.id"), primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("source", Text, nullable=False, comment="how the customer asked for it"),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
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

REVOCATIONS = Table(
    "revocations",
    METADATA,
    Column("place", BigInteger, Identity(), primary_key=True, comment="in order of commits"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("why", Text, nullable=False, comment="opt_out, stopped or withdrawn"),
    Column("customer", Text, comment="token"),
    Column("number", Text, comment="token; binds everybody who shares it"),
    Column("channel", Text, nullable=False, comment="a channel, or 'all'"),
    Column("strategy", Text),
    Column("as_of", Date, comment="of a list withdrawn after it left"),
    Column("recipient", Text, comment="of that list"),
)

RELEASED_LISTS = Table(
    "released_lists",
    METADATA,
    Column("recipient", Text, primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("after", BigInteger, nullable=False, comment="the last revocation it has heeded"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

# Plain byte order: a night enters a million of these, and their order is read by programs only.
_TOKEN = Text(collation="C")

RELEASED_CONTACTS = Table(
    "released_contacts",
    METADATA,
    Column("contact", _TOKEN, primary_key=True),
    Column("address", _TOKEN, nullable=False, index=True),
    Column("customer", _TOKEN, index=True, comment="token; none of a canary"),
    Column("number", _TOKEN, index=True, comment="token"),
    Column("strategy", _TOKEN, nullable=False),
    Column("channel", _TOKEN, nullable=False),
    Column("caller", _TOKEN, comment="number it is made from"),
    Column("recipient", _TOKEN, primary_key=True),
    Column("as_of", Date, primary_key=True),
)
