"""Watch: a chained audit trail, alerts, and what the watch has counted"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APP = "longreach_app"

# The trigger is deferred: it speaks when the transaction that wrote the line commits, so the lock that gives
# lines their order is held for that moment alone, however long the transaction took.
_CHAIN = """
create function audit_content(number bigint, line audit) returns bytea language sql stable as $$
    select string_agg(
        convert_to(octet_length(convert_to(field, 'UTF8')) || ':' || field || ',', 'UTF8'), ''::bytea
        order by place
    )
    from unnest(array[
        number::text,
        line.id::text,
        (extract(epoch from line.at) * 1000000)::bigint::text,
        line.actor,
        line.action,
        line.subject,
        line.detail::text
    ]) with ordinality as fields (field, place)
$$;

create function chain_line() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    before record;
begin
    perform pg_advisory_xact_lock(7262);
    select number, hash into before from audit_chain order by number desc limit 1;
    insert into audit_chain (number, line, hash) values (
        coalesce(before.number, 0) + 1,
        new.id,
        sha256(
            coalesce(before.hash, decode(repeat('00', 32), 'hex'))
            || audit_content(coalesce(before.number, 0) + 1, new)
        )
    );
    return null;
end $$;

create constraint trigger chained after insert on audit deferrable initially deferred
for each row execute function chain_line();

do $$
declare
    one audit;
    number bigint := 0;
    head bytea := decode(repeat('00', 32), 'hex');
begin
    for one in select * from audit order by id loop
        number := number + 1;
        head := sha256(head || audit_content(number, one));
        insert into audit_chain values (number, one.id, head);
    end loop;
end $$;
"""


def upgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column(
            "number", sa.BigInteger(), autoincrement=False, nullable=False, comment="1, 2, 3, without a gap"
        ),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column(
            "hash", sa.LargeBinary(), nullable=False, comment="SHA-256 over the hash before and the line"
        ),
        sa.ForeignKeyConstraint(["line"], ["audit.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("line"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "subject",
            sa.String(),
            nullable=False,
            comment="whom or what it concerns; never a person's identifier",
        ),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True, comment="when the webhook took it"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_alerts_at"), "alerts", ["at"], unique=False)
    op.create_table(
        "watched",
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column(
            "total", sa.BigInteger(), nullable=False, comment="of how many; 0 where the hits alone count"
        ),
        sa.PrimaryKeyConstraint("as_of", "measure", "channel"),
    )
    op.create_index("ix_audit_action_at", "audit", ["action", "at"], unique=False)
    op.execute(_CHAIN)
    op.execute(
        "create trigger never_changed before update or delete on audit_chain "
        "for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger never_emptied before truncate on audit_chain "
        "for each statement execute function refuse_change()"
    )
    # Ordinary work adds lines; the chain is added to by the database alone.
    op.execute(f"revoke all on audit_chain from {APP}")
    op.execute(f"grant select on audit_chain to {APP}")
    op.execute(f"revoke update, delete, truncate, references, trigger on audit from {APP}")


def downgrade() -> None:
    op.execute("drop trigger chained on audit")
    op.drop_index("ix_audit_action_at", table_name="audit")
    for table in ("watched", "alerts", "audit_chain"):
        op.drop_table(table)
    op.execute("drop function chain_line()")
    op.execute("drop function audit_content(bigint, audit)")
