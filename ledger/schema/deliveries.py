"""What was put into lists to trace them, and what came back."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Identity, Index, String, Table, Text, func
from sqlalchemy import UniqueConstraint as Unique

from ledger.schema.metadata import METADATA

# Neither is ever changed or emptied: the migration's triggers see to that.
CANARIES = Table(
    "canaries",
    METADATA,
    Column("contact", String, primary_key=True),
    Column("address", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("channel", String, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("line", String, comment="token of the bank's test line behind it"),
    Unique("address", name="a_canary_has_an_address_of_its_own"),
)

INBOX_FILES = Table(
    "inbox_files",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("recipient", String, nullable=False),
    Column("file", String, nullable=False, comment="the name its sender gave it"),
    Column("sha256", String, nullable=False),
    Column("as_of", Date, comment="night whose contacts it answers, if it said"),
    Column("rows", BigInteger, nullable=False),
    Column("last", Boolean, nullable=False, comment="no more of that night follow"),
    Column("laid_down", String, comment="sha256 of what was handed on"),
    Column("refused", Text, comment="why, where it was not taken"),
)
_ACCEPTED = INBOX_FILES.c.refused.is_(None)
Index(
    "ix_inbox_files_accepted_once",
    INBOX_FILES.c.recipient,
    INBOX_FILES.c.file,
    unique=True,
    postgresql_where=_ACCEPTED,
)
Index(
    "ix_inbox_files_content_once",
    INBOX_FILES.c.recipient,
    INBOX_FILES.c.as_of,
    INBOX_FILES.c.sha256,
    unique=True,
    postgresql_where=_ACCEPTED,
)
