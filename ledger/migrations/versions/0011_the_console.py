"""Who signs in to the console, and which sessions are open"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "console_users",
        sa.Column("name", sa.String(), nullable=False, comment="as the settings' roles name the person"),
        sa.Column(
            "password", sa.String(), comment="Argon2 digest; empty where somebody else vouches for the person"
        ),
        sa.Column("language", sa.String(), nullable=False, comment="en or zh"),
        sa.Column("large_text", sa.String(), nullable=False, server_default="no", comment="yes or no"),
        sa.Column(
            "failures", sa.Integer(), nullable=False, server_default="0", comment="wrong passwords in a row"
        ),
        sa.Column("closed_until", sa.DateTime(timezone=True), comment="after too many of them"),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column(
            "left_at", sa.DateTime(timezone=True), comment="since when the person may not sign in any more"
        ),
        sa.PrimaryKeyConstraint("name"),
        sa.CheckConstraint("language in ('en', 'zh')", name="language_is_known"),
        sa.CheckConstraint("large_text in ('yes', 'no')", name="large_text_is_yes_or_no"),
    )
    op.create_table(
        "console_sessions",
        sa.Column("key", sa.String(), nullable=False, comment="SHA-256 of what the browser keeps"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("key"),
        sa.ForeignKeyConstraint(["name"], ["console_users.name"]),
    )
    op.create_index(op.f("ix_console_sessions_name"), "console_sessions", ["name"], unique=False)


def downgrade() -> None:
    op.drop_table("console_sessions")
    op.drop_table("console_users")
