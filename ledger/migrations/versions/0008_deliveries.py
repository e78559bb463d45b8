"""Deliveries: what was put into lists to trace them, and what came back"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canaries",
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line", sa.String(), nullable=True, comment="token of the bank's test line behind it"),
        sa.PrimaryKeyConstraint("contact"),
        sa.UniqueConstraint("address", name="a_canary_has_an_address_of_its_own"),
    )
    op.create_table(
        "inbox_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False, comment="the name its sender gave it"),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True, comment="night whose contacts it answers, if it said"),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False, comment="no more of that night follow"),
        sa.Column("laid_down", sa.String(), nullable=True, comment="sha256 of what was handed on"),
        sa.Column("refused", sa.Text(), nullable=True, comment="why, where it was not taken"),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint(
            "(refused is null) = (laid_down is not null and as_of is not null)",
            name="taken_or_refused",
        ),
    )
    # A refused file may come again, mended; an accepted one never.
    op.create_index(
        "ix_inbox_files_accepted_once",
        "inbox_files",
        ["recipient", "file"],
        unique=True,
        postgresql_where=sa.text("refused is null"),
    )
    op.create_index(
        "ix_inbox_files_content_once",
        "inbox_files",
        ["recipient", "as_of", "sha256"],
        unique=True,
        postgresql_where=sa.text("refused is null"),
    )
    for table in ("canaries", "inbox_files"):
        op.execute(
            f"create trigger never_changed before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger never_emptied before truncate on {table} "
            "for each statement execute function refuse_change()"
        )


def downgrade() -> None:
    op.drop_table("inbox_files")
    op.drop_table("canaries")
