"""Lines of the audit by who acted, newest first, without reading all others"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_actor_id", "audit", ["actor", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_audit_actor_id", table_name="audit")
