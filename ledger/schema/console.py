"""Who signs in to the console, which sessions are open, and which programs may ask."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Integer, String, Table, func

from ledger.schema.metadata import METADATA

CONSOLE_USERS = Table(
    "console_users",
    METADATA,
    Column("name", String, primary_key=True, comment="as the settings' roles name the person"),
    Column("password", String, comment="Argon2 digest; empty where somebody else vouches for the person"),
    Column("language", String, nullable=False, comment="en or zh"),
    Column("large_text", String, nullable=False, server_default="no", comment="yes or no"),
    Column("failures", Integer, nullable=False, server_default="0", comment="wrong passwords in a row"),
    Column("closed_until", DateTime(timezone=True), comment="after too many of them"),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("added_by", String, nullable=False),
    Column("left_at", DateTime(timezone=True), comment="since when the person may not sign in any more"),
)

CONSOLE_SESSIONS = Table(
    "console_sessions",
    METADATA,
    Column("key", String, primary_key=True, comment="SHA-256 of what the browser keeps"),
    Column("name", String, ForeignKey("console_users.name"), nullable=False, index=True),
    Column("began_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True)),
)

API_TOKENS = Table(
    "api_tokens",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("key", String, nullable=False, unique=True, comment="SHA-256 of what the program keeps"),
    Column("name", String, nullable=False, index=True, comment="as whom it acts; the settings give roles"),
    Column("recipient", String, comment="whose dialler it is; such a token asks about opt-outs alone"),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("added_by", String, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
)
