"""What stands in opt-outs, kept sealed in the vault so that it binds under every token key"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APP, VAULT = "longreach_app", "longreach_vault"

# All of the ledger that the vault sees: which tokens it may not lose.
_STANDING = """
create view standing_opt_outs as
select customer, number from opt_outs o where not exists (
    select from opt_out_withdrawals w where w.opt_out in (o.id, o.derived_from)
)
"""
_TABLE = """
create table vault.opted_out (
    kind text not null check (kind in ('customer', 'phone')),
    token text not null,
    sealed bytea not null,
    at timestamptz not null default now(),
    primary key (kind, token)
)
"""


def upgrade() -> None:
    for statement in (
        _STANDING,
        f"revoke all on standing_opt_outs from {APP}",
        f"grant usage on schema public to {VAULT}",
        f"grant select on standing_opt_outs to {VAULT}",
        f"set local role {VAULT}",
        _TABLE,
        "comment on table vault.opted_out is 'values that opt-outs stand for though no record may hold them'",
        "reset role",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table vault.opted_out")
    op.execute("drop view standing_opt_outs")
