"""What lists show and search of a strategy's document, in columns of its own"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SAID = {
    "title": "document ->> 'title'",
    "kind": "document ->> 'kind'",
    "manager": "document ->> 'manager'",
    "tags": "cast(cast(document -> 'tags' as jsonb) as text)",
}


def upgrade() -> None:
    for name, said in _SAID.items():
        op.add_column("strategy_readings", sa.Column(name, sa.String(), sa.Computed(said, persisted=True)))


def downgrade() -> None:
    for name in _SAID:
        op.drop_column("strategy_readings", name)
