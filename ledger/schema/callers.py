"""The numbers the bank calls and writes from, and how much each has carried."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from ledger.schema.metadata import METADATA

# A number keeps its class and its channel, and no retired one comes back: the migration's triggers see to it.
CALLER_NUMBERS = Table(
    "caller_numbers",
    METADATA,
    Column("number", Text, primary_key=True, comment="the bank's own, as customers see it"),
    Column("class", Text, nullable=False, comment="what the operator registered it for"),
    Column("channel", Text, nullable=False),
    Column("purposes", ARRAY(Text), nullable=False, comment="products; none: all of them"),
    Column("daily_limit", Integer, nullable=False, comment="contacts a day"),
    Column("active_from", Date, nullable=False),
    Column("active_until", Date),
    Column("rests_until", Date, comment="last day of its rest"),
    Column("state", Text, nullable=False, server_default="active"),
    Column("generated", Boolean, nullable=False, comment="made up: nobody owns it"),
    UniqueConstraint("number", "class", name="a_number_has_one_class"),
)

CALLER_USES = Table(
    "caller_uses",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("recipient", Text, primary_key=True, comment="who makes these contacts"),
    Column("class", Text, nullable=False, comment="of the contacts, and so of the number"),
    Column("contacts", Integer, nullable=False),
    ForeignKeyConstraint(
        ["number", "class"], ["caller_numbers.number", "caller_numbers.class"], name="of_the_right_class"
    ),
)
