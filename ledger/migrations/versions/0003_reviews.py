"""Reviews: what was decided about an experiment, by whom, on which numbers, kept for good"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="that ran, or else the newest"),
        sa.Column("as_of", sa.Date(), nullable=False, comment="night of the readouts that were seen"),
        sa.Column("verdict", sa.String(), nullable=False, comment="the advice that was seen"),
        sa.Column("seen", sa.JSON(), nullable=False, comment="the numbers that were seen"),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column(
            "against_advice",
            sa.Boolean(),
            nullable=False,
            comment="shipped although the verdict was another",
        ),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(
            ["strategy", "version"], ["strategy_versions.name", "strategy_versions.version"]
        ),
        sa.CheckConstraint("decision in ('ship', 'stop', 'continue', 'redesign')", name="decision_is_known"),
        sa.CheckConstraint(
            "decision <> 'ship' or verdict = 'ship' or against_advice", name="shipped_as_advised_or_said_so"
        ),
        sa.CheckConstraint("trim(reason) <> ''", name="a_decision_has_a_reason"),
    )
    op.create_index(op.f("ix_reviews_strategy"), "reviews", ["strategy"], unique=False)
    op.execute(
        "create trigger never_changed before update or delete on reviews "
        "for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger never_emptied before truncate on reviews "
        "for each statement execute function refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("reviews")
